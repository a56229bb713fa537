//! Seals and opens one object for another client to open or to have sealed.
//!
//! `envelope seal FORMAT WRAP` and `envelope open BYTES WRAP`, where FORMAT is `v2` or `v3`, WRAP is
//! `kms` or `master`, and BYTES is `all`, `stream` or a range `FIRST-LAST`. Standard input is one line
//! of JSON followed by the content or body; standard output is the same: to seal,
//! `{data_key, wrapped?, context?}` becomes the metadata; to open, the first line is
//! `{data_key, metadata, instruction_file?, context?}` and the output is the content alone.
//! Keys are base64, and a `data_key` is the master key where WRAP is `master`.
//!
//! `envelope context FORMAT` completes the encryption context on standard input for KMS.
#![allow(clippy::print_stderr, reason = "an example reports to its caller")]

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{BufRead, Read, Write, stdin, stdout};
use std::process::ExitCode;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use keyfront_envelope::{
    Commitment, DataKey, Description, Format, KmsContext, MasterKey, OpenPolicy, Opening,
    RequestedRange, Seed, Unlocked, WrappedDataKey, begin, seal,
};
use serde::Deserialize;

type Failure = Box<dyn Error>;
/// The least S3 accepts as a multipart part: content passes through in pieces of this size.
const PIECE: usize = 5 * 1024 * 1024;

#[derive(Deserialize)]
struct Head {
    data_key: String,
    wrapped: Option<String>,
    #[serde(default)]
    context: Description,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
    instruction_file: Option<String>,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments[..] {
        ["context", format] => complete_context(format),
        ["seal", format, wrap] => seal_object(format, wrap),
        ["open", bytes, wrap] => open_object(bytes, wrap),
        _ => Err("usage: context FORMAT | seal FORMAT WRAP | open BYTES WRAP".into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}

fn complete_context(format: &str) -> Result<(), Failure> {
    let caller: Description = serde_json::from_reader(stdin().lock())?;
    let context = KmsContext::new(named_format(format)?, caller)?;
    serde_json::to_writer(stdout().lock(), context.entries())?;
    Ok(())
}

fn seal_object(format: &str, wrap: &str) -> Result<(), Failure> {
    let (head, mut content) = read_input()?;
    let key = wrapped_key(&head, named_format(format)?, wrap)?;
    let mut seed = [0; 28];
    getrandom::fill(&mut seed)?;
    let (mut sealer, envelope) = seal(key, Seed::from_random(seed), Some(content.len() as u64))?;
    for piece in content.chunks_mut(PIECE) {
        sealer.seal(piece)?;
    }
    let tag = sealer.finish()?;
    let metadata: BTreeMap<&str, String> = envelope.metadata()?.into_iter().collect();
    let mut output = stdout().lock();
    serde_json::to_writer(&mut output, &metadata)?;
    output.write_all(b"\n")?;
    output.write_all(&content)?;
    output.write_all(&tag)?;
    Ok(())
}

fn wrapped_key(head: &Head, format: Format, wrap: &str) -> Result<WrappedDataKey, Failure> {
    let key = BASE64_STANDARD.decode(&head.data_key)?;
    if wrap == "kms" {
        let wrapped = BASE64_STANDARD.decode(head.wrapped.as_deref().ok_or("no wrapped key")?)?;
        let context = KmsContext::new(format, head.context.clone())?;
        return Ok(WrappedDataKey::from_kms(
            DataKey::from_slice(&key)?,
            wrapped,
            context,
        )?);
    }
    let (mut fresh, mut nonce) = ([0; 32], [0; 12]);
    getrandom::fill(&mut fresh)?;
    getrandom::fill(&mut nonce)?;
    let master = MasterKey::from_slice(&key)?;
    let description = head.context.clone();
    Ok(WrappedDataKey::by_master_key(
        format,
        DataKey::new(fresh),
        &master,
        nonce,
        description,
    ))
}

fn open_object(bytes: &str, wrap: &str) -> Result<(), Failure> {
    let (head, mut body) = read_input()?;
    let unlocked = unlock(&head, wrap)?;
    let mut output = stdout().lock();
    match bytes {
        "all" => {
            unlocked.open_verified(&mut body)?;
            output.write_all(&body)?;
        }
        "stream" => {
            let mut opener = unlocked.stream(body.len() as u64)?;
            for piece in body.chunks_mut(PIECE) {
                let released = opener.open(piece)?;
                output.write_all(&piece[..released])?;
            }
            opener.finish()?;
        }
        range => {
            let (first, last) = range.split_once('-').ok_or("no range")?;
            let range = RequestedRange::FromTo {
                first: first.parse()?,
                last: last.parse()?,
            };
            let planned = unlocked.plan_range(range, body.len() as u64)?;
            let (first, last) = planned.fetch();
            let fetched = &mut body[usize::try_from(first)?..=usize::try_from(last)?];
            let mut opener = unlocked.range(&planned);
            let wanted = opener.open(fetched)?;
            opener.finish()?;
            output.write_all(&fetched[wanted])?;
        }
    }
    Ok(())
}

fn unlock(head: &Head, wrap: &str) -> Result<Unlocked, Failure> {
    let expected = if wrap == "kms" {
        head.context.clone()
    } else {
        Description::new()
    };
    let policy = OpenPolicy {
        commitment: Commitment::Optional,
        context: expected,
        ..OpenPolicy::default()
    };
    let awaiting = match begin(&head.metadata, policy)? {
        Opening::NeedsKey(awaiting) => awaiting,
        Opening::NeedsInstructionFile(awaiting) => match &head.instruction_file {
            Some(file) => awaiting.supply(file.as_bytes())?,
            None => return Err(awaiting.absent().into()),
        },
    };
    let key = BASE64_STANDARD.decode(&head.data_key)?;
    Ok(match wrap {
        "kms" => awaiting.unlock(&DataKey::from_slice(&key)?)?,
        _ => awaiting.unlock_with_master(&MasterKey::from_slice(&key)?)?,
    })
}

fn read_input() -> Result<(Head, Vec<u8>), Failure> {
    let mut input = stdin().lock();
    let mut head = String::new();
    input.read_line(&mut head)?;
    let mut content = Vec::new();
    input.read_to_end(&mut content)?;
    Ok((serde_json::from_str(&head)?, content))
}

fn named_format(name: &str) -> Result<Format, Failure> {
    match name {
        "v2" => Ok(Format::V2),
        "v3" => Ok(Format::V3),
        _ => Err("FORMAT is v2 or v3".into()),
    }
}
