//! Buckets and objects: as much of S3 as artifacts and the publishers' policy need.

use bytes::Bytes;
use http::{Method, StatusCode};
use sha2::{Digest as _, Sha256};

use super::call::{RecordedCall, Reply};
use super::stacks::Fields;
use super::state::{BUCKETS, State};

pub(super) fn answer(state: &mut State, call: &RecordedCall) -> Reply {
    let path = call.path.trim_start_matches('/');
    let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
    let sub = call.query.split(['=', '&']).next().unwrap_or_default();
    if bucket.is_empty() {
        let one = "<Bucket><Name>other</Name></Bucket>";
        let all = one.repeat(state.quota(BUCKETS).0 as usize);
        return fine(&format!(
            "<ListAllMyBucketsResult><Buckets>{all}</Buckets></ListAllMyBucketsResult>"
        ));
    }
    if key.is_empty() {
        return of_bucket(state, call, bucket, sub);
    }
    match call.method {
        Method::PUT => put(state, call, path),
        Method::GET | Method::HEAD => match state.objects.get(path) {
            Some(bytes) => {
                let headers = vec![
                    ("etag", etag(bytes)),
                    ("content-length", bytes.len().to_string()),
                ];
                (
                    StatusCode::OK,
                    String::from_utf8_lossy(bytes).into_owned(),
                    headers,
                )
            }
            None => refused(StatusCode::NOT_FOUND, "NoSuchKey"),
        },
        Method::DELETE if sub == "uploadId" || call.query.contains("&uploadId=") => {
            abort(state, call)
        }
        _ => refused(StatusCode::NOT_IMPLEMENTED, "NotImplemented"),
    }
}

fn of_bucket(state: &mut State, call: &RecordedCall, bucket: &str, sub: &str) -> Reply {
    let exists = state.buckets.contains(bucket);
    match (call.method.as_str(), sub) {
        ("PUT", "publicAccessBlock" | "ownershipControls" | "encryption" | "policy") if exists => {
            fine("")
        }
        ("PUT", "" | "x-id") if exists && call.region != "us-east-1" => {
            refused(StatusCode::CONFLICT, "BucketAlreadyOwnedByYou")
        }
        ("PUT", "" | "x-id") => {
            state.buckets.insert(bucket.to_owned());
            fine("")
        }
        ("HEAD", _) if exists && state.bucket_region.is_some() => {
            let region = state.bucket_region.clone().unwrap_or_default();
            let headers = vec![("x-amz-bucket-region", region)];
            (StatusCode::MOVED_PERMANENTLY, String::new(), headers)
        }
        ("HEAD", _) if exists => fine(""),
        ("GET", "encryption" | "object-lock" | "publicAccessBlock" | "policy" | "logging")
            if exists =>
        {
            setting(state, sub)
        }
        ("GET", "tagging") if exists => match state.tags_of(bucket) {
            Some(tags) => fine(&tagging(&tags)),
            None => refused(StatusCode::NOT_FOUND, "NoSuchTagSet"),
        },
        ("GET", "list-type") if state.unlisted.contains(bucket) => {
            refused(StatusCode::FORBIDDEN, "AccessDenied")
        }
        ("GET", "list-type") if exists => fine(&objects(state, bucket)),
        ("GET", "versions") if exists => fine(&versions(state, call, bucket)),
        ("GET", "uploads") if exists => fine(&uploads(state, bucket)),
        ("POST", "delete") if exists => {
            let body = String::from_utf8_lossy(&call.body);
            let keys = body.split("<Key>").skip(1);
            for key in keys.filter_map(|rest| rest.split("</Key>").next()) {
                state.objects.remove(&format!("{bucket}/{key}"));
            }
            fine("<DeleteResult/>")
        }
        ("DELETE", _) if exists && state.objects.keys().any(|path| is_in(bucket, path)) => {
            refused(StatusCode::CONFLICT, "BucketNotEmpty")
        }
        ("DELETE", _) if exists => {
            state.buckets.remove(bucket);
            (StatusCode::NO_CONTENT, String::new(), Vec::new())
        }
        _ if !exists => refused(StatusCode::NOT_FOUND, "NoSuchBucket"),
        _ => refused(StatusCode::NOT_IMPLEMENTED, "NotImplemented"),
    }
}

fn tagging(tags: &Fields) -> String {
    let tags: String = tags
        .iter()
        .map(|(key, value)| format!("<Tag><Key>{key}</Key><Value>{value}</Value></Tag>"))
        .collect();
    format!("<Tagging><TagSet>{tags}</TagSet></Tagging>")
}

