//! The page that stands in for what a viewer may not read without a login: it leads to `/_viewer/login` and back.
//!
//! The origin serves it to CloudFront, and the Worker answers with it itself. It holds no data of anybody: it takes from its own
//! address where the viewer was going, since it stands in for many paths.

/// The page. Its script leads to the login once a minute for each path: a viewer whom no rule lets read would go round for ever.
pub const HTML: &str = "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
<meta name=\"viewport\" content=\"width=device-width\"><meta name=\"referrer\" content=\"no-referrer\"><title>Log in</title>\
<style>body{font:1rem/1.5 system-ui,sans-serif;margin:15vh auto;max-width:32rem;padding:0 1rem}\
@media(prefers-color-scheme:dark){html{color-scheme:dark}}</style></head><body><h1>Log in</h1>\
<p>Only some people read this page. If you are logged in, you are not one of them.</p>\
<p><a id=\"login\" href=\"/_viewer/login\">Log in</a></p><script>\
(()=>{const p=location.pathname;if(p.startsWith('/_viewer/'))return;\
const to='/_viewer/login?to='+encodeURIComponent(p+location.search);document.getElementById('login').href=to;\
try{const k='keyfront:'+p,n=Date.now();if(n-sessionStorage.getItem(k)<60000)return;sessionStorage.setItem(k,n);\
location.replace(to)}catch{}})()\
</script></body></html>\n";

/// The `Content-Security-Policy` that it is shown under: what it is made of, and nothing else.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'sha256-atqLR7bmXMV58zaYxnoexHKWB32ysQZHLePlOVCCcL0='; \
style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// `WWW-Authenticate` of the page.
pub const CHALLENGE: &str = "Keyfront error=\"login-required\", login=\"/_viewer/login\"";

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::STANDARD};
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn the_script_is_the_one_that_the_policy_names() {
        let (_, script) = HTML.split_once("<script>").unwrap();
        let (script, _) = script.split_once("</script>").unwrap();
        let hash = STANDARD.encode(Sha256::digest(script));
        assert!(
            CONTENT_SECURITY_POLICY.contains(&format!("'sha256-{hash}'")),
            "{hash}"
        );
    }
}
