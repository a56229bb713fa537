//! The question which release of a site is active: one request of an isolate asks it for all.
//!
//! The call outlives the request that began it, whose viewer may leave, or who no longer waits: a late answer is the next
//! request's. The others poll what came of it, since they cannot wait for another request's promise. How long a request waits, and
//! what an answer means, is the core's.

use std::cell::RefCell;

use js_sys::{Array, Promise};
use keyfront_edge::{PointerAnswer, PointerQuestion};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use worker::{Context, console_error};

use crate::{aws_call, isolate, origin, wire};

/// Milliseconds between two checks of a question that another request has asked.
const POLL_INTERVAL: u32 = 10;
/// Seconds after which whoever asked is taken for lost: more than a question takes.
const LOST_AFTER: f64 = 3.5;
/// Bytes: a longer answer is no pointer.
const LONGEST: u32 = 65_536;

thread_local! {
    /// What is being asked, and since when.
    static ASKED: RefCell<Vec<(String, f64)>> = const { RefCell::new(Vec::new()) };
}

/// Has a question answered, by this request or by one that asked it a moment ago, or says that it was not in time.
pub(crate) async fn settle(context: &Context, question: PointerQuestion) {
    let name = origin::url(&question.request);
    if begins(&name) {
        let asking = future_to_promise({
            let (name, question) = (name.clone(), question.clone());
            async move {
                let answer = ask(&question).await;
                keep(&question, &answer);
                ends(&name);
                Ok(JsValue::UNDEFINED)
            }
        });
        outlives(context, &asking);
        let wait = question.wait();
        let late = future_to_promise(async move {
            aws_call::pause(wait).await;
            Ok(JsValue::UNDEFINED)
        });
        // Neither fails.
        let _ = JsFuture::from(Promise::race(&Array::of2(&asking, &late))).await;
    } else {
        let mut waited = 0;
        while is_asked(&name) && waited < question.wait() {
            aws_call::pause(POLL_INTERVAL).await;
            waited += POLL_INTERVAL;
        }
    }
    if is_asked(&name) {
        console_error!("keyfront release-unknown {name}: no answer in time");
        keep(&question, &Array::new());
    }
}

fn outlives(context: &Context, asking: &Promise) {
    let context: &JsValue = context.as_ref().as_ref();
    wire::outlive(context, asking);
}

/// Status, tag and body; nothing if there is no answer.
async fn ask(question: &PointerQuestion) -> Array {
    let url = origin::url(&question.request);
    let header_text = origin::header_text(&question.request, &[]);
    let answer = wire::asked(&url, &header_text, LONGEST, PointerQuestion::LIMIT).await;
    answer.unwrap_or_else(|error| {
        // The runtime's text says what the network said; it holds no header.
        console_error!("keyfront release-unknown {url}: {error:?}");
        Array::new()
    })
}

fn keep(question: &PointerQuestion, answer: &Array) {
    let text = |place| answer.get(place).as_string().unwrap_or_default();
    isolate::ask(|edge| {
        edge.pointer_answered(&PointerAnswer {
            host: &question.request.host,
            path: &question.request.path,
            asked_at: question.asked_at,
            status: text(0).parse().unwrap_or(0),
            etag: &text(1),
            body: &text(2),
        });
    });
}

fn begins(name: &str) -> bool {
    if is_asked(name) {
        return false;
    }
    let now = wire::unix_time();
    ASKED.with_borrow_mut(|asked| {
        asked.retain(|(known, _)| known != name);
        asked.push((name.to_owned(), now));
    });
    true
}

fn is_asked(name: &str) -> bool {
    let now = wire::unix_time();
    ASKED.with_borrow(|asked| {
        let mut asked = asked.iter();
        asked.any(|(known, since)| known == name && (0.0..LOST_AFTER).contains(&(now - since)))
    })
}

fn ends(name: &str) {
    ASKED.with_borrow_mut(|asked| asked.retain(|(known, _)| known != name));
}
