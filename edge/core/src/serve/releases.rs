//! Where a read of a site with releases leads: behind the active release, or first to the question which one that is.
//!
//! Viewers' rules were kept before, on the path within the site; nothing that a pointer says changes them.

use alloc::{string::String, sync::Arc};

use keyfront_names::MAX_KEY_BYTES;

use crate::admission::{Admitted, Body, Conditions, ReleaseConditions};
use crate::cors::Grant;
use crate::method::Method;
use crate::refusal::Refusal;
use crate::release::ReleaseFacts;
use crate::release::facts::Part;
use crate::release::pointers::{Pointers, Standing};
use crate::release::tree;
use crate::routing::Destination;
use crate::site::Site;
use crate::text::joined;

/// What becomes of a read.
#[allow(clippy::large_enum_variant, reason = "taken apart where it is made")]
pub(super) enum Placed<'a> {
    /// It leads to an object of Keyfront's own.
    In(ReleaseFacts),
    /// Nobody has asked lately.
    Unasked(Question<'a>),
}

/// The question for a pointer, before it is signed.
pub(super) struct Question<'a> {
    pub(super) admitted: Admitted<'a>,
    /// The tag of what is known; `""` if nothing is.
    pub(super) known: String,
}

/// Leads an admitted read to where it lies, with what is known of the pointer at `now`.
///
/// # Errors
/// [`Refusal::ReleaseUnknown`], [`Refusal::KeyTooLong`]; [`Refusal::NotFound`] for what is no read of such a site.
pub(super) fn place<'a>(
    pointers: &Pointers,
    admitted: &mut Admitted<'a>,
    conditions: ReleaseConditions<'_>,
    now: i64,
) -> Result<Placed<'a>, Refusal> {
    let site = Arc::clone(&admitted.site);
    let (Some(name), Destination::Bucket(relative)) = (&site.release, &admitted.destination) else {
        return Err(Refusal::NotFound);
    };
    let pointer_key = tree::pointer_key(name);
    if tree::is_pointer(relative.as_str()) {
        admitted.destination = Destination::Own(pointer_key);
        return Ok(Placed::In(facts(String::new(), Part::Document, None)));
    }
    let path = joined(&[&site.bucket.path, "/", &pointer_key]);
    let (pointer, age) = match pointers.standing(&site.bucket.host, &path, now) {
        Standing::Active(pointer, age) => (pointer, age),
        Standing::Unknown => return Err(Refusal::ReleaseUnknown),
        Standing::Unasked(known) => {
            return Ok(Placed::Unasked(Question {
                admitted: of_pointer(&site, pointer_key, admitted.request_id),
                known: known.into(),
            }));
        }
    };
    let (key, part) = tree::key(name, pointer, relative.as_str(), conditions.accept_encoding);
    if key.len() > MAX_KEY_BYTES {
        return Err(Refusal::KeyTooLong);
    }
    admitted.destination = Destination::Own(key);
    let mut facts = facts(pointer.release.clone(), part, age);
    if part != Part::Document {
        admitted.conditions.drop_range |= conditions.if_range;
        facts.if_match = conditions.if_match;
    }
    Ok(Placed::In(facts))
}

fn facts(release: String, part: Part, age: Option<i64>) -> ReleaseFacts {
    ReleaseFacts {
        release,
        part,
        stale: age.map(|age| u32::try_from(age).unwrap_or(u32::MAX)),
        if_match: None,
    }
}

fn of_pointer<'a>(site: &Arc<Site>, key: String, request_id: &'a str) -> Admitted<'a> {
    Admitted {
        site: Arc::clone(site),
        destination: Destination::Own(key),
        folder: None,
        method: Method::Get,
        query: String::new(),
        body: Body::Empty,
        authorization: None,
        grant: Grant::Unruled,
        conditions: Conditions::default(),
        release: None,
        request_id,
    }
}
