//! The same of any path, lifetime and change.

use keyfront_viewers::{Grant, ViewerRequest, examine};
use proptest::prelude::*;

use super::sent::{HOST, NOW, Sent, cookie_header, object, url};

fn segment() -> impl Strategy<Value = String> {
    "[a-z0-9 +&é._-]{1,8}".prop_filter("no dot segment", |text| {
        !matches!(text.as_str(), "." | "..")
    })
}

/// A path in the one spelling of browsers.
fn path() -> impl Strategy<Value = String> {
    prop::collection::vec(segment(), 1..5).prop_map(|segments| {
        let mut path = String::new();
        for byte in segments
            .iter()
            .flat_map(|segment| format!("/{segment}").into_bytes())
        {
            if byte.is_ascii_alphanumeric() || b"-._~!$&'()+,;=:@/".contains(&byte) {
                path.push(char::from(byte));
            } else {
                path.push_str(&format!("%{byte:02X}"));
            }
        }
        path
    })
}

proptest! {
    #[test]
    fn what_is_granted_is_admitted_as_url_and_as_cookies(path in path(), lasts in 1_u64..1_000_000) {
        let grant = Grant::until(object(&path), NOW + lasts).unwrap();
        prop_assert_eq!(Sent::of(&url(&grant)).admitted(), Ok(NOW + lasts));
        let by_cookie = Sent::of(&format!("https://www.example.com{path}")).with_cookies(&cookie_header(&grant));
        prop_assert_eq!(by_cookie.admitted(), Ok(NOW + lasts));
    }

    #[test]
    fn a_grant_for_one_object_opens_no_other(path in path(), other in path()) {
        prop_assume!(path != other);
        let grant = Grant::until(object(&path), NOW + 60).unwrap();
        // Of the address the path alone: the host begins like some paths.
        let signed = url(&grant);
        let (_, target) = signed.split_once("example.com").unwrap();
        let moved = format!("https://www.example.com{}", target.replacen(&path, &other, 1));
        prop_assert!(Sent::of(&moved).admitted().is_err());
        let by_cookie = Sent::of(&format!("https://www.example.com{other}")).with_cookies(&cookie_header(&grant));
        prop_assert!(by_cookie.admitted().is_err());
    }

    #[test]
    fn any_changed_character_of_a_signed_url_is_refused(path in path(), place: prop::sample::Index, to in "[A-Za-z0-9/&=?~_-]") {
        let signed = url(&Grant::until(object(&path), NOW + 60).unwrap());
        let target = signed.strip_prefix("https://www.example.com").unwrap();
        let place = place.index(target.len() - 1) + 1;
        prop_assume!(target.is_char_boundary(place) && !target[place..].starts_with(&to));
        let changed = format!("https://www.example.com{}{to}{}", &target[..place], &target[place + 1..]);
        prop_assert!(Sent::of(&changed).admitted().is_err(), "{}", changed);
    }

    #[test]
    fn nothing_panics(query in ".{0,200}", cookies in ".{0,200}") {
        let request = ViewerRequest {
            scheme: "https",
            host: HOST,
            path: "/a",
            query: Some(&query),
            cookies: &[&cookies],
            address: "192.0.2.7".parse().unwrap(),
            now: NOW,
        };
        let _ = examine(&request);
    }
}
