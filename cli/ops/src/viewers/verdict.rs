//! What a token would get from a policy: its folders, or why there are none. Decided by what the origin decides with.

use keyfront_origin_core::{
    oidc::{Issuer, JwtRefusal, UserFolder},
    viewing::{GrantedFolder, NothingGranted, ViewersPolicy},
};
use serde_json::{Map, Value, json};

/// Whether somebody has verified a token's signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signature {
    /// With a key of the issuer.
    Verified,
    /// Nobody: anybody can have written the claims.
    Unverified,
}

/// A token whose claims hold.
#[derive(Debug)]
pub(super) struct Viewer<'p> {
    issuer: &'p Issuer,
    claims: Map<String, Value>,
    signature: Signature,
}

/// What a token gets.
#[derive(Debug)]
pub(super) struct Verdict {
    /// The issuer's id in the policy.
    pub(super) issuer: String,
    pub(super) subject: String,
    /// What `{sub}` of a rule's folder is for this subject.
    pub(super) folder: UserFolder,
    pub(super) signature: Signature,
    pub(super) granted: Result<Vec<GrantedFolder>, NothingGranted>,
}

/// A token that the origin would refuse, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[error("{refusal}")]
pub(super) struct RefusedToken {
    pub(super) refusal: JwtRefusal,
    pub(super) advice: String,
}

impl<'p> Viewer<'p> {
    pub(super) fn new(
        issuer: &'p Issuer,
        claims: Map<String, Value>,
        signature: Signature,
    ) -> Self {
        Self {
            issuer,
            claims,
            signature,
        }
    }

    /// What the policy grants.
    pub(super) fn verdict(&self, policy: &ViewersPolicy) -> Verdict {
        // Claims without a subject do not hold.
        let subject = self.claims.get("sub").and_then(Value::as_str);
        let subject = subject.unwrap_or_default();
        Verdict {
            issuer: self.issuer.id.clone(),
            subject: subject.to_owned(),
            folder: UserFolder::of(self.issuer.issuer.as_str(), subject),
            signature: self.signature,
            granted: policy.grants(self.issuer, &self.claims),
        }
    }
}

impl Verdict {
    /// The same for programs.
    pub(super) fn document(&self) -> Value {
        let outcome = match &self.granted {
            Ok(_) => "granted",
            Err(NothingGranted::NoRule) => "no-rule",
            Err(NothingGranted::Denied(_)) => "denied",
        };
        let folders = self.granted.iter().flatten().map(|granted| {
            json!({
                "folder": granted.folder,
                "rule": granted.rule,
                "session": granted.seconds,
                "network": granted.network.map(|network| network.to_string()),
            })
        });
        let denied_by = match &self.granted {
            Err(NothingGranted::Denied(rule)) => Some(rule),
            _ => None,
        };
        json!({
            "outcome": outcome,
            "issuer": self.issuer,
            "verified": self.signature == Signature::Verified,
            "subject": self.subject,
            "own_folder": self.folder.as_str(),
            "folders": folders.collect::<Vec<_>>(),
            "denied_by": denied_by,
        })
    }
}

impl RefusedToken {
    /// The refusal of a token that says it is of `issuer`, if that is known by now.
    pub(super) fn new(
        refusal: JwtRefusal,
        policy: &ViewersPolicy,
        issuer: Option<&Issuer>,
    ) -> Self {
        let advice = match (refusal, issuer) {
            (JwtRefusal::Malformed, _) => {
                "give a whole token, three parts with dots between them".to_owned()
            }
            (JwtRefusal::Algorithm, _) => "have the issuer sign with RS256 or ES256".to_owned(),
            (JwtRefusal::KeyId, _) => "have the issuer name its key in `kid`".to_owned(),
            (JwtRefusal::Critical | JwtRefusal::Type, _) => {
                "give an ID token, or an access token that is a JWT".to_owned()
            }
            (JwtRefusal::Issuer, _) => trusted(policy),
            (JwtRefusal::UnknownKey, Some(issuer)) => format!(
                "get a new token, or let `keyfront viewers add-issuer` look up again where the keys are; the policy says {}",
                issuer.keys_url()
            ),
            (JwtRefusal::Audience, Some(issuer)) => format!(
                "the policy admits {}; `keyfront viewers add-issuer --audience` changes that",
                issuer.audiences.join(", ")
            ),
            (JwtRefusal::Use, Some(_)) => {
                "`keyfront viewers add-issuer --tokens` sets which of Cognito's tokens are accepted"
                    .to_owned()
            }
            (JwtRefusal::Claim(name), _) => format!("have the issuer put {name} into its tokens"),
            (JwtRefusal::NotYet, _) => "check the clocks of the issuer and here".to_owned(),
            (
                JwtRefusal::Expired
                | JwtRefusal::KeyMismatch
                | JwtRefusal::Signature
                | JwtRefusal::UnknownKey
                | JwtRefusal::Audience
                | JwtRefusal::Use,
                _,
            ) => "get a new token from the issuer".to_owned(),
        };
        Self { refusal, advice }
    }

