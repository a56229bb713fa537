//! The plan: how an upload is sent, decided from its size and what binds it.

use std::time::{SystemTime, UNIX_EPOCH};

use keyfront_names::ObjectKey;
use time::OffsetDateTime;

use super::{
    Checksum, Grant, Kind, MAX_OBJECT, PartPlan, Presigner, Upload, stale, upload::field_name,
};
use crate::{
    encryption::EncryptionMode,
    error::Error,
    media_type::MediaType,
    publisher::{Method, Overwrite, Rule, Session},
    sealed_metadata::{Details, SealedMetadata},
    store::Store,
};

/// Bytes up to which one request is planned unless another way is asked for.
const ONE_REQUEST: u64 = 64 << 20;
/// S3's limit for one `PUT` or form, in bytes.
const ONE_REQUEST_MOST: u64 = 5 << 30;

/// How an upload shall be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Way {
    /// The plan decides.
    #[default]
    Auto,
    /// One presigned `PUT`.
    Put,
    /// A browser's form.
    Form,
    /// Parts.
    Multipart,
}

/// An upload as it was asked for.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Where it goes.
    pub key: ObjectKey,
    /// Bytes, if the client knows.
    pub size: Option<u64>,
    /// The media type.
    pub content_type: MediaType,
    /// The content coding the publisher applied.
    pub content_encoding: Option<String>,
    /// The checksum of the whole object.
    pub checksum: Option<Checksum>,
    /// The encryption mode, if one is named.
    pub encryption: Option<EncryptionMode>,
    /// Whether an object may be replaced.
    pub overwrite: Overwrite,
    /// How it shall be sent.
    pub way: Way,
    /// Seconds a presigned request is valid.
    pub lifetime: u32,
    /// The key was made for this upload, so that nobody else can be writing it.
    pub fresh: bool,
    /// What only publishers may know.
    pub details: Details,
}

/// An upload that was begun.
#[derive(Debug)]
pub struct Begun {
    /// To seal into a token.
    pub upload: Upload,
    /// What to send, unless parts are asked for one by one.
    pub grant: Option<Grant>,
}

/// Authorises and begins an upload.
///
/// # Errors
/// The publisher's rules; a combination that cannot be bound; what S3 answered.
pub async fn begin(
    store: &Store,
    metadata: &SealedMetadata,
    presigner: &Presigner,
    session: &Session,
    asked: &Asked,
) -> Result<Begun, Error> {
    let publisher = session.publisher();
    let rule = publisher.authorise(Method::Put, &asked.key)?;
    let mut upload = authorised(rule, session, asked)?;
    upload.kind = kind(asked)?;
    let (_, sealed) = metadata
        .seal(
            &publisher.id,
            &asked.key,
            &asked.details,
            OffsetDateTime::now_utc(),
        )
        .await?;
    upload.sealed = Some(sealed);
    if matches!(upload.kind, Kind::Multipart(_)) {
        stale::abort_abandoned(store, &asked.key).await;
        upload.kind = Kind::Multipart(store.create_multipart(&asked.key, &upload).await?);
    }
    let grant = match &upload.kind {
        Kind::Put => Some(put(store, presigner, asked, &upload).await?),
        Kind::Form => Some(form(store, presigner, asked, &upload).await?),
        Kind::Multipart(_) => None,
    };
    Ok(Begun { upload, grant })
}

/// A key nobody else writes: the folder, a random name, and the file's own name.
///
/// # Errors
/// Folder and name make no legal key.
pub fn fresh_key(folder: &str, file_name: &str) -> Result<ObjectKey, Error> {
    let leaf = file_name.rsplit(['/', '\\']).next().unwrap_or(file_name);
    ObjectKey::new(format!("{folder}{}-{leaf}", uuid::Uuid::new_v4())).map_err(Error::Key)
}

