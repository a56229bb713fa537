//! Query parameters, strictly: an unknown or repeated one is refused, so that a misspelt
//! `overwrite` never silently means something else.

use crate::{catalog::Cursor, error::Error, form_encoding, publisher::Overwrite};

const DEFAULT_LIMIT: u16 = 100;
const MAX_LIMIT: u16 = 1000;

/// What a listing asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Selection {
    pub(super) prefix: String,
    pub(super) cursor: Option<Cursor>,
    pub(super) limit: u16,
}

/// Reads `overwrite=true|false`.
pub(super) fn overwrite(query: Option<&str>) -> Result<Overwrite, Error> {
    let [asked] = parameters(query, ["overwrite"])?;
    match asked.as_deref() {
        None | Some("false") => Ok(Overwrite::Refuse),
        Some("true") => Ok(Overwrite::Allow),
        Some(_) => Err(Error::Query("overwrite is true or false".to_owned())),
    }
}

/// Refuses every parameter.
pub(super) fn none(query: Option<&str>) -> Result<(), Error> {
    parameters(query, []).map(|[]| ())
}

/// Reads `prefix`, `cursor` and `limit`.
pub(super) fn selection(query: Option<&str>) -> Result<Selection, Error> {
    let [prefix, cursor, limit] = parameters(query, ["prefix", "cursor", "limit"])?;
    let limit = match limit {
        None => DEFAULT_LIMIT,
        Some(text) => match text.parse() {
            Ok(limit @ 1..=MAX_LIMIT) => limit,
            _ => {
                return Err(Error::Query(format!(
                    "limit is a number from 1 to {MAX_LIMIT}"
                )));
            }
        },
    };
    Ok(Selection {
        prefix: prefix.unwrap_or_default(),
        cursor: cursor.as_deref().map(Cursor::parse).transpose()?,
        limit,
    })
}

fn parameters<const N: usize>(
    query: Option<&str>,
    names: [&str; N],
) -> Result<[Option<String>; N], Error> {
    let mut values = [const { None }; N];
    for pair in query
        .unwrap_or_default()
        .split('&')
        .filter(|pair| !pair.is_empty())
    {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, value) = (decoded(name)?, decoded(value)?);
        let Some(at) = names.iter().position(|known| *known == name) else {
            return Err(Error::Query(format!(
                "the parameter {name:?} is not known here"
            )));
        };
        if values[at].replace(value).is_some() {
            return Err(Error::Query(format!(
                "the parameter {name:?} is sent twice"
            )));
        }
    }
    Ok(values)
}

fn decoded(text: &str) -> Result<String, Error> {
    form_encoding::decode(text).map_err(|error| Error::Query(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overwrite_is_true_or_false_or_absent() {
        assert_eq!(overwrite(None).unwrap(), Overwrite::Refuse);
        assert_eq!(
            overwrite(Some("overwrite=false")).unwrap(),
            Overwrite::Refuse
        );
        assert_eq!(overwrite(Some("overwrite=true")).unwrap(), Overwrite::Allow);
        for query in [
            "overwrite",
            "overwrite=1",
            "Overwrite=true",
            "overwrite=true&overwrite=true",
            "x=1",
            "%zz=1",
        ] {
            assert!(
                matches!(overwrite(Some(query)), Err(Error::Query(_))),
                "{query}"
            );
        }
    }

    #[test]
    fn selections_are_decoded_once_and_bounded() {
        let asked = selection(Some("prefix=a+b%2Fc%2B%C3%A9&limit=7")).unwrap();
        assert_eq!((asked.prefix.as_str(), asked.limit), ("a b/c+\u{e9}", 7));
        assert_eq!(selection(None).unwrap().limit, DEFAULT_LIMIT);
        for query in [
            "limit=0",
            "limit=1001",
            "limit=x",
            "limit=",
            "cursor=x",
            "delimiter=/",
            "prefix=%ff",
        ] {
            assert!(
                matches!(selection(Some(query)), Err(Error::Query(_))),
                "{query}"
            );
        }
    }
}
