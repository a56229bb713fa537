//! The frame: the only thing that crosses between the handler and the module, in both directions.
//!
//! ```text
//! u32 kind                     1 origin-request, 2 origin-response, 6 pointer; back: 3 forward, 4 answer, 5 pass, 7 ask
//! u32 n, n x u32 index         back only: which of the event's headers stay (0, 0 entries on the way in)
//! the fields                   as `keyfront_wasm_module::frame` writes texts
//! ```
//!
//! A list in a field is separated by `\n`, which neither header names nor values can
//! hold; lists of pairs alternate name and value. What goes back is ASCII.
//!
//! Fields by kind:
//!
//! | kind | fields |
//! |---|---|
//! | 1 | [`RequestFields`], in order |
//! | 2 | [`ResponseFields`], in order |
//! | 3 | uri, querystring, then name and value of each header to set |
//! | 4 | status, reason, log line (`""`: none), body, then name and value of each header to set |
//! | 5 | name and value of each header to set; nothing as the answer to a pointer |
//! | 6 | [`PointerFields`], in order |
//! | 7 | milliseconds to wait, time of the question, host, path, then name and value of each header to send |
//!
//! This module reads and writes bytes; it does not know what fields mean.

use alloc::vec::Vec;

pub use keyfront_wasm_module::frame::Malformed;
use keyfront_wasm_module::frame::{Texts, number, put_number, put_texts};

/// Frames of more bytes are refused: an event is far smaller, bodies never cross.
pub const LONGEST_FRAME: usize = 1 << 20;

/// A decoded frame of the way in.
#[derive(Debug, PartialEq, Eq)]
pub enum Frame<'a> {
    /// Kind 1.
    Request(RequestFields<'a>),
    /// Kind 2.
    Response(ResponseFields<'a>),
    /// Kind 6.
    Pointer(PointerFields<'a>),
}

macro_rules! fields {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq)]
        pub struct $name<'a> { $($(#[$field_doc])* pub $field: &'a str),+ }

        impl<'a> $name<'a> {
            fn read(fields: &mut Texts<'a>) -> Result<Self, Malformed> {
                // A loop instead of a call for each field: the fields of three frames are two kilobytes of a module.
                let mut texts = [""; [$(stringify!($field)),+].len()];
                read_each(fields, &mut texts)?;
                let [$($field),+] = texts;
                Ok(Self { $($field),+ })
            }
        }

        // Fields hold secrets and viewers' data.
        impl core::fmt::Debug for $name<'_> {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(concat!(stringify!($name), "(redacted)"))
            }
        }
    };
}

fields!(
    /// What the core needs of an origin-request event and its invocation.
    RequestFields {
        /// Unix seconds, decimal.
        now,
        /// `""` if there is none.
        access_key_id,
        /// `""` if there is none.
        secret_access_key,
        /// `""` if there is none.
        session_token,
        /// Unix seconds, decimal; `""` if unknown.
        expires_at,
        /// The value of the origin custom header `x-keyfront-site`; `""` if absent.
        site,
        /// `custom`, or `s3:` and the origin's `authMethod`.
        origin,
        /// `domainName` followed by `path` of the origin.
        domain,
        /// `config.requestId`
        request_id,
        /// `request.method`
        method,
        /// `request.uri`
        uri,
        /// `request.querystring`
        querystring,
        /// `""` not included in the event; `truncated`; or the SHA-256 in lower-case hexadecimal.
        body,
        /// How many names follow, decimal.
        header_count,
        /// Keys of `request.headers`.
        header_names,
        /// Pairs: every value of the headers in `RELEVANT_HEADERS`.
        headers,
    }
);

fields!(
    /// What the core needs of an origin-response event.
    ResponseFields {
        /// `config.requestId`
        request_id,
        /// `request.method`
        method,
        /// `request.uri`, as the origin was sent it
        uri,
        /// `request.querystring`, as the origin was sent it
        querystring,
        /// `x-amz-date` of the request; `""` if absent.
        signed_at,
        /// `x-keyfront-response` of the request; `""` if absent.
        facts,
        /// `response.status`
        status,
        /// How many names follow, decimal.
        header_count,
        /// Keys of `response.headers`.
        header_names,
        /// Pairs: every value of the headers in `RELEVANT_RESPONSE_HEADERS`.
        headers,
    }
);

fields!(
    /// What the bucket answered to the question of a frame of kind 7.
    PointerFields {
        /// From the question.
        asked_at,
        /// From the question.
        host,
        /// From the question.
        path,
        /// The status, decimal; `""` if there was no answer in time.
        status,
        /// `ETag`; `""` if absent.
        etag,
        /// The body, a character a byte.
        body,
    }
);

fn read_each<'a>(fields: &mut Texts<'a>, texts: &mut [&'a str]) -> Result<(), Malformed> {
    for text in texts {
        *text = fields.next()?;
    }
    Ok(())
}

/// Reads a frame of the way in.
///
/// # Errors
/// [`Malformed`]; no byte sequence panics.
pub fn decode(bytes: &[u8]) -> Result<Frame<'_>, Malformed> {
    if bytes.len() > LONGEST_FRAME {
        return Err(Malformed("the frame is too long"));
    }
    let (kind, rest) = number(bytes)?;
    let (kept, rest) = number(rest)?;
    if kept != 0 {
        return Err(Malformed("the frame of a request has kept headers"));
    }
    let mut fields = Texts::read(rest)?;
    let frame = match kind {
        1 => Frame::Request(RequestFields::read(&mut fields)?),
        2 => Frame::Response(ResponseFields::read(&mut fields)?),
        6 => Frame::Pointer(PointerFields::read(&mut fields)?),
        _ => return Err(Malformed("the frame has an unknown kind")),
    };
    fields.end()?;
    Ok(frame)
}

/// The kinds of the way back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Kind 3: return the request, changed.
    Forward,
    /// Kind 4: return a response of the edge's own.
    Answer,
    /// Kind 5: return the response, changed.
    Pass,
    /// Kind 7: ask the bucket, hand over its answer or that there is none in time, send the event again.
    Ask,
}

/// Writes a frame of the way back in place of what `out` holds.
pub fn encode(out: &mut Vec<u8>, outcome: Outcome, kept: &[usize], fields: &[&str]) {
    out.clear();
    put_number(
        out,
        match outcome {
            Outcome::Forward => 3,
            Outcome::Answer => 4,
            Outcome::Pass => 5,
            Outcome::Ask => 7,
        },
    );
    put_number(out, kept.len());
    for index in kept {
        put_number(out, *index);
    }
    put_texts(out, fields);
}

#[cfg(test)]
pub(crate) mod tests;