    /// The same for programs.
    pub(super) fn document(&self) -> Value {
        json!({
            "outcome": "refused",
            "reason": self.refusal.to_string(),
            "advice": self.advice,
        })
    }
}

fn trusted(policy: &ViewersPolicy) -> String {
    let urls = policy.issuers().iter();
    let urls: Vec<&str> = urls.map(|issuer| issuer.issuer.as_str()).collect();
    match urls.is_empty() {
        true => "`keyfront viewers add-issuer` adds its issuer".to_owned(),
        false => format!(
            "the policy trusts exactly {}; `keyfront viewers add-issuer` adds another",
            urls.join(", ")
        ),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn policy() -> ViewersPolicy {
        let document = json!({
            "v": 1,
            "issuers": [{"id": "corp", "issuer": "https://corp.example", "audiences": ["web"]}],
            "rules": [
                {"id": "all", "who": {"issuer": "corp"}, "folders": ["members/"], "network": "192.0.2.0/24"},
                {"id": "own", "who": {"issuer": "corp"}, "folders": ["users/{sub}/"], "session": 600},
                {"id": "not-eve", "who": {"issuer": "corp", "claims": {"sub": "eve"}},
                    "effect": "deny", "folders": ["members/", "users/"]},
            ],
        });
        ViewersPolicy::parse(document.to_string().as_bytes()).unwrap()
    }

    fn document(policy: &ViewersPolicy, subject: &str, signature: Signature) -> Value {
        let claims = json!({"sub": subject}).as_object().unwrap().clone();
        let viewer = Viewer::new(&policy.issuers()[0], claims, signature);
        viewer.verdict(policy).document()
    }

    #[test]
    fn a_verdict_names_folders_with_their_rules_or_what_denies_them() {
        let policy = policy();
        let own = UserFolder::of("https://corp.example", "alice");
        assert_eq!(
            document(&policy, "alice", Signature::Verified),
            json!({
                "outcome": "granted", "issuer": "corp", "verified": true, "subject": "alice",
                "own_folder": own.as_str(), "denied_by": null,
                "folders": [
                    {"folder": "members/", "rule": "all", "session": 3_600, "network": "192.0.2.0/24"},
                    {"folder": format!("users/{}/", own.as_str()), "rule": "own", "session": 600, "network": null},
                ],
            })
        );
        let eve = document(&policy, "eve", Signature::Unverified);
        assert_eq!(
            (
                &eve["outcome"],
                &eve["denied_by"],
                &eve["verified"],
                &eve["folders"]
            ),
            (
                &json!("denied"),
                &json!("not-eve"),
                &json!(false),
                &json!([])
            )
        );
        let empty = ViewersPolicy::default();
        let issuers = policy.issuers().to_vec();
        let empty = empty.with_issuer(issuers[0].clone(), None).unwrap();
        assert_eq!(
            document(&empty, "alice", Signature::Verified)["outcome"],
            "no-rule"
        );
    }

    #[test]
    fn every_refusal_says_what_to_do() {
        let policy = policy();
        let issuer = Some(&policy.issuers()[0]);
        for (refusal, issuer, expected) in [
            (JwtRefusal::Malformed, None, "three parts"),
            (
                JwtRefusal::Issuer,
                None,
                "trusts exactly https://corp.example",
            ),
            (
                JwtRefusal::UnknownKey,
                issuer,
                "https://corp.example/.well-known/jwks.json",
            ),
            (JwtRefusal::Audience, issuer, "admits web"),
            (JwtRefusal::Use, issuer, "--tokens"),
            (JwtRefusal::Expired, issuer, "get a new token"),
            (JwtRefusal::Signature, issuer, "get a new token"),
            (JwtRefusal::Claim("exp"), issuer, "put exp into"),
        ] {
            let refused = RefusedToken::new(refusal, &policy, issuer);
            assert!(refused.advice.contains(expected), "{refused:?}");
            assert_eq!(refused.document()["reason"], refusal.to_string());
        }
    }
}
