//! `keyfront viewers test TOKEN`: what a token would get from the policy, verified as the origin verifies it.

use std::{
    process::ExitCode,
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::Context as _;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use clap::Args;
use keyfront_cli::{Table, report};
use keyfront_origin_core::{
    oidc::{Issuer, Jwks, JwtRefusal, MAX_SET, UnverifiedJwt},
    viewing::{GrantedFolder, MAX_FOLDERS, ViewersPolicy},
};
use serde_json::{Map, Value};

use super::{
    issuer_fetch::fetch,
    policy,
    token::TokenSource,
    verdict::{RefusedToken, Signature, Verdict, Viewer},
};
use crate::{named_bucket::NamedBucketArguments, span, system::outputs::Purpose};

const EXIT_CODES: &str = "Exit codes: 0 the token reads something; 1 the policy or the issuer's keys cannot be read; 2 wrong arguments; 3 the \
token is refused, or no rule lets it read anything";

/// Show what a token may read, and by which rule, or why nothing
///
/// The token is verified as the origin verifies it, with keys fetched from its issuer. It is not sent anywhere, and not shown.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(super) struct TestArguments {
    /// The token, a JWT; - for standard input, since arguments are seen by everyone on this machine
    #[arg(value_name = "TOKEN")]
    token: TokenSource,

    /// Do not verify the issuer's signature, for a token whose issuer cannot be reached from here
    #[arg(long)]
    unverified: bool,

    /// Print the outcome as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    bucket: NamedBucketArguments,
}

pub(super) async fn test(arguments: &TestArguments) -> anyhow::Result<ExitCode> {
    let token = arguments.token.read()?;
    let target = arguments.bucket.find(Purpose::Read).await?;
    let stored = policy::read(&target).await?;
    anyhow::ensure!(
        stored.exists(),
        "there is no viewers' policy in {}; `keyfront viewers add-issuer` creates one",
        target.bucket
    );
    let policy = &stored.policy;
    let signature = match arguments.unverified {
        true => Signature::Unverified,
        false => Signature::Verified,
    };
    if signature == Signature::Unverified {
        report::note(
            "NOT VERIFIED: anybody can have written this token. The origin refuses it unless its issuer signed it.",
        );
    }
    let viewer = match viewer(policy, &token, signature).await? {
        Ok(viewer) => viewer,
        Err(refused) => {
            match arguments.json {
                true => report::line(refused.document()),
                false => report::line(format_args!("Refused: {refused}; {}.", refused.advice)),
            }
            return Ok(ExitCode::from(NOTHING));
        }
    };
    let verdict = viewer.verdict(policy);
    match arguments.json {
        true => report::line(verdict.document()),
        false => show(&verdict),
    }
    Ok(match verdict.granted {
        Ok(_) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(NOTHING),
    })
}

/// The exit code where a token reads nothing.
const NOTHING: u8 = 3;

/// Who the token speaks of.
///
/// # Errors
/// The issuer's keys are not to be had. A token that is refused is none.
async fn viewer<'p>(
    policy: &'p ViewersPolicy,
    token: &str,
    signature: Signature,
) -> anyhow::Result<Result<Viewer<'p>, RefusedToken>> {
    let refused = |refusal, issuer| Ok(Err(RefusedToken::new(refusal, policy, issuer)));
    let jwt = match UnverifiedJwt::parse(token) {
        Ok(jwt) => jwt,
        Err(refusal) => return refused(refusal, None),
    };
    let issuer = match jwt.alleged_issuer(policy.issuers()) {
        Ok(issuer) => issuer,
        Err(refusal) => return refused(refusal, None),
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now
        .context("this machine's clock is before 1970")?
        .as_secs_f64();
    let claims = match signature {
        Signature::Unverified => unverified(token, issuer, now),
        Signature::Verified => {
            let keys = keys(issuer).await?;
            match keys.key(jwt.key_id()) {
                None => Err(JwtRefusal::UnknownKey),
                Some(key) => jwt.admitted(issuer, key, now),
            }
        }
    };
    match claims {
        Ok(claims) => Ok(Ok(Viewer::new(issuer, claims, signature))),
        Err(refusal) => refused(refusal, Some(issuer)),
    }
}

async fn keys(issuer: &Issuer) -> anyhow::Result<Jwks> {
    let url = issuer.keys_url();
    let known = || format!("the keys of issuer {:?} are not known", issuer.id);
    let document = fetch(&url, MAX_SET).await.with_context(known)?;
    Jwks::parse(&document).with_context(known)
}

