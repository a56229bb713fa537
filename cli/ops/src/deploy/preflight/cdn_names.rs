//! Whether the CDN may have its domain: the certificate is issued and covers it, and no other distribution has it.

use aws_config::SdkConfig;
use aws_sdk_cloudfront::Client as CloudFront;
use serde::Deserialize;
use serde_json::json;

use super::finding::Finding;
use crate::{
    aws::{self, Api, JsonService, call_error},
    deploy::template::{CERTIFICATE, DOMAIN},
    system::layout::EDGE_REGION,
};

/// `DescribeCertificate`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Described {
    certificate: Certificate,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Certificate {
    status: String,
    domain_name: String,
    #[serde(default)]
    subject_alternative_names: Vec<String>,
}

pub(super) async fn certificate(config: &SdkConfig, arn: &str, domain: &str) -> Finding {
    let service = JsonService::new(config, Api::Certificates, EDGE_REGION);
    let input = json!({"CertificateArn": arn});
    let found = match service
        .call::<Described>("DescribeCertificate", &input)
        .await
    {
        Ok(described) => described.certificate,
        Err(error) if error.code() == Some("ResourceNotFoundException") => {
            return Finding::Bad(format!(
                "{CERTIFICATE} {arn}: there is no such certificate in {EDGE_REGION}; request or import one for {domain} there"
            ));
        }
        Err(error) => return Finding::Unknown(format!("{CERTIFICATE} {arn}: {error}")),
    };
    if found.status != "ISSUED" {
        return Finding::Bad(format!(
            "{CERTIFICATE} {arn} is {}; CloudFront accepts issued certificates only: complete its validation, or give another",
            found.status
        ));
    }
    let mut names = found.subject_alternative_names;
    names.push(found.domain_name);
    match covers(&names, domain) {
        true => Finding::Good,
        false => Finding::Bad(format!(
            "{CERTIFICATE} {arn} is for {} and does not cover {DOMAIN} {domain}; request one that does",
            names.join(", ")
        )),
    }
}

/// As TLS compares names: a star stands for one whole label, and only a star covers a star.
fn covers(names: &[String], domain: &str) -> bool {
    names.iter().any(|name| {
        let name = name.to_ascii_lowercase();
        let below = name.strip_prefix("*.");
        let parent = domain.split_once('.').map(|(_, parent)| parent);
        name == domain || (below.is_some() && below == parent)
    })
}

/// Whether no distribution but `own` has the alias.
pub(super) async fn alias(config: &SdkConfig, own: Option<String>, domain: &str) -> Finding {
    let cloudfront = CloudFront::new(&aws::in_region(config, EDGE_REGION));
    let holder = match &own {
        Some(own) => conflicting(&cloudfront, own, domain).await,
        None => among_own(&cloudfront, domain).await,
    };
    match holder {
        Ok(None) => Finding::Good,
        Ok(Some(holder)) => Finding::Bad(format!(
            "{DOMAIN} {domain} is an alias of distribution {holder}, and CloudFront allows a name in one distribution only; remove it there, or choose another"
        )),
        Err(error) => Finding::Unknown(format!("whether {DOMAIN} {domain} is free: {error:#}")),
    }
}

/// Also of other accounts, whose distributions CloudFront names in part.
async fn conflicting(
    cloudfront: &CloudFront,
    own: &str,
    domain: &str,
) -> anyhow::Result<Option<String>> {
    let call = cloudfront.list_conflicting_aliases();
    let call = call.distribution_id(own).alias(domain);
    let answer = call.send().await.map_err(call_error)?;
    let list = answer.conflicting_aliases_list;
    let found = list.and_then(|list| list.items).unwrap_or_default();
    let mut others = found
        .into_iter()
        .filter(|one| one.alias.as_deref() == Some(domain))
        .filter_map(|one| one.distribution_id)
        .filter(|id| id != own);
    Ok(others.next())
}

/// Without a distribution CloudFront says nothing of other accounts'.
async fn among_own(cloudfront: &CloudFront, domain: &str) -> anyhow::Result<Option<String>> {
    let mut marker = None;
    loop {
        let call = cloudfront.list_distributions().set_marker(marker);
        let answer = call.send().await.map_err(call_error)?;
        let Some(list) = answer.distribution_list else {
            return Ok(None);
        };
        for distribution in list.items.unwrap_or_default() {
            let aliases = distribution.aliases.and_then(|aliases| aliases.items);
            if aliases
                .unwrap_or_default()
                .iter()
                .any(|alias| alias == domain)
            {
                return Ok(Some(distribution.id));
            }
        }
        marker = list.next_marker;
        if marker.is_none() {
            return Ok(None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn a_star_stands_for_one_label_and_only_a_star_covers_a_star() {
        let names = ["example.com".to_owned(), "*.cdn.example.com".to_owned()];
        for covered in ["example.com", "a.cdn.example.com", "*.cdn.example.com"] {
            assert!(covers(&names, covered), "{covered}");
        }
        for other in [
            "www.example.com",
            "cdn.example.com",
            "a.b.cdn.example.com",
            "*.example.com",
        ] {
            assert!(!covers(&names, other), "{other}");
        }
    }
}
