//! Frames from the handler's side: written on the way in, checked on the way back.

use keyfront_edge::{Edge, Unassisted};
use keyfront_edge_cloudfront::adapter::respond;

/// What an edge that has seen nothing answers to a frame, checked.
pub fn answered(frame: &[u8]) -> Returned {
    let mut out = Vec::new();
    respond(&mut Edge::new(), frame, &mut Unassisted, &mut out);
    check(&out)
}

/// A frame of the way in.
pub fn written(kind: u32, fields: &[&str]) -> Vec<u8> {
    let lengths = fields.iter().map(|field| field.len() as u32);
    let numbers = [kind, 0, fields.len() as u32].into_iter().chain(lengths);
    let mut frame: Vec<u8> = numbers.flat_map(u32::to_le_bytes).collect();
    fields.iter().for_each(|field| frame.extend(field.bytes()));
    frame
}

/// What came back.
pub struct Returned {
    kind: u32,
}

impl Returned {
    /// Is it the edge's own answer?
    pub fn is_answer(&self) -> bool {
        self.kind == 4
    }
}

/// Reads a frame of the way back to its last byte; fields are ASCII without line breaks, and a request that is
/// forwarded has an `authorization`.
fn check(frame: &[u8]) -> Returned {
    let mut rest = frame;
    let mut number = || {
        let (head, tail) = rest.split_first_chunk().expect("the frame is whole");
        rest = tail;
        u32::from_le_bytes(*head)
    };
    let kind = number();
    assert!(matches!(kind, 3..=5));
    let kept = number();
    (0..kept).for_each(|_| assert!(number() < 1 << 20));
    let count = number();
    let lengths: Vec<usize> = (0..count).map(|_| number() as usize).collect();
    let mut fields = Vec::new();
    for length in lengths {
        let (field, tail) = rest.split_at_checked(length).expect("the frame is whole");
        rest = tail;
        fields.push(str::from_utf8(field).expect("what goes back is ASCII"));
    }
    assert!(rest.is_empty());
    // A log line may quote what was refused, escaped; everything else goes to the viewer or the origin.
    assert!(
        fields
            .iter()
            .all(|field| field.bytes().all(|byte| matches!(byte, b' '..=b'~')))
    );
    if kind == 3 {
        assert!(fields.contains(&"authorization"));
    }
    Returned { kind }
}