/// A setting that every bucket has.
fn setting(state: &State, name: &str) -> Reply {
    match name {
        "encryption" => {
            let key = state.bucket_key.clone().unwrap_or_default();
            fine(&format!(
                "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm>\
                 <KMSMasterKeyID>{key}</KMSMasterKeyID></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>"
            ))
        }
        "object-lock" if state.retaining => fine(
            "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention><Mode>GOVERNANCE</Mode>\
             <Days>1</Days></DefaultRetention></Rule></ObjectLockConfiguration>",
        ),
        "object-lock" => refused(
            StatusCode::NOT_FOUND,
            "ObjectLockConfigurationNotFoundError",
        ),
        "publicAccessBlock" => {
            let value = !state.public_access;
            let settings = [
                "BlockPublicAcls",
                "IgnorePublicAcls",
                "BlockPublicPolicy",
                "RestrictPublicBuckets",
            ];
            let settings = settings
                .map(|name| format!("<{name}>{value}</{name}>"))
                .concat();
            fine(&format!(
                "<PublicAccessBlockConfiguration>{settings}</PublicAccessBlockConfiguration>"
            ))
        }
        "policy" => match &state.bucket_policy {
            Some(policy) => fine(policy),
            None => refused(StatusCode::NOT_FOUND, "NoSuchBucketPolicy"),
        },
        "logging" => {
            let enabled = state.logging.iter().map(|(target, prefix)| {
                format!("<LoggingEnabled><TargetBucket>{target}</TargetBucket><TargetPrefix>{prefix}</TargetPrefix></LoggingEnabled>")
            });
            let enabled: String = enabled.collect();
            fine(&format!(
                "<BucketLoggingStatus>{enabled}</BucketLoggingStatus>"
            ))
        }
        other => panic!("no setting {other}"),
    }
}

/// Everything, written in the last second of the century.
fn objects(state: &State, bucket: &str) -> String {
    let inside = format!("{bucket}/");
    let keys = state
        .objects
        .keys()
        .filter_map(|path| path.strip_prefix(&inside));
    let entries: String = keys
        .map(|key| format!("<Contents><Key>{key}</Key><LastModified>2099-12-31T23:59:59.000Z</LastModified></Contents>"))
        .collect();
    format!("<ListBucketResult><IsTruncated>false</IsTruncated>{entries}</ListBucketResult>")
}

fn versions(state: &State, call: &RecordedCall, bucket: &str) -> String {
    let query = form_urlencoded::parse(call.query.as_bytes());
    let prefix = query.into_owned().find(|(name, _)| name == "prefix");
    let prefix = prefix.map_or_else(String::new, |(_, prefix)| prefix);
    let inside = format!("{bucket}/");
    let keys = state
        .objects
        .keys()
        .filter_map(|path| path.strip_prefix(&inside))
        .filter(|key| key.starts_with(&prefix));
    let entries: String = keys
        .map(|key| format!("<Version><Key>{key}</Key><VersionId>null</VersionId></Version>"))
        .collect();
    format!("<ListVersionsResult>{entries}</ListVersionsResult>")
}

fn is_in(bucket: &str, path: &str) -> bool {
    let (of, _) = path.split_once('/').unwrap_or((path, ""));
    of == bucket
}

fn uploads(state: &State, bucket: &str) -> String {
    let begun = state.uploads.iter().filter(|(_, [of, _])| of == bucket);
    let entries: String = begun
        .map(|(id, [_, key])| format!("<Upload><UploadId>{id}</UploadId><Key>{key}</Key></Upload>"))
        .collect();
    format!("<ListMultipartUploadsResult>{entries}</ListMultipartUploadsResult>")
}

fn abort(state: &mut State, call: &RecordedCall) -> Reply {
    let mut query = form_urlencoded::parse(call.query.as_bytes());
    let id = query.find(|(name, _)| name == "uploadId");
    match id.and_then(|(_, id)| state.uploads.remove(&*id)) {
        Some(_) => (StatusCode::NO_CONTENT, String::new(), Vec::new()),
        None => refused(StatusCode::NOT_FOUND, "NoSuchUpload"),
    }
}

fn put(state: &mut State, call: &RecordedCall, path: &str) -> Reply {
    let header = |name: &str| call.headers.get(name).and_then(|value| value.to_str().ok());
    let stored = state.objects.get(path).map(etag);
    let overtaken = path.ends_with("publishers.json") && state.overtaken > 0;
    let unmet = match (header("if-match"), header("if-none-match")) {
        (Some(wanted), _) => stored.as_deref() != Some(wanted),
        (None, Some(_)) => stored.is_some(),
        (None, None) => false,
    };
    if overtaken {
        state.overtaken -= 1;
        return refused(StatusCode::CONFLICT, "ConditionalRequestConflict");
    }
    if unmet {
        return refused(StatusCode::PRECONDITION_FAILED, "PreconditionFailed");
    }
    state.objects.insert(path.to_owned(), call.body.clone());
    (
        StatusCode::OK,
        String::new(),
        vec![("etag", etag(&call.body))],
    )
}

fn etag(bytes: &Bytes) -> String {
    format!("\"{}\"", &hex::encode(Sha256::digest(bytes))[..32])
}

fn fine(body: &str) -> Reply {
    (StatusCode::OK, body.to_owned(), Vec::new())
}

fn refused(status: StatusCode, code: &str) -> Reply {
    let body = format!("<Error><Code>{code}</Code><Message>{code}</Message></Error>");
    (status, body, Vec::new())
}
