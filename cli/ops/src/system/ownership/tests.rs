#![allow(clippy::unwrap_used)]

use super::*;

fn expected(template: Template) -> ExpectedStack<'static> {
    ExpectedStack {
        system: "media",
        template,
        bucket_region: match template {
            Template::Keyfront => "us-east-1",
            Template::Origin | Template::Edge => "eu-central-1",
        },
    }
}

fn resource(logical_id: &str, kind: &str) -> StackResource {
    StackResource {
        logical_id: logical_id.to_owned(),
        kind: kind.to_owned(),
        physical_id: format!("media-{logical_id}"),
        presence: Presence::Present,
    }
}

/// A stack of a template with all its resources, without a tag.
fn untagged(template: Template) -> StackFacts {
    let types = template.resource_types().unwrap();
    let region = (template == Template::Edge).then(|| "eu-central-1".to_owned());
    StackFacts {
        resources: types
            .iter()
            .map(|(name, kind)| resource(name, kind))
            .collect(),
        bucket_region: region,
        ..StackFacts::default()
    }
}

fn tagged(template: Template, system: &str) -> StackFacts {
    StackFacts {
        tags: [(OWN_TAG.to_owned(), system.to_owned())].into(),
        ..untagged(template)
    }
}

#[test]
fn a_stack_is_the_systems_by_its_tag_and_its_resources() {
    for template in Template::ALL {
        let stack = expected(template);
        assert_eq!(stack.ownership(&tagged(template, "media")), Ownership::Ours);
        assert_eq!(stack.ownership(&untagged(template)), Ownership::Adoptable);
        let mut begun = tagged(template, "media");
        begun.resources.truncate(1);
        assert_eq!(stack.ownership(&begun), Ownership::Ours);
    }
}

#[test]
fn a_tag_of_another_system_is_never_overruled_by_the_resources() {
    let found = expected(Template::Keyfront).ownership(&tagged(Template::Keyfront, "shop"));
    let reason = ForeignReason::OtherSystem("shop".to_owned());
    assert_eq!(found, Ownership::Foreign(reason));
}

#[test]
fn one_unknown_resource_or_type_makes_a_stack_foreign_tagged_or_not() {
    for facts in [
        untagged(Template::Origin),
        tagged(Template::Origin, "media"),
    ] {
        let mut more = facts.clone();
        more.resources
            .push(resource("Orders", "AWS::DynamoDB::Table"));
        let mut other_type = facts;
        other_type.resources[0].kind = "AWS::SQS::Queue".to_owned();
        for facts in [more, other_type] {
            let found = expected(Template::Origin).ownership(&facts);
            assert!(
                matches!(
                    found,
                    Ownership::Foreign(ForeignReason::OtherResources(ref others)) if others.len() == 1
                ),
                "{found:?}"
            );
        }
    }
}

#[test]
fn an_untagged_stack_that_lacks_a_core_resource_is_foreign() {
    for template in Template::ALL {
        for core in template.core_resources() {
            let mut facts = untagged(template);
            for one in &mut facts.resources {
                if one.logical_id == core {
                    one.presence = Presence::Gone;
                }
            }
            let found = expected(template).ownership(&facts);
            let reason = ForeignReason::LacksResources(vec![core.to_owned()]);
            assert_eq!(found, Ownership::Foreign(reason));
        }
    }
    let empty = expected(Template::Edge).ownership(&StackFacts::default());
    assert!(matches!(empty, Ownership::Foreign(_)), "{empty:?}");
}

#[test]
fn a_stack_of_another_regions_system_is_foreign_and_its_region_is_named() {
    let other = |region: &str| Ownership::Foreign(ForeignReason::OtherRegion(region.to_owned()));
    let mut edge = tagged(Template::Edge, "media");
    edge.bucket_region = Some("eu-west-1".to_owned());
    let found = expected(Template::Edge).ownership(&edge);
    assert_eq!(found, other("eu-west-1"));
    let found = expected(Template::Keyfront).ownership(&edge);
    assert_eq!(found, other("eu-west-1"));
    let together = tagged(Template::Keyfront, "media");
    let found = expected(Template::Edge).ownership(&together);
    assert_eq!(found, other("us-east-1"));
}

#[test]
fn a_stack_in_review_is_the_systems_if_every_change_set_is() {
    let reviewed = |names: &[&str]| StackFacts {
        change_sets: Some(names.iter().map(|name| (*name).to_owned()).collect()),
        ..StackFacts::default()
    };
    let stack = expected(Template::Keyfront);
    let own = reviewed(&["keyfront-0123456789abcdef0123"]);
    assert_eq!(stack.ownership(&own), Ownership::Ours);
    let mixed = reviewed(&["keyfront-0123456789abcdef0123", "first"]);
    let found = stack.ownership(&mixed);
    let reason = ForeignReason::OtherChangeSets(vec!["first".to_owned()]);
    assert_eq!(found, Ownership::Foreign(reason));
}

#[test]
fn a_refusal_names_what_was_found_and_what_to_do() {
    let stack = expected(Template::Origin);
    let text = |facts: &StackFacts| stack.require_own(facts).unwrap_err().to_string();
    let adoptable = text(&untagged(Template::Origin));
    assert!(
        adoptable.contains("`keyfront adopt --stack media --region eu-central-1`"),
        "{adoptable}"
    );
    let resources = (0..7).map(|at| resource(&format!("Table{at}"), "AWS::DynamoDB::Table"));
    let foreign = text(&StackFacts {
        resources: resources.collect(),
        ..StackFacts::default()
    });
    assert!(
        foreign.contains("Table0 (AWS::DynamoDB::Table)") && foreign.contains("and 2 more"),
        "{foreign}"
    );
    assert!(!foreign.contains("adopt"), "{foreign}");
    let escaped = text(&tagged(Template::Origin, "a\u{1b}[2J"));
    assert!(!escaped.contains('\u{1b}'), "{escaped}");
}
