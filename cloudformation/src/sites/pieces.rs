//! What of the sites stands where in the templates: texts of `fragments/sites`, with the values of each site.

use serde_json::{Value, json};

use super::{
    all::Sites,
    cache_policy::CachePolicy,
    entry::{ExistingBucket, SiteEntry, Storage},
    grants::{Grants, arn, via_service},
    piece::{Piece, piece, quoted},
    protected, response_headers, site_document,
};

/// The pieces at the mark `@sites NAME@`; `None` for a mark that is none.
pub(crate) fn pieces_at(mark: &str, sites: &Sites) -> Option<Vec<Piece>> {
    if sites.is_empty() && KNOWN.contains(&mark) {
        return Some(Vec::new());
    }
    Some(match mark {
        "policies" => policies(sites)
            .chain(protected::keys(sites))
            .chain(protected::user_pool(sites))
            .collect(),
        "protected-behaviours" => protected::behaviours(sites),
        "page-of-refusals" => protected::page_of_refusals(sites),
        "protected-keys" => protected::field(sites),
        "viewers-parameter" => protected::parameter(sites),
        "viewers-grants" => protected::grants(sites),
        "behaviours" => sites.entries.iter().flat_map(behaviours).collect(),
        "origins" => {
            let entries = sites.entries.iter();
            entries
                .map(origin)
                .chain(protected::origins(sites))
                .collect()
        }
        "paths" => paths(sites)
            .into_iter()
            .chain(protected::outputs(sites))
            .collect(),
        "role-policies" => role_policy(&Grants::of(sites)),
        "reserved" => reserved(&Grants::of(sites)),
        "variables" => {
            let own = variables(sites).into_iter();
            own.chain(protected::variables(sites)).collect()
        }
        "statements" => statements(sites),
        _ => return None,
    })
}

const KNOWN: [&str; 12] = [
    "policies",
    "viewers-parameter",
    "viewers-grants",
    "protected-behaviours",
    "protected-keys",
    "page-of-refusals",
    "behaviours",
    "origins",
    "paths",
    "role-policies",
    "variables",
    "statements",
];

fn list(texts: &[String]) -> String {
    Value::from(texts).to_string()
}

fn policies(sites: &Sites) -> impl Iterator<Item = Piece> {
    let caches = CachePolicy::all(sites).into_iter().map(|policy| {
        Piece::new(
            piece!("cache-policy"),
            [
                ("id", policy.logical_id()),
                ("digest", policy.digest()),
                ("headers", policy.headers_config().to_owned()),
                ("queries", policy.query_strings_config()),
            ],
        )
    });
    let headers = response_headers::all(sites).into_iter().map(|policy| {
        let id = response_headers::logical_id_of(policy);
        Piece::new(
            piece!("response-headers"),
            [
                ("digest", id.trim_start_matches("SitesHeaders").to_owned()),
                ("id", id),
                ("policy", quoted(policy)),
            ],
        )
    });
    caches.chain(headers)
}

fn behaviours(entry: &SiteEntry) -> impl Iterator<Item = Piece> {
    entry.patterns().map(|pattern| {
        Piece::new(
            piece!("behaviour"),
            [
                ("pattern", quoted(&pattern)),
                ("origin", origin_id(entry)),
                ("cache", CachePolicy::of(entry).logical_id()),
                ("headers", response_headers::logical_id(entry)),
            ],
        )
    })
}

/// Every site has an origin of its own, even of the same bucket: the origin carries the site.
fn origin(entry: &SiteEntry) -> Piece {
    match &entry.storage {
        Storage::Own => Piece::new(
            piece!("own-origin"),
            [
                ("origin", origin_id(entry)),
                ("options", quoted(&site_document::behind_the_region(entry))),
            ],
        ),
        Storage::Existing(bucket) => {
            let (name, region) = (bucket.name.as_str(), bucket.key.region());
            let document = site_document::document(entry, name, region);
            Piece::new(
                piece!("existing-origin"),
                [
                    ("origin", origin_id(entry)),
                    (
                        "host",
                        quoted(&format!("{name}.{}", via_service(&bucket.key))),
                    ),
                    ("document", quoted(&document)),
                ],
            )
        }
    }
}

fn origin_id(entry: &SiteEntry) -> String {
    quoted(&format!("site{}", entry.path))
}

fn paths(sites: &Sites) -> Option<Piece> {
    let paths: Vec<_> = sites.paths().collect();
    (!paths.is_empty()).then(|| Piece::new(piece!("paths"), [("paths", quoted(&paths.join(",")))]))
}

