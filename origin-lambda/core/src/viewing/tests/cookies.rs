use keyfront_viewers::Cookie;

use crate::viewing::{
    LOGIN_COOKIE, RememberedSession, SESSION_COOKIE, cookie_named, expired_folder_cookies,
    expired_login_cookie, expired_session_cookie, folder_cookie, login_cookie, session_cookie,
};

#[test]
fn every_cookie_is_secure_and_for_its_paths_alone() {
    let cookie = Cookie {
        name: "CloudFront-Policy",
        value: "abc_".to_owned(),
    };
    assert_eq!(
        folder_cookie("members/", &cookie, 600),
        "CloudFront-Policy=abc_; Path=/members/; Max-Age=600; Secure; HttpOnly; SameSite=Lax"
    );
    assert_eq!(
        login_cookie("sealed"),
        "__Secure-kf-login=sealed; Path=/_viewer/; Max-Age=600; Secure; HttpOnly; SameSite=Lax"
    );
    let expired: Vec<String> = expired_folder_cookies("members/").collect();
    assert_eq!(expired.len(), 5);
    for cookie in expired.iter().chain([&expired_login_cookie()]) {
        assert!(
            cookie.contains("=; Path=/") && cookie.contains("; Max-Age=0; Secure; HttpOnly"),
            "{cookie}"
        );
    }
}

#[test]
fn the_folders_of_a_browser_are_found_again_and_nothing_else_is() {
    let set = session_cookie("our; staff", ["members/", "users/abc/"].into_iter());
    let value = set
        .strip_prefix("__Secure-kf-session=")
        .unwrap()
        .split(';')
        .next()
        .unwrap();
    let remembered = RememberedSession::read(value);
    assert_eq!(remembered.issuer(), Some("our; staff"));
    assert_eq!(
        remembered.folders().collect::<Vec<_>>(),
        ["members/", "users/abc/"]
    );
    let of_nothing = session_cookie("staff", std::iter::empty());
    assert!(of_nothing.starts_with("__Secure-kf-session=c3RhZmY|; Path=/_viewer/"));
    for hostile in [
        "", "/", "../", "a b/", "a;/", "{sub}/", "a\r\n/", "_share/", "a",
    ] {
        let value = format!("!|{hostile}");
        let remembered = RememberedSession::read(&value);
        assert_eq!(
            (remembered.issuer(), remembered.folders().count()),
            (None, 0),
            "{hostile:?}"
        );
    }
    let many = format!("|{}", "a/:".repeat(1_000));
    assert_eq!(RememberedSession::read(&many).folders().count(), 8);
    let nothing = RememberedSession::read("members/");
    assert_eq!((nothing.issuer(), nothing.folders().count()), (None, 0));
    assert!(expired_session_cookie().contains("Max-Age=0"));
}

#[test]
fn a_cookie_that_stands_twice_is_none() {
    let named = |headers: &[&'static str], name| cookie_named(headers.iter().copied(), name);
    assert_eq!(
        named(&["a=1; __Secure-kf-login=x=y;b=2"], LOGIN_COOKIE),
        Some("x=y")
    );
    assert_eq!(
        named(&["a=1", "__Secure-kf-session=x"], SESSION_COOKIE),
        Some("x")
    );
    assert_eq!(
        named(&["__Secure-kf-login=x; __Secure-kf-login=y"], LOGIN_COOKIE),
        None
    );
    assert_eq!(
        named(
            &["__Secure-kf-login=x", "__Secure-kf-login=x"],
            LOGIN_COOKIE
        ),
        None
    );
    assert_eq!(named(&["__secure-kf-login=x"], LOGIN_COOKIE), None);
    assert_eq!(named(&[], LOGIN_COOKIE), None);
}