fn authorised(rule: &Rule, session: &Session, asked: &Asked) -> Result<Upload, Error> {
    rule.admit_upload(&asked.content_type, asked.size, asked.overwrite)?;
    let encryption = rule.admit_encryption(asked.encryption)?;
    if encryption.envelope().is_some() {
        return Err(refuse(
            "an envelope is sealed by the origin: send it to PUT /objects/{key}",
        ));
    }
    Ok(Upload {
        id: uuid::Uuid::new_v4().to_string(),
        publisher: session.publisher().id.clone(),
        subject: session.subject().map(str::to_owned),
        key: asked.key.as_str().to_owned(),
        size: asked.size,
        max_size: rule.max_size,
        content_type: asked.content_type.as_str().to_owned(),
        content_encoding: asked.content_encoding.clone(),
        content_disposition: rule
            .forces_attachment(&asked.content_type)
            .then(|| "attachment".to_owned()),
        cache_control: rule.cache_control().to_owned(),
        checksum: asked.checksum.clone(),
        encryption,
        overwrite: asked.overwrite == Overwrite::Allow,
        begun: SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_secs()),
        kind: Kind::Put,
        sealed: None,
    })
}

/// Pure: which way binds what is asked for.
fn kind(asked: &Asked) -> Result<Kind, Error> {
    let sha256 = matches!(asked.checksum, Some(Checksum::Sha256(_)));
    let small = asked.size.is_some_and(|size| size <= ONE_REQUEST);
    let way = match asked.way {
        Way::Auto if small || sha256 => Way::Put,
        Way::Auto => Way::Multipart,
        way => way,
    };
    let fits = asked.size.is_none_or(|size| size <= ONE_REQUEST_MOST);
    match way {
        Way::Put if asked.size.is_none() => {
            Err(refuse("a presigned PUT needs the size, which it binds"))
        }
        Way::Put | Way::Form if !fits => Err(refuse(
            "one request stores at most 5 GiB: ask for multipart, with crc64nvme or no checksum",
        )),
        Way::Auto | Way::Put => Ok(Kind::Put),
        // S3 forms know no If-None-Match: without it, only a key of one's own is safe to write.
        Way::Form if asked.overwrite == Overwrite::Refuse && !asked.fresh => Err(refuse(
            "a form cannot promise to replace nothing: ask for overwrite, or for put",
        )),
        Way::Form => Ok(Kind::Form),
        Way::Multipart if sha256 => Err(refuse(
            "S3 verifies no SHA-256 of a whole object sent in parts: declare crc64nvme",
        )),
        Way::Multipart if asked.size.is_some_and(|size| PartPlan::of(size).is_none()) => Err(
            refuse(&format!("an object in parts has 1 to {MAX_OBJECT} bytes")),
        ),
        Way::Multipart => Ok(Kind::Multipart(String::new())),
    }
}

async fn put(
    store: &Store,
    presigner: &Presigner,
    asked: &Asked,
    upload: &Upload,
) -> Result<Grant, Error> {
    let mut headers = upload.headers(store.key_arn());
    headers.extend(upload.size.map(|size| ("content-length", size.to_string())));
    if !upload.overwrite {
        headers.push(("if-none-match", "*".to_owned()));
    }
    presigner
        .presign("PUT", &asked.key, &[], headers, asked.lifetime)
        .await
}

async fn form(
    store: &Store,
    presigner: &Presigner,
    asked: &Asked,
    upload: &Upload,
) -> Result<Grant, Error> {
    let fields: Vec<_> = [("key".to_owned(), upload.key.clone())]
        .into_iter()
        .chain(
            upload
                .headers(store.key_arn())
                .into_iter()
                .map(|(name, value)| (field_name(name), value)),
        )
        .chain([("success_action_status".to_owned(), "201".to_owned())])
        .collect();
    let most = upload.max_size.min(ONE_REQUEST_MOST);
    let length = upload.size.map_or(0..=most, |size| size..=size);
    presigner.form(&fields, length, asked.lifetime).await
}

fn refuse(reason: &str) -> Error {
    Error::UploadRefused(reason.to_owned())
}
