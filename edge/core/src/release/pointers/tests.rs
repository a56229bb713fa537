use super::{PointerAnswer, Pointers, Standing};

const HOST: &str = "bucket.s3.eu-central-1.amazonaws.com";
const PATH: &str = "/.keyfront/sites/docs/current.json";

fn pointer(digit: &str) -> String {
    let id = digit.repeat(64);
    format!(r#"{{"active":"{id}","encoded":"css","entry":{{}},"v":1}}"#)
}

fn answer(asked_at: i64, status: u16, body: &str) -> PointerAnswer<'_> {
    PointerAnswer {
        host: HOST,
        path: PATH,
        asked_at,
        status,
        etag: "\"tag\"",
        body,
    }
}

/// `a` for the release of that digit, with its age; `?TAG` for a question; `-` for nothing.
fn standing(pointers: &Pointers, now: i64) -> String {
    match pointers.standing(HOST, PATH, now) {
        Standing::Active(pointer, age) => {
            let age = age.map_or_else(String::new, |age| format!(" {age}"));
            format!("{}{age}", &pointer.release[..1])
        }
        Standing::Unasked(tag) => format!("?{tag}"),
        Standing::Unknown => "-".to_owned(),
    }
}

#[test]
fn a_pointer_is_believed_for_five_seconds_from_when_it_was_asked_for() {
    let mut pointers = Pointers::new();
    assert_eq!(standing(&pointers, 100), "?");
    pointers.keep(&answer(100, 200, &pointer("a")));
    assert_eq!(standing(&pointers, 100), "a");
    assert_eq!(standing(&pointers, 104), "a");
    assert_eq!(standing(&pointers, 105), "?\"tag\"");
    pointers.keep(&answer(105, 304, ""));
    assert_eq!(standing(&pointers, 109), "a");
    pointers.keep(&answer(110, 200, &pointer("b")));
    assert_eq!(standing(&pointers, 110), "b");
}

#[test]
fn the_last_known_pointer_serves_for_a_day_while_the_bucket_cannot_be_asked() {
    let mut pointers = Pointers::new();
    pointers.keep(&answer(0, 200, &pointer("a")));
    for (status, body) in [
        (0, String::new()),
        (200, String::new()),
        (200, pointer("A")),
        (403, pointer("b")),
        (404, pointer("b")),
        (500, pointer("b")),
    ] {
        pointers.keep(&answer(10, status, &body));
        assert_eq!(standing(&pointers, 11), "a 11", "{status} {body}");
    }
    // Nobody waits twice in one request, and nobody forgets to ask.
    assert_eq!(standing(&pointers, 12), "?\"tag\"");
    pointers.keep(&answer(86_399, 0, ""));
    assert_eq!(standing(&pointers, 86_400), "a 86400");
    pointers.keep(&answer(86_401, 0, ""));
    assert_eq!(standing(&pointers, 86_401), "-");
    pointers.keep(&answer(86_403, 304, ""));
    assert_eq!(standing(&pointers, 86_403), "a");
}

#[test]
fn a_pointer_of_more_than_a_minute_ago_is_worth_a_wait_once_a_minute() {
    let mut pointers = Pointers::new();
    pointers.keep(&answer(0, 200, &pointer("a")));
    // Whoever asks on a condition waits for a moment only.
    assert_eq!(standing(&pointers, 60), "?\"tag\"");
    assert_eq!(standing(&pointers, 61), "?");
    pointers.keep(&answer(61, 0, ""));
    assert_eq!(standing(&pointers, 62), "a 62");
    assert_eq!(standing(&pointers, 63), "?\"tag\"");
    assert_eq!(standing(&pointers, 120), "?\"tag\"");
    assert_eq!(standing(&pointers, 121), "?");
}

#[test]
fn a_late_answer_is_an_answer() {
    let mut pointers = Pointers::new();
    pointers.keep(&answer(0, 200, &pointer("a")));
    pointers.keep(&answer(5, 0, ""));
    assert_eq!(standing(&pointers, 6), "a 6");
    pointers.keep(&answer(5, 200, &pointer("b")));
    assert_eq!(standing(&pointers, 6), "b");
}

#[test]
fn what_another_request_learned_a_moment_later_is_known() {
    let mut pointers = Pointers::new();
    pointers.keep(&answer(100, 200, &pointer("a")));
    assert_eq!(standing(&pointers, 96), "a");
    assert_eq!(standing(&pointers, 95), "?\"tag\"");
    pointers.keep(&answer(96, 0, ""));
    assert_eq!(standing(&pointers, 95), "a 0");
    assert_eq!(standing(&pointers, 94), "?\"tag\"");
}

#[test]
fn nothing_is_known_before_the_first_pointer() {
    let mut pointers = Pointers::new();
    pointers.keep(&answer(100, 304, ""));
    assert_eq!(standing(&pointers, 100), "-");
    assert_eq!(standing(&pointers, 101), "-");
    assert_eq!(standing(&pointers, 102), "?");
}

#[test]
fn a_clock_that_is_set_back_makes_a_pointer_too_old_and_not_unknown() {
    let mut pointers = Pointers::new();
    pointers.keep(&answer(10_000, 200, &pointer("a")));
    assert_eq!(standing(&pointers, 9_000), "?");
    pointers.keep(&answer(9_000, 0, ""));
    assert_eq!(standing(&pointers, 9_000), "a 0");
    pointers.keep(&answer(9_002, 304, ""));
    assert_eq!(standing(&pointers, 9_004), "a");
}

#[test]
fn pointers_are_kept_apart_and_only_so_many() {
    let mut pointers = Pointers::new();
    let paths: Vec<String> = (0..40).map(|number| format!("/{number}")).collect();
    let active = pointer("a");
    for path in &paths {
        pointers.keep(&PointerAnswer {
            path,
            ..answer(1, 200, &active)
        });
    }
    let known = |path: &String| matches!(pointers.standing(HOST, path, 1), Standing::Active(..));
    assert_eq!(paths.iter().filter(|path| known(path)).count(), 32);
    assert!(known(&paths[39]) && !known(&paths[0]));
    assert!(matches!(
        pointers.standing("another", &paths[39], 1),
        Standing::Unasked("")
    ));
}

#[test]
fn a_tag_that_could_be_no_header_does_not_go_back() {
    let active = pointer("a");
    for etag in ["\"a\r\nx: y\"", "\"\u{e9}\"", &"x".repeat(129)] {
        let mut pointers = Pointers::new();
        pointers.keep(&PointerAnswer {
            etag,
            ..answer(1, 200, &active)
        });
        assert_eq!(standing(&pointers, 1), "a");
        assert_eq!(standing(&pointers, 9), "?");
    }
}
