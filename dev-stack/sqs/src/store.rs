//! Messages in the state: a row each, by queue and id.

use std::sync::Arc;
use std::time::SystemTime;

use keyfront_dev_ground::state::{State, StateError};
use redb::TableDefinition;
use uuid::Uuid;

use super::message::{Message, Received, Sent, md5_of, millis};
use super::{DeadLetters, QueueSettings, SqsError};

const MESSAGES: TableDefinition<'static, &str, &[u8]> = TableDefinition::new("sqs messages");

/// All messages.
pub(super) struct Store {
    state: Arc<State>,
}

/// What a receive does.
#[derive(Debug, Clone, Copy)]
pub(super) struct Receiving {
    pub(super) now: SystemTime,
    pub(super) hidden_until: SystemTime,
    pub(super) most: usize,
}

impl Store {
    pub(super) fn open(state: Arc<State>) -> Result<Self, SqsError> {
        let write = state.begin_write()?;
        write.open_table(MESSAGES).map_err(StateError::from)?;
        write.commit().map_err(StateError::from)?;
        Ok(Self { state })
    }

    pub(super) fn send(
        &mut self,
        queue: &str,
        body: &str,
        now: SystemTime,
        visible: SystemTime,
    ) -> Result<Sent, SqsError> {
        let message = Message {
            id: Uuid::new_v4().to_string(),
            body: body.to_owned(),
            sent: millis(now),
            visible: millis(visible),
            first_received: None,
            receive_count: 0,
            receipt: None,
        };
        self.write(&[Change::put(queue, &message)?])?;
        Ok(Sent {
            md5: md5_of(body),
            id: message.id,
        })
    }

    pub(super) fn receive(
        &mut self,
        queue: &QueueSettings,
        receiving: Receiving,
    ) -> Result<Vec<Received>, SqsError> {
        let now = millis(receiving.now);
        let mut waiting = self.messages(&queue.name)?;
        waiting.retain(|message| message.visible <= now);
        waiting.sort_by_key(|message| message.sent);
        let (mut received, mut changes) = (Vec::new(), Vec::new());
        for mut message in waiting {
            if received.len() == receiving.most {
                break;
            }
            if let Some(DeadLetters {
                queue: dead,
                max_receive_count,
            }) = &queue.dead_letters
                && message.receive_count >= *max_receive_count
            {
                changes.push(Change::remove(&queue.name, &message.id));
                message.receipt = None;
                changes.push(Change::put(dead, &message)?);
                continue;
            }
            message.receive_count += 1;
            message.visible = millis(receiving.hidden_until);
            let first = *message.first_received.get_or_insert(now);
            // It names its message, so that an old one still deletes it.
            let receipt = format!("{}/{}", message.id, Uuid::new_v4());
            message.receipt = Some(receipt.clone());
            changes.push(Change::put(&queue.name, &message)?);
            received.push(Received {
                md5: md5_of(&message.body),
                id: message.id,
                receipt,
                body: message.body,
                sent: message.sent,
                first_received: first,
                receive_count: message.receive_count,
            });
        }
        self.write(&changes)?;
        Ok(received)
    }

    pub(super) fn delete(&mut self, queue: &str, receipt: &str) -> Result<(), SqsError> {
        let id = id_of(receipt)?;
        self.write(&[Change::remove(queue, id)])
    }

    pub(super) fn change_visibility(
        &mut self,
        queue: &str,
        receipt: &str,
        now: SystemTime,
        until: SystemTime,
    ) -> Result<(), SqsError> {
        let id = id_of(receipt)?;
        let mut found = self.messages(queue)?;
        found.retain(|message| message.id == id && message.receipt.as_deref() == Some(receipt));
        let message = found.pop().filter(|message| message.visible > millis(now));
        let mut message = message.ok_or(SqsError::NotInFlight)?;
        message.visible = millis(until);
        self.write(&[Change::put(queue, &message)?])
    }

    pub(super) fn counts(&self, queue: &str, now: SystemTime) -> Result<[usize; 3], SqsError> {
        let now = millis(now);
        let mut counts = [0; 3];
        for message in self.messages(queue)? {
            let kind = match (message.visible <= now, message.receive_count) {
                (true, _) => 0,
                (false, 0) => 2,
                (false, _) => 1,
            };
            counts[kind] += 1;
        }
        Ok(counts)
    }

    fn messages(&self, queue: &str) -> Result<Vec<Message>, SqsError> {
        let read = self.state.begin_read()?;
        let table = read.open_table(MESSAGES).map_err(StateError::from)?;
        let (from, to) = (format!("{queue}/"), format!("{queue}0"));
        let mut messages = Vec::new();
        for row in table
            .range(from.as_str()..to.as_str())
            .map_err(StateError::from)?
        {
            let (_, bytes) = row.map_err(StateError::from)?;
            messages.push(serde_json::from_slice(bytes.value())?);
        }
        Ok(messages)
    }

    fn write(&mut self, changes: &[Change]) -> Result<(), SqsError> {
        if changes.is_empty() {
            return Ok(());
        }
        let write = self.state.begin_write()?;
        {
            let mut table = write.open_table(MESSAGES).map_err(StateError::from)?;
            for Change { row, bytes } in changes {
                match bytes {
                    Some(bytes) => table.insert(row.as_str(), bytes.as_slice()),
                    None => table.remove(row.as_str()),
                }
                .map_err(StateError::from)?;
            }
        }
        write.commit().map_err(StateError::from)?;
        Ok(())
    }
}

/// A row to write or to remove.
struct Change {
    row: String,
    bytes: Option<Vec<u8>>,
}

impl Change {
    fn put(queue: &str, message: &Message) -> Result<Self, SqsError> {
        Ok(Self {
            row: row(queue, &message.id),
            bytes: Some(serde_json::to_vec(message)?),
        })
    }

    fn remove(queue: &str, id: &str) -> Self {
        Self {
            row: row(queue, id),
            bytes: None,
        }
    }
}

/// No name of a queue has a slash, which sorts before `0`.
fn row(queue: &str, id: &str) -> String {
    format!("{queue}/{id}")
}

fn id_of(receipt: &str) -> Result<&str, SqsError> {
    let (id, rest) = receipt.split_once('/').ok_or(SqsError::InvalidReceipt)?;
    match Uuid::parse_str(id).is_ok() && Uuid::parse_str(rest).is_ok() {
        true => Ok(id),
        false => Err(SqsError::InvalidReceipt),
    }
}
