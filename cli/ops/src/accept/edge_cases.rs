//! The table of what every platform's edge answers (`tests/cases/edge.json`), as it stands for a deployed Worker: its
//! objects lie below the run's prefix, and cases that need what the Worker's site does not have are left out with the
//! reason. Pure.

mod applicability;
mod terms;

use std::collections::BTreeMap;

use serde::Deserialize;

pub(super) use self::terms::Terms;
use super::client::Answer;

const TABLE: &str = include_str!("../../../../tests/cases/edge.json");
/// What the table's page of a 404 holds; a site's own page stands in for it.
const PAGE: &str = "<h1>missing</h1>";
/// Cloudflare's URL normalisation may resolve dot segments before the Worker is asked: then every rule sees the object.
const NORMALISED: [&str; 3] = [
    "encoded dot segments",
    "half encoded dot segments",
    "dot segments behind an encoded slash",
];
const NORMALISED_BODY: &str = "hello world";

/// The table.
#[derive(Deserialize)]
pub(super) struct Table {
    pub(super) objects: Vec<Object>,
    pub(super) cases: Vec<Case>,
}

impl Table {
    /// The table that this program was built with.
    ///
    /// # Errors
    /// A table in another form.
    pub(super) fn read() -> serde_json::Result<Self> {
        serde_json::from_str(TABLE)
    }
}

/// An object that cases ask for.
#[derive(Deserialize)]
pub(super) struct Object {
    pub(super) key: String,
    pub(super) body: String,
    #[serde(rename = "type")]
    pub(super) content_type: String,
    pub(super) cache: Option<String>,
    pub(super) encoding: Option<String>,
    #[serde(default)]
    pub(super) metadata: BTreeMap<String, String>,
}

/// A request and what answers it.
#[derive(Deserialize)]
pub(super) struct Case {
    pub(super) name: String,
    method: Option<String>,
    target: String,
    #[serde(default)]
    request: BTreeMap<String, String>,
    #[serde(default)]
    send: String,
    #[serde(flatten)]
    expected: Expected,
    gzip: Option<String>,
    worker: Option<Expected>,
}

#[derive(Deserialize)]
struct Expected {
    status: Option<u16>,
    code: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, Option<String>>,
    body: Option<String>,
}

/// A case as it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CaseRequest {
    pub(super) method: String,
    pub(super) target: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

impl Case {
    /// What is expected of a Worker.
    fn own(&self) -> &Expected {
        self.worker.as_ref().unwrap_or(&self.expected)
    }

    /// The request.
    ///
    /// # Errors
    /// The table has a name that means nothing.
    pub(super) fn request(&self, terms: &Terms<'_>) -> anyhow::Result<CaseRequest> {
        let body = terms.written(&self.send, "")?;
        let headers = self.request.iter();
        let headers = headers.map(|(name, value)| Ok((name.clone(), terms.written(value, &body)?)));
        Ok(CaseRequest {
            method: self.method.clone().unwrap_or_else(|| "GET".to_owned()),
            target: terms.moved(&terms.written(&self.target, "")?),
            headers: headers.collect::<anyhow::Result<_>>()?,
            body,
        })
    }

    /// What is wrong with the answer, if anything.
    ///
    /// # Errors
    /// As [`Case::request`].
    pub(super) fn violation(
        &self,
        answer: &Answer,
        terms: &Terms<'_>,
    ) -> anyhow::Result<Option<String>> {
        let is_normalised = NORMALISED.contains(&self.name.as_str());
        if is_normalised && answer.status == 200 && answer.body == NORMALISED_BODY {
            return Ok(None);
        }
        let own = self.own();
        if own.status.is_some_and(|status| status != answer.status) {
            return Ok(Some(answer.described()));
        }
        if let Some(code) = &own.code
            && *code != answer.code()
        {
            return Ok(Some(format!("{}, not {code}", answer.described())));
        }
        let page = |body: &str| match terms.page.filter(|_| body == PAGE) {
            Some(page) => page.to_vec(),
            None => body.as_bytes().to_vec(),
        };
        let gzip = self.gzip.as_deref().map(|text| terms.encoded.get(text));
        let body = match (&own.body, gzip) {
            (Some(body), _) => Some(page(body)),
            (None, Some(stored)) => stored.cloned(),
            (None, None) => None,
        };
        if body.is_some_and(|body| answer.body != body) {
            let found = String::from_utf8_lossy(&answer.body);
            return Ok(Some(format!(
                "{} with the body {found:.60?}",
                answer.status
            )));
        }
        let given = self.worker.iter().flat_map(|own| &own.headers);
        for (name, value) in self.expected.headers.iter().chain(given) {
            let found = answer.headers.get(name).map(|_| answer.header(name));
            let expected = match value {
                Some(value) if name == "location" => Some(terms.moved(value)),
                Some(value) => Some(terms.written(value, "")?),
                None => None,
            };
            // A page of the site's own has a type of its own.
            let is_pages = terms.page.is_some() && own.body.as_deref() == Some(PAGE);
            if found != expected.as_deref() && !(is_pages && name == "content-type") {
                return Ok(Some(format!("{name} is {found:?}, not {expected:?}")));
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests;
