//! The document a site is written as: its fields, none unknown, each of its type.
//!
//! Says what is written; whether that makes a site is `site`'s to check.

use alloc::{string::String, vec::Vec};

use super::SiteError;
use super::json::{self, NotJson, Value};

/// The fields as written.
pub(super) struct Document {
    pub(super) v: u32,
    pub(super) bucket: String,
    pub(super) region: String,
    pub(super) endpoint: Option<String>,
    pub(super) style: String,
    pub(super) path: Option<String>,
    pub(super) prefix: Option<String>,
    pub(super) index: Option<String>,
    pub(super) fallback: Option<String>,
    pub(super) not_found: Option<String>,
    pub(super) trailing_slash: Option<String>,
    pub(super) spelling: Option<String>,
    pub(super) query: Vec<String>,
    pub(super) cors: Vec<CorsDocument>,
    pub(super) signing: String,
    pub(super) region_set: Option<String>,
    pub(super) denied_as_missing: bool,
    pub(super) reader: Option<FunctionDocument>,
    pub(super) publish: Option<FunctionDocument>,
}

/// One entry of `cors`.
pub(super) struct CorsDocument {
    pub(super) origins: Vec<String>,
    pub(super) headers: Vec<String>,
    pub(super) max_age: Option<u32>,
}

/// `reader` or `publish`.
pub(super) struct FunctionDocument {
    pub(super) prefix: String,
    pub(super) host: String,
    pub(super) region: String,
}

impl Document {
    /// Reads a document.
    ///
    /// # Errors
    /// [`SiteError::Json`] and [`SiteError::Field`].
    pub(super) fn read(text: &str) -> Result<Self, SiteError> {
        let value = json::read(text).map_err(|NotJson(why)| SiteError::Json(why))?;
        let mut fields = Fields::of("document", value)?;
        let document = Self {
            v: fields.required("v", |value| number(&value))?,
            bucket: fields.required("bucket", text_of)?,
            region: fields.required("region", text_of)?,
            endpoint: fields.optional("endpoint", text_of)?,
            style: fields.required("style", text_of)?,
            path: fields.optional("path", text_of)?,
            prefix: fields.optional("prefix", text_of)?,
            index: fields.optional("index", text_of)?,
            fallback: fields.optional("fallback", text_of)?,
            not_found: fields.optional("not_found", text_of)?,
            trailing_slash: fields.optional("trailing_slash", text_of)?,
            spelling: fields.optional("spelling", text_of)?,
            query: fields.required("query", texts)?,
            cors: fields
                .optional("cors", |value| list(value, cors))?
                .unwrap_or_default(),
            signing: fields.required("signing", text_of)?,
            region_set: fields.optional("region_set", text_of)?,
            denied_as_missing: fields
                .optional("denied_as_missing", |value| flag(&value))?
                .unwrap_or(false),
            reader: fields
                .optional("reader", |value| Some(function("reader", value)))?
                .transpose()?,
            publish: fields
                .optional("publish", |value| Some(function("publish", value)))?
                .transpose()?,
        };
        fields.end()?;
        Ok(document)
    }
}

/// `None` is a value of another type.
type Typed<T> = Option<T>;

fn number(value: &Value) -> Typed<u32> {
    if let Value::Number(number) = value {
        Some(*number)
    } else {
        None
    }
}

fn flag(value: &Value) -> Typed<bool> {
    if let Value::Bool(flag) = value {
        Some(*flag)
    } else {
        None
    }
}

fn text_of(value: Value) -> Typed<String> {
    if let Value::Text(text) = value {
        Some(text)
    } else {
        None
    }
}

fn list<T>(value: Value, item: impl Fn(Value) -> Typed<T>) -> Typed<Vec<T>> {
    if let Value::List(values) = value {
        values.into_iter().map(item).collect()
    } else {
        None
    }
}

fn texts(value: Value) -> Typed<Vec<String>> {
    list(value, text_of)
}

fn cors(value: Value) -> Typed<CorsDocument> {
    let mut fields = Fields::of("cors", value).ok()?;
    let document = CorsDocument {
        origins: fields.required("origins", texts).ok()?,
        headers: fields.optional("headers", texts).ok()?.unwrap_or_default(),
        max_age: fields.optional("max_age", |value| number(&value)).ok()?,
    };
    fields.end().ok()?;
    Some(document)
}

fn function(name: &'static str, value: Value) -> Result<FunctionDocument, SiteError> {
    let mut fields = Fields::of(name, value)?;
    let document = FunctionDocument {
        prefix: fields.required("prefix", text_of)?,
        host: fields.required("host", text_of)?,
        region: fields.required("region", text_of)?,
    };
    fields.end()?;
    Ok(document)
}

/// The fields of an object that have not been read yet.
struct Fields {
    object: &'static str,
    left: Vec<(String, Value)>,
}

impl Fields {
    fn of(object: &'static str, value: Value) -> Result<Self, SiteError> {
        match value {
            Value::Object(left) => Ok(Self { object, left }),
            _ => Err(SiteError::Field {
                field: object,
                rule: "must be an object",
            }),
        }
    }

    fn required<T>(
        &mut self,
        field: &'static str,
        read: impl Fn(Value) -> Typed<T>,
    ) -> Result<T, SiteError> {
        self.optional(field, read)?.ok_or(SiteError::Field {
            field,
            rule: "is missing",
        })
    }

    /// `null` counts as absent.
    fn optional<T>(
        &mut self,
        field: &'static str,
        read: impl Fn(Value) -> Typed<T>,
    ) -> Result<Option<T>, SiteError> {
        let Some(value) = self.take(field) else {
            return Ok(None);
        };
        match read(value) {
            Some(value) => Ok(Some(value)),
            None => Err(SiteError::Field {
                field,
                rule: "has another shape than it must have",
            }),
        }
    }

    /// One copy for all the types that fields have.
    #[inline(never)]
    fn take(&mut self, field: &str) -> Option<Value> {
        let place = self.left.iter().position(|(name, _)| name == field)?;
        let (_, value) = self.left.swap_remove(place);
        (value != Value::Null).then_some(value)
    }

    fn end(self) -> Result<(), SiteError> {
        match self.left.into_iter().next() {
            None => Ok(()),
            Some((field, _)) => Err(SiteError::UnknownField {
                object: self.object,
                field,
            }),
        }
    }
}
