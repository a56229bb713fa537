//! The adapter: one frame in, one frame out, the edge core in between.
//!
//! It converts and calls; what runs the edge natively calls [`serve`] and [`clean_response`] without frames. Whatever a frame holds, something is written back: a frame it cannot read becomes the
//! core's `event-invalid`, so nothing is ever forwarded by mistake.

use alloc::string::String;
use alloc::{vec, vec::Vec};

use keyfront_edge::decimal as number;
use keyfront_edge::response::is_transfer_header;
use keyfront_edge::{
    Answer, AnsweredRequest, BodyOf, Cleaned, Connection, Edge, Header, Host, Invocation,
    OriginRequest, OriginResponse, PointerAnswer, PointerQuestion, Refusal, RequestBody,
    ResponseFacts, RoleCredentials, Route, SANDBOXED, Served, ViewerRequest, clean, decimal_of,
    keeps_response_header,
};

use crate::frame::{self, Frame, Malformed, Outcome, PointerFields, RequestFields, ResponseFields};

/// Reads a frame, lets the core decide, and writes the frame that says what to return to CloudFront.
pub fn respond(edge: &mut Edge, input: &[u8], host: &mut impl Host, out: &mut Vec<u8>) {
    let written = match frame::decode(input) {
        Ok(Frame::Request(fields)) => request(edge, &fields, host, out),
        Ok(Frame::Response(fields)) => response(&fields, out),
        Ok(Frame::Pointer(fields)) => pointer(edge, &fields, out),
        Err(malformed) => Err(malformed),
    };
    if let Err(malformed) = written {
        let (served, log) = event_invalid(malformed);
        answer(out, &[], &served, log);
    }
}

/// The answer to an event that cannot be read, and what is logged: `event-invalid`.
#[must_use]
pub fn event_invalid(Malformed(why): Malformed) -> (Answer, Option<String>) {
    let refusal = Refusal::EventInvalid(why);
    let served = refusal.answer("unknown", BodyOf::Allowed);
    (served, refusal.log_line("unknown"))
}

/// Lets the core serve an origin-request event.
///
/// # Errors
/// A field that cannot be read, or an origin that signs by itself; [`event_invalid`] makes the answer.
pub fn serve(
    edge: &mut Edge,
    fields: &RequestFields<'_>,
    host: &mut impl Host,
) -> Result<Served, Malformed> {
    let headers = pairs(fields.headers)?;
    let viewer = ViewerRequest {
        method: fields.method,
        path: fields.uri,
        query: fields.querystring,
        body: match fields.body {
            "" => RequestBody::declared(&headers),
            "truncated" => RequestBody::Unseen,
            sha256 => RequestBody::Sha256Hex(sha256),
        },
        headers: &headers,
        request_id: fields.request_id,
    };
    Ok(edge.serve_with(host, &viewer, &invocation(fields)?))
}

/// Lets the core clean an origin-response event; with the route that the request took.
///
/// # Errors
/// A field that cannot be read; [`event_invalid`] makes the answer.
pub fn clean_response(fields: &ResponseFields<'_>) -> Result<(Route, Cleaned), Malformed> {
    let headers = pairs(fields.headers)?;
    let facts = ResponseFacts::read(Some(fields.facts));
    let request = AnsweredRequest {
        method: fields.method,
        path: fields.uri,
        query: fields.querystring,
        request_id: fields.request_id,
        signed_at: Some(fields.signed_at),
        facts: &facts,
    };
    let status = number(fields.status)
        .and_then(|status| u16::try_from(status).ok())
        .ok_or(Malformed("the status is not a number"))?;
    let origin_response = OriginResponse {
        status,
        headers: &headers,
        sandboxed: fields
            .header_names
            .split('\n')
            .any(|name| name == SANDBOXED),
    };
    Ok((facts.route, clean(&request, &origin_response, None)))
}

fn request(
    edge: &mut Edge,
    fields: &RequestFields<'_>,
    host: &mut impl Host,
    out: &mut Vec<u8>,
) -> Result<(), Malformed> {
    let names = names(fields.header_count, fields.header_names)?;
    match serve(edge, fields, host)? {
        Served::Forward(signed) => forward(out, &names, &signed),
        Served::Answer {
            answer: served,
            log,
        } => answer(out, &[], &served, log),
        Served::Ask(question) => ask(out, &question),
    }
    Ok(())
}

fn ask(out: &mut Vec<u8>, question: &PointerQuestion) {
    let wait = decimal_of(question.wait().into());
    let asked_at = decimal_of(question.asked_at);
    let request = &question.request;
    let mut texts = vec![
        wait.as_str(),
        asked_at.as_str(),
        request.host.as_str(),
        request.path.as_str(),
    ];
    push_headers(&mut texts, &request.headers);
    frame::encode(out, Outcome::Ask, &[], &texts);
}

