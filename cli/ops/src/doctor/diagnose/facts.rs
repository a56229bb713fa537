//! What every rule asks of the evidence, found once.

use super::super::{
    evidence::{Behaviour, BucketReplies, Evidence, Replay, Viewed},
    verdict::{Kind, Verdict},
};
use crate::web_target::ExchangeError;

/// The evidence behind an answer.
pub(super) struct Facts<'e> {
    pub(super) evidence: &'e Evidence,
    /// Past the CDN's copy, where the CDN let the question pass.
    pub(super) answer: &'e Viewed,
    /// Whether viewers are served a copy meanwhile.
    pub(super) copy_served: bool,
    /// Keyfront's own; an answer without a body has the one that the same core says to the same request here.
    pub(super) code: Option<&'e str>,
    pub(super) behaviour: Option<&'e Behaviour>,
    pub(super) replies: Option<&'e BucketReplies>,
}

impl<'e> Facts<'e> {
    /// # Errors
    /// The step that failed before there was an answer.
    pub(super) fn of(evidence: &'e Evidence) -> Result<Self, &'e ExchangeError> {
        let first = evidence.front.answer.as_ref()?;
        let past = evidence
            .front
            .past_copy
            .found()
            .filter(|past| !past.is_copy());
        let answer = past.unwrap_or(first);
        let replay = evidence.behind.replay.found();
        let code = match (&answer.code, replay) {
            (Some(code), _) => Some(code.as_str()),
            (None, Some(Replay::Refused { code, .. }))
                if answer.status >= 400 && answer.request_id.is_some() =>
            {
                Some(code.as_str())
            }
            _ => None,
        };
        Ok(Self {
            evidence,
            answer,
            copy_served: first.is_copy() && first.is_served(),
            code,
            behaviour: evidence.behind.behaviour.found(),
            replies: match replay {
                Some(Replay::Sent(replies)) => Some(replies),
                Some(Replay::Refused { .. } | Replay::AsksFunction) | None => None,
            },
        })
    }

    /// Whether nothing shows that the edge or the origin answered.
    pub(super) fn is_unmarked(&self) -> bool {
        self.code.is_none() && self.answer.request_id.is_none()
    }

    /// The key of the object.
    pub(super) fn object_key(&self) -> Option<&'e str> {
        self.replies?.head.encryption.as_ref()?.key.as_deref()
    }

    /// A verdict about the object, with a word on the copy that hides it. It is certain unless the site was assumed, and
    /// with it which object that is.
    pub(super) fn certain(&self, kind: Kind, because: impl Into<String>) -> Verdict {
        match self.replies {
            Some(replies) if replies.assumed_site => self.likely(kind, because),
            _ => Verdict::certain(kind, self.beside_the_copy(because)),
        }
    }

    /// As [`Facts::certain`], of what has another explanation.
    pub(super) fn likely(&self, kind: Kind, because: impl Into<String>) -> Verdict {
        Verdict::likely(kind, self.beside_the_copy(because))
    }

    fn beside_the_copy(&self, because: impl Into<String>) -> String {
        let mut because = because.into();
        if self.copy_served {
            because.push_str("; viewers get a cached copy until it expires");
        }
        because
    }

    /// The answer in a few words.
    pub(super) fn described(&self) -> String {
        let Viewed {
            status,
            code,
            x_cache,
            location,
            ..
        } = self.answer;
        let code = code
            .as_ref()
            .map_or(String::new(), |code| format!(" {code}"));
        let x_cache = x_cache
            .as_ref()
            .map_or(String::new(), |status| format!(", {status}"));
        let location = location
            .as_ref()
            .map_or(String::new(), |to| format!(", a redirect to {to}"));
        format!(
            "{} is {status}{code}{location}{x_cache}",
            self.evidence.method
        )
    }
}
