//! The built Lambda@Edge bundle in Node, fed with origin-request events, without a CDN around it.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::{Value, json};

use crate::{artefacts, stack::AwsCredentials};

/// One line of JSON in, one out; credentials come with each event, as in a Lambda's environment.
const DRIVER: &str = "
import { createInterface } from 'node:readline';
const { handler } = await import(process.argv[1]);
for await (const line of createInterface({ input: process.stdin })) {
  const { env, event } = JSON.parse(line);
  Object.assign(process.env, env);
  console.log(JSON.stringify(await handler(event)));
}";

/// A Node process with the bundle loaded.
#[derive(Debug)]
pub struct EdgeBundle {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl EdgeBundle {
    /// Starts Node.
    #[must_use]
    pub fn start() -> Self {
        let mut child = Command::new("node")
            .args(["--input-type=module", "--eval", DRIVER])
            .arg(artefacts::edge_bundle().join("index.mjs"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self {
            child,
            input,
            output,
        }
    }

    /// What the handler returns for one event.
    pub fn handle(&mut self, event: &Value, credentials: &AwsCredentials) -> Value {
        let env = json!({
            "AWS_ACCESS_KEY_ID": credentials.access_key_id,
            "AWS_SECRET_ACCESS_KEY": credentials.secret_access_key,
            "AWS_SESSION_TOKEN": credentials.session_token,
        });
        writeln!(self.input, "{}", json!({"env": env, "event": event})).unwrap();
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }
}

impl Drop for EdgeBundle {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An origin-request event for a custom origin, in CloudFront's documented shape.
#[must_use]
pub fn origin_request(method: &str, uri: &str, origin_host: &str, site: &Value) -> Value {
    let (domain, port) = origin_host.split_once(':').unwrap_or((origin_host, "443"));
    json!({"Records": [{"cf": {
        "config": {
            "distributionDomainName": "d111111abcdef8.cloudfront.net",
            "distributionId": "EDFDVBD6EXAMPLE",
            "eventType": "origin-request",
            "requestId": "4TyzHTaYWb1GX1qTfsHhEqV6HUDd_BzoBZnwfnvQc_1oF26ClkoUSEQ==",
        },
        "request": {
            "clientIp": "203.0.113.178",
            "method": method,
            "uri": uri,
            "querystring": "",
            "headers": {
                "host": [{"key": "Host", "value": domain}],
                "user-agent": [{"key": "User-Agent", "value": "Amazon CloudFront"}],
                "x-forwarded-for": [{"key": "X-Forwarded-For", "value": "203.0.113.178"}],
                "via": [{"key": "Via", "value": "2.0 2afae0d44e2540f472c0635ab62c232b.cloudfront.net (CloudFront)"}],
                "accept-encoding": [{"key": "Accept-Encoding", "value": "identity"}],
            },
            "origin": {"custom": {
                "customHeaders": {
                    "x-keyfront-site": [{"key": "X-Keyfront-Site", "value": site.to_string()}],
                },
                "domainName": domain,
                "keepaliveTimeout": 5,
                "path": "",
                "port": port.parse::<u16>().unwrap(),
                "protocol": "http",
                "readTimeout": 30,
                "sslProtocols": ["TLSv1.2"],
            }},
        },
    }}]})
}
