//! One call among many that goes wrong: which one, and how. The tests' AWS and their proxies ask about every call.

use std::{
    io,
    process::Output,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use http::{HeaderMap, StatusCode};
use tokio::{
    net::TcpStream,
    process::Command,
    sync::{Notify, oneshot},
};

/// How a call goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// The service answers 500 and does nothing.
    Broken,
    /// The service asks to slow down.
    Throttled,
    /// The service denies it, as it would every repetition.
    Denied,
    /// The connection is reset before the service does anything.
    Reset,
    /// The service does it, and the connection is reset in the place of the answer.
    AnswerLost,
    /// The caller is killed (SIGKILL) before the service does anything.
    Killed,
    /// The service does it, and the caller is killed before the answer.
    KilledAfter,
}

/// An answer that refuses: status, body, further headers.
pub type Refusal = (StatusCode, String, Vec<(&'static str, String)>);

impl Way {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Broken,
        Self::Throttled,
        Self::Denied,
        Self::Reset,
        Self::AnswerLost,
        Self::Killed,
        Self::KilledAfter,
    ];

    /// Whether the caller dies of it.
    #[must_use]
    pub fn kills(self) -> bool {
        matches!(self, Self::Killed | Self::KilledAfter)
    }

    /// Whether a repetition of the call succeeds.
    #[must_use]
    pub fn passes(self) -> bool {
        !self.kills() && self != Self::Denied
    }

    /// Whether the service does what it is called for.
    #[must_use]
    pub fn is_done(self) -> bool {
        matches!(self, Self::AnswerLost | Self::KilledAfter)
    }

    /// What a service answers, in its protocol; `None` where nothing is answered.
    #[must_use]
    pub fn refusal(self, service: &str) -> Option<Refusal> {
        let place = match self {
            Self::Broken => 0,
            Self::Throttled => 1,
            Self::Denied => 2,
            Self::Reset | Self::AnswerLost | Self::Killed | Self::KilledAfter => return None,
        };
        let [s3, query, lambda, json] = [
            [
                (500, "InternalError"),
                (503, "SlowDown"),
                (403, "AccessDenied"),
            ],
            [
                (500, "InternalFailure"),
                (400, "Throttling"),
                (403, "AccessDenied"),
            ],
            [
                (500, "ServiceException"),
                (429, "TooManyRequestsException"),
                (403, "AccessDeniedException"),
            ],
            [
                (500, "InternalServerError"),
                (400, "ThrottlingException"),
                (400, "AccessDeniedException"),
            ],
        ]
        .map(|codes| codes[place]);
        let error =
            |code: &str| format!("<Error><Code>{code}</Code><Message>on purpose</Message></Error>");
        let ((status, _), body, headers) = match service {
            "s3" => (s3, error(s3.1), Vec::new()),
            "cloudformation" | "sts" | "iam" | "cloudfront" => {
                let body = format!("<ErrorResponse>{}</ErrorResponse>", error(query.1));
                (query, body, vec![("content-type", "text/xml".to_owned())])
            }
            "lambda" => {
                let kind = ("x-amzn-errortype", lambda.1.to_owned());
                (lambda, r#"{"message":"on purpose"}"#.to_owned(), vec![kind])
            }
            _ => {
                let body = format!(r#"{{"__type":"{}","message":"on purpose"}}"#, json.1);
                (json, body, Vec::new())
            }
        };
        Some((StatusCode::from_u16(status).unwrap(), body, headers))
    }
}

/// Counts calls, and lets one of them go wrong.
#[derive(Debug, Default)]
pub struct Interference {
    counted: Mutex<Counted>,
    reached: Notify,
}

#[derive(Debug, Default)]
struct Counted {
    calls: Vec<String>,
    due: Option<(usize, Way)>,
    met: bool,
}

impl Interference {
    /// From now on the calls are counted from nought, and the one of this number goes wrong.
    pub fn arm(&self, number: usize, way: Way) {
        *self.counted() = Counted {
            due: Some((number, way)),
            ..Counted::default()
        };
    }

    /// From now on the calls are counted from nought, and none goes wrong.
    pub fn heal(&self) {
        *self.counted() = Counted::default();
    }

    /// The calls that were counted.
    #[must_use]
    pub fn calls(&self) -> Vec<String> {
        self.counted().calls.clone()
    }

    /// Whether the call that was to go wrong came.
    #[must_use]
    pub fn was_met(&self) -> bool {
        self.counted().met
    }

    /// Counts a call; how it goes wrong, if it does.
    pub fn meet(&self, call: String) -> Option<Way> {
        let mut counted = self.counted();
        let number = counted.calls.len();
        counted.calls.push(call);
        let way = counted.due.filter(|(due, _)| *due == number);
        counted.met |= way.is_some();
        way.map(|(_, way)| way)
    }

    /// Leaves a call without an answer: its connection is reset, or waits for the death of the caller.
    pub async fn leave(&self, way: Way, connection: &TcpStream) -> io::Error {
        if way.kills() {
            self.reached.notify_one();
            std::future::pending::<()>().await;
        }
        // Closed with this, a connection is reset.
        let _ = connection.set_zero_linger();
        io::Error::other("reset on purpose")
    }

    /// Waits for a call at which the caller is to be killed.
    pub async fn reached(&self) {
        self.reached.notified().await;
    }

    /// Runs a command to its end, or until it is to be killed.
    pub async fn run(self: &Arc<Self>, mut command: Command) -> Output {
        use std::process::Stdio;

        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.kill_on_drop(true).spawn().unwrap();
        let pid = child.id().unwrap().to_string();
        let (ended, mut end) = oneshot::channel();
        tokio::spawn(async move {
            let _ = ended.send(child.wait_with_output().await);
        });
        let output = tokio::select! {
            output = &mut end => output,
            () = self.reached() => {
                let killed = std::process::Command::new("kill").args(["-KILL", &pid]).status();
                assert!(killed.unwrap().success());
                end.await
            }
        };
        output.unwrap().unwrap()
    }

    fn counted(&self) -> MutexGuard<'_, Counted> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection and another handle of it, by which it can be reset while the first one is in use.
///
/// # Errors
/// The system has no further handles.
pub fn with_handle(connection: TcpStream) -> io::Result<(TcpStream, TcpStream)> {
    let connection = connection.into_std()?;
    let handle = TcpStream::from_std(connection.try_clone()?)?;
    Ok((TcpStream::from_std(connection)?, handle))
}

/// The parts of a signature's scope: access key, date, Region, service; empty where there is no signature.
#[must_use]
pub fn scope(headers: &HeaderMap) -> [String; 4] {
    let header = headers.get("authorization");
    let header = header.and_then(|value| value.to_str().ok());
    let mut words = header.unwrap_or_default().split(['=', ',', ' ']);
    let scope = words.find(|word| word.contains("/aws4_request"));
    let mut parts = scope.unwrap_or_default().split('/');
    std::array::from_fn(|_| parts.next().unwrap_or_default().to_owned())
}

/// How long the call of a matrix may take before it counts as hanging.
pub const PATIENCE: Duration = Duration::from_secs(120);
