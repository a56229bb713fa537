//! Whether a parameter can hold a customer key: it is there, and nobody reads it who may not decrypt it.
//!
//! What it holds is not looked at: whoever deploys need not be able to.

use aws_config::SdkConfig;
use keyfront_names::Arn;
use serde::Deserialize;
use serde_json::json;

use super::finding::Finding;
use crate::{
    aws::{Api, CallError, JsonService},
    deploy::template::CUSTOMER_KEY,
};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetParameter {
    parameter: Parameter,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Parameter {
    r#type: String,
}

pub(super) async fn check(config: &SdkConfig, arn: &str, region: &str) -> Finding {
    let home = Arn::parse(arn).map_or(region, |arn| arn.region);
    let ssm = JsonService::new(config, Api::Parameters, home);
    // Without decryption: of a SecureString the ciphertext alone comes.
    let input = json!({"Name": arn, "WithDecryption": false});
    of(arn, ssm.call::<GetParameter>("GetParameter", &input).await)
}

fn of(arn: &str, answer: Result<GetParameter, CallError>) -> Finding {
    let put = format!(
        "aws ssm put-parameter --type SecureString --name {} --value \"$(openssl rand -base64 32)\"",
        arn.split_once(":parameter").map_or(arn, |(_, name)| name)
    );
    match answer {
        Ok(found) if found.parameter.r#type == "SecureString" => Finding::Good,
        Ok(found) => Finding::Bad(format!(
            "{CUSTOMER_KEY} {arn} is a {}, which everyone reads who may read parameters; make it anew as a SecureString: delete it, then `{put}`",
            found.parameter.r#type
        )),
        Err(CallError::Refused { code, .. }) if code == "ParameterNotFound" => Finding::Bad(
            format!("{CUSTOMER_KEY} {arn} does not exist; make it with `{put}`"),
        ),
        Err(error) => Finding::Unknown(format!("{CUSTOMER_KEY} {arn}: {error}")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    const ARN: &str = "arn:aws:ssm:eu-west-1:111122223333:parameter/keyfront/key";

    fn found(kind: &str) -> Result<GetParameter, CallError> {
        let document = json!({"Parameter": {"Type": kind, "Value": "AQIC"}});
        Ok(serde_json::from_value(document).unwrap())
    }

    #[test]
    fn a_customer_key_is_in_a_secure_string_that_exists() {
        assert_eq!(of(ARN, found("SecureString")), Finding::Good);
        let Finding::Bad(why) = of(ARN, found("String")) else {
            panic!("taken");
        };
        assert!(
            why.contains("SecureString") && !why.contains("AQIC"),
            "{why}"
        );
        let refused = |code: &str| {
            Err(CallError::Refused {
                code: code.to_owned(),
                message: String::new(),
            })
        };
        let Finding::Bad(why) = of(ARN, refused("ParameterNotFound")) else {
            panic!("taken");
        };
        assert!(why.contains("--name /keyfront/key"), "{why}");
        let denied = of(ARN, refused("AccessDeniedException"));
        assert!(matches!(denied, Finding::Unknown(_)), "{denied:?}");
    }
}
