//! Documents of the bucket that an operator keeps, with the administrator's credentials.

use aws_sdk_s3::Client;
use aws_sdk_s3::error::{DisplayErrorContext, ProvideErrorMetadata as _, SdkError};

/// The document of a key, if there is one.
pub(super) async fn stored(
    admin: &Client,
    bucket: &str,
    key: &str,
) -> anyhow::Result<Option<Vec<u8>>> {
    let call = admin.get_object().bucket(bucket).key(key);
    match call.send().await {
        Ok(object) => Ok(Some(object.body.collect().await?.to_vec())),
        Err(error) if error.code() == Some("NoSuchKey") => Ok(None),
        Err(error) => Err(with_sources(error)),
    }
}

/// Writes a document.
pub(super) async fn write(
    admin: &Client,
    bucket: &str,
    key: &str,
    document: Vec<u8>,
) -> anyhow::Result<()> {
    let call = admin.put_object().bucket(bucket).key(key);
    let call = call.content_type("application/json").body(document.into());
    call.send().await.map_err(with_sources)?;
    Ok(())
}

/// The SDK's own `Display` says only "service error".
fn with_sources<E, R>(error: SdkError<E, R>) -> anyhow::Error
where
    E: std::error::Error + 'static,
    R: std::fmt::Debug,
{
    anyhow::anyhow!("{}", DisplayErrorContext(error))
}
