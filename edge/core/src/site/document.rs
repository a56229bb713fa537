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
    pub(super) slashes: Option<String>,
    pub(super) spelling: Option<String>,
    pub(super) query: Vec<String>,
    pub(super) cors: Vec<CorsDocument>,
    pub(super) signing: String,
    pub(super) region_set: Option<String>,
    pub(super) denied_as_missing: bool,
    pub(super) customer_keys: bool,
    pub(super) listing: Option<String>,
    pub(super) reader: Option<FunctionDocument>,
    pub(super) publish: Option<FunctionDocument>,
    pub(super) viewers: Option<ViewersDocument>,
    pub(super) release: Option<String>,
}

/// One entry of `cors`.
pub(super) struct CorsDocument {
    pub(super) origins: Vec<String>,
    pub(super) headers: Vec<String>,
    pub(super) max_age: Option<u32>,
}

/// `viewers`.
pub(super) struct ViewersDocument {
    pub(super) prefixes: Vec<String>,
    pub(super) serves: Option<String>,
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
    /// [`SiteError::Json`], or of the first field that is none: [`SiteError::Field`], [`SiteError::UnknownField`].
    pub(super) fn read(text: &str) -> Result<Self, SiteError> {
        let value = json::read(text).map_err(|NotJson(why)| SiteError::Json(why))?;
        let mut fields = Fields::of("document", value);
        let document = Self {
            v: fields.required("v", |value| number(&value)),
            bucket: fields.required_text("bucket"),
            region: fields.required_text("region"),
            endpoint: fields.text("endpoint"),
            style: fields.required_text("style"),
            path: fields.text("path"),
            prefix: fields.text("prefix"),
            index: fields.text("index"),
            fallback: fields.text("fallback"),
            not_found: fields.text("not_found"),
            trailing_slash: fields.text("trailing_slash"),
            slashes: fields.text("slashes"),
            spelling: fields.text("spelling"),
            query: fields.required("query", texts),
            cors: fields
                .optional("cors", |value| list(value, cors))
                .unwrap_or_default(),
            signing: fields.required_text("signing"),
            region_set: fields.text("region_set"),
            denied_as_missing: fields.flag("denied_as_missing"),
            customer_keys: fields.flag("customer_keys"),
            listing: fields.text("listing"),
            reader: fields.function("reader"),
            publish: fields.function("publish"),
            viewers: fields.viewers(),
            release: fields.text("release"),
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

fn text_of(value: Value) -> Typed<String> {
    if let Value::Text(text) = value {
        Some(text)
    } else {
        None
    }
}

fn list<T>(value: Value, item: impl Fn(Value) -> Typed<T>) -> Typed<Vec<T>> {
    let Value::List(values) = value else {
        return None;
    };
    // Not collected: that is several hundred bytes of a module for each type.
    let mut items = Vec::with_capacity(values.len());
    for value in values {
        items.push(item(value)?);
    }
    Some(items)
}

fn texts(value: Value) -> Typed<Vec<String>> {
    list(value, text_of)
}

fn cors(value: Value) -> Typed<CorsDocument> {
    let mut fields = Fields::of("cors", value);
    let document = CorsDocument {
        origins: fields.required("origins", texts),
        headers: fields.optional("headers", texts).unwrap_or_default(),
        max_age: fields.optional("max_age", |value| number(&value)),
    };
    fields.end().ok()?;
    Some(document)
}

/// The fields of an object that have not been read yet, and the first that was not as it must be: one place to fail
/// instead of one behind each field.
struct Fields {
    object: &'static str,
    left: Vec<(String, Value)>,
    refused: Option<SiteError>,
}

impl Fields {
    fn of(object: &'static str, value: Value) -> Self {
        let mut fields = Self {
            object,
            left: Vec::new(),
            refused: None,
        };
        match value {
            Value::Object(left) => fields.left = left,
            _ => fields.refuse(object, "must be an object"),
        }
        fields
    }

    fn required_text(&mut self, field: &'static str) -> String {
        self.required(field, text_of)
    }

    fn text(&mut self, field: &'static str) -> Option<String> {
        self.optional(field, text_of)
    }

    /// `false` where there is none.
    fn flag(&mut self, field: &'static str) -> bool {
        let flag = self.optional(field, |value| match value {
            Value::Bool(flag) => Some(flag),
            _ => None,
        });
        flag.unwrap_or(false)
    }

    fn function(&mut self, name: &'static str) -> Option<FunctionDocument> {
        let mut fields = Fields::of(name, self.take(name)?);
        let document = FunctionDocument {
            prefix: fields.required_text("prefix"),
            host: fields.required_text("host"),
            region: fields.required_text("region"),
        };
        if let Err(error) = fields.end() {
            self.refused.get_or_insert(error);
        }
        Some(document)
    }

    fn viewers(&mut self) -> Option<ViewersDocument> {
        let mut fields = Fields::of("viewers", self.take("viewers")?);
        let document = ViewersDocument {
            prefixes: fields.required("prefixes", texts),
            serves: fields.text("serves"),
        };
        if let Err(error) = fields.end() {
            self.refused.get_or_insert(error);
        }
        Some(document)
    }

    /// An empty value stands for one that is missing, and is refused.
    fn required<T: Default>(&mut self, field: &'static str, read: impl Fn(Value) -> Typed<T>) -> T {
        let value = self.optional(field, read);
        if value.is_none() {
            self.refuse(field, "is missing");
        }
        value.unwrap_or_default()
    }

    /// `null` counts as absent.
    fn optional<T>(&mut self, field: &'static str, read: impl Fn(Value) -> Typed<T>) -> Option<T> {
        let value = read(self.take(field)?);
        if value.is_none() {
            self.refuse(field, "has the wrong type");
        }
        value
    }

    /// One copy for all the types that fields have.
    #[inline(never)]
    fn take(&mut self, field: &str) -> Option<Value> {
        let place = self.left.iter().position(|(name, _)| name == field)?;
        let (_, value) = self.left.swap_remove(place);
        (value != Value::Null).then_some(value)
    }

    /// The first refusal stands.
    #[inline(never)]
    fn refuse(&mut self, field: &'static str, rule: &'static str) {
        self.refused.get_or_insert(SiteError::Field { field, rule });
    }

    fn end(self) -> Result<(), SiteError> {
        match (self.refused, self.left.into_iter().next()) {
            (Some(error), _) => Err(error),
            (None, None) => Ok(()),
            (None, Some((field, _))) => Err(SiteError::UnknownField {
                object: self.object,
                field,
            }),
        }
    }
}
