//! The plan: how an upload is sent, decided from its size and what binds it.

use keyfront_names::ObjectKey;

use super::{
    Checksum, ChecksumDemand, ClientEnvelope, Kind, MAX_OBJECT, MAX_PART, MAX_PARTS, MIN_PART,
    PartPlan, Upload, form::is_changed_by_s3, lifetime, upload::ONE_REQUEST_MOST,
};
use crate::{
    caching::Caching,
    content_coding::ContentCoding,
    encryption::{EncryptionMode, ServerSide},
    error::Error,
    media_type::MediaType,
    object::{ATTACHMENT, ObjectAttributes},
    publisher::{Method, Overwrite, Rule, Session},
    sealed_metadata::Details,
};

/// Bytes up to which one request is planned unless another way is asked for.
const ONE_REQUEST: u64 = 64 << 20;

/// How an upload shall be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = Way)]
pub enum SendBy {
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

/// An upload that a publisher wants to begin.
#[derive(Debug, Clone)]
pub struct UploadRequest {
    /// Where it goes.
    pub key: ObjectKey,
    /// Bytes, if the client knows.
    pub size: Option<u64>,
    /// Bytes of each part but the last, where the client cuts by itself.
    pub part_size: Option<u64>,
    /// The media type.
    pub content_type: MediaType,
    /// The content coding the publisher applied.
    pub content_encoding: Option<ContentCoding>,
    /// The checksum of the whole object.
    pub checksum: Option<Checksum>,
    /// The encryption mode, if one is named.
    pub encryption: Option<EncryptionMode>,
    /// How long copies are kept, if shorter than the rule says.
    pub caching: Option<Caching>,
    /// Whether an object may be replaced.
    pub overwrite: Overwrite,
    /// How it shall be sent.
    pub send_by: SendBy,
    /// Seconds a presigned request shall be valid, if the client says.
    pub lifetime: Option<u32>,
    /// Whether the key was made for this upload, so that nobody else can be writing it.
    pub key_origin: KeyOrigin,
    /// What only publishers may know.
    pub details: Details,
    /// What the publisher says of content that it has sealed itself.
    pub envelope: Option<ClientEnvelope>,
}

/// Who chose the key of an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyOrigin {
    /// The publisher.
    Chosen,
    /// It was made for this upload ([`fresh_key`](fn@super::fresh_key)).
    Fresh,
}

/// What the plan cannot know by itself.
#[derive(Debug, Clone)]
pub struct UploadStart {
    /// A random name for the upload.
    pub id: String,
    /// Unix time.
    pub now: u64,
    /// Whether the bucket takes bodies without a checksum.
    pub checksums: ChecksumDemand,
    /// Seconds after which the bucket refuses a presigned request.
    pub longest_lifetime: u32,
}

/// An authorised upload that S3 does not know yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UploadPlan {
    /// One request; nothing has to be begun.
    OneRequest {
        /// The upload.
        upload: Upload,
        /// Seconds that its request is presigned for.
        lifetime: u32,
    },
    /// Parts; the upload has to be begun at S3.
    Parts(PartsPlan),
}

/// An upload in parts that S3 has no id for yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartsPlan(Upload);

impl PartsPlan {
    /// What is stored with the object.
    pub fn attributes(&self) -> ObjectAttributes {
        self.0.attributes()
    }

    /// The upload that S3 began under this id.
    pub fn begun(self, id: String) -> Upload {
        Upload {
            kind: Kind::Multipart(id),
            ..self.0
        }
    }
}

impl UploadPlan {
    /// The plan with sealed metadata to store with the object.
    pub fn with_sealed(self, text: String) -> Self {
        let sealed = Some(text);
        match self {
            Self::OneRequest { upload, lifetime } => Self::OneRequest {
                upload: Upload { sealed, ..upload },
                lifetime,
            },
            Self::Parts(PartsPlan(upload)) => Self::Parts(PartsPlan(Upload { sealed, ..upload })),
        }
    }
}

