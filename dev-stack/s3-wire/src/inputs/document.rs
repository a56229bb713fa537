//! A document compared with its schema. s3s skips what it does not know, and CDATA sections wherever they are.

use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};
use s3s::{S3Error, S3ErrorCode, S3Result};

use super::schema::{Content, Element};
use crate::error_response::{not_implemented, refused};

/// # Errors
/// `MalformedXML` for elements, attributes or text that the schema does not have, and for what is no XML;
/// `NotImplemented` for what the dev stack does not have of it, and for CDATA sections.
pub fn check_document(document: &[u8], root: &Element) -> S3Result<()> {
    let document = std::str::from_utf8(document).map_err(|_| malformed("is not UTF-8"))?;
    let mut reader = Reader::from_str(document);
    let mut open: Vec<&Element> = Vec::new();
    loop {
        let event = reader.read_event();
        match event.map_err(|_| malformed("is not well-formed"))? {
            Event::Eof if open.is_empty() => return Ok(()),
            Event::Eof => return Err(malformed("ends early")),
            Event::Start(start) => open.push(entered(open.last().copied(), root, &start)?),
            Event::Empty(start) => {
                entered(open.last().copied(), root, &start)?;
            }
            Event::End(_) => {
                open.pop();
            }
            Event::Text(text) => {
                let is_blank = text.trim_ascii().is_empty();
                if !is_blank && !takes_text(&open) {
                    return Err(malformed("has text between elements"));
                }
            }
            Event::GeneralRef(_) if !takes_text(&open) => {
                return Err(malformed("has text between elements"));
            }
            Event::CData(_) => return Err(not_implemented("CDATA sections")),
            Event::DocType(_) => return Err(malformed("has a document type")),
            Event::GeneralRef(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
    }
}

fn entered<'e>(
    parent: Option<&'e Element>,
    root: &'e Element,
    start: &BytesStart<'_>,
) -> S3Result<&'e Element> {
    let name = start.name();
    let is_named = |element: &&Element| element.name == name.as_ref();
    let found = match parent.map(|parent| &parent.content) {
        None => Some(root).filter(is_named),
        Some(Content::Elements(elements)) => elements.iter().find(is_named),
        Some(Content::Text | Content::OfAws) => None,
    };
    let found = found.ok_or_else(|| malformed("has an element that is unknown in its place"))?;
    if matches!(found.content, Content::OfAws) {
        return Err(not_implemented(&format!("the element {}", found.name)));
    }
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|_| malformed("is not well-formed"))?;
        let name = attribute.key.as_ref();
        if name != "xmlns" && !name.starts_with("xmlns:") {
            return Err(malformed("has an attribute"));
        }
    }
    Ok(found)
}

fn takes_text(open: &[&Element]) -> bool {
    open.last()
        .is_some_and(|element| matches!(element.content, Content::Text))
}

fn malformed(what: &str) -> S3Error {
    let message = format!(
        "The XML you provided was not well-formed or did not validate against our published schema: it {what}"
    );
    refused(S3ErrorCode::MalformedXML, message)
}
