//! `keyfront viewers list`: issuers, logins and rules.

use clap::Args;
use keyfront_cli::{Table, report};
use keyfront_origin_core::{
    oidc::{AcceptedTokens, ClaimValue, Login, OidcIdentity},
    viewing::{Effect, ViewerRule, ViewersPolicy},
};

use super::policy;
use crate::{named_bucket::NamedBucketArguments, span, system::outputs::Purpose};

/// Show the trusted issuers, logins and rules
#[derive(Debug, Args)]
pub(super) struct ListArguments {
    /// Print the policy as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    bucket: NamedBucketArguments,
}

pub(super) async fn list(arguments: &ListArguments) -> anyhow::Result<()> {
    let target = arguments.bucket.find(Purpose::Read).await?;
    let stored = policy::read(&target).await?;
    if !stored.exists() {
        report::note(format_args!(
            "There is no viewers' policy in {}; `keyfront viewers add-issuer` creates one.",
            target.bucket
        ));
    }
    match arguments.json {
        true => report::line(policy::text(&stored.policy)?.trim_end()),
        false if stored.exists() => show(&stored.policy),
        false => {}
    }
    Ok(())
}

fn show(policy: &ViewersPolicy) {
    report::line(issuers(policy));
    match policy.rules() {
        [] => report::note(
            "There are no rules, so nobody may read anything; `keyfront viewers allow` adds one.",
        ),
        rules => {
            report::line("");
            report::line(table_of(rules));
        }
    }
}

fn issuers(policy: &ViewersPolicy) -> Table<5> {
    let mut table = Table::new(["ISSUER", "URL", "TOKENS", "AUDIENCES", "LOGIN"]);
    for issuer in policy.issuers() {
        let mut logins = policy.logins().iter();
        let login = logins.find(|login| login.issuer == issuer.id);
        table.push([
            issuer.id.clone(),
            issuer.issuer.as_str().to_owned(),
            match issuer.tokens {
                AcceptedTokens::Oidc => "oidc",
                AcceptedTokens::CognitoId => "cognito-id",
                AcceptedTokens::CognitoAccess => "cognito-access",
            }
            .to_owned(),
            issuer.audiences.join(" "),
            login.map_or_else(|| "tokens only".to_owned(), login_of),
        ]);
    }
    table
}

fn login_of(login: &Login) -> String {
    match login.scopes.as_slice() {
        [] => format!("as {}", login.client_id),
        scopes => format!("as {}, scopes {}", login.client_id, scopes.join(" ")),
    }
}

fn table_of(rules: &[ViewerRule]) -> Table<6> {
    let mut table = Table::new(["RULE", "EFFECT", "WHO", "FOLDERS", "SESSION", "NETWORK"]);
    for rule in rules {
        let folders: Vec<&str> = rule.folders.iter().map(|folder| folder.as_str()).collect();
        let (effect, session) = match rule.effect {
            Effect::Allow => ("allow", span::written(rule.session.into())),
            Effect::Deny => ("deny", String::new()),
        };
        let network = rule.network.map(|network| network.to_string());
        table.push([
            rule.id.clone(),
            effect.to_owned(),
            who(&rule.who),
            folders.join(" "),
            session,
            network.unwrap_or_default(),
        ]);
    }
    table
}

/// `all of corp`, or `corp: email_verified=true groups="staff"`.
fn who(who: &OidcIdentity) -> String {
    if who.claims.is_empty() {
        return format!("all of {}", who.issuer);
    }
    let claims = who.claims.iter().map(|(name, value)| match value {
        ClaimValue::Text(text) => format!("{name}={text:?}"),
        ClaimValue::Flag(flag) => format!("{name}={flag}"),
    });
    let claims: Vec<String> = claims.collect();
    format!("{}: {}", who.issuer, claims.join(" "))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    fn policy() -> ViewersPolicy {
        let document = json!({
            "v": 1,
            "issuers": [
                {"id": "corp", "issuer": "https://corp.example", "audiences": ["web", "app"]},
                {"id": "pool", "issuer": "https://pool.example", "audiences": ["x"], "tokens": "cognito-access"},
            ],
            "logins": [{
                "issuer": "corp", "client_id": "web", "scopes": ["email"],
                "authorization_endpoint": "https://corp.example/a", "token_endpoint": "https://corp.example/t",
            }],
            "rules": [
                {"id": "all", "who": {"issuer": "corp"}, "folders": ["members/", "users/{sub}/"], "network": "192.0.2.0/24"},
                {"id": "not-eve", "who": {"issuer": "corp", "claims": {"sub": "eve\u{1b}[2J", "left": true}},
                    "effect": "deny", "folders": ["members/"]},
            ],
        });
        ViewersPolicy::parse(document.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn a_list_shows_issuers_logins_and_rules() {
        let policy = policy();
        assert_eq!(
            issuers(&policy).to_string(),
            "ISSUER  URL                   TOKENS          AUDIENCES  LOGIN\n\
             corp    https://corp.example  oidc            web app    as web, scopes email\n\
             pool    https://pool.example  cognito-access  x          tokens only"
        );
        let rules = table_of(policy.rules()).to_string();
        let cells = |line: usize| -> Vec<&str> {
            let cells = rules.lines().nth(line).unwrap().split("  ").map(str::trim);
            cells.filter(|cell| !cell.is_empty()).collect()
        };
        assert_eq!(
            cells(1),
            [
                "all",
                "allow",
                "all of corp",
                "members/ users/{sub}/",
                "1h",
                "192.0.2.0/24"
            ]
        );
        assert_eq!(cells(2)[..2], ["not-eve", "deny"]);
        assert!(
            cells(2)[2].starts_with("corp: left=true sub=\"eve"),
            "{rules}"
        );
    }

    #[test]
    fn no_claim_of_a_rule_commands_the_terminal() {
        let rules = table_of(policy().rules()).to_string();
        assert!(!rules.contains('\u{1b}'), "{rules}");
    }
}
