//! The Worker's `fetch` handler.
//!
//! Whatever happens there is an answer, and it is the core's: nothing is thrown to the runtime, whose own error page
//! (or whose passing a request on as it is) could not be trusted to fail closed.

use worker::{Context, Env, event};

use crate::{serving, wire};

/// A panic ends the instance: the glue answers what it was serving and makes a new one.
#[event(start)]
fn start() {
    std::panic::set_hook(Box::new(|panic| {
        // The place and nothing of the message, which may quote what a request holds.
        let place = panic.location();
        let place = place.map_or_else(String::new, |place| {
            format!("{}:{}", place.file(), place.line())
        });
        wire::panicked(&place);
    }));
}

/// Serves one request.
#[event(fetch)]
async fn fetch(
    request: web_sys::Request,
    env: Env,
    context: Context,
) -> worker::Result<web_sys::Response> {
    Ok(serving::serve(&request, &env, &context).await?)
}
