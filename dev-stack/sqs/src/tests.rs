//! Delays, visibility, redrive, and what a restart keeps.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use keyfront_dev_ground::clock::Clock;
use keyfront_dev_ground::state::State;
use keyfront_iam::{Account, Iam, Policy, PolicyKind, Principal, Requester, User};

use super::{DeadLetters, QueueSettings, ReceiveOptions, Received, Sqs, SqsError};

const QUEUE: &str = "held";
const DEAD: &str = "dead";

struct Stage {
    sqs: Sqs,
    seconds: Arc<AtomicU64>,
}

impl Stage {
    fn open(state: State) -> Self {
        let seconds = Arc::new(AtomicU64::new(1_800_000_000));
        let moment = Arc::clone(&seconds);
        let clock = Clock::from_fn(move || {
            SystemTime::UNIX_EPOCH + Duration::from_secs(moment.load(Ordering::Relaxed))
        });
        let iam = Iam::new(Account::new("111122223333", "eu-west-1").unwrap());
        let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sqs:*","Resource":"*"}]}"#;
        iam.put_user(User {
            name: "admin".to_owned(),
            policies: vec![Policy::parse(policy, PolicyKind::Identity).unwrap()],
        })
        .unwrap();
        let queues = vec![
            QueueSettings {
                name: QUEUE.to_owned(),
                delay: 0,
                visibility: 30,
                dead_letters: Some(DeadLetters {
                    queue: DEAD.to_owned(),
                    max_receive_count: 2,
                }),
            },
            QueueSettings {
                name: DEAD.to_owned(),
                delay: 0,
                visibility: 30,
                dead_letters: None,
            },
        ];
        Self {
            sqs: Sqs::open(Arc::new(state), Arc::new(iam), clock, queues).unwrap(),
            seconds,
        }
    }

    fn pass(&self, seconds: u64) {
        self.seconds.fetch_add(seconds, Ordering::Relaxed);
    }

    fn receive(&self, queue: &str) -> Option<Received> {
        let received = self.sqs.receive(&requester("admin"), queue, ReceiveOptions::default());
        received.unwrap().pop()
    }
}

fn requester(name: &str) -> Requester {
    let principal = Principal::User {
        account: "111122223333".to_owned(),
        name: name.to_owned(),
    };
    Requester::new(principal, SystemTime::UNIX_EPOCH)
}

#[test]
fn a_message_is_held_back_hidden_while_received_and_comes_again_until_it_is_deleted() {
    let stage = Stage::open(State::ephemeral().unwrap());
    let admin = requester("admin");
    stage.sqs.send(&admin, QUEUE, "body", Some(36)).unwrap();
    stage.pass(35);
    assert_eq!(stage.receive(QUEUE), None);
    stage.pass(1);
    let first = stage.receive(QUEUE).unwrap();
    assert_eq!((first.body.as_str(), first.receive_count), ("body", 1));
    assert_eq!(stage.receive(QUEUE), None);
    stage.pass(30);
    let second = stage.receive(QUEUE).unwrap();
    assert_eq!((second.id.as_str(), second.receive_count), (first.id.as_str(), 2));
    stage.sqs.delete(&admin, QUEUE, &second.receipt).unwrap();
    stage.pass(30);
    assert_eq!(stage.receive(QUEUE), None);
    assert_eq!(stage.sqs.counts(&admin, QUEUE).unwrap(), [0, 0, 0]);
}

#[test]
fn a_message_that_is_received_too_often_is_set_aside() {
    let stage = Stage::open(State::ephemeral().unwrap());
    stage.sqs.send(&requester("admin"), QUEUE, "body", None).unwrap();
    for _ in 0..2 {
        assert!(stage.receive(QUEUE).is_some());
        stage.pass(30);
    }
    assert_eq!(stage.receive(QUEUE), None);
    assert_eq!(stage.receive(DEAD).unwrap().body, "body");
}

#[test]
fn a_restart_loses_no_message() {
    let folder = std::env::temp_dir().join(format!("sqs-{}", uuid::Uuid::new_v4()));
    let open = |folder: &Path| Stage::open(State::open(folder).unwrap());
    let stage = open(&folder);
    stage.sqs.send(&requester("admin"), QUEUE, "one", Some(5)).unwrap();
    stage.sqs.send(&requester("admin"), QUEUE, "two", None).unwrap();
    assert_eq!(stage.receive(QUEUE).unwrap().body, "two");
    drop(stage);
    let stage = open(&folder);
    assert_eq!(stage.receive(QUEUE), None);
    stage.pass(30);
    let again: Vec<_> = std::iter::from_fn(|| stage.receive(QUEUE)).collect();
    let again: Vec<_> = again.iter().map(|one| (one.body.as_str(), one.receive_count)).collect();
    assert!(again.contains(&("one", 1)) && again.contains(&("two", 2)), "{again:?}");
    drop(stage);
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn nobody_learns_or_does_anything_without_a_grant() {
    let stage = Stage::open(State::ephemeral().unwrap());
    let stranger = requester("stranger");
    for queue in [QUEUE, "none"] {
        let refused = stage.sqs.send(&stranger, queue, "x", None).unwrap_err();
        assert!(matches!(refused, SqsError::AccessDenied(_)), "{refused}");
    }
    let admin = requester("admin");
    let missing = stage.sqs.send(&admin, "none", "x", None).unwrap_err();
    assert!(matches!(missing, SqsError::NoSuchQueue));
    for (body, delay) in [("", None), ("\u{1}", None), ("x", Some(901))] {
        assert!(stage.sqs.send(&admin, QUEUE, body, delay).is_err(), "{body:?}");
    }
    for receipt in ["", "a/b", "x"] {
        assert!(stage.sqs.delete(&admin, QUEUE, receipt).is_err(), "{receipt}");
    }
}
