//! An origin that answers every request alike, and records the requests.

use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    task::JoinHandle,
};

/// A listener on loopback; it stops when dropped.
#[derive(Debug)]
pub struct StubOrigin {
    /// `http://127.0.0.1:PORT`
    pub url: String,
    requests: Arc<Mutex<Vec<String>>>,
    serving: JoinHandle<()>,
}

impl StubOrigin {
    /// Answers with these bytes, and if `endless` with filler until the client closes; then closes.
    pub async fn start(answer: Vec<u8>, endless: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        let serving = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (answer, seen) = (answer.clone(), Arc::clone(&seen));
                tokio::spawn(async move {
                    let mut head = Vec::new();
                    while !head.ends_with(b"\r\n\r\n") {
                        match stream.read_u8().await {
                            Ok(byte) => head.push(byte),
                            Err(_) => return,
                        }
                    }
                    seen.lock().unwrap().push(String::from_utf8(head).unwrap());
                    // Whoever has read enough hangs up: that ends an endless answer.
                    let mut sent = stream.write_all(&answer).await;
                    while endless && sent.is_ok() {
                        sent = stream.write_all(&[b'x'; 4096]).await;
                    }
                });
            }
        });
        Self {
            url,
            requests,
            serving,
        }
    }

    /// A whole answer.
    pub async fn answering(status: u16, headers: &[(&str, &str)], body: &str) -> Self {
        let mut answer = format!(
            "HTTP/1.1 {status} Stub\r\ncontent-length: {}\r\nconnection: close\r\n",
            body.len()
        );
        for (name, value) in headers {
            answer.push_str(&format!("{name}: {value}\r\n"));
        }
        answer.push_str("\r\n");
        answer.push_str(body);
        Self::start(answer.into_bytes(), false).await
    }

    /// The request lines and headers received until now.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for StubOrigin {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
