//! Identifiers, ARNs and aliases.

use super::{code, data_key, with_key};
use crate::stack::{ACCOUNT, REGION};

#[test]
fn a_key_goes_by_four_names() {
    let (stack, key) = with_key();
    let admin = stack.admin();
    stack
        .kms
        .create_alias(&admin, "alias/site", &key.id.to_string())
        .unwrap();
    let id = key.id.to_string();
    let alias_arn = format!("arn:aws:kms:{REGION}:{ACCOUNT}:alias/site");
    for name in [id.as_str(), &key.arn, "alias/site", &alias_arn] {
        assert!(data_key(&stack.kms, &admin, name).is_ok(), "{name}");
        assert_eq!(stack.kms.describe_key(&admin, name).unwrap().arn, key.arn);
    }
    for (name, expected) in [
        ("alias/other", "NotFoundException"),
        ("12345678-1234-1234-1234-123456789012", "NotFoundException"),
        (&id.to_uppercase(), "NotFoundException"),
        (&id.replace('-', ""), "NotFoundException"),
        ("nonsense", "NotFoundException"),
        (&key.arn.replace(REGION, "us-east-1"), "NotFoundException"),
        (
            &key.arn.replace(ACCOUNT, "999999999999"),
            "NotFoundException",
        ),
        ("arn:aws:s3:::b", "InvalidArnException"),
        ("arn:aws:kms", "InvalidArnException"),
        (&key.arn.replace("key/", "grant/"), "InvalidArnException"),
        ("", "ValidationException"),
        (&"x".repeat(2049), "ValidationException"),
    ] {
        assert_eq!(
            code(data_key(&stack.kms, &admin, name)),
            expected,
            "{name:.60}"
        );
    }
}

#[test]
fn operations_on_the_key_itself_take_no_alias() {
    let (stack, key) = with_key();
    let admin = stack.admin();
    stack
        .kms
        .create_alias(&admin, "alias/site", &key.arn)
        .unwrap();
    assert_eq!(
        code(stack.kms.disable_key(&admin, "alias/site")),
        "NotFoundException"
    );
    let policy = stack.kms.key_policy(&admin, "alias/site");
    assert_eq!(code(policy), "NotFoundException");
}

#[test]
fn aliases_are_checked_unique_and_removable() {
    let (stack, key) = with_key();
    let admin = stack.admin();
    let create = |name: &str| stack.kms.create_alias(&admin, name, &key.arn);
    create("alias/a/b_c-1").unwrap();
    assert_eq!(code(create("alias/a/b_c-1")), "AlreadyExistsException");
    for bad in [
        "a",
        "alias/",
        "alias/aws/s3",
        "alias/\u{e9}",
        "alias/a b",
        "alias/a:b",
    ] {
        assert_eq!(code(create(bad)), "InvalidAliasNameException", "{bad}");
    }
    let listed = stack.kms.list_aliases(&admin, Some(&key.arn)).unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(
        listed[0].arn,
        format!("arn:aws:kms:{REGION}:{ACCOUNT}:alias/a/b_c-1")
    );
    stack.kms.delete_alias(&admin, "alias/a/b_c-1").unwrap();
    let again = stack.kms.delete_alias(&admin, "alias/a/b_c-1");
    assert_eq!(code(again), "NotFoundException");
}
