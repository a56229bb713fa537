//! The web ACL that others attached to the distribution: an update that does not name it would detach it.

use aws_sdk_cloudformation::types::Stack;
use keyfront_cli::report;
use keyfront_cloudformation::Template;

use super::{
    deploy_error::refused, deployment::Deployment, kept_stack::KeptStack, template::WEB_ACL,
};
use crate::{
    aws::{self, call_error},
    system::{layout::EDGE_REGION, outputs::of_stack},
};

impl Deployment {
    /// What an update must pass on, if the operator has not decided otherwise.
    ///
    /// # Errors
    /// The distribution cannot be read, so that nobody knows what would be detached.
    pub(super) async fn web_acl_from_outside(
        &self,
        template: Template,
        stack: &Option<Stack>,
    ) -> anyhow::Result<Option<String>> {
        let (Some(stack), false) = (stack, self.request.parameters.contains_key(WEB_ACL)) else {
            return Ok(None);
        };
        if template != self.request.layout.edge_template() {
            return Ok(None);
        }
        let outputs = of_stack(stack.clone());
        let Some(distribution) = outputs.get("DistributionId") else {
            return Ok(None);
        };
        let config = aws::in_region(&self.config, EDGE_REGION);
        let cloudfront = aws_sdk_cloudfront::Client::new(&config);
        let call = cloudfront.get_distribution_config().id(distribution);
        let answer = call.send().await.map_err(|error| {
            refused(format!(
                "distribution {distribution} cannot be read, so a web ACL that was attached by other means would be detached ({:#}); allow cloudfront:GetDistributionConfig, or give -p {WEB_ACL}=ARN (empty for none)",
                call_error(error)
            ))
        })?;
        let attached = answer
            .distribution_config
            .and_then(|config| config.web_acl_id);
        let kept = KeptStack::of(Some(stack)).parameters;
        let outside = from_outside(attached.as_deref(), kept.get(WEB_ACL).map(String::as_str));
        if let Some(acl) = outside {
            report::note(format_args!(
                "The web ACL {acl}, which was attached by other means, stays attached; -p {WEB_ACL}= detaches it."
            ));
        }
        Ok(outside.map(str::to_owned))
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