fn pointer(
    edge: &mut Edge,
    fields: &PointerFields<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Malformed> {
    edge.pointer_answered(&PointerAnswer {
        host: fields.host,
        path: fields.path,
        asked_at: number(fields.asked_at).ok_or(Malformed("the time is not a number"))?,
        status: number(fields.status).map_or(0, |status| u16::try_from(status).unwrap_or(0)),
        etag: fields.etag,
        body: fields.body,
    });
    frame::encode(out, Outcome::Pass, &[], &[]);
    Ok(())
}

fn invocation<'a>(fields: &RequestFields<'a>) -> Result<Invocation<'a>, Malformed> {
    // CloudFront adds x-amz-cf-id after the function, and only towards custom origins does it reach the signature's
    // verifier.
    let cf_id = match fields.origin {
        "custom" => Some(fields.request_id),
        "s3:none" | "s3:" => None,
        "s3:origin-access-identity" => {
            return Err(Malformed(
                "the s3 origin signs by itself; set its access to public",
            ));
        }
        _ => return Err(Malformed("the event has neither a custom nor an s3 origin")),
    };
    let expires_at = match fields.expires_at {
        "" => None,
        seconds => {
            Some(number(seconds).ok_or(Malformed("the end of the session is not a number"))?)
        }
    };
    Ok(Invocation {
        now: number(fields.now).ok_or(Malformed("the time is not a number"))?,
        credentials: RoleCredentials {
            access_key_id: fields.access_key_id,
            secret_access_key: fields.secret_access_key,
            session_token: fields.session_token,
            expires_at,
        },
        site: fields.site.as_bytes(),
        connection: Connection {
            domain: Some(fields.domain),
            cf_id,
        },
    })
}

fn response(fields: &ResponseFields<'_>, out: &mut Vec<u8>) -> Result<(), Malformed> {
    let names = names(fields.header_count, fields.header_names)?;
    let (route, cleaned) = clean_response(fields)?;
    match cleaned {
        Cleaned::Pass { headers } => {
            let left_out = |header: &&Header| header.value.is_empty();
            let kept = kept(&names, |name| {
                keeps_response_header(route, name)
                    && !headers
                        .iter()
                        .filter(left_out)
                        .any(|header| header.name == name)
            });
            let mut texts = Vec::with_capacity(headers.len() * 2);
            for header in headers.iter().filter(|header| !left_out(header)) {
                push_header(&mut texts, header);
            }
            frame::encode(out, Outcome::Pass, &kept, &texts);
        }
        Cleaned::Answer { answer: own, log } => {
            answer(out, &kept(&names, is_transfer_header), &own, log);
        }
    }
    Ok(())
}

fn forward(out: &mut Vec<u8>, names: &[&str], signed: &OriginRequest) {
    let kept = kept(names, |name| signed.keeps(name));
    let mut texts = vec![signed.path.as_str(), signed.query.as_str()];
    push_headers(&mut texts, &signed.headers);
    frame::encode(out, Outcome::Forward, &kept, &texts);
}

fn answer(out: &mut Vec<u8>, kept: &[usize], answer: &Answer, log: Option<String>) {
    let status = answer.status_text();
    let log = log.unwrap_or_default();
    let mut texts = vec![
        status.as_str(),
        answer.reason(),
        log.as_str(),
        answer.body.as_str(),
    ];
    push_headers(&mut texts, &answer.headers);
    frame::encode(out, Outcome::Answer, kept, &texts);
}

fn push_headers<'h>(texts: &mut Vec<&'h str>, headers: &'h [Header]) {
    for header in headers {
        push_header(texts, header);
    }
}

fn push_header<'h>(texts: &mut Vec<&'h str>, header: &'h Header) {
    texts.push(header.name);
    texts.push(&header.value);
}

fn kept(names: &[&str], keeps: impl Fn(&str) -> bool) -> Vec<usize> {
    names
        .iter()
        .enumerate()
        .filter(|(_, name)| keeps(name))
        .map(|(index, _)| index)
        .collect()
}

fn names<'a>(count: &str, list: &'a str) -> Result<Vec<&'a str>, Malformed> {
    let names: Vec<&str> = if list.is_empty() {
        Vec::new()
    } else {
        list.split('\n').collect()
    };
    let agrees = number(count).and_then(|count| usize::try_from(count).ok()) == Some(names.len());
    if agrees {
        Ok(names)
    } else {
        Err(Malformed("the number of header names is wrong"))
    }
}

fn pairs(list: &str) -> Result<Vec<(&str, &str)>, Malformed> {
    let mut parts = list.split('\n');
    let mut pairs = Vec::new();
    if list.is_empty() {
        return Ok(pairs);
    }
    while let Some(name) = parts.next() {
        pairs.push((
            name,
            parts.next().ok_or(Malformed("a header has no value"))?,
        ));
    }
    Ok(pairs)
}

#[cfg(test)]
mod tests;
