//! SQS, as far as pending invalidations need it: standard queues with delays, visibility timeouts and a redrive policy.
//!
//! Messages lie in the state, so that a restart loses none. A message that was received comes back unless it is deleted in time:
//! at least once. There are no FIFO queues, message attributes, long polls, purges or queues made by callers; a receive returns
//! at once.

mod error;
mod message;
mod queue;
mod service;
mod store;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use keyfront_dev_ground::clock::Clock;
use keyfront_dev_ground::state::State;
use keyfront_iam::{Account, Call, Context, Iam, Requester, ResourcePolicy};

pub use self::error::SqsError;
pub use self::message::{Received, Sent};
pub use self::queue::{DeadLetters, QueueSettings};
use self::store::Store;

/// The queues of one Region.
pub struct Sqs {
    iam: Arc<Iam>,
    clock: Clock,
    queues: Vec<QueueSettings>,
    /// One call at a time, as long as it takes: what is received is hidden before anybody else looks.
    store: Mutex<Store>,
}

/// What a receiver asks for.
#[derive(Debug, Clone, Copy, Default)]
pub struct ReceiveOptions {
    /// 1 to 10; 1 unless given.
    pub most: Option<u32>,
    /// Seconds; the queue's own unless given.
    pub visibility: Option<u32>,
}

impl Sqs {
    /// Queues over the state, which has the messages of an earlier start.
    ///
    /// # Errors
    /// The state cannot be read.
    pub fn open(
        state: Arc<State>,
        iam: Arc<Iam>,
        clock: Clock,
        queues: Vec<QueueSettings>,
    ) -> Result<Self, SqsError> {
        Ok(Self {
            store: Mutex::new(Store::open(state)?),
            iam,
            clock,
            queues,
        })
    }

    /// The ARN of a queue.
    pub fn arn(account: &Account, queue: &str) -> String {
        let (region, id) = (account.region(), account.id());
        format!("arn:aws:sqs:{region}:{id}:{queue}")
    }

    /// Sends a message.
    ///
    /// # Errors
    /// The caller may not; no such queue; a body or delay that SQS does not take.
    pub fn send(
        &self,
        requester: &Requester,
        queue: &str,
        body: &str,
        delay: Option<u32>,
    ) -> Result<Sent, SqsError> {
        let queue = self.admit(requester, "sqs:SendMessage", queue)?;
        message::check(body, delay)?;
        let now = self.clock.now();
        let visible = now + Duration::from_secs(u64::from(delay.unwrap_or(queue.delay)));
        self.lock().send(&queue.name, body, now, visible)
    }

    /// Receives messages, which stay hidden until their visibility timeout is over. One that was received too often is moved to
    /// the queue of dead letters.
    ///
    /// # Errors
    /// The caller may not; no such queue; an option that SQS does not take.
    pub fn receive(
        &self,
        requester: &Requester,
        queue: &str,
        options: ReceiveOptions,
    ) -> Result<Vec<Received>, SqsError> {
        let queue = self.admit(requester, "sqs:ReceiveMessage", queue)?;
        let most = options.most.unwrap_or(1);
        if !(1..=10).contains(&most) {
            return Err(SqsError::InvalidParameter("MaxNumberOfMessages"));
        }
        let visibility = visibility(options.visibility.unwrap_or(queue.visibility))?;
        let now = self.clock.now();
        let receiving = store::Receiving {
            now,
            hidden_until: now + visibility,
            most: most as usize,
        };
        self.lock().receive(queue, receiving)
    }

    /// Deletes a message that was received.
    ///
    /// # Errors
    /// The caller may not; no such queue; a handle that is none. One of a message that is gone is none of these.
    pub fn delete(
        &self,
        requester: &Requester,
        queue: &str,
        receipt: &str,
    ) -> Result<(), SqsError> {
        let queue = self.admit(requester, "sqs:DeleteMessage", queue)?;
        self.lock().delete(&queue.name, receipt)
    }

    /// Hides a message that was received for so many seconds from now on; 0 shows it at once.
    ///
    /// # Errors
    /// The caller may not; no such queue; a handle that is none, or of a message that is not in flight.
    pub fn change_visibility(
        &self,
        requester: &Requester,
        queue: &str,
        receipt: &str,
        seconds: u32,
    ) -> Result<(), SqsError> {
        let queue = self.admit(requester, "sqs:ChangeMessageVisibility", queue)?;
        let now = self.clock.now();
        let until = now + visibility(seconds)?;
        self.lock()
            .change_visibility(&queue.name, receipt, now, until)
    }

    /// How many messages can be received, are in flight, and are held back.
    ///
    /// # Errors
    /// The caller may not; no such queue.
    pub fn counts(&self, requester: &Requester, queue: &str) -> Result<[usize; 3], SqsError> {
        let queue = self.admit(requester, "sqs:GetQueueAttributes", queue)?;
        self.lock().counts(&queue.name, self.clock.now())
    }

    /// The settings of a queue.
    fn settings(&self, name: &str) -> Option<&QueueSettings> {
        self.queues.iter().find(|queue| queue.name == name)
    }

    fn admit(
        &self,
        requester: &Requester,
        action: &str,
        queue: &str,
    ) -> Result<&QueueSettings, SqsError> {
        let call = Call {
            requester,
            action,
            resource: &Self::arn(self.iam.account(), queue),
            context: &Context::new(),
        };
        self.iam.authorize(&call, ResourcePolicy::None)?;
        self.settings(queue).ok_or(SqsError::NoSuchQueue)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Store> {
        self.store
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

fn visibility(seconds: u32) -> Result<Duration, SqsError> {
    match seconds {
        0..=43_200 => Ok(Duration::from_secs(u64::from(seconds))),
        _ => Err(SqsError::InvalidParameter("VisibilityTimeout")),
    }
}
