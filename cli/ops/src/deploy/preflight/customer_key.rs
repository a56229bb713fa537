//! Whether a parameter can hold a customer key: it is there, and nobody reads it who may not decrypt it.
//!
//! What it holds is not looked at: whoever deploys need not be able to.

use aws_config::SdkConfig;
use keyfront_names::ParameterArn;
use serde::Deserialize;
use serde_json::json;

use super::finding::Finding;
use crate::aws::{Api, CallError, JsonService};

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

/// Looks at the SSM parameter `arn`, which the template's parameter `named` names.
pub(super) async fn check(config: &SdkConfig, named: &'static str, arn: &str) -> Finding {
    let Ok(parameter) = ParameterArn::parse(arn) else {
        return Finding::Bad(format!(
            "{named} {arn} is not the ARN of an SSM parameter; expected arn:aws:ssm:REGION:ACCOUNT:parameter/NAME"
        ));
    };
    let ssm = JsonService::new(config, Api::Parameters, parameter.region());
    // Without decryption: of a SecureString the ciphertext alone comes.
    let input = json!({"Name": arn, "WithDecryption": false});
    of(
        named,
        arn,
        ssm.call::<GetParameter>("GetParameter", &input).await,
    )
}

fn of(named: &str, arn: &str, answer: Result<GetParameter, CallError>) -> Finding {
    let put = format!(
        "aws ssm put-parameter --type SecureString --name {} --value \"$(openssl rand -base64 32)\"",
        arn.split_once(":parameter").map_or(arn, |(_, name)| name)
    );
    match answer {
        Ok(found) if found.parameter.r#type == "SecureString" => Finding::Good,
        Ok(found) => Finding::Bad(format!(
            "{named} {arn} is a {}, which is not encrypted; replace it by a SecureString: delete it, then `{put}`",
            found.parameter.r#type
        )),
        Err(CallError::Refused { code, .. }) if code == "ParameterNotFound" => Finding::Bad(
            format!("{named} {arn} does not exist; create it with `{put}`"),
        ),
        Err(error) => Finding::Unknown(format!("{named} {arn}: {error}")),
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
        assert_eq!(
            of("CustomerKeyParameterArn", ARN, found("SecureString")),
            Finding::Good
        );
        let Finding::Bad(why) = of("CustomerKeyParameterArn", ARN, found("String")) else {
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
        let Finding::Bad(why) = of("CustomerKeyParameterArn", ARN, refused("ParameterNotFound"))
        else {
            panic!("taken");
        };
        assert!(why.contains("--name /keyfront/key"), "{why}");
        let denied = of(
            "CustomerKeyParameterArn",
            ARN,
            refused("AccessDeniedException"),
        );
        assert!(matches!(denied, Finding::Unknown(_)), "{denied:?}");
    }
}