/// The claims that whoever wrote the token says, if they hold. It has been taken apart before.
fn unverified(token: &str, issuer: &Issuer, now: f64) -> Result<Map<String, Value>, JwtRefusal> {
    let payload = token.split('.').nth(1).ok_or(JwtRefusal::Malformed)?;
    let payload = URL_SAFE_NO_PAD.decode(payload);
    let payload = payload.map_err(|_| JwtRefusal::Malformed)?;
    let claims = serde_json::from_slice(&payload).map_err(|_| JwtRefusal::Malformed)?;
    issuer.admit(&claims, now)?;
    Ok(claims)
}

fn show(verdict: &Verdict) {
    let signature = match verdict.signature {
        Signature::Verified => "verified",
        Signature::Unverified => "NOT VERIFIED",
    };
    let rows = [
        ("issuer", verdict.issuer.as_str()),
        ("subject", &verdict.subject),
        ("own folder, {sub}", verdict.folder.as_str()),
        ("signature", signature),
    ];
    let rows = rows.map(|(name, value)| (name.to_owned(), value.to_owned()));
    report::pairs(["TOKEN", "VALUE"], rows);
    report::line("");
    match &verdict.granted {
        Err(nothing) => report::line(format_args!("Reads nothing: {nothing}.")),
        Ok(granted) => {
            report::line(table_of(granted));
            if granted.len() > MAX_FOLDERS {
                report::note(format_args!(
                    "One session holds {MAX_FOLDERS} of these folders: the one that is asked for, and the first of the others."
                ));
            }
        }
    }
}

fn table_of(granted: &[GrantedFolder]) -> Table<4> {
    let mut table = Table::new(["FOLDER", "RULE", "SESSION", "NETWORK"]);
    for one in granted {
        table.push([
            one.folder.clone(),
            one.rule.clone(),
            span::written(one.seconds.into()),
            one.network
                .map(|network| network.to_string())
                .unwrap_or_default(),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    fn policy() -> ViewersPolicy {
        let document = json!({
            "v": 1,
            "issuers": [{"id": "corp", "issuer": "https://corp.example", "audiences": ["web"]}],
        });
        ViewersPolicy::parse(document.to_string().as_bytes()).unwrap()
    }

    /// A token that nobody signed.
    fn token(header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.c2ln", part(header), part(claims))
    }

    async fn of(token: &str) -> Result<Value, JwtRefusal> {
        let policy = policy();
        let viewer = viewer(&policy, token, Signature::Unverified).await.unwrap();
        match viewer {
            Ok(viewer) => Ok(viewer.verdict(&policy).document()),
            Err(refused) => Err(refused.refusal),
        }
    }

    #[tokio::test]
    async fn without_its_signature_everything_else_of_a_token_has_to_hold() {
        let header = json!({"alg": "ES256", "kid": "1"});
        let claims = json!({"iss": "https://corp.example", "sub": "alice", "aud": "web", "exp": 9_999_999_999_u64});
        let verdict = of(&token(&header, &claims)).await.unwrap();
        assert_eq!(
            (&verdict["subject"], &verdict["verified"]),
            (&json!("alice"), &json!(false))
        );
        let changed = |name: &str, value: Value| {
            let mut claims = claims.clone();
            claims[name] = value;
            token(&header, &claims)
        };
        for (token, refusal) in [
            ("a.b".to_owned(), JwtRefusal::Malformed),
            (
                token(&json!({"alg": "none"}), &claims),
                JwtRefusal::Algorithm,
            ),
            (
                changed("iss", json!("https://other.example")),
                JwtRefusal::Issuer,
            ),
            (changed("aud", json!("other")), JwtRefusal::Audience),
            (changed("exp", json!(1)), JwtRefusal::Expired),
            (changed("sub", json!("")), JwtRefusal::Claim("sub")),
        ] {
            assert_eq!(of(&token).await.unwrap_err(), refusal);
        }
    }

    #[test]
    fn folders_are_a_table() {
        let granted = [GrantedFolder {
            folder: "members/".to_owned(),
            rule: "all".to_owned(),
            seconds: 5_400,
            network: "192.0.2.0/24".parse().ok(),
        }];
        assert_eq!(
            table_of(&granted).to_string(),
            "FOLDER    RULE  SESSION  NETWORK\nmembers/  all   90m      192.0.2.0/24"
        );
    }
}
