//! GetObjectAttributes.

use super::checksum_fields::show_checksum;
use keyfront_dev_s3_store::catalog::Object as ObjectRecord;
use keyfront_dev_s3_wire::{checksums::scope_type, error_response::invalid_argument};
use s3s::{
    S3Request, S3Response, S3Result,
    dto::{
        Checksum, ETag, GetObjectAttributesInput, GetObjectAttributesOutput,
        GetObjectAttributesParts, ObjectAttributes, ObjectPart, StorageClass,
    },
};

use super::{
    Operations,
    listing::page_size,
    multipart_listing::part_marker,
    versions::{READ, Target, requested_version, shown_version},
};
use keyfront_dev_s3_access::{authority::Caller, customer_key, keyring::ObjectName};

const KNOWN: [&str; 5] = [
    ObjectAttributes::CHECKSUM,
    ObjectAttributes::ETAG,
    ObjectAttributes::OBJECT_PARTS,
    ObjectAttributes::OBJECT_SIZE,
    ObjectAttributes::STORAGE_CLASS,
];

impl Operations {
    pub(super) async fn get_object_attributes(
        &self,
        caller: &Caller,
        request: S3Request<GetObjectAttributesInput>,
    ) -> S3Result<S3Response<GetObjectAttributesOutput>> {
        let mut input = request.input;
        let customer = customer_key!(input).read()?;
        let version = requested_version(input.version_id.as_deref())?;
        let target = Target {
            bucket: &input.bucket,
            key: &input.key,
            version: version.as_ref(),
        };
        let bucket = self.permitted_target(caller, READ, target)?;
        let action = target.action(["s3:GetObjectAttributes", "s3:GetObjectVersionAttributes"]);
        self.require_object(caller, action, target.bucket, target.key, &bucket)?;
        let object = self.find_object(caller, target, &bucket)?;
        let name = ObjectName {
            bucket: &input.bucket,
            key: &input.key,
        };
        self.keyring
            .open(caller, name, &object.protection, customer.as_ref())?;
        let wanted = attributes(&input.object_attributes)?;
        let wants = |name: &str| wanted.contains(&name);
        let page = Page {
            after: part_marker(input.part_number_marker)?,
            limit: usize::try_from(page_size(input.max_parts)?).unwrap_or(0),
        };
        Ok(S3Response::new(GetObjectAttributesOutput {
            e_tag: wants(ObjectAttributes::ETAG).then(|| ETag::Strong(object.etag.clone())),
            object_size: i64::try_from(object.size)
                .ok()
                .filter(|_| wants(ObjectAttributes::OBJECT_SIZE)),
            storage_class: wants(ObjectAttributes::STORAGE_CLASS)
                .then(|| StorageClass::from_static(StorageClass::STANDARD)),
            checksum: checksum(&object).filter(|_| wants(ObjectAttributes::CHECKSUM)),
            object_parts: parts(&object, page).filter(|_| wants(ObjectAttributes::OBJECT_PARTS)),
            last_modified: Some(object.modified.to_seconds().into()),
            version_id: shown_version(&bucket, &object.stamp.id),
            ..GetObjectAttributesOutput::default()
        }))
    }
}

/// The names of the attributes, which come as one list, as several headers, or both.
fn attributes(headers: &[ObjectAttributes]) -> S3Result<Vec<&str>> {
    let names = headers.iter().flat_map(|list| list.as_str().split(','));
    let names: Vec<&str> = names.map(str::trim).collect();
    match names.iter().all(|name| KNOWN.contains(name)) {
        true => Ok(names),
        false => Err(invalid_argument("Invalid attribute name specified.")),
    }
}

#[derive(Clone, Copy)]
struct Page {
    after: i32,
    limit: usize,
}

fn checksum(object: &ObjectRecord) -> Option<Checksum> {
    let stored = object.checksum.as_ref()?;
    let mut shown = Checksum {
        checksum_type: Some(scope_type(stored.scope)),
        ..Checksum::default()
    };
    show_checksum!(shown, stored.algorithm.as_str(), stored.value.clone());
    Some(shown)
}

fn parts(object: &ObjectRecord, page: Page) -> Option<GetObjectAttributesParts> {
    if object.parts.is_empty() {
        return None;
    }
    let algorithm = object
        .checksum
        .as_ref()
        .map(|checksum| checksum.algorithm.clone());
    let mut shown: Vec<ObjectPart> = object
        .parts
        .iter()
        .map(|part| {
            let mut line = ObjectPart {
                part_number: i32::try_from(part.number).ok(),
                size: i64::try_from(part.size).ok(),
                ..ObjectPart::default()
            };
            if let (Some(algorithm), Some(value)) = (&algorithm, &part.checksum) {
                show_checksum!(line, algorithm.as_str(), value.clone());
            }
            line
        })
        .filter(|part| part.part_number > Some(page.after))
        .collect();
    let is_truncated = shown.len() > page.limit;
    shown.truncate(page.limit);
    Some(GetObjectAttributesParts {
        is_truncated: Some(is_truncated),
        max_parts: i32::try_from(page.limit).ok(),
        next_part_number_marker: shown
            .last()
            .and_then(|part| part.part_number)
            .filter(|_| is_truncated),
        part_number_marker: Some(page.after),
        parts: Some(shown),
        total_parts_count: i32::try_from(object.parts.len()).ok(),
    })
}
