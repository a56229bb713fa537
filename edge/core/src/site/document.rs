//! The document a site is written as: its fields, none unknown, each of its type.
//!
//! Says what is written; whether that makes a site is `site`'s to check.

use alloc::{string::String, vec::Vec};

use super::SiteError;
use super::json::{self, NotJson, Value};

/// The fields whose value is a text.
#[derive(Clone, Copy)]
pub(super) enum Text {
    Bucket,
    Region,
    Style,
    Signing,
    Endpoint,
    Path,
    Prefix,
    Index,
    Fallback,
    NotFound,
    TrailingSlash,
    Slashes,
    Spelling,
    RegionSet,
    Listing,
    Release,
}

/// Their names, in the same order.
const TEXTS: [&str; 16] = [
    "bucket",
    "region",
    "style",
    "signing",
    "endpoint",
    "path",
    "prefix",
    "index",
    "fallback",
    "not_found",
    "trailing_slash",
    "slashes",
    "spelling",
    "region_set",
    "listing",
    "release",
];

/// How many of them, from the first on, every document has.
const REQUIRED: usize = 4;

/// The fields as written. A table of texts instead of a field for each: what reads sixteen of them alike is a loop.
pub(super) struct Document {
    texts: [Option<String>; TEXTS.len()],
    pub(super) v: u32,
    pub(super) query: Vec<String>,
    pub(super) cors: Vec<CorsDocument>,
    pub(super) denied_as_missing: bool,
    pub(super) customer_keys: bool,
    pub(super) reader: Option<FunctionDocument>,
    pub(super) publish: Option<FunctionDocument>,
    pub(super) viewers: Option<ViewersDocument>,
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

impl Text {
    pub(super) const fn name(self) -> &'static str {
        TEXTS[self as usize]
    }
}

impl Document {
    /// Reads a document.
    ///
    /// # Errors
    /// [`SiteError::Json`], or of the first field that is none: [`SiteError::Field`], [`SiteError::UnknownField`].
    pub(super) fn read(text: &str) -> Result<Self, SiteError> {
        let value = json::read(text).map_err(|NotJson(why)| SiteError::Json(why))?;
        let mut fields = Fields::of("document", value);
        let v = fields.required("v", Kind::Number);
        let mut texts = [const { None }; TEXTS.len()];
        for (at, (text, name)) in texts.iter_mut().zip(TEXTS).enumerate() {
            *text = fields.text(name);
            if at < REQUIRED && text.is_none() {
                fields.refuse(name, MISSING);
            }
        }
        let document = Self {
            texts,
            v: number(&v).unwrap_or_default(),
            query: fields.required_texts("query"),
            cors: fields.cors(),
            denied_as_missing: fields.flag("denied_as_missing"),
            customer_keys: fields.flag("customer_keys"),
            reader: fields.function("reader"),
            publish: fields.function("publish"),
            viewers: fields.viewers(),
        };
        fields.end()?;
        Ok(document)
    }

    /// A text; `None` where there is none.
    pub(super) fn text(&self, field: Text) -> Option<&str> {
        self.texts[field as usize].as_deref()
    }

    /// A text that every document has.
    pub(super) fn required(&self, field: Text) -> &str {
        self.text(field).unwrap_or_default()
    }

    /// A text, for the site to have.
    pub(super) fn take(&mut self, field: Text) -> Option<String> {
        self.texts[field as usize].take()
    }
}

const MISSING: &str = "is missing";

/// What a value may be of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Flag,
    Number,
    Text,
    List,
}

impl Kind {
    fn of(value: &Value) -> Option<Self> {
        Some(match value {
            Value::Bool(_) => Self::Flag,
            Value::Number(_) => Self::Number,
            Value::Text(_) => Self::Text,
            Value::List(_) => Self::List,
            Value::Null | Value::Object(_) => return None,
        })
    }
}

const fn number(value: &Value) -> Option<u32> {
    if let Value::Number(number) = value {
        Some(*number)
    } else {
        None
    }
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

    fn text(&mut self, field: &'static str) -> Option<String> {
        match self.optional(field, Kind::Text) {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    fn required_text(&mut self, field: &'static str) -> String {
        match self.required(field, Kind::Text) {
            Value::Text(text) => text,
            _ => String::new(),
        }
    }

    fn required_texts(&mut self, field: &'static str) -> Vec<String> {
        let list = self.required(field, Kind::List);
        self.texts_of(field, list)
    }

    /// `false` where there is none.
    fn flag(&mut self, field: &'static str) -> bool {
        self.optional(field, Kind::Flag) == Value::Bool(true)
    }

    fn function(&mut self, name: &'static str) -> Option<FunctionDocument> {
        let mut fields = Fields::of(name, self.take(name)?);
        let document = FunctionDocument {
            prefix: fields.required_text("prefix"),
            host: fields.required_text("host"),
            region: fields.required_text("region"),
        };
        self.end_of(fields);
        Some(document)
    }

    fn viewers(&mut self) -> Option<ViewersDocument> {
        let mut fields = Fields::of("viewers", self.take("viewers")?);
        let document = ViewersDocument {
            prefixes: fields.required_texts("prefixes"),
            serves: fields.text("serves"),
        };
        self.end_of(fields);
        Some(document)
    }

    /// An entry that is not as it must be makes the list a value of the wrong type.
    fn cors(&mut self) -> Vec<CorsDocument> {
        let mut documents = Vec::new();
        let Value::List(values) = self.optional("cors", Kind::List) else {
            return documents;
        };
        for value in values {
            let mut fields = Fields::of("cors", value);
            let headers = fields.optional("headers", Kind::List);
            documents.push(CorsDocument {
                origins: fields.required_texts("origins"),
                headers: fields.texts_of("headers", headers),
                max_age: number(&fields.optional("max_age", Kind::Number)),
            });
            if fields.end().is_err() {
                self.refuse("cors", WRONG_TYPE);
            }
        }
        documents
    }

    fn texts_of(&mut self, field: &'static str, value: Value) -> Vec<String> {
        let mut texts = Vec::new();
        if let Value::List(values) = value {
            for value in values {
                match value {
                    Value::Text(text) => texts.push(text),
                    _ => self.refuse(field, WRONG_TYPE),
                }
            }
        }
        texts
    }

    /// `null` stands for one that is missing, which is refused.
    fn required(&mut self, field: &'static str, kind: Kind) -> Value {
        let value = self.optional(field, kind);
        if value == Value::Null {
            self.refuse(field, MISSING);
        }
        value
    }

    /// The value of a field, of this kind; `null` where there is none.
    #[inline(never)]
    fn optional(&mut self, field: &'static str, kind: Kind) -> Value {
        match self.take(field) {
            Some(value) if Kind::of(&value) == Some(kind) => value,
            Some(_) => {
                self.refuse(field, WRONG_TYPE);
                Value::Null
            }
            None => Value::Null,
        }
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

    fn end_of(&mut self, fields: Fields) {
        if let Err(error) = fields.end() {
            self.refused.get_or_insert(error);
        }
    }

    #[inline(never)]
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

const WRONG_TYPE: &str = "has the wrong type";
