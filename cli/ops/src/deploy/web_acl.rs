//! The web ACLs that others attached to the distributions: an update that does not name one would detach it.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::Stack;
use keyfront_cli::report;
use keyfront_cloudformation::Template;

use super::{
    deploy_error::refused,
    deployment::Deployment,
    kept_stack::KeptStack,
    template::{PAGE_WEB_ACL, WEB_ACL},
};
use crate::{
    aws::{self, call_error},
    system::{layout::EDGE_REGION, outputs::of_stack},
};

/// A distribution of the edge's stack.
struct Distribution {
    /// The output that has its id.
    output: &'static str,
    /// The parameters that name its web ACL, the first that has a value.
    parameters: &'static [&'static str],
}

const DISTRIBUTIONS: [Distribution; 2] = [
    Distribution {
        output: "DistributionId",
        parameters: &[WEB_ACL],
    },
    Distribution {
        output: "PageDistributionId",
        parameters: &[PAGE_WEB_ACL, WEB_ACL],
    },
];

impl Deployment {
    /// What an update must pass on, by parameter, if the operator has not decided otherwise.
    ///
    /// # Errors
    /// A distribution cannot be read, so that nobody knows what would be detached.
    pub(super) async fn web_acls_from_outside(
        &self,
        template: Template,
        stack: &Option<Stack>,
    ) -> anyhow::Result<BTreeMap<&'static str, String>> {
        let mut outside = BTreeMap::new();
        let Some(stack) = stack else {
            return Ok(outside);
        };
        if template != self.request.layout.edge_template() {
            return Ok(outside);
        }
        let outputs = of_stack(stack.clone());
        let kept = KeptStack::of(Some(stack)).parameters;
        for Distribution { output, parameters } in DISTRIBUTIONS {
            let own = parameters[0];
            let Some(id) = outputs.get(output) else {
                continue;
            };
            if self.request.parameters.contains_key(own) {
                continue;
            }
            let attached = self.attached(id, own).await?;
            let known = parameters.iter().filter_map(|name| kept.get(*name));
            let known = known.map(String::as_str).find(|acl| !acl.is_empty());
            if let Some(acl) = from_outside(attached.as_deref(), known) {
                report::note(format_args!(
                    "The web ACL {acl}, which was attached to distribution {id} by other means, stays attached; -p {own}= detaches it."
                ));
                outside.insert(own, acl.to_owned());
            }
        }
        Ok(outside)
    }

    /// The web ACL of a distribution.
    async fn attached(
        &self,
        distribution: &str,
        parameter: &str,
    ) -> anyhow::Result<Option<String>> {
        let config = aws::in_region(&self.config, EDGE_REGION);
        let cloudfront = aws_sdk_cloudfront::Client::new(&config);
        let call = cloudfront.get_distribution_config().id(distribution);
        let answer = call.send().await.map_err(|error| {
            refused(format!(
                "distribution {distribution} cannot be read, so a web ACL that was attached by other means would be detached ({:#}); allow cloudfront:GetDistributionConfig, or give -p {parameter}=ARN (empty for none)",
                call_error(error)
            ))
        })?;
        Ok(answer
            .distribution_config
            .and_then(|config| config.web_acl_id))
    }
}

/// The attached one, if the stack does not know it. One that was only detached comes back: that is the safe side.
fn from_outside<'a>(attached: Option<&'a str>, kept: Option<&str>) -> Option<&'a str> {
    attached.filter(|acl| !acl.is_empty() && Some(*acl) != kept)
}

#[cfg(test)]
mod tests {
    use super::from_outside;

    #[test]
    fn only_what_the_stack_does_not_know_is_passed_on() {
        assert_eq!(from_outside(Some("a"), None), Some("a"));
        assert_eq!(from_outside(Some("a"), Some("b")), Some("a"));
        assert_eq!(from_outside(Some("a"), Some("a")), None);
        assert_eq!(from_outside(Some(""), Some("a")), None);
        assert_eq!(from_outside(None, None), None);
    }
}
