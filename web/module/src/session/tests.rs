use std::collections::HashSet;

use aes_gcm::aead::consts::{U12, U16};
use aes_gcm::aead::{Aead as _, Payload};
use aes_gcm::aes::Aes256;
use aes_gcm::{AesGcm, KeyInit as _, Nonce};
use keyfront_envelope::{DataKey, Error, KmsContext, MAX_CONTENT_LENGTH};
use keyfront_wasm_module::frame::{put_texts, texts};
use proptest::prelude::*;

use super::*;

const MASTER: [u8; 32] = [1; 32];
const SEGMENT: u32 = 48;

type Metadata = Vec<(String, String)>;

fn call(call: impl FnOnce(&mut Vec<u8>) -> Result<(), Refused>) -> Result<Vec<u8>, Refused> {
    let mut out = Vec::new();
    call(&mut out).map(|()| out)
}

fn with_texts(mut head: Vec<u8>, pairs: &Metadata) -> Vec<u8> {
    let texts: Vec<&str> = pairs
        .iter()
        .flat_map(|(name, value)| [name.as_str(), value])
        .collect();
    put_texts(&mut head, &texts);
    head
}

fn pairs(frame: &[u8]) -> Metadata {
    let texts = texts(frame).unwrap();
    let pair = |pair: &[&str]| (pair[0].to_owned(), pair[1].to_owned());
    texts.chunks(2).map(pair).collect()
}

fn seal_frame(random: u8, length: u64) -> Vec<u8> {
    let mut frame = vec![random; 72];
    frame.extend(MASTER);
    frame.extend(length.to_le_bytes());
    frame.extend(SEGMENT.to_le_bytes());
    with_texts(frame, &vec![("keyfront-key".into(), "ab".into())])
}

struct Sealing {
    session: Session,
    host: AesGcm<Aes256, U16>,
    segments: u32,
    metadata: Metadata,
}

fn begin_sealing(length: u64) -> Sealing {
    let mut session = Session::new();
    let begun = call(|out| session.seal(&seal_frame(9, length), out)).unwrap();
    Sealing {
        session,
        host: AesGcm::new_from_slice(&begun[..32]).unwrap(),
        segments: u32::from_le_bytes(begun[32..36].try_into().unwrap()),
        metadata: pairs(&begun[36..]),
    }
}

impl Sealing {
    fn segment(&mut self, index: u32, content: &[u8]) -> Result<Vec<u8>, Refused> {
        let planned = call(|out| self.session.segment(&index.to_le_bytes(), out))?;
        let offset = u64::from_le_bytes(planned[..8].try_into().unwrap()) as usize;
        let length = u32::from_le_bytes(planned[8..12].try_into().unwrap()) as usize;
        let iv: [u8; 16] = planned[12..].try_into().unwrap();
        let mut ciphertext = self
            .host
            .encrypt(&Nonce::from(iv), &content[offset..offset + length])
            .unwrap();
        let tag = ciphertext.split_off(length);
        let frame = [&index.to_le_bytes()[..], &tag].concat();
        call(|out| self.session.sealed(&frame, out))?;
        Ok(ciphertext)
    }

    fn body(&mut self, content: &[u8]) -> Vec<u8> {
        let mut body = Vec::new();
        for index in 0..self.segments {
            body.extend(self.segment(index, content).unwrap());
        }
        body.extend(call(|out| self.session.tag(&[], out)).unwrap());
        body
    }
}

fn sealed(content: &[u8]) -> (Vec<u8>, Metadata) {
    let mut sealing = begin_sealing(content.len() as u64);
    (sealing.body(content), sealing.metadata)
}

/// Opens as the page does: the host hashes and decrypts, the session verifies.
fn finish(session: &mut Session, begun: &[u8], body: &[u8]) -> Result<Vec<u8>, Refused> {
    let (key, nonce) = (&begun[..32], <[u8; 12]>::try_from(&begun[32..44]).unwrap());
    let (content, tag) = body.split_at(body.len() - TAG_LENGTH);
    let hash = AesGcm::<Aes256, U12>::new_from_slice(key).unwrap();
    let mut plaintext = Vec::new();
    for segment in content.chunks(SEGMENT as usize) {
        let payload = Payload {
            msg: b"",
            aad: segment,
        };
        let tag = hash.encrypt(&Nonce::from(nonce), payload).unwrap();
        let frame = [&(segment.len() as u32).to_le_bytes()[..], &tag].concat();
        let counter = call(|out| session.arrived(&frame, out))?;
        plaintext.extend(ctr(key, counter.try_into().unwrap(), segment));
    }
    call(|out| session.verify(tag, out)).map(|_| plaintext)
}

