//! The documents themselves: assembled, documented, every name declared and used.

use keyfront_cloudformation::{Template, with_parameter_table};

use super::documents;
use crate::references::{conditions_used, names_used};

#[test]
fn the_committed_templates_are_assembled_from_their_fragments() {
    for template in Template::ALL {
        assert!(
            template.assemble().unwrap() == template.body(),
            "{} is not what its fragments make; run `make templates`",
            template.file_name()
        );
    }
}

#[test]
fn the_documented_parameters_are_the_templates_own() {
    let page = include_str!("../../../docs/cloudformation.md");
    assert!(
        with_parameter_table(page).unwrap().as_deref() == Some(page),
        "docs/cloudformation.md lists other parameters than the templates have; run `make templates` twice"
    );
}

#[test]
fn every_reference_resolves_and_everything_declared_is_used() {
    for (template, document) in documents() {
        let file = template.file_name();
        let declared = |section: &str| -> Vec<String> {
            document
                .section(section)
                .map(|(name, _)| name.to_owned())
                .collect()
        };
        let (parameters, resources) = (declared("Parameters"), declared("Resources"));
        let used = names_used(document.root());
        for name in &used {
            let known =
                name.starts_with("AWS::") || parameters.contains(name) || resources.contains(name);
            assert!(known, "{file}: {name} is referred to and not declared");
        }
        for name in &parameters {
            assert!(used.contains(name), "{file}: parameter {name} is not used");
        }
        let (conditions, tested) = (declared("Conditions"), conditions_used(document.root()));
        for name in &tested {
            assert!(
                conditions.contains(name),
                "{file}: condition {name} is not declared"
            );
        }
        for name in &conditions {
            assert!(
                tested.contains(name),
                "{file}: condition {name} is not used"
            );
        }
    }
}

#[test]
fn every_parameter_says_what_it_is_for_and_takes_its_own_default() {
    for (template, document) in documents() {
        for parameter in document.parameters() {
            let at = format!("{} {}", template.file_name(), parameter.name);
            assert!(!parameter.description.is_empty(), "{at}");
            if let Some(default) = &parameter.default {
                assert_eq!(parameter.validate(default), Ok(()), "{at}");
            }
        }
    }
}

#[test]
fn the_edges_stack_takes_what_the_origins_stack_puts_out() {
    let origin = Template::Origin.document().unwrap();
    let outputs: Vec<_> = origin.outputs().collect();
    for needed in ["BucketName", "EdgeRoleArn", "OriginRoleName", "OriginUrl"] {
        assert!(outputs.contains(&needed), "{needed}");
    }
}
