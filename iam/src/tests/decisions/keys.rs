//! Policies of keys.

use super::*;

fn decrypt(own: &[&str], key_policy: &str) -> Result<(), DenialReason> {
    let own = own.iter().map(|statement| identity(statement)).collect();
    let policy = resource(key_policy);
    let on_key = ResourcePolicy::Key(&policy);
    evaluate(own, on_key, "kms:Decrypt", KEY, &Context::new())
}

#[test]
fn a_key_policy_that_names_nobody_refuses_even_administrators() {
    let verdict = decrypt(
        &[ALLOW_ALL],
        &on_key(r#"{"AWS":"arn:aws:iam::123456789012:user/bob"}"#),
    );
    assert_eq!(verdict, Err(DenialReason::NoResourceAllow));
}

#[test]
fn a_key_policy_for_the_account_leaves_it_to_identity_policies() {
    let default = on_key(r#"{"AWS":"arn:aws:iam::123456789012:root"}"#);
    assert_eq!(decrypt(&[], &default), Err(DenialReason::NoIdentityAllow));
    assert_eq!(
        decrypt(&[ALLOW_READ], &default),
        Err(DenialReason::NoIdentityAllow)
    );
    assert_eq!(decrypt(&[ALLOW_DECRYPT], &default), Ok(()));
}

#[test]
fn a_key_policy_for_the_role_is_enough() {
    let names_role = on_key(&format!(r#"{{"AWS":"{ROLE}"}}"#));
    assert_eq!(decrypt(&[], &names_role), Ok(()));
}

#[test]
fn a_key_policy_for_another_account_delegates_nothing_to_this_one() {
    let other = on_key(r#"{"AWS":"arn:aws:iam::999999999999:root"}"#);
    assert_eq!(
        decrypt(&[ALLOW_ALL], &other),
        Err(DenialReason::NoResourceAllow)
    );
}

#[test]
fn a_key_is_usable_only_through_the_service_it_names() {
    let via = format!(
        r#"{{"Effect":"Allow","Principal":{{"AWS":"{ROLE}"}},"Action":"kms:Decrypt","Resource":"*",
        "Condition":{{"StringEquals":{{"kms:ViaService":"s3.eu-central-1.amazonaws.com",
        "kms:EncryptionContext:aws:s3:arn":"arn:aws:s3:::b"}}}}}}"#
    );
    let policy = resource(&via);
    let verdict = |context: Context| {
        evaluate(
            vec![],
            ResourcePolicy::Key(&policy),
            "kms:Decrypt",
            KEY,
            &context,
        )
        .is_ok()
    };
    let arn = "kms:EncryptionContext:aws:s3:arn";
    let through = Context::new().with("kms:ViaService", "s3.eu-central-1.amazonaws.com");
    assert!(verdict(through.clone().with(arn, "arn:aws:s3:::b")));
    assert!(!verdict(through.with(arn, "arn:aws:s3:::other")));
    assert!(!verdict(Context::new().with(arn, "arn:aws:s3:::b")));
}
