//! The CDN's paths of a key: the edge's routing, backwards. Pure.
//!
//! What the reader serves has the same path: its prefix is the beginning of its keys.

use keyfront_names::ObjectKey;

use crate::config::CdnSettings;

/// Every path the site serves the key under, in wire form; none if the site does not serve it. A `*` in a key is
/// escaped there, so that a path never names more than its object.
pub(super) fn paths_of(settings: &CdnSettings, key: &ObjectKey) -> Vec<String> {
    let prefix = settings.site_prefix.as_deref().unwrap_or_default();
    let asked = key.as_str().strip_prefix(prefix);
    let Some(asked) = asked.and_then(|asked| ObjectKey::new(asked).ok()) else {
        return Vec::new();
    };
    let mut paths = vec![path_of(&asked)];
    let folder = settings
        .site_index
        .as_deref()
        .and_then(|index| asked.as_str().strip_suffix(index));
    match folder {
        Some("") => paths.push("/".to_owned()),
        Some(folder) if folder.ends_with('/') => {
            paths.extend(ObjectKey::new(folder).map(|folder| path_of(&folder)));
        }
        _ => {}
    }
    paths
}

fn path_of(key: &ObjectKey) -> String {
    let mut path = "/".to_owned();
    key.append_wire(&mut path);
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ParameterArn;

    fn settings() -> CdnSettings {
        let parameter =
            "arn:aws:ssm:us-east-1:111122223333:parameter/keyfront/site/distribution-id";
        CdnSettings {
            distribution_parameter: ParameterArn::parse(parameter).unwrap(),
            site_prefix: None,
            site_index: None,
            cloudfront_endpoint: None,
            ssm_endpoint: None,
        }
    }

    fn paths(settings: &CdnSettings, key: &str) -> Vec<String> {
        paths_of(settings, &ObjectKey::new(key).unwrap())
    }

    #[test]
    fn a_path_is_the_wire_form_of_its_key_and_names_no_other() {
        let site = settings();
        assert_eq!(paths(&site, "a b/*+é"), ["/a%20b/%2A%2B%C3%A9"]);
        assert_eq!(paths(&site, "index.html"), ["/index.html"]);
    }

    #[test]
    fn a_prefix_is_taken_off_and_an_index_answers_for_its_folder_too() {
        let site = CdnSettings {
            site_prefix: Some("www/".to_owned()),
            site_index: Some("index.html".to_owned()),
            ..settings()
        };
        for (key, expected) in [
            ("www/a", &["/a"][..]),
            ("www/index.html", &["/index.html", "/"]),
            ("www/d/index.html", &["/d/index.html", "/d/"]),
            ("www/old-index.html", &["/old-index.html"]),
            ("elsewhere/a", &[]),
        ] {
            assert_eq!(paths(&site, key), expected, "{key}");
        }
    }
}
