//! `keyfront viewers add-issuer ID`: an issuer whose tokens are accepted, and where people log in.

use anyhow::Context as _;
use clap::{ArgGroup, Args, ValueEnum};
use keyfront_cli::report;
use keyfront_origin_core::{
    oidc::{AcceptedTokens, Issuer, Login, TrustedUrl},
    viewing::ViewersPolicy,
};
use serde_json::json;

use super::{
    change::{ChangeArguments, Outcome},
    discovery::{Discovered, DiscoveryError, discover},
    policy::RefusedChange,
    served::{Served, addresses},
};
use crate::{bucket_target::OwningSystem, system::layout::EDGE_REGION};

/// Trust an OpenID Connect issuer, and let people log in there
///
/// Its configuration, URL/.well-known/openid-configuration, is fetched once, and the addresses of its keys and endpoints are
/// stored in the policy. With --client-id people log in there by the authorization code flow with PKCE, as a client without a
/// secret; without it, only tokens that applications bring from there are accepted. An existing issuer with this ID is replaced.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("login").args(["client_id", "user_pool"]))]
pub(super) struct AddIssuerArguments {
    /// Name of the issuer in rules and logs
    #[arg(value_name = "ID")]
    id: String,

    /// The issuer, exactly as in the `iss` of its tokens; of a user pool: https:// and cognito-idp.REGION.amazonaws.com/POOL
    #[arg(long, value_name = "URL", value_parser = issuer_url, required_unless_present = "user_pool")]
    issuer: Option<TrustedUrl>,

    /// The stack's own user pool, which "user_pool" in the document of sites creates; its issuer and client are known
    #[arg(long, conflicts_with_all = ["issuer", "audience", "tokens", "jwks_uri", "client_id", "no_login"])]
    user_pool: bool,

    /// An accepted audience of tokens, usually a client's id; may be repeated [default: that of --client-id]
    #[arg(long, value_name = "CLIENT", required_unless_present_any = ["client_id", "user_pool"])]
    audience: Vec<String>,

    /// Which of its tokens are accepted
    #[arg(long, value_name = "KIND", value_enum, default_value = "oidc")]
    tokens: Kind,

    /// Where its keys are [default: what its configuration says]
    #[arg(long, value_name = "URL", value_parser = trusted_url)]
    jwks_uri: Option<TrustedUrl>,

    /// The client that people log in as, registered at the issuer without a secret
    #[arg(long, value_name = "CLIENT")]
    client_id: Option<String>,

    /// A scope to request besides openid; may be repeated
    #[arg(long, value_name = "SCOPE", requires = "login")]
    scope: Vec<String>,

    /// End logins there; needed only if people log in there now
    #[arg(long, conflicts_with = "client_id")]
    no_login: bool,

    #[command(flatten)]
    change: ChangeArguments,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// Any with the right `aud`
    Oidc,
    /// Cognito's ID tokens
    CognitoId,
    /// Cognito's access tokens
    CognitoAccess,
}

/// Whom the arguments mean.
#[derive(Debug, Clone)]
struct Named {
    issuer: TrustedUrl,
    client_id: Option<String>,
    tokens: Kind,
}

/// What is put into the policy.
#[derive(Debug, Clone, PartialEq, Eq)]
struct IssuerEntry {
    issuer: Issuer,
    login: Option<Login>,
}

pub(super) async fn add(arguments: &AddIssuerArguments) -> anyhow::Result<()> {
    let named = arguments.named().await?;
    let found = discover(&named.issuer).await?;
    let entry = arguments.entry(&named, found)?;
    let target = arguments.change.find().await?;
    let make = |policy: ViewersPolicy| {
        arguments.check_login(&policy)?;
        let IssuerEntry { issuer, login } = entry.clone();
        Ok(policy
            .with_issuer(issuer, login)
            .map_err(RefusedChange::from)?)
    };
    let outcome = arguments.change.make(&target, make).await?;
    let host = match entry.login {
        Some(_) => arguments.host().await,
        None => None,
    };
    match arguments.change.json {
        true => {
            let [callback, logged_out] = host
                .as_deref()
                .map(addresses)
                .map_or([None, None], |both| both.map(Some));
            report::line(json!({
                "outcome": outcome,
                "issuer": entry.issuer,
                "login": entry.login,
                "redirect_uri": callback,
                "post_logout_redirect_uri": logged_out,
            }));
        }
        false if arguments.user_pool => entry.show_user_pool(outcome),
        false => entry.show(outcome, host.as_deref()),
    }
    Ok(())
}

impl AddIssuerArguments {
    /// # Errors
    /// The stack has no user pool, or is not known.
    async fn named(&self) -> anyhow::Result<Named> {
        if let Some(issuer) = &self.issuer {
            return Ok(Named {
                issuer: issuer.clone(),
                client_id: self.client_id.clone(),
                tokens: self.tokens,
            });
        }
        let system = self.change.bucket.system().await?;
        let OwningSystem::Stacks(outputs) = system else {
            anyhow::bail!("--user-pool needs the stack that has it; give --stack");
        };
        let output = |name: &str| {
            outputs.get(name).cloned().with_context(|| {
                format!("the stack has no output {name}; write \"user_pool\": true into `viewers` of its document of sites, and deploy (docs/viewers.md)")
            })
        };
        let issuer = TrustedUrl::try_from(output("UserPoolIssuer")?);
        Ok(Named {
            issuer: issuer.map_err(anyhow::Error::msg)?,
            client_id: Some(output("UserPoolClientId")?),
            tokens: Kind::CognitoId,
        })
    }

