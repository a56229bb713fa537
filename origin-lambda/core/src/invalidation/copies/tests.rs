use super::*;

fn paths(site: SiteLayout<'_>, key: &str) -> Vec<String> {
    paths_of(site, &ObjectKey::new(key).unwrap())
}

#[test]
fn a_path_is_the_one_spelling_of_its_key_and_names_no_other() {
    let site = SiteLayout::default();
    for (key, path) in [
        ("a b/+\u{e9}", "/a%20b/+%C3%A9"),
        ("image(1).jpg", "/image(1).jpg"),
        ("it's.txt", "/it's.txt"),
        ("a:b@c&d=e,f;g!.txt", "/a:b@c&d=e,f;g!.txt"),
        ("100%?", "/100%25%3F"),
        ("[a]|{b}", "/%5Ba%5D%7C%7Bb%7D"),
    ] {
        assert_eq!(paths(site, key), [path]);
    }
}

#[test]
fn an_object_is_found_under_the_path_of_the_site_that_serves_it() {
    let www = SiteLayout {
        prefix: Some("www/"),
        ..SiteLayout::default()
    };
    let docs = SiteLayout {
        path: Some("/docs/"),
        prefix: Some("manual/"),
        ..SiteLayout::default()
    };
    for (key, path) in [
        ("www/a b~", Some("/a%20b~")),
        ("manual/x/y", Some("/docs/x/y")),
        ("images/cat.png", None),
        ("www/", None),
    ] {
        let key = ObjectKey::new(key).unwrap();
        assert_eq!(path_of([www, docs], &key).as_deref(), path, "{key}");
    }
    let everything = path_of([SiteLayout::default()], &ObjectKey::new("a").unwrap());
    assert_eq!(everything.as_deref(), Some("/a"));
}

#[test]
fn a_loose_object_is_refused_where_only_releases_would_be_served() {
    let host = SiteLayout::default();
    let docs = SiteLayout {
        path: Some("/docs/"),
        release: Some("docs"),
        ..host
    };
    let blog = SiteLayout {
        path: Some("/blog/"),
        prefix: Some("blog/"),
        ..host
    };
    let whole = SiteLayout {
        release: Some("whole"),
        ..host
    };
    let in_place_of = |sites: &[SiteLayout<'static>], key: &str| {
        served_from_releases(sites, &ObjectKey::new(key).unwrap())
    };
    for (key, expected) in [
        ("docs/a", Some("docs")),
        ("docs/", Some("docs")),
        ("docs", None),
        ("docs-old/a", None),
        ("a", None),
    ] {
        assert_eq!(in_place_of(&[host, docs, blog], key), expected, "{key}");
    }
    for (key, expected) in [
        ("a", Some("whole")),
        ("blog/a", None),
        ("read/a", None),
        ("docs/a", Some("whole")),
    ] {
        assert_eq!(in_place_of(&[whole, docs, blog], key), expected, "{key}");
    }
    // A release site serves nothing that is written by itself, and no copy of it is to be forgotten.
    let key = ObjectKey::new("a").unwrap();
    assert_eq!(path_of([whole, docs], &key), None);
    assert!(Copies::of([whole, docs], &key).paths.is_empty());
    assert_eq!(in_place_of(&[host], "docs/a"), None);
}

#[test]
fn a_tilde_or_a_star_ends_the_path_as_a_wildcard() {
    let site = SiteLayout::default();
    for (key, path) in [
        ("~x", "/*"),
        ("a/b~c~d", "/a/b*"),
        ("a*b", "/a*"),
        ("a/*", "/a/*"),
        ("a*~", "/a*"),
    ] {
        assert_eq!(paths(site, key), [path], "{key}");
    }
}

#[test]
fn where_queries_are_in_the_key_a_path_covers_all_of_them() {
    let site = SiteLayout {
        index: Some("index.html"),
        query: Query::InTheKey,
        ..SiteLayout::default()
    };
    assert_eq!(paths(site, "a"), ["/a*"]);
    // A folder covers its document.
    assert_eq!(paths(site, "d/index.html"), ["/d/*"]);
    assert_eq!(paths(site, "index.html"), ["/*"]);
}

#[test]
fn a_fallback_answers_for_paths_nobody_can_list() {
    let site = SiteLayout {
        prefix: Some("www/"),
        index: Some("index.html"),
        fallback: Some("app/index.html"),
        ..SiteLayout::default()
    };
    assert_eq!(paths(site, "www/app/index.html"), ["/*"]);
    assert_eq!(paths(site, "www/app/app.js"), ["/app/app.js"]);
    assert!(paths(site, "app/index.html").is_empty());
}

#[test]
fn a_prefix_is_taken_off_and_an_index_answers_for_its_folder_too() {
    let site = SiteLayout {
        prefix: Some("www/"),
        index: Some("index.html"),
        ..SiteLayout::default()
    };
    for (key, expected) in [
        ("www/a", &["/a"][..]),
        ("www/index.html", &["/", "/index.html"]),
        ("www/d/index.html", &["/d/", "/d/index.html"]),
        ("www/old-index.html", &["/old-index.html"]),
        ("www/~d/index.html", &["/*"]),
        ("elsewhere/a", &[]),
    ] {
        assert_eq!(paths(site, key), expected, "{key}");
    }
}

#[test]
fn a_key_has_the_paths_of_every_site_that_serves_it() {
    let host = SiteLayout::default();
    let docs = SiteLayout {
        path: Some("/docs/"),
        prefix: Some("www/"),
        index: Some("index.html"),
        ..host
    };
    let app = SiteLayout {
        path: Some("/app/"),
        prefix: Some("www/"),
        fallback: Some("app.html"),
        query: Query::InTheKey,
        ..host
    };
    let of = |key: &str| Copies::of([host, docs, app], &ObjectKey::new(key).unwrap()).paths;
    for (key, expected) in [
        ("www/a b", &["/app/a%20b*", "/docs/a%20b", "/www/a%20b"][..]),
        (
            "www/index.html",
            &[
                "/app/index.html*",
                "/docs/",
                "/docs/index.html",
                "/www/index.html",
            ],
        ),
        (
            "www/d/index.html",
            &[
                "/app/d/index.html*",
                "/docs/d/",
                "/docs/d/index.html",
                "/www/d/index.html",
            ],
        ),
        (
            "www/app.html",
            &["/app/*", "/docs/app.html", "/www/app.html"],
        ),
        ("www/~x", &["/app/*", "/docs/*", "/www/*"]),
        ("elsewhere", &["/elsewhere"]),
    ] {
        assert_eq!(of(key), expected, "{key}");
    }
}

#[test]
fn copies_of_spellings_nobody_can_list_are_those_of_sites_that_serve_the_key() {
    let site = SiteLayout {
        prefix: Some("www/"),
        ..SiteLayout::default()
    };
    let accepting = SiteLayout {
        path: Some("/docs/"),
        prefix: Some("docs/"),
        spellings: Spellings::Any,
        ..site
    };
    for (key, served, spellings) in [
        ("www/a", true, Spellings::One),
        ("docs/a", true, Spellings::Any),
        ("elsewhere", false, Spellings::One),
    ] {
        let copies = Copies::of([site, accepting], &ObjectKey::new(key).unwrap());
        assert_eq!(
            (!copies.paths.is_empty(), copies.spellings),
            (served, spellings)
        );
    }
}
