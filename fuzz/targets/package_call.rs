//! Whatever crosses into the npm package's module, a frame comes back; what it says to send is spelled so that it
//! would be said again. Fields are separated by the unit separator (0x1f).

#![no_main]

use keyfront_sigv4::Signer;
use keyfront_sigv4_module::answer;
use keyfront_wasm_module::frame;
use libfuzzer_sys::fuzz_target;

const GIVEN: usize = 7;
const PATH: usize = 8;
const QUERY: usize = 9;

fuzz_target!(|bytes: &[u8]| {
    let mut out = Vec::new();
    answer(&mut Signer::new(), bytes, &mut out);
    assert!(frame::texts(&out).is_ok());
    let Ok(text) = str::from_utf8(bytes) else {
        return;
    };
    let mut fields: Vec<&str> = text.split('\x1f').collect();
    let Some(first) = called(&fields) else {
        return;
    };
    let presigned = fields.get(11).is_some_and(|expires| !expires.is_empty());
    let [path, query] = &first[..2] else {
        panic!("a signed answer has a target")
    };
    assert!(
        path.split('/')
            .all(|segment| !matches!(segment, "." | ".."))
    );
    assert!(
        path.bytes()
            .chain(query.bytes())
            .all(|byte| byte.is_ascii_graphic() && byte != b'+' && byte != b'#')
    );
    if !presigned {
        (fields[GIVEN], fields[PATH], fields[QUERY]) = (path, path, query);
        assert_eq!(called(&fields).as_deref(), Some(&first[..]));
    }
});

/// What follows `signed`; `None` for a refusal, which says why.
fn called(fields: &[&str]) -> Option<Vec<String>> {
    let (mut input, mut out) = (Vec::new(), Vec::new());
    frame::put_texts(&mut input, fields);
    answer(&mut Signer::new(), &input, &mut out);
    let texts = frame::texts(&out).expect("a frame comes back");
    match texts.split_first() {
        Some((&"signed", rest)) => Some(rest.iter().map(|text| (*text).to_owned()).collect()),
        Some((&"refused", [why])) => {
            assert!(why.contains(": "));
            None
        }
        _ => panic!("neither signed nor refused"),
    }
}
