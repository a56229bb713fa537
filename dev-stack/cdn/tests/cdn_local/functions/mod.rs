//! Lambda@Edge functions in real Node.js workers, by small bundles written here.

mod answers;
mod requests;
mod workers;

use crate::stage::{Seen, Stage, TestOrigin, answer, at_once, with_bundle};

async fn echo_origin() -> TestOrigin {
    TestOrigin::start(|seen: Seen| at_once(answer(200, &[("x-target", &seen.target)], seen.body)))
        .await
}

/// A stage whose origin-request function is this body of `(request, event) => ...`, and which passes responses on.
async fn stage_with(origin: &TestOrigin, on_request: &str) -> (Stage, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let module = format!(
        "const onRequest = async (request, event) => {{ {on_request} }};
         export const handler = async (event) => {{
           const {{ config, request, response }} = event.Records[0].cf;
           return config.eventType === 'origin-response' ? response : onRequest(request, event);
         }};"
    );
    let setting = with_bundle(folder.path(), &module);
    (Stage::with(origin, setting).await, folder)
}