    fn entry(&self, named: &Named, found: Discovered) -> Result<IssuerEntry, DiscoveryError> {
        let login = match &named.client_id {
            None => None,
            Some(client) => {
                found.check_challenges()?;
                let endpoint =
                    |url: Option<TrustedUrl>, member| url.ok_or(DiscoveryError::Missing(member));
                Some(Login {
                    issuer: self.id.clone(),
                    client_id: client.clone(),
                    authorization_endpoint: endpoint(
                        found.authorization_endpoint,
                        "authorization_endpoint",
                    )?,
                    token_endpoint: endpoint(found.token_endpoint, "token_endpoint")?,
                    logout_endpoint: found.end_session_endpoint,
                    scopes: self.scope.clone(),
                })
            }
        };
        let keys = self.jwks_uri.clone().or(found.jwks_uri);
        let mut audiences = self.audience.clone();
        // A login brings a token for its own client.
        let client = named.client_id.iter().cloned();
        audiences.extend(client.filter(|client| !self.audience.contains(client)));
        let issuer = Issuer {
            id: self.id.clone(),
            issuer: named.issuer.clone(),
            jwks_uri: Some(keys.ok_or(DiscoveryError::Missing("jwks_uri"))?),
            tokens: match named.tokens {
                Kind::Oidc => AcceptedTokens::Oidc,
                Kind::CognitoId => AcceptedTokens::CognitoId,
                Kind::CognitoAccess => AcceptedTokens::CognitoAccess,
            },
            audiences,
        };
        Ok(IssuerEntry { issuer, login })
    }

    /// Refuses to take a login away that nobody spoke of.
    fn check_login(&self, policy: &ViewersPolicy) -> anyhow::Result<()> {
        let mut logins = policy.logins().iter();
        let login = logins.find(|login| login.issuer == self.id);
        if let Some(login) = login
            && self.client_id.is_none()
            && !self.user_pool
            && !self.no_login
        {
            anyhow::bail!(
                "nothing was changed: people log in at {:?} as {:?}; repeat --client-id to keep that, or give --no-login to end it",
                self.id,
                login.client_id
            );
        }
        Ok(())
    }

    /// The content's host, where it is known. The change does not depend on it.
    async fn host(&self) -> Option<String> {
        let system = self.change.bucket.system().await;
        let system = system.context("the content's host is not known");
        let system = system.unwrap_or_else(|error| {
            report::note(format_args!("{error:#}"));
            OwningSystem::Unknown
        });
        Served::of(&system).host().map(str::to_owned)
    }
}

impl IssuerEntry {
    fn show_outcome(&self, outcome: Outcome) {
        let Issuer { id, .. } = &self.issuer;
        match outcome {
            Outcome::Unchanged => report::note(format_args!("Issuer {id} is unchanged.")),
            Outcome::WouldChange => report::note("Nothing was changed (--dry-run)."),
            Outcome::Changed => {
                report::note(format_args!(
                    "Tokens of issuer {id} are accepted within a minute."
                ));
            }
        }
    }

    /// The stack has registered its own client there. People are the operator's to invite.
    fn show_user_pool(&self, outcome: Outcome) {
        self.show_outcome(outcome);
        let issuer = self.issuer.issuer.as_str();
        let pool = issuer.rsplit('/').next().unwrap_or_default();
        report::note(format_args!(
            "Invite people with `aws cognito-idp admin-create-user --region {EDGE_REGION} --user-pool-id {pool} --username ADDRESS`; their groups are the claim cognito:groups."
        ));
    }

    fn show(&self, outcome: Outcome, host: Option<&str>) {
        self.show_outcome(outcome);
        let Some(login) = &self.login else {
            return;
        };
        let [callback, logged_out] = addresses(host.unwrap_or("HOST"));
        report::note(format_args!(
            "At the issuer, register these for the client {}, which has no secret:",
            login.client_id
        ));
        let mut rows = vec![("redirect URI".to_owned(), callback)];
        if login.logout_endpoint.is_some() {
            rows.push(("post-logout redirect URI".to_owned(), logged_out));
        }
        report::pairs(["REGISTER", "VALUE"], rows);
        if host.is_none() {
            report::note("HOST is the content's host name, the output CdnUrl of the stack.");
        }
    }
}

fn trusted_url(url: &str) -> Result<TrustedUrl, &'static str> {
    TrustedUrl::try_from(url.to_owned())
}

/// OpenID Connect Discovery 1.0, 3: no query and no fragment.
fn issuer_url(url: &str) -> Result<TrustedUrl, &'static str> {
    match url.contains('?') {
        true => Err("an issuer's URL must have no query"),
        false => trusted_url(url),
    }
}

#[cfg(test)]
mod tests;
