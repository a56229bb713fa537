//! Uploads into the tree of a release: only what its manifest describes, in one request or in parts.

use keyfront_releases::{Manifest, ReleaseId, Sha256Digest, SiteName, Tree, TreeObject};
use serde::{Deserialize, Serialize};

use crate::{
    error::Error,
    object::StoredPart,
    uploads::{LONGEST_UPLOAD, PartPlan},
};

/// Objects of one call.
pub const BATCH: usize = 500;
/// Copies of one call.
pub const COPIES: usize = 100;
/// Bytes up to which an object is sent in one request.
const ONE_REQUEST: u64 = 64 << 20;
/// Presigned requests for parts in one response.
const PARTS: u32 = 10_000;

/// An object as a publisher declares it: exactly what its manifest says of it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeclaredObject {
    /// Which form of the file: `files`, `br` or `gzip`
    #[schema(value_type = String)]
    pub tree: Tree,
    /// Below the site
    pub path: String,
    /// Bytes as stored
    pub size: u64,
    /// Lower-case hex of the bytes as stored
    #[schema(value_type = String)]
    pub sha256: Sha256Digest,
    /// `Content-Type`
    #[serde(rename = "type")]
    pub media_type: String,
    /// `Cache-Control`
    pub cache: String,
    /// `Content-Security-Policy`
    pub csp: Option<String>,
    /// Of an upload in parts that goes on: its requests are signed anew
    pub token: Option<String>,
}

/// How an object is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TreeUpload<'m> {
    /// By one presigned `PUT`.
    Put(TreeObject<'m>),
    /// In parts.
    Parts(TreeObject<'m>, PartPlan),
}

/// A multipart upload into a tree, as its token carries it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartsUpload {
    /// The site.
    pub site: SiteName,
    /// The release.
    pub release: ReleaseId,
    /// The form.
    pub tree: Tree,
    /// The file.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// S3's id.
    pub upload: String,
    /// Unix time of the beginning.
    pub begun: u64,
}

impl PartsUpload {
    /// Whether it is over at `now` (Unix time), seven days after it was begun.
    pub const fn is_over(&self, now: u64) -> bool {
        now.saturating_sub(self.begun) > LONGEST_UPLOAD
    }

    /// Whether it is one of this object.
    pub fn is_of(&self, object: &TreeObject<'_>) -> bool {
        (self.tree, self.path.as_str(), self.size) == (object.tree, object.path, object.size)
    }
}

impl DeclaredObject {
    /// The manifest's word on the object.
    ///
    /// # Errors
    /// [`Error::UploadRefused`]: the manifest has no such object, or another.
    pub fn in_manifest<'m>(&self, manifest: &'m Manifest) -> Result<TreeObject<'m>, Error> {
        let tree = self.tree.as_str();
        let known = manifest.object(self.tree, &self.path).ok_or_else(|| {
            Error::UploadRefused(format!("the manifest has no {:?} in {tree}", self.path))
        })?;
        let declared = TreeObject {
            tree: self.tree,
            path: &self.path,
            size: self.size,
            sha256: self.sha256,
            media_type: &self.media_type,
            cache: &self.cache,
            csp: self.csp.as_deref(),
        };
        match declared == known {
            true => Ok(known),
            false => Err(Error::UploadRefused(format!(
                "{:?} in {tree} is not as the manifest describes it",
                self.path
            ))),
        }
    }
}

/// How an object of the manifest is sent.
///
/// # Errors
/// [`Error::UploadRefused`]: S3 takes no object of this size.
fn plan_upload(object: TreeObject<'_>) -> Result<TreeUpload<'_>, Error> {
    if object.size <= ONE_REQUEST {
        return Ok(TreeUpload::Put(object));
    }
    let plan = PartPlan::of(object.size).ok_or_else(|| {
        Error::UploadRefused(format!("S3 stores no object of {} bytes", object.size))
    })?;
    Ok(TreeUpload::Parts(object, plan))
}

/// How many uploads in parts a call begins: each is a call to S3, and paid for until it is over.
pub fn begun_uploads(plans: &[TreeUpload<'_>], declared: &[DeclaredObject]) -> u32 {
    let begun = plans.iter().zip(declared).filter(|(plan, declared)| {
        matches!(plan, TreeUpload::Parts(..)) && declared.token.is_none()
    });
    begun.fold(0, |count, _| count + 1)
}

/// How the objects of one call are sent.
///
/// # Errors
/// [`Error::UploadRefused`]: too many at once, or one that the manifest does not have.
pub fn plan_uploads<'m>(
    manifest: &'m Manifest,
    declared: &[DeclaredObject],
) -> Result<Vec<TreeUpload<'m>>, Error> {
    if declared.is_empty() || declared.len() > BATCH {
        return Err(Error::UploadRefused(format!(
            "request 1 to {BATCH} files at a time"
        )));
    }
    let plans = declared
        .iter()
        .map(|object| plan_upload(object.in_manifest(manifest)?));
    let plans: Vec<_> = plans.collect::<Result<_, _>>()?;
    let parts = plans.iter().map(|plan| match plan {
        TreeUpload::Put(_) => 0,
        TreeUpload::Parts(_, plan) => plan.count(),
    });
    match parts.fold(0_u32, u32::saturating_add) {
        all if all > PARTS => Err(Error::UploadRefused(format!(
            "the files have {all} parts together, and one response has at most {PARTS}: request fewer at a time"
        ))),
        _ => Ok(plans),
    }
}

/// The parts to complete an upload with, as its client names them.
///
/// # Errors
/// [`Error::UploadIncomplete`]: not every part, once.
pub fn uploaded_parts(
    upload: &PartsUpload,
    named: &[(u32, String)],
) -> Result<Vec<StoredPart>, Error> {
    let plan = PartPlan::of(upload.size).ok_or(Error::UploadUnknown)?;
    let mut named: Vec<_> = named.to_vec();
    named.sort_unstable();
    let numbers = named.iter().map(|(number, _)| *number);
    if !numbers.eq(1..=plan.count()) {
        return Err(Error::UploadIncomplete(format!(
            "name each of its {} parts once",
            plan.count()
        )));
    }
    let parts = named.into_iter().map(|(number, etag)| StoredPart {
        number,
        size: plan.length_of(number).unwrap_or_default(),
        etag,
    });
    Ok(parts.collect())
}

/// The headers of the presigned `PUT` of a part, which bind its length.
pub fn part_headers(length: u64) -> Vec<(String, String)> {
    vec![("content-length".to_owned(), length.to_string())]
}
