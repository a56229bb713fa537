use serde_json::{Value, json};

use super::{HOST, claims, issuer, parse, policy};
use crate::oidc::{AcceptedTokens, Login};
use crate::viewing::{
    AuthorizationRequest, Callback, CallbackRefusal as Refusal, LIFETIME, PendingLogin, Prompt,
    ReturnPath, Secrets, ViewersPolicy,
};

const NOW: u64 = 1_800_000_000;

fn begun(prompt: Prompt) -> (ViewersPolicy, AuthorizationRequest) {
    let policy = parse(&policy(&json!([]))).unwrap();
    let (login, _) = policy.login(None).unwrap();
    let to = ReturnPath::from("/members/a".to_owned());
    let secrets = Secrets(std::array::from_fn(|at| u8::try_from(at).unwrap()));
    let request = AuthorizationRequest::new(login, HOST, to, prompt, &secrets, NOW);
    (policy, request)
}

fn login(policy: &ViewersPolicy) -> &Login {
    policy.login(None).unwrap().0
}

#[test]
fn the_browser_goes_to_the_issuer_with_what_the_code_flow_needs() {
    let (_, AuthorizationRequest { url, pending }) = begun(Prompt::AsNeeded);
    let (endpoint, query) = url.split_once('&').unwrap();
    assert_eq!(endpoint, "https://staff.example/authorize?tenant=1");
    let pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    let value = |name: &str| {
        pairs
            .iter()
            .find(|(given, _)| given == name)
            .map(|(_, value)| value.as_str())
    };
    assert_eq!(value("response_type"), Some("code"));
    assert_eq!(value("client_id"), Some("web"));
    assert_eq!(
        value("redirect_uri"),
        Some("https://www.example.com/_viewer/login/callback")
    );
    assert_eq!(value("scope"), Some("openid email"));
    assert_eq!(value("code_challenge_method"), Some("S256"));
    assert_eq!(value("state"), Some(pending.state.as_str()));
    assert_eq!(value("nonce"), Some(pending.nonce.as_str()));
    assert_eq!(value("prompt"), None);
    // Three secrets that have nothing in common, and the verifier is not among what is sent.
    let secrets = [&pending.state, &pending.nonce, &pending.verifier];
    assert!(secrets.iter().all(|secret| secret.len() == 43));
    assert!(secrets[0] != secrets[1] && secrets[1] != secrets[2]);
    assert!(!url.contains(&pending.verifier));
    assert!(begun(Prompt::None).1.url.ends_with("&prompt=none"));
    assert_eq!(pending.until, NOW + LIFETIME);
}

#[test]
fn only_the_browser_that_began_a_login_ends_it_and_in_time() {
    let (policy, AuthorizationRequest { pending, .. }) = begun(Prompt::AsNeeded);
    let silent = PendingLogin {
        silent: true,
        ..pending.clone()
    };
    let staff = issuer(&policy, "staff");
    let state = &pending.state;
    let ended = |query: &str, pending: &PendingLogin, now| {
        Callback::read(query)
            .and_then(|callback| callback.code(pending, staff, now).map(str::to_owned))
    };
    let right = format!("code=c%2B1&state={state}&iss=https%3A%2F%2Fstaff.example&session_state=x");
    assert_eq!(ended(&right, &pending, NOW + LIFETIME - 1).unwrap(), "c+1");
    assert_eq!(
        ended(&format!("code=c&state={state}"), &pending, NOW).unwrap(),
        "c"
    );
    for (query, refusal) in [
        (String::new(), Refusal::Malformed),
        ("code=c".to_owned(), Refusal::Malformed),
        (format!("state={state}"), Refusal::Malformed),
        (format!("code=&state={state}"), Refusal::Malformed),
        (format!("code=c&code=d&state={state}"), Refusal::Malformed),
        (
            format!("code=c&state={state}&state={state}"),
            Refusal::Malformed,
        ),
        (format!("code=c&state={state}x"), Refusal::State),
        ("code=c&state=".to_owned(), Refusal::State),
        (
            format!("code=c&state={state}&iss=https%3A%2F%2Fguests.example"),
            Refusal::Issuer,
        ),
        (
            format!("error=access_denied&state={state}"),
            Refusal::Refused,
        ),
        (
            format!("error=login_required&state={state}"),
            Refusal::Refused,
        ),
        (
            format!("error=access_denied&code=c&state={state}"),
            Refusal::Refused,
        ),
        ("error=access_denied".to_owned(), Refusal::Malformed),
    ] {
        assert_eq!(ended(&query, &pending, NOW), Err(refusal), "{query}");
    }
    assert_eq!(ended(&right, &pending, NOW + LIFETIME), Err(Refusal::Over));
    let interaction = format!("error=login_required&state={state}");
    assert_eq!(
        ended(&interaction, &silent, NOW),
        Err(Refusal::InteractionRequired)
    );
    assert_eq!(
        ended(&format!("error=server_error&state={state}"), &silent, NOW),
        Err(Refusal::Refused)
    );
}

#[test]
fn an_id_token_is_of_this_login_and_for_its_client() {
    let (policy, AuthorizationRequest { pending, .. }) = begun(Prompt::AsNeeded);
    let admitted = |more: Value| {
        let mut all = json!({"sub": "alice", "nonce": pending.nonce, "aud": "web"});
        for (name, value) in more.as_object().unwrap() {
            all[name] = value.clone();
        }
        pending.admit(login(&policy), &claims(&all))
    };
    for right in [
        json!({}),
        json!({"aud": ["x", "web"]}),
        json!({"aud": ["web"], "azp": "web"}),
    ] {
        assert_eq!(admitted(right), Ok(()));
    }
    for nonce in [json!(null), json!(""), json!("other"), json!(1)] {
        assert_eq!(admitted(json!({"nonce": nonce})), Err(Refusal::Nonce));
    }
    // Another client of the same issuer, whose tokens applications may exchange, logs nobody in here.
    for other in [
        json!({"aud": "app"}),
        json!({"aud": null}),
        json!({"aud": []}),
        json!({"azp": "app"}),
    ] {
        assert_eq!(admitted(other), Err(Refusal::Client));
    }
}

#[test]
fn the_code_is_exchanged_with_the_verifier_and_without_a_secret() {
    let (policy, AuthorizationRequest { pending, .. }) = begun(Prompt::AsNeeded);
    let body = pending.token_request(login(&policy), HOST, "c+/=&x");
    assert_eq!(
        body,
        format!(
            "grant_type=authorization_code&code=c%2B%2F%3D%26x&redirect_uri=https%3A%2F%2Fwww.example.com%2F_viewer%2Flogin%2Fcallback\
             &client_id=web&code_verifier={}",
            pending.verifier
        )
    );
}

#[test]
fn a_logout_names_where_it_ends() {
    let (policy, _) = begun(Prompt::AsNeeded);
    let (login, issuer) = policy.login(None).unwrap();
    let ended = "https%3A%2F%2Fwww.example.com%2F_viewer%2Flogged-out";
    let endpoint = "https://staff.example/logout?client_id=web";
    assert_eq!(
        login.logout_url(issuer, HOST).unwrap(),
        format!("{endpoint}&post_logout_redirect_uri={ended}")
    );
    let mut pool = issuer.clone();
    pool.tokens = AcceptedTokens::CognitoId;
    assert_eq!(
        login.logout_url(&pool, HOST).unwrap(),
        format!("{endpoint}&logout_uri={ended}")
    );
}