/// Authorises an upload and plans how it is sent.
///
/// # Errors
/// The publisher's rules; a combination that cannot be bound into signatures.
pub fn plan(
    session: &Session,
    request: &UploadRequest,
    start: UploadStart,
) -> Result<UploadPlan, Error> {
    let publisher = session.publisher();
    let rule = publisher.authorise(Method::Put, &request.key)?;
    rule.admit_upload(&request.content_type, request.size, request.overwrite)?;
    let encryption = rule.admit_encryption(request.encryption)?;
    let lifetime = lifetime(rule, start.longest_lifetime, request.lifetime)?;
    if encryption.envelope().is_some() {
        return Err(refuse(
            "only the origin can seal an envelope: send the object to PUT /objects/{key}",
        ));
    }
    if encryption.server_side() == ServerSide::Customer {
        return Err(refuse(
            "a presigned request cannot use a customer key, since only the origin has it: send the object to PUT /objects/{key}, or choose another encryption",
        ));
    }
    let upload = Upload {
        id: start.id,
        key: request.key.as_str().to_owned(),
        size: request.size,
        part_size: request.part_size,
        max_size: rule.max_size,
        content_type: request.content_type.as_str().to_owned(),
        content_encoding: request.content_encoding,
        content_disposition: Some(disposition(rule, &request.content_type).to_owned()),
        sandboxed: rule.sandboxes(&request.content_type),
        cache_control: rule.admit_caching(request.caching)?,
        checksum: request.checksum.clone(),
        encryption,
        overwrite: request.overwrite == Overwrite::Allow,
        begun: start.now,
        kind: Kind::Put,
        sealed: None,
        envelope: request.envelope.clone().unwrap_or_default(),
    };
    let transfer = transfer(request)?;
    let demanded = start.checksums == ChecksumDemand::Always;
    if demanded && !matches!(transfer, Transfer::Parts) && request.checksum.is_none() {
        return Err(Error::ChecksumRequired);
    }
    Ok(match transfer {
        Transfer::Put => UploadPlan::OneRequest { upload, lifetime },
        Transfer::Form if is_changed_by_s3(&upload) => {
            return Err(refuse(
                "S3 replaces ${filename} in a form's fields by the name of the file: use put or multipart",
            ));
        }
        Transfer::Form => UploadPlan::OneRequest {
            upload: Upload {
                kind: Kind::Form,
                ..upload
            },
            lifetime,
        },
        Transfer::Parts => UploadPlan::Parts(PartsPlan(upload)),
    })
}

/// How browsers present the object. `inline` means what none does (RFC 6266, section 4.2), and can be signed.
fn disposition(rule: &Rule, media_type: &MediaType) -> &'static str {
    match rule.forces_attachment(media_type) {
        true => ATTACHMENT,
        false => "inline",
    }
}

#[derive(Debug, Clone, Copy)]
enum Transfer {
    Put,
    Form,
    Parts,
}

/// Which transfer binds what is requested.
fn transfer(request: &UploadRequest) -> Result<Transfer, Error> {
    let sha256 = matches!(request.checksum, Some(Checksum::Sha256(_)));
    let small = request.size.is_some_and(|size| size <= ONE_REQUEST);
    let send_by = match request.send_by {
        SendBy::Auto if small || sha256 => SendBy::Put,
        SendBy::Auto => SendBy::Multipart,
        named => named,
    };
    let fits = request.size.is_none_or(|size| size <= ONE_REQUEST_MOST);
    let replaceable = request.overwrite == Overwrite::Allow;
    match send_by {
        SendBy::Put if request.size.is_none() => {
            Err(refuse("a presigned PUT needs the size of the object"))
        }
        SendBy::Put | SendBy::Form if !fits => Err(refuse(
            "one request stores at most 5 GiB: use multipart, with crc64nvme or no checksum",
        )),
        SendBy::Auto | SendBy::Put => Ok(Transfer::Put),
        // S3 forms know no If-None-Match: without it, only a key made for the upload is safe to write.
        SendBy::Form if !replaceable && request.key_origin == KeyOrigin::Chosen => Err(refuse(
            "a form upload may replace an object: set overwrite, or use put",
        )),
        SendBy::Form => Ok(Transfer::Form),
        SendBy::Multipart if sha256 => Err(refuse(
            "S3 cannot verify the SHA-256 of a whole multipart upload: declare crc64nvme",
        )),
        SendBy::Multipart
            if request
                .size
                .is_some_and(|size| PartPlan::cut(size, request.part_size).is_none()) =>
        {
            Err(refuse(&format!(
                "a multipart upload must have 1 to {MAX_OBJECT} bytes in at most {MAX_PARTS} parts, each but the last of {MIN_PART} to {MAX_PART} bytes"
            )))
        }
        SendBy::Multipart => Ok(Transfer::Parts),
    }
}

fn refuse(reason: &str) -> Error {
    Error::UploadRefused(reason.to_owned())
}
