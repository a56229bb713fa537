//! The batch of paths of one invalidation: read from XML, checked against CloudFront's limits.
//!
//! <https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_InvalidationBatch.html>. Pure.

use serde::Deserialize;

use super::CloudFrontError;

/// CloudFront's limits on one invalidation.
const MOST_PATHS: usize = 3000;
const MOST_WILDCARDS: usize = 15;
const LONGEST_PATH: usize = 4000;

/// Paths to forget, and the caller's name for this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidationBatch {
    /// Each begins with a slash; a `*` at the end stands for everything that begins alike.
    pub paths: Vec<String>,
    /// Repeating a batch with the same reference does nothing.
    pub caller_reference: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", rename = "InvalidationBatch")]
struct Wire {
    paths: WirePaths,
    caller_reference: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WirePaths {
    quantity: usize,
    items: Option<WireItems>,
}

#[derive(Deserialize)]
struct WireItems {
    #[serde(rename = "Path", default)]
    paths: Vec<String>,
}

impl InvalidationBatch {
    /// Reads the body of a request.
    ///
    /// # Errors
    /// [`CloudFrontError`] for what is no batch, or one that CloudFront would not take.
    pub fn parse(xml: &str) -> Result<Self, CloudFrontError> {
        let wire: Wire = quick_xml::de::from_str(xml)?;
        let paths = wire
            .paths
            .items
            .map(|items| items.paths)
            .unwrap_or_default();
        if paths.len() != wire.paths.quantity {
            return Err(CloudFrontError::InconsistentQuantities);
        }
        if paths.len() > MOST_PATHS {
            return Err(CloudFrontError::TooManyPaths);
        }
        demand(!paths.is_empty(), "the batch has no paths")?;
        demand(
            !wire.caller_reference.is_empty(),
            "the caller reference is empty",
        )?;
        for path in &paths {
            demand(path.starts_with('/'), "a path does not begin with a slash")?;
            demand(path.len() <= LONGEST_PATH, "a path is too long")?;
            let inner = path.strip_suffix('*').unwrap_or(path);
            demand(!inner.contains('*'), "a path has a * before its end")?;
            demand(!path.contains('~'), "a path has a ~")?;
            demand(
                is_encoded(path),
                "a path has a character that is not encoded",
            )?;
        }
        let batch = Self {
            paths,
            caller_reference: wire.caller_reference,
        };
        batch.fits_beside(0)?;
        Ok(batch)
    }

    /// Whether its wildcards may be in progress beside so many others.
    ///
    /// # Errors
    /// [`CloudFrontError::TooManyPaths`]
    pub(super) fn fits_beside(&self, others: usize) -> Result<(), CloudFrontError> {
        let own = self.paths.iter().filter(|path| path.ends_with('*')).count();
        if own > 0 && own + others > MOST_WILDCARDS {
            return Err(CloudFrontError::TooManyPaths);
        }
        Ok(())
    }
}

/// Whether what RFC 1738 calls unsafe, and everything that is not ASCII, is percent-encoded.
fn is_encoded(path: &str) -> bool {
    let mut bytes = path.bytes();
    while let Some(byte) = bytes.next() {
        let fits = match byte {
            b'%' => (0..2).all(|_| bytes.next().is_some_and(|digit| digit.is_ascii_hexdigit())),
            b' ' | b'"' | b'<' | b'>' | b'#' | b'{' | b'}' | b'|' | b'\\' | b'^' | b'[' | b']'
            | b'`' => false,
            byte => byte.is_ascii_graphic(),
        };
        if !fits {
            return false;
        }
    }
    true
}

fn demand(holds: bool, otherwise: &'static str) -> Result<(), CloudFrontError> {
    if holds {
        Ok(())
    } else {
        Err(CloudFrontError::InvalidArgument(otherwise))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn batch(quantity: usize, paths: &[String]) -> Result<InvalidationBatch, CloudFrontError> {
        let items: String = paths
            .iter()
            .map(|path| format!("<Path>{path}</Path>"))
            .collect();
        InvalidationBatch::parse(&format!(
            "<?xml version=\"1.0\"?><InvalidationBatch xmlns=\"http://cloudfront.amazonaws.com/doc/2020-05-31/\">\
             <Paths><Quantity>{quantity}</Quantity><Items>{items}</Items></Paths>\
             <CallerReference>r</CallerReference></InvalidationBatch>"
        ))
    }

    fn owned(paths: &[&str]) -> Vec<String> {
        paths.iter().map(|path| (*path).to_owned()).collect()
    }

    #[test]
    fn paths_are_read_as_they_are_written() {
        let read = batch(3, &owned(&["/a%20b", "/a&amp;b", "/c/*"])).unwrap();
        assert_eq!(read.paths, ["/a%20b", "/a&b", "/c/*"]);
        assert_eq!(read.caller_reference, "r");
    }

    #[test]
    fn batches_cloudfront_would_not_take_are_refused() {
        let many: Vec<String> = (0..3001).map(|n| format!("/{n}")).collect();
        let wild: Vec<String> = (0..16).map(|n| format!("/{n}/*")).collect();
        for (quantity, paths, code) in [
            (2, owned(&["/a"]), "InconsistentQuantities"),
            (0, vec![], "InvalidArgument"),
            (1, owned(&["a"]), "InvalidArgument"),
            (1, owned(&["/a*b"]), "InvalidArgument"),
            (1, vec![format!("/{}", "a".repeat(4000))], "InvalidArgument"),
            (many.len(), many, "TooManyInvalidationsInProgress"),
            (wild.len(), wild, "TooManyInvalidationsInProgress"),
        ] {
            assert_eq!(batch(quantity, &paths).unwrap_err().describe().code, code);
        }
        for raw in [
            "~", " ", "\"", "#", "{", "|", "\\", "^", "[", "`", "\u{e9}", "%", "%4", "%zz",
        ] {
            let refused = batch(1, &[format!("/a{raw}")]).unwrap_err();
            assert_eq!(refused.describe().code, "InvalidArgument", "{raw}");
        }
        let plain = batch(1, &owned(&["/it's(1)+%C3%A9,@:=!$;*"])).unwrap();
        assert!(plain.fits_beside(14).is_ok() && plain.fits_beside(15).is_err());
        assert!(batch(1, &owned(&["/a"])).unwrap().fits_beside(15).is_ok());
        for xml in ["", "<a/>", "<InvalidationBatch/>", "not xml"] {
            let refused = InvalidationBatch::parse(xml).unwrap_err();
            assert_eq!(refused.describe().code, "MalformedXML", "{xml}");
        }
    }
}
