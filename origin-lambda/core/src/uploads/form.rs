//! What a browser's form upload is bound to (*Amazon S3 API Reference*, "POST Object").

use std::ops::RangeInclusive;

use keyfront_names::KeyArn;

use super::{Upload, upload::ONE_REQUEST_MOST};

/// What S3 replaces by the file's name in every field of a form, before it compares them with the policy.
pub(super) const REPLACED_IN_FORMS: &str = "${filename}";

/// Whether S3 would store something else than an upload's fields say.
pub(super) fn is_changed_by_s3(upload: &Upload) -> bool {
    let attributes = upload.attributes();
    let headers = attributes.headers();
    let mut values = headers.iter().map(|(_, value)| value.as_str());
    upload.key.contains(REPLACED_IN_FORMS) || values.any(|value| value.contains(REPLACED_IN_FORMS))
}

/// The fields a form must have, exactly, and the sizes its file may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormFields {
    /// In order.
    pub fields: Vec<(String, String)>,
    /// Bytes.
    pub length: RangeInclusive<u64>,
}

/// The fields of an upload's form.
pub fn form_fields(upload: &Upload, key: &KeyArn) -> FormFields {
    let mut fields = vec![("key".to_owned(), upload.key.clone())];
    let headers = upload.headers(key).into_iter();
    fields.extend(headers.map(|(name, value)| (field_name(&name), value)));
    fields.push(("success_action_status".to_owned(), "201".to_owned()));
    let most = upload.max_size.min(ONE_REQUEST_MOST);
    FormFields {
        fields,
        length: upload.size.map_or(0..=most, |size| size..=size),
    }
}

/// A form spells what `PUT` sends as standard headers with capitals.
fn field_name(header: &str) -> String {
    if header.starts_with("x-amz-") {
        return header.to_owned();
    }
    let capitalised = |word: &str| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_ascii_uppercase() + rest
    };
    header
        .split('-')
        .map(capitalised)
        .collect::<Vec<_>>()
        .join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standard_headers_are_capitalised_and_amazons_are_not() {
        assert_eq!(field_name("content-type"), "Content-Type");
        assert_eq!(field_name("x-amz-meta-a"), "x-amz-meta-a");
    }
}
