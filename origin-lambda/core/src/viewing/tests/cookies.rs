use keyfront_viewers::Cookie;

use crate::viewing::{
    FOLDERS_COOKIE, LOGIN_COOKIE, cookie_named, expired_folder_cookies, expired_login_cookie,
    folder_cookie, folders_cookie, listed_folders, login_cookie,
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
    let set = folders_cookie(["members/", "users/abc/"].into_iter());
    let value = set
        .strip_prefix("__Secure-kf-folders=")
        .unwrap()
        .split(';')
        .next()
        .unwrap();
    assert_eq!(
        listed_folders(value).collect::<Vec<_>>(),
        ["members/", "users/abc/"]
    );
    for hostile in [
        "", "/", "../", "a b/", "a;/", "{sub}/", "a\r\n/", "_share/", "a",
    ] {
        assert_eq!(listed_folders(hostile).count(), 0, "{hostile:?}");
    }
    let many = "a/:".repeat(1_000);
    assert_eq!(listed_folders(&many).count(), 8);
    assert!(folders_cookie(std::iter::empty()).contains("Max-Age=0"));
}

#[test]
fn a_cookie_that_stands_twice_is_none() {
    let named = |headers: &[&'static str], name| cookie_named(headers.iter().copied(), name);
    assert_eq!(
        named(&["a=1; __Secure-kf-login=x=y;b=2"], LOGIN_COOKIE),
        Some("x=y")
    );
    assert_eq!(
        named(&["a=1", "__Secure-kf-folders=x"], FOLDERS_COOKIE),
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
