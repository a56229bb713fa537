//! Sealing and opening against OpenSSL's streaming AES-256-GCM (EVP), interleaved, in one process.
//!
//! Both stream pieces of 64 KiB, the tag included. OpenSSL works from a source into its own buffer.
//! Keyfront works in place: "copied" charges it for first copying the source into its buffer, "in
//! place" does not. `ring`, which cannot stream, seals 1 MiB in one call, for reference only.
//!
//! `cargo run --release` prints medians and ratios, then resident memory while 1 GiB streams.

use std::hint::black_box;
use std::time::Instant;

use keyfront_envelope::{
    Commitment, DataKey, Description, Envelope, Format, KmsContext, OpenPolicy, Opening, Seed,
    WrappedDataKey, begin, seal,
};
use openssl::symm::{Cipher, Crypter, Mode};

const PIECE: usize = 64 * 1024;
const MIB: u64 = 1 << 20;
const KEY: [u8; 32] = [7; 32];
const NONCE: [u8; 12] = [1; 12];
const DATA: &[u8] = b"\x00\x73";
/// Where Keyfront's pieces come from.
#[derive(Clone, Copy, PartialEq)]
enum Pieces {
    Copied,
    InPlace,
}

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    println!("OpenSSL: {}", openssl::version::version());
    for (length, rounds) in [(MIB, 201), (1024 * MIB, 7)] {
        compare(length, rounds)?;
    }
    resident_memory()
}

fn compare(length: u64, rounds: usize) -> Outcome<()> {
    let source = vec![0x5a; PIECE];
    let metadata = metadata_without_length()?;
    let mut seconds = [const { Vec::new() }; 6];
    for _ in 0..rounds {
        seconds[0].push(timed(|| evp_encrypt(&source, length).map(drop))?);
        seconds[1].push(timed(|| evp_decrypt(&source, length))?);
        for (at, pieces) in [(2, Pieces::Copied), (4, Pieces::InPlace)] {
            seconds[at].push(timed(|| ours_seal(&source, length, pieces).map(drop))?);
            seconds[at + 1].push(timed(|| ours_open(&source, length, &metadata, pieces))?);
        }
    }
    let speed = seconds.map(|runs| length as f64 / median(runs) / 1e6);
    let name = format!("{} MiB", length / MIB);
    for (direction, at) in [("seal", 0), ("open", 1)] {
        for (pieces, ours) in [("copied", speed[at + 2]), ("in place", speed[at + 4])] {
            let (evp, ratio) = (speed[at], ours / speed[at]);
            println!(
                "{name:>8}  {direction}  {pieces:<8} {ours:6.0} MB/s  EVP {evp:6.0} MB/s  ratio {ratio:.2}"
            );
        }
    }
    if length == MIB {
        println!(
            "{name:>8}  seal  ring, one call {:6.0} MB/s (reference)",
            ring_one_shot(rounds)?
        );
    }
    Ok(())
}

fn timed(run: impl FnOnce() -> Outcome<()>) -> Outcome<f64> {
    let start = Instant::now();
    run()?;
    Ok(start.elapsed().as_secs_f64())
}

fn median(mut runs: Vec<f64>) -> f64 {
    runs.sort_by(f64::total_cmp);
    runs[runs.len() / 2]
}

fn ours_seal(source: &[u8], length: u64, pieces: Pieces) -> Outcome<(Envelope, [u8; 16])> {
    let context = KmsContext::new(Format::V3, Description::new())?;
    let key = WrappedDataKey::from_kms(DataKey::new(KEY), vec![1], context)?;
    let (mut sealer, envelope) = seal(key, Seed::from_random([3; 28]), Some(length))?;
    let mut buffer = vec![0; PIECE];
    for _ in 0..length / PIECE as u64 {
        if pieces == Pieces::Copied {
            buffer.copy_from_slice(source);
        }
        sealer.seal(&mut buffer)?;
        black_box(&buffer);
    }
    Ok((envelope, sealer.finish()?))
}

