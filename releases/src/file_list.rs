//! Lists of files on the wire: read without a copy of the document, and with one allocation for a text that many share.

use std::{borrow::Cow, collections::HashSet, fmt, sync::Arc};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, SeqAccess},
};

use crate::{File, Kept, ReleaseId, Sha256Digest, Variants};

/// A file as a manifest writes it: members in the order of their names.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileWire<'a> {
    #[serde(borrow)]
    cache: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    csp: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    from: Option<ReleaseId>,
    #[serde(borrow)]
    path: Cow<'a, str>,
    sha256: Sha256Digest,
    size: u64,
    #[serde(rename = "type", borrow)]
    media_type: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    variants: Option<Variants>,
}

impl<'a> FileWire<'a> {
    fn new(file: &'a File, from: Option<ReleaseId>) -> Self {
        Self {
            cache: Cow::Borrowed(&file.cache),
            csp: file.csp.as_deref().map(Cow::Borrowed),
            from,
            path: Cow::Borrowed(&file.path),
            sha256: file.sha256,
            size: file.size,
            media_type: Cow::Borrowed(&file.media_type),
            variants: file.variants.as_deref().copied(),
        }
    }

    fn into_file(self, shared: &mut SharedTexts) -> File {
        File {
            path: self.path.into(),
            sha256: self.sha256,
            size: self.size,
            media_type: shared.text(&self.media_type),
            cache: shared.text(&self.cache),
            csp: self.csp.as_deref().map(|csp| shared.text(csp)),
            variants: self.variants.map(Box::new),
        }
    }
}

/// An element of a list of files.
trait Element: Sized {
    fn wire(&self) -> FileWire<'_>;
    fn read(wire: FileWire<'_>, shared: &mut SharedTexts) -> Result<Self, &'static str>;
}

impl Element for File {
    fn wire(&self) -> FileWire<'_> {
        FileWire::new(self, None)
    }

    fn read(wire: FileWire<'_>, shared: &mut SharedTexts) -> Result<Self, &'static str> {
        match wire.from {
            None => Ok(wire.into_file(shared)),
            Some(_) => Err("`from` belongs to `keep` alone"),
        }
    }
}

impl Element for Kept {
    fn wire(&self) -> FileWire<'_> {
        FileWire::new(&self.file, Some(self.from))
    }

    fn read(wire: FileWire<'_>, shared: &mut SharedTexts) -> Result<Self, &'static str> {
        match wire.from {
            Some(from) => Ok(Self {
                from,
                file: wire.into_file(shared),
            }),
            None => Err("missing field `from`"),
        }
    }
}

/// `#[serde(with = "file_list")]`, the writing half.
pub(crate) fn serialize<T: ListElement, S: Serializer>(
    list: &[T],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(list.iter().map(Element::wire))
}

/// `#[serde(with = "file_list")]`, the reading half.
pub(crate) fn deserialize<'de, T: ListElement, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    deserializer.deserialize_seq(Elements(std::marker::PhantomData))
}

/// [`File`] or [`Kept`].
#[allow(private_bounds)] // Nobody else has a list of files.
pub(crate) trait ListElement: Element {}
impl ListElement for File {}
impl ListElement for Kept {}

struct Elements<T>(std::marker::PhantomData<T>);

impl<'de, T: Element> de::Visitor<'de> for Elements<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of files")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
        let mut shared = SharedTexts::default();
        let mut files = Vec::new();
        while let Some(wire) = list.next_element::<FileWire<'de>>()? {
            files.push(T::read(wire, &mut shared).map_err(de::Error::custom)?);
        }
        Ok(files)
    }
}

/// Texts of which one copy is kept. A document in which all differ gains nothing and costs no more than itself.
#[derive(Default)]
struct SharedTexts(HashSet<Arc<str>>);

impl SharedTexts {
    fn text(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.0.get(text) {
            return Arc::clone(known);
        }
        let new: Arc<str> = Arc::from(text);
        self.0.insert(Arc::clone(&new));
        new
    }
}
