use proptest::prelude::*;

use super::{Frame, LONGEST_FRAME, Malformed, Outcome, decode, encode};

/// A frame of the way in, as the handler writes it.
pub(crate) fn written(kind: u32, fields: &[&str]) -> Vec<u8> {
    let mut frame = Vec::new();
    let count = u32::try_from(fields.len()).unwrap();
    for number in [kind, 0, count] {
        frame.extend(number.to_le_bytes());
    }
    for field in fields {
        frame.extend(u32::try_from(field.len()).unwrap().to_le_bytes());
    }
    for field in fields {
        frame.extend(field.bytes());
    }
    frame
}

#[test]
fn fields_come_out_in_the_order_they_went_in() {
    let fields: Vec<String> = (0..16).map(|index| format!("f{index}")).collect();
    let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
    let frame = written(1, &fields);
    let Ok(Frame::Request(read)) = decode(&frame) else {
        panic!("not a request")
    };
    assert_eq!(
        (read.now, read.site, read.uri, read.headers),
        ("f0", "f5", "f10", "f15")
    );
    let frame = written(2, &fields[..10]);
    let Ok(Frame::Response(read)) = decode(&frame) else {
        panic!("not a response")
    };
    assert_eq!(
        (read.request_id, read.uri, read.facts, read.headers),
        ("f0", "f2", "f5", "f9")
    );
}

#[test]
fn too_few_and_too_many_fields_are_refused() {
    for (kind, right) in [(1, 16), (2, 10), (6, 6)] {
        for count in [0, right - 1, right + 1, right * 2] {
            assert!(
                decode(&written(kind, &vec!["x"; count])).is_err(),
                "{kind} {count}"
            );
        }
    }
}

#[test]
fn unknown_kinds_kept_headers_and_bytes_left_over_are_refused() {
    let frame = |kind| written(kind, &["x"; 16]);
    for kind in [0, 3, 4, 5, u32::MAX] {
        assert_eq!(
            decode(&frame(kind)),
            Err(Malformed("the frame has an unknown kind"))
        );
    }
    let mut longer = frame(1);
    longer.push(0);
    assert_eq!(
        decode(&longer),
        Err(Malformed("the frame has bytes left over"))
    );
    let mut keeping = frame(1);
    keeping[4] = 1;
    assert!(decode(&keeping).is_err());
}

#[test]
fn lengths_that_lie_are_refused() {
    let mut frame = written(1, &["x"; 16]);
    frame[12..16].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(decode(&frame), Err(Malformed("the frame is truncated")));
    let mut frame = written(1, &["x"; 16]);
    frame[8..12].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(decode(&frame), Err(Malformed("the frame is truncated")));
}

#[test]
fn fields_that_are_not_utf8_are_refused() {
    let mut frame = written(1, &["x"; 16]);
    *frame.last_mut().unwrap() = 0xff;
    assert_eq!(decode(&frame), Err(Malformed("a field is not UTF-8")));
}

#[test]
fn a_frame_over_a_mebibyte_is_refused() {
    assert!(
        decode(&written(
            2,
            &[&"x".repeat(LONGEST_FRAME), "", "", "", "", "", "", ""]
        ))
        .is_err()
    );
}

#[test]
fn fields_do_not_show_in_debug() {
    let frame = written(1, &["secret"; 16]);
    assert!(!format!("{:?}", decode(&frame)).contains("secret"));
}

#[test]
fn the_way_back_has_the_documented_layout() {
    let mut out = vec![1, 2, 3];
    encode(&mut out, Outcome::Forward, &[7], &["ab", "", "c"]);
    let numbers: Vec<u32> = out[..28]
        .chunks(4)
        .map(|bytes| u32::from_le_bytes(bytes.try_into().unwrap()))
        .collect();
    assert_eq!(numbers, [3, 1, 7, 3, 2, 0, 1]);
    assert_eq!(&out[28..], b"abc");
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode(&bytes);
    }

    #[test]
    fn every_cut_and_every_flipped_byte_of_the_head_is_refused_or_read(
        cut in 0_usize..92, place in 0_usize..76, flip in 1_u8..,
    ) {
        let frame = written(1, &["x"; 16]);
        prop_assert!(decode(&frame[..cut.min(frame.len() - 1)]).is_err());
        let mut flipped = frame;
        flipped[place] ^= flip;
        prop_assert!(decode(&flipped).is_err());
    }
}