fn ctr(key: &[u8], mut counter: [u8; 16], content: &[u8]) -> Vec<u8> {
    use aes_gcm::aes::cipher::BlockCipherEncrypt as _;
    let aes = Aes256::new_from_slice(key).unwrap();
    let mut out = content.to_vec();
    for block in out.chunks_mut(16) {
        let mut keystream = counter.into();
        aes.encrypt_block(&mut keystream);
        block
            .iter_mut()
            .zip(keystream)
            .for_each(|(byte, key)| *byte ^= key);
        let number = u32::from_be_bytes(counter[12..].try_into().unwrap());
        counter[12..].copy_from_slice(&number.wrapping_add(1).to_be_bytes());
    }
    out
}

fn open(master: [u8; 32], metadata: &Metadata, body: &[u8]) -> Result<Vec<u8>, Refused> {
    let mut frame = (body.len() as u64).to_le_bytes().to_vec();
    frame.extend(master);
    let frame = with_texts(frame, metadata);
    let mut session = Session::new();
    let begun = call(|out| session.open(&frame, out))?;
    finish(&mut session, &begun, body)
}

fn shared(master: [u8; 32], metadata: &Metadata) -> Result<Vec<u8>, Refused> {
    let frame = with_texts(master.to_vec(), metadata);
    call(|out| share(&frame, out))
}

fn open_shared(share: &[u8], body: &[u8]) -> Result<Vec<u8>, Refused> {
    let length = (body.len() - TAG_LENGTH) as u64;
    let frame = [share, &length.to_le_bytes()].concat();
    let mut session = Session::new();
    let begun = call(|out| session.open_shared(&frame, out))?;
    finish(&mut session, &begun, body)
}

proptest! {
    #[test]
    fn what_is_sealed_is_opened_by_its_key_and_by_its_share(
        content in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let (body, metadata) = sealed(&content);
        prop_assert_eq!(&open(MASTER, &metadata, &body).unwrap(), &content);
        let share = shared(MASTER, &metadata).unwrap();
        prop_assert_eq!(&open_shared(&share, &body).unwrap(), &content);
    }

    #[test]
    fn any_flipped_bit_of_a_body_or_its_tag_is_refused(
        content in prop::collection::vec(any::<u8>(), 0..300),
        at in any::<prop::sample::Index>(),
        bit in 0_u8..8,
    ) {
        let (mut body, metadata) = sealed(&content);
        let at = at.index(body.len());
        body[at] ^= 1 << bit;
        let refused = Refused::Envelope(Error::TagMismatch);
        prop_assert_eq!(open(MASTER, &metadata, &body).err(), Some(refused.clone()));
        let share = shared(MASTER, &metadata).unwrap();
        prop_assert_eq!(open_shared(&share, &body).err(), Some(refused));
    }

    #[test]
    fn no_frame_makes_a_call_trap(frame in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut session = Session::new();
        let calls = [
            Session::segment, Session::sealed, Session::missing, Session::tag, Session::arrived,
            Session::verify, Session::open, Session::open_shared, Session::seal,
        ];
        for step in calls {
            let _ = call(|out| step(&mut session, &frame, out));
        }
        let _ = call(|out| share(&frame, out));
        let _ = call(|out| describe(&frame, out));
    }
}

#[test]
fn any_altered_letter_of_the_metadata_is_refused() {
    let (body, metadata) = sealed(b"content of some length");
    for (at, (name, value)) in metadata.iter().enumerate() {
        // What names the key is not authenticated: it only helps to find it.
        for letter in 0..if name == "x-amz-m" { 0 } else { value.len() } {
            let mut altered = metadata.clone();
            let mut bytes = value.clone().into_bytes();
            bytes[letter] = if bytes[letter] == b'A' { b'B' } else { b'A' };
            altered[at].1 = String::from_utf8(bytes).unwrap();
            assert!(open(MASTER, &altered, &body).is_err(), "{name} {letter}");
        }
    }
}

#[test]
fn a_file_that_was_altered_between_two_attempts_is_never_sealed_on() {
    let content = [5; 100];
    let mut sealing = begin_sealing(100);
    let first = sealing.segment(1, &content).unwrap();
    assert_eq!(sealing.segment(1, &content).unwrap(), first);
    let altered = [6; 100];
    let refused = Err(Refused::Envelope(Error::ContentChanged));
    assert_eq!(sealing.segment(1, &altered), refused);
    assert_eq!(sealing.segment(0, &content), refused);
    assert_eq!(call(|out| sealing.session.tag(&[], out)), refused);
}