fn metadata_without_length() -> Outcome<Vec<(&'static str, String)>> {
    let (envelope, _) = ours_seal(&[], 0, Pieces::InPlace)?;
    Ok(envelope
        .metadata()?
        .into_iter()
        .filter(|(name, _)| !name.ends_with("-length"))
        .collect())
}

/// Opens `source` as ciphertext under a tag that is not its own: the failure is expected, the work,
/// comparison included, is that of a success.
fn ours_open(
    source: &[u8],
    length: u64,
    metadata: &[(&'static str, String)],
    pieces: Pieces,
) -> Outcome<()> {
    let policy = OpenPolicy {
        commitment: Commitment::Required,
        ..OpenPolicy::default()
    };
    let Opening::NeedsKey(awaiting) =
        begin(metadata.iter().map(|(name, value)| (name, value)), policy)?
    else {
        return Err("no key".into());
    };
    let mut opener = awaiting.unlock(&DataKey::new(KEY))?.stream(length + 16)?;
    let mut buffer = vec![0; PIECE];
    for _ in 0..length / PIECE as u64 {
        if pieces == Pieces::Copied {
            buffer.copy_from_slice(source);
        }
        opener.open(&mut buffer)?;
        black_box(&buffer);
    }
    opener.open(&mut [0; 16])?;
    if opener.finish().is_ok() {
        Err("a wrong tag verified".into())
    } else {
        Ok(())
    }
}

fn evp(mode: Mode) -> Outcome<Crypter> {
    let mut evp = Crypter::new(Cipher::aes_256_gcm(), mode, &KEY, Some(&NONCE))?;
    evp.aad_update(DATA)?;
    Ok(evp)
}

fn evp_encrypt(source: &[u8], length: u64) -> Outcome<[u8; 16]> {
    let mut evp = evp(Mode::Encrypt)?;
    let mut buffer = vec![0; PIECE + 16];
    for _ in 0..length / PIECE as u64 {
        evp.update(source, &mut buffer)?;
        black_box(&buffer);
    }
    evp.finalize(&mut buffer)?;
    let mut tag = [0; 16];
    evp.get_tag(&mut tag)?;
    Ok(tag)
}

fn evp_decrypt(source: &[u8], length: u64) -> Outcome<()> {
    let mut evp = evp(Mode::Decrypt)?;
    let mut buffer = vec![0; PIECE + 16];
    for _ in 0..length / PIECE as u64 {
        evp.update(source, &mut buffer)?;
        black_box(&buffer);
    }
    evp.set_tag(&[0; 16])?;
    if evp.finalize(&mut buffer).is_ok() {
        Err("a wrong tag verified".into())
    } else {
        Ok(())
    }
}

fn ring_one_shot(rounds: usize) -> Outcome<f64> {
    use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &KEY).map_err(|_| "key")?);
    let mut content = vec![0x5a; MIB as usize];
    let runs = (0..rounds).map(|_| {
        timed(|| {
            let nonce = Nonce::assume_unique_for_key(NONCE);
            let tag = key.seal_in_place_separate_tag(nonce, Aad::from(DATA), &mut content);
            let _ = black_box(tag.map_err(|_| "seal")?);
            Ok(())
        })
    });
    Ok(MIB as f64 / median(runs.collect::<Outcome<_>>()?) / 1e6)
}

fn resident_memory() -> Outcome<()> {
    let source = vec![0x5a; PIECE];
    let before = resident_kib()?;
    ours_seal(&source, 1024 * MIB, Pieces::Copied)?;
    ours_open(
        &source,
        1024 * MIB,
        &metadata_without_length()?,
        Pieces::Copied,
    )?;
    let after = resident_kib()?;
    println!(
        "resident: {before} KiB before, {after} KiB after 1 GiB through seal and open, peak {} KiB",
        peak_kib()?
    );
    Ok(())
}

fn resident_kib() -> Outcome<u64> {
    status("VmRSS:")
}

fn peak_kib() -> Outcome<u64> {
    status("VmHWM:")
}

fn status(field: &str) -> Outcome<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(field))
        .ok_or("no such field")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
