//! An origin that dies, or whose services fail, at any call of an activation.

use std::sync::Arc;

use http::StatusCode;
use keyfront_tests::{
    fault_proxy::FaultProxy,
    interference::{Interference, Way},
    local_stack::LocalStack,
    origin_process::OriginProcess,
};
use serde_json::json;

use super::{Publisher, Release, activation::chain, page, settling_soon};

struct Stage {
    stack: LocalStack,
    interference: Arc<Interference>,
    proxies: [FaultProxy; 3],
    origin: OriginProcess,
}

impl Stage {
    async fn open() -> Self {
        let stack = settling_soon().await;
        let interference = Arc::new(Interference::default());
        let proxies = [
            FaultProxy::watched(&stack.dev.s3_url, Arc::clone(&interference)).await,
            FaultProxy::watched(&stack.dev.kms_url, Arc::clone(&interference)).await,
            FaultProxy::watched(stack.sqs_url(), Arc::clone(&interference)).await,
        ];
        let origin = origin(&stack, &proxies);
        Self {
            stack,
            interference,
            proxies,
            origin,
        }
    }

    fn publisher(&self) -> Publisher {
        Publisher::at(&self.stack, &self.origin)
    }

    /// Activates a release while the call of this number goes wrong, and again until it is active; `false` if there is no such call.
    async fn activate(&mut self, release: &Release, number: usize, way: Way) -> bool {
        self.interference.arm(number, way);
        let publisher = self.publisher();
        let answer = {
            let sent = publisher.activate(release, json!({}));
            tokio::select! {
                answer = sent => Some(answer),
                () = self.interference.reached() => None,
            }
        };
        let was_met = self.interference.was_met();
        if answer.is_none() {
            let fresh = origin(&self.stack, &self.proxies);
            std::mem::replace(&mut self.origin, fresh).kill();
        }
        self.interference.heal();
        let again = self.publisher().activate(release, json!({})).await;
        assert_eq!(
            again.status,
            StatusCode::ACCEPTED,
            "{number} {way:?}: {again:?}"
        );
        was_met
    }
}

fn origin(stack: &LocalStack, proxies: &[FaultProxy; 3]) -> OriginProcess {
    let [s3, kms, sqs] = proxies.each_ref().map(FaultProxy::url);
    let queue = format!("{sqs}/111122223333/keyfront-releases");
    let variables = [
        ("KEYFRONT_RELEASE_QUEUE", queue.as_str()),
        ("KEYFRONT_SQS_ENDPOINT", sqs.as_str()),
        ("KEYFRONT_RELEASE_SETTLING", "200"),
    ];
    OriginProcess::start_with(&stack.dev, &s3, &kms, &variables)
}

/// Every call, in these ways: each activation is finished by the next call, and stands in the log once.
async fn survives(ways: &[Way]) {
    let mut stage = Stage::open().await;
    let stack_publisher = Publisher::of(&stage.stack);
    let releases = ["one", "two"].map(|text| Release::of(&[page("index.html", text)]));
    for release in &releases {
        stack_publisher.publish(release).await;
    }
    let mut activations = 0;
    for way in ways {
        for number in 0..64 {
            let release = &releases[activations % 2];
            let was_met = stage.activate(release, number, *way).await;
            activations += 1;
            assert_eq!(
                chain(&stage.stack).await.entries(),
                activations as u64,
                "{number} {way:?}"
            );
            if !was_met {
                assert!(number > 6, "an activation has more calls than {number}");
                break;
            }
        }
    }
    let last = &releases[(activations - 1) % 2];
    stack_publisher.everywhere(last).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_origin_that_dies_at_any_call_of_an_activation_leaves_a_log_that_never_forks() {
    survives(&[Way::Killed, Way::KilledAfter]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_fails_at_any_call_of_an_activation_leaves_a_log_that_never_forks() {
    survives(&[Way::AnswerLost, Way::Denied]).await;
}