#[test]
fn the_tag_is_made_of_every_segment_or_not_at_all() {
    let content = [5; 100];
    let mut sealing = begin_sealing(100);
    let missing = |sealing: &mut Sealing| call(|out| sealing.session.missing(&[], out)).unwrap();
    sealing.segment(2, &content).unwrap();
    sealing.segment(0, &content).unwrap();
    assert_eq!(missing(&mut sealing), 1_u32.to_le_bytes());
    assert!(call(|out| sealing.session.tag(&[], out)).is_err());
    sealing.segment(1, &content).unwrap();
    assert_eq!(missing(&mut sealing), u32::MAX.to_le_bytes());
    assert_eq!(call(|out| sealing.session.tag(&[], out)).unwrap().len(), 16);
}

#[test]
fn every_random_byte_counts_and_no_two_files_share_a_content_key() {
    let mut keys = HashSet::new();
    for at in 0..60 {
        let mut frame = seal_frame(9, 10);
        frame[at] ^= 1;
        let mut session = Session::new();
        let begun = call(|out| session.seal(&frame, out)).unwrap();
        assert!(keys.insert(begun[..32].to_vec()), "{at}");
    }
}

#[test]
fn another_key_is_refused_and_so_is_a_kms_envelope() {
    let (body, metadata) = sealed(b"content");
    let refused = Err(Refused::Envelope(Error::UnwrapFailed));
    assert_eq!(open([2; 32], &metadata, &body), refused);
    assert_eq!(shared([2; 32], &metadata), refused);

    let context = KmsContext::new(Format::V3, Description::new()).unwrap();
    let key = WrappedDataKey::from_kms(DataKey::new([7; 32]), vec![1], context).unwrap();
    let seed = Seed::from_random([9; 28]);
    let (_, envelope) = keyfront_envelope::seal(key, seed, None).unwrap();
    let metadata = envelope.metadata().unwrap().into_iter();
    let metadata = metadata
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    let refused = Err(Refused::Envelope(Error::WrapMismatch));
    assert_eq!(open(MASTER, &metadata, &body), refused);
    assert_eq!(shared(MASTER, &metadata), refused);
    let described = call(|out| describe(&with_texts(Vec::new(), &metadata), out)).unwrap();
    assert_eq!(described[..4], [0; 4]);
}

#[test]
fn an_object_says_which_key_it_asks_for() {
    let (_, metadata) = sealed(b"content");
    let described = call(|out| describe(&with_texts(Vec::new(), &metadata), out)).unwrap();
    assert_eq!(described[..4], [1, 0, 0, 0]);
    assert_eq!(
        pairs(&described[4..]),
        [("keyfront-key".to_owned(), "ab".to_owned())]
    );
    let nothing = call(|out| describe(&with_texts(Vec::new(), &Vec::new()), out));
    assert_eq!(nothing, Err(Refused::Envelope(Error::NotAnEnvelope)));
}

#[test]
fn the_envelope_is_amazons_v3_with_a_raw_aes_key() {
    let (_, metadata) = sealed(b"content");
    let mut names: Vec<_> = metadata.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "x-amz-3",
            "x-amz-c",
            "x-amz-d",
            "x-amz-i",
            "x-amz-m",
            "x-amz-unencrypted-content-length",
            "x-amz-w"
        ]
    );
    let value = |wanted: &str| &metadata.iter().find(|(name, _)| name == wanted).unwrap().1;
    assert_eq!(
        (value("x-amz-c").as_str(), value("x-amz-w").as_str()),
        ("115", "02")
    );
}

#[test]
fn calls_out_of_order_and_files_over_the_limit_are_refused() {
    let mut session = Session::new();
    assert_eq!(call(|out| session.tag(&[], out)), Err(Refused::OutOfOrder));
    let verified = call(|out| session.verify(&[0; 16], out));
    assert_eq!(verified, Err(Refused::OutOfOrder));
    call(|out| session.seal(&seal_frame(9, 1), out)).unwrap();
    let again = call(|out| session.seal(&seal_frame(9, 1), out));
    assert_eq!(again, Err(Refused::OutOfOrder));

    let mut frame = seal_frame(9, MAX_CONTENT_LENGTH + 1);
    frame[112..116].copy_from_slice(&(1_u32 << 20).to_le_bytes());
    let refused = call(|out| Session::new().seal(&frame, out));
    assert_eq!(refused, Err(Refused::Envelope(Error::ContentTooLong)));
}
