//! KMS: keys that sign, with their aliases and tags; and the symmetric key that every other id means.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::StatusCode;
use serde_json::{Value, json};

use super::{
    call::{ACCOUNT, RecordedCall, Reply},
    examined,
    logs::refused,
    state::{FakeSigningKey, State},
};

/// What comes before the 64 bytes of a point on P-256, in base64.
const P256_HEAD: &str = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE";

pub(super) fn answer(state: &mut State, action: &str, call: &RecordedCall) -> Reply {
    let input: Value = serde_json::from_slice(&call.body).unwrap();
    let text = |name: &str| input[name].as_str().unwrap_or_default().to_owned();
    match action {
        "DescribeKey" => match key(state, &text("KeyId")) {
            Some(key) => described(state, key),
            None => examined::key(state),
        },
        "CreateKey" => create(state, &input, &call.region),
        "GetPublicKey" => public_key(state, &text("KeyId")),
        "ListResourceTags" => {
            let key = key(state, &text("KeyId"));
            let tags = key.map(|key| tags_of(&key.tags)).unwrap_or_default();
            done(&json!({"Tags": tags, "Truncated": false}))
        }
        "TagResource" => {
            let id = text("KeyId");
            let mut keys = state.signing_keys.iter_mut();
            let key = keys.find(|key| key.arn == id).unwrap();
            key.tags.extend(tags_in(&input));
            done(&json!({}))
        }
        "CreateAlias" if state.key_aliases.contains_key(&text("AliasName")) => {
            refused("AlreadyExistsException")
        }
        "CreateAlias" | "UpdateAlias" => {
            state
                .key_aliases
                .insert(text("AliasName"), text("TargetKeyId"));
            done(&json!({}))
        }
        "DeleteAlias" => match state.key_aliases.remove(&text("AliasName")) {
            Some(_) => done(&json!({})),
            None => refused("NotFoundException"),
        },
        "ScheduleKeyDeletion" => schedule_deletion(state, text("KeyId")),
        other => panic!("no action {other}"),
    }
}

fn create(state: &mut State, input: &Value, region: &str) -> Reply {
    assert_eq!(input["KeySpec"], "ECC_NIST_P256");
    assert_eq!(input["KeyUsage"], "SIGN_VERIFY");
    let point = u8::try_from(state.signing_keys.len() + 1).unwrap();
    let arn = format!("arn:aws:kms:{region}:{ACCOUNT}:key/signs-{point}");
    state.signing_keys.push(FakeSigningKey {
        arn: arn.clone(),
        tags: tags_in(input),
        point,
    });
    done(&json!({"KeyMetadata": {"KeyId": format!("signs-{point}"), "Arn": arn}}))
}

/// By an ARN, or by an alias that leads to one.
fn key<'s>(state: &'s State, id: &str) -> Option<&'s FakeSigningKey> {
    let id = state.key_aliases.get(id).map_or(id, String::as_str);
    state.signing_keys.iter().find(|key| key.arn == id)
}

fn public_key(state: &State, id: &str) -> Reply {
    let Some(key) = key(state, id) else {
        return refused("NotFoundException");
    };
    if state.keys_ending.contains(&key.arn) {
        return refused("KMSInvalidStateException");
    }
    let mut der = STANDARD.decode(P256_HEAD).unwrap();
    der.extend([key.point; 64]);
    done(&json!({
        "KeyId": key.arn, "PublicKey": STANDARD.encode(der), "KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY",
    }))
}

fn schedule_deletion(state: &mut State, key: String) -> Reply {
    if state.keys_ending.contains(&key) {
        return refused("KMSInvalidStateException");
    }
    state.keys_ending.push(key);
    done(&json!({"KeyState": "PendingDeletion"}))
}

fn described(state: &State, key: &FakeSigningKey) -> Reply {
    let key_state = match state.keys_ending.contains(&key.arn) {
        true => "PendingDeletion",
        false => "Enabled",
    };
    done(&json!({"KeyMetadata": {"KeyId": "signs", "Arn": key.arn, "KeyState": key_state}}))
}

/// The Tagging API's `GetResources`, of keys that sign.
pub(super) fn tagged(state: &State, call: &RecordedCall) -> Reply {
    let input: Value = serde_json::from_slice(&call.body).unwrap();
    assert_eq!(input["ResourceTypeFilters"], json!(["kms:key"]));
    let filters = input["TagFilters"].as_array().unwrap();
    let has = |key: &&FakeSigningKey| {
        filters.iter().all(|filter| {
            let value = key.tags.get(filter["Key"].as_str().unwrap());
            value.map(String::as_str) == filter["Values"][0].as_str()
        })
    };
    let keys = state.signing_keys.iter().filter(has);
    let keys: Vec<Value> = keys.map(|key| json!({"ResourceARN": key.arn})).collect();
    done(&json!({"ResourceTagMappingList": keys, "PaginationToken": ""}))
}

fn tags_in(input: &Value) -> BTreeMap<String, String> {
    let tags = input["Tags"].as_array().into_iter().flatten();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    tags.map(|tag| (text(&tag["TagKey"]), text(&tag["TagValue"])))
        .collect()
}

fn tags_of(tags: &BTreeMap<String, String>) -> Vec<Value> {
    let tags = tags.iter();
    tags.map(|(key, value)| json!({"TagKey": key, "TagValue": value}))
        .collect()
}

fn done(body: &Value) -> Reply {
    (StatusCode::OK, body.to_string(), Vec::new())
}