fn role_policy(grants: &Grants<'_>) -> Vec<Piece> {
    if grants.keys().is_empty() {
        return Vec::new();
    }
    let mut pieces = vec![Piece::new(piece!("role-policy"), [])];
    let statement = |sid: &str, effect: &str, action: &str, resources: &[String]| {
        Piece::new(
            piece!("role-statement"),
            [
                ("sid", sid.to_owned()),
                ("effect", effect.to_owned()),
                ("action", quoted(action)),
                ("resources", list(resources)),
            ],
        )
    };
    pieces.push(statement(
        "ReadSites",
        "Allow",
        "s3:GetObject",
        &grants.objects(),
    ));
    let listed = grants.listed();
    if !listed.is_empty() {
        pieces.push(statement(
            "KnowWhatIsMissingInSites",
            "Allow",
            "s3:ListBucket",
            &listed,
        ));
    }
    let reserved = grants.reserved();
    if !reserved.is_empty() {
        pieces.push(statement(
            "NeverKeyfrontsOwnDocumentsInSites",
            "Deny",
            "s3:*",
            &reserved,
        ));
    }
    pieces.extend(grants.keys().into_iter().enumerate().map(|(at, key)| {
        Piece::new(
            piece!("role-decrypt"),
            [
                ("number", (at + 1).to_string()),
                ("key", quoted(key.as_str())),
                ("service", quoted(&via_service(key))),
                ("contexts", list(&grants.contexts(key))),
            ],
        )
    }));
    pieces
}

/// What of Keyfront's own in the template's bucket the edge never reads, and which releases it does.
fn reserved(grants: &Grants<'_>) -> Vec<Piece> {
    let releases = grants.releases();
    if releases.is_empty() {
        return vec![Piece::new(piece!("reserved"), [])];
    }
    let keys = |keys: Vec<String>| {
        let pieces = keys.into_iter();
        pieces.map(|key| Piece::new(piece!("own-key"), [("key", key)]))
    };
    let mut pieces = vec![Piece::new(piece!("releases-read"), [])];
    pieces.extend(keys(releases.read));
    pieces.push(Piece::new(piece!("releases-reserved"), []));
    pieces.extend(keys(releases.reserved));
    pieces
}

/// What the origin has to know: the sites on the bucket that it writes into.
fn variables(sites: &Sites) -> Option<Piece> {
    let entries = sites.entries.iter();
    let own = entries.filter(|entry| entry.existing().is_none());
    let texts: Vec<String> = own.map(as_the_origin_reads).collect();
    (!texts.is_empty()).then(|| {
        let sites = format!("[{}]", texts.join(","));
        Piece::new(piece!("variables"), [("sites", quoted(&sites))])
    })
}

fn as_the_origin_reads(entry: &SiteEntry) -> String {
    let prefix = Some(entry.prefix.as_str()).filter(|prefix| !prefix.is_empty());
    let texts = [
        ("prefix", prefix),
        ("index", entry.index.as_deref()),
        ("fallback", entry.fallback.as_deref()),
        ("spelling", entry.spelling.as_deref()),
        ("release", entry.release.as_deref()),
    ];
    let mut text = format!(r#"{{"path":{}"#, quoted(&entry.path));
    for (name, value) in texts {
        if let Some(value) = value {
            text.push_str(&format!(r#","{name}":{}"#, quoted(value)));
        }
    }
    if !entry.query.is_empty() {
        text.push_str(&format!(r#","query":{}"#, list(&entry.query)));
    }
    text.push('}');
    text
}

/// What owners of buckets and keys that do not leave access to the account's roles add to their policies.
fn statements(sites: &Sites) -> Vec<Piece> {
    let grants = Grants::of(sites);
    let buckets = sites.existing_buckets().into_iter().enumerate();
    let mut pieces: Vec<_> = buckets
        .map(|(at, bucket)| of_bucket(at + 1, bucket, &grants))
        .collect();
    pieces.extend(grants.keys().into_iter().enumerate().map(|(at, key)| {
        let condition = json!({
            "StringEquals": {"kms:ViaService": via_service(key)},
            "StringLike": {"kms:EncryptionContext:aws:s3:arn": grants.contexts(key)},
        });
        let after = format!(r#""}},"Action":"kms:Decrypt","Resource":"*","Condition":{condition}}}]"#);
        Piece::new(
            piece!("key-statement"),
            [
                ("number", (at + 1).to_string()),
                ("description", quoted(&format!("Statement for the policy of key {key}, unless that leaves access to the account's roles"))),
                ("before", quoted(r#"[{"Sid":"KeyfrontDecryptsSites","Effect":"Allow","Principal":{"AWS":""#)),
                ("after", quoted(&after)),
            ],
        )
    }));
    pieces
}

fn of_bucket(number: usize, bucket: &ExistingBucket, grants: &Grants<'_>) -> Piece {
    let name = bucket.name.as_str();
    let mut actions = vec![(
        "KeyfrontReadsSites",
        "s3:GetObject",
        list(&grants.objects_in(bucket)),
    )];
    if grants.lists(bucket) {
        actions.push((
            "KeyfrontSeesWhatIsMissing",
            "s3:ListBucket",
            quoted(&arn(bucket)),
        ));
    }
    let statements: Vec<String> = actions
        .iter()
        .map(|(sid, action, resource)| {
            format!(r#"{{"Sid":"{sid}","Effect":"Allow","Principal":{{"AWS":"%role%"}},"Action":"{action}","Resource":{resource}}}"#)
        })
        .collect();
    let text = format!("[{}]", statements.join(","));
    let parts: Vec<String> = text.split("%role%").map(quoted).collect();
    Piece::new(
        piece!("bucket-statement"),
        [
            ("number", number.to_string()),
            (
                "description",
                quoted(&format!(
                    "Statements for the policy of bucket {name}, if it is another account's"
                )),
            ),
            ("parts", parts.join(", !GetAtt EdgeRole.Arn, ")),
        ],
    )
}
