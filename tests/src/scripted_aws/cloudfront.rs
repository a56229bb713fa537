//! CloudFront: the stack's distribution `E1`, and the page's, `E2`.

use http::StatusCode;

use super::call::{RecordedCall, Reply};
use super::stack_replies::refused;
use super::state::{CACHE_POLICIES, DISTRIBUTIONS, HEADERS_POLICIES, State};

pub(super) fn answer(state: &State, asked: &RecordedCall) -> Reply {
    let operation = asked.path.split('/').skip(2).collect::<Vec<_>>().join("/");
    match operation.as_str() {
        "distribution/E1/config" if state.distribution_hidden => {
            refused("AccessDenied", "not authorized")
        }
        "distribution/E1/config" | "distribution/E2/config" => {
            let acl = match operation.contains("E2") {
                true => &state.page_web_acl,
                false => &state.web_acl,
            };
            let body = format!(
                "<DistributionConfig xmlns=\"http://cloudfront.amazonaws.com/doc/2020-05-31/\"><CallerReference>r</CallerReference>\
                 <Comment>c</Comment><Enabled>true</Enabled><WebACLId>{}</WebACLId>{}</DistributionConfig>",
                acl,
                origin(state)
            );
            (StatusCode::OK, body, vec![("etag", "E".to_owned())])
        }
        "distribution/E1/invalidation" => {
            let body = "<Invalidation><Id>I1</Id><Status>InProgress</Status></Invalidation>";
            (StatusCode::CREATED, body.to_owned(), Vec::new())
        }
        "cache-policy" => policies("CachePolicy", state.quota(CACHE_POLICIES).0),
        "response-headers-policy" => {
            policies("ResponseHeadersPolicy", state.quota(HEADERS_POLICIES).0)
        }
        "distribution" | "conflicting-alias" => {
            let (alias, holder) = state.alias.clone().unwrap_or_default();
            let body = match operation.as_str() {
                "distribution" => {
                    let one = format!(
                        "<DistributionSummary><Id>{holder}</Id><Aliases><Quantity>1</Quantity><Items><CNAME>{alias}</CNAME></Items>\
                         </Aliases></DistributionSummary>"
                    );
                    let others = "<DistributionSummary><Id>EOTHER</Id></DistributionSummary>";
                    let others = others.repeat(state.quota(DISTRIBUTIONS).0 as usize - 1);
                    format!("<DistributionList><Items>{one}{others}</Items></DistributionList>")
                }
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

/// A list of so many policies.
fn policies(kind: &str, count: u32) -> Reply {
    let one = format!("<{kind}Summary><Type>custom</Type></{kind}Summary>");
    let items = one.repeat(count as usize);
    let body =
        format!("<{kind}List><Quantity>{count}</Quantity><Items>{items}</Items></{kind}List>");
    (StatusCode::OK, body, Vec::new())
}

/// The one origin with its site, and the default behaviour that leads to it.
fn origin(state: &State) -> String {
    if state.site.is_empty() {
        return String::new();
    }
    let kind = match state.s3_origin {
        true => "<S3OriginConfig><OriginAccessIdentity></OriginAccessIdentity></S3OriginConfig>",
        false => "",
    };
    format!(
        "<Origins><Quantity>1</Quantity><Items><Origin><Id>bucket</Id><DomainName>bucket.example</DomainName><CustomHeaders>\
         <Quantity>1</Quantity><Items><OriginCustomHeader><HeaderName>x-keyfront-site</HeaderName><HeaderValue>{}</HeaderValue>\
         </OriginCustomHeader></Items></CustomHeaders>{kind}</Origin></Items></Origins><DefaultCacheBehavior><TargetOriginId>bucket\
         </TargetOriginId><ViewerProtocolPolicy>https-only</ViewerProtocolPolicy></DefaultCacheBehavior>",
        state.site
    )
}
