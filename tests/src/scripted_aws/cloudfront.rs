//! CloudFront: the stack's distribution `E1`.

use http::StatusCode;

use super::call::{RecordedCall, Reply};
use super::cloudformation::refused;
use super::state::State;

pub(super) fn answer(state: &State, asked: &RecordedCall) -> Reply {
    let operation = asked.path.split('/').skip(2).collect::<Vec<_>>().join("/");
    match operation.as_str() {
        "distribution/E1/config" if state.distribution_hidden => {
            refused("AccessDenied", "not authorized")
        }
        "distribution/E1/config" => {
            let body = format!(
                "<DistributionConfig xmlns=\"http://cloudfront.amazonaws.com/doc/2020-05-31/\"><CallerReference>r</CallerReference>\
                 <Comment>c</Comment><Enabled>true</Enabled><WebACLId>{}</WebACLId></DistributionConfig>",
                state.web_acl
            );
            (StatusCode::OK, body, vec![("etag", "E".to_owned())])
        }
        "distribution" | "conflicting-alias" => {
            let (alias, holder) = state.alias.clone().unwrap_or_default();
            let body = match operation.as_str() {
                "distribution" => format!(
                    "<DistributionList><Items><DistributionSummary><Id>{holder}</Id><Aliases><Quantity>1</Quantity><Items>\
                     <CNAME>{alias}</CNAME></Items></Aliases></DistributionSummary></Items></DistributionList>"
                ),
                _ => format!(
                    "<ConflictingAliasesList><Items><ConflictingAlias><Alias>{alias}</Alias><DistributionId>{holder}</DistributionId>\
                     </ConflictingAlias></Items></ConflictingAliasesList>"
                ),
            };
            (StatusCode::OK, body, Vec::new())
        }
        other => panic!("no operation {other}"),
    }
}
