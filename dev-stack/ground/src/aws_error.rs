//! A failed call as its client sees it: status, code and message, in the forms of AWS's protocols.
//!
//! Which failure has which code is decided by the services' own errors; nothing is logged here.

use serde::Serialize;

/// Status, code and message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsError {
    /// HTTP status.
    pub status: u16,
    /// AWS's name for the error.
    pub code: &'static str,
    /// For people; AWS leaves it out of some errors.
    pub message: Option<String>,
}

/// How an API writes its errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// AWS JSON 1.1: KMS, SSM.
    Json,
    /// `ErrorResponse` in this XML namespace: STS, CloudFront.
    Xml {
        /// Of the API's version.
        namespace: &'static str,
    },
}

impl Protocol {
    /// The type of its documents.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/x-amz-json-1.1",
            Self::Xml { .. } => "text/xml",
        }
    }
}

impl AwsError {
    /// An error with a message.
    pub fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: Some(message.into()),
        }
    }

    /// An error about which AWS says nothing more.
    pub fn without_message(status: u16, code: &'static str) -> Self {
        Self {
            status,
            code,
            message: None,
        }
    }

    /// A failure of the service itself, of whose inside the client learns nothing.
    pub fn internal(code: &'static str) -> Self {
        Self::new(500, code, "internal failure")
    }

    /// The document of `protocol`.
    pub fn document(&self, protocol: Protocol, request_id: &str) -> String {
        match protocol {
            Protocol::Json => self.json(),
            Protocol::Xml { namespace } => self.error_response(namespace, request_id),
        }
    }

    /// `{"__type": CODE, "message": MESSAGE}`
    ///
    /// The member is `message` in KMS's model; clients have met both spellings, and read either.
    fn json(&self) -> String {
        #[derive(Serialize)]
        struct Document<'a> {
            __type: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            message: Option<&'a str>,
        }
        let document = Document {
            __type: self.code,
            message: self.message.as_deref(),
        };
        serde_json::to_string(&document).expect("two texts are JSON")
    }

    fn error_response(&self, namespace: &str, request_id: &str) -> String {
        let at_fault = match self.status {
            500.. => "Receiver",
            _ => "Sender",
        };
        xml(&ErrorResponse {
            namespace,
            error: Error {
                at_fault,
                code: self.code,
                message: self.message.as_deref().unwrap_or_default(),
            },
            request_id,
        })
    }
}

/// The document of texts, numbers and lists that an answer is.
pub fn xml(document: &impl Serialize) -> String {
    quick_xml::se::to_string(document).expect("structures of texts and lists have a form in XML")
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ErrorResponse<'a> {
    #[serde(rename = "@xmlns")]
    namespace: &'a str,
    error: Error<'a>,
    request_id: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Error<'a> {
    #[serde(rename = "Type")]
    at_fault: &'a str,
    code: &'a str,
    message: &'a str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_protocol_has_its_document() {
        let error = AwsError::new(403, "AccessDenied", "no <right>");
        assert_eq!(
            error.document(Protocol::Json, "r"),
            r#"{"__type":"AccessDenied","message":"no <right>"}"#
        );
        assert_eq!(
            error.document(Protocol::Xml { namespace: "urn:x" }, "r"),
            "<ErrorResponse xmlns=\"urn:x\"><Error><Type>Sender</Type><Code>AccessDenied</Code>\
             <Message>no &lt;right&gt;</Message></Error><RequestId>r</RequestId></ErrorResponse>"
        );
    }

    #[test]
    fn a_missing_message_is_left_out_and_a_server_is_a_receiver() {
        let silent = AwsError::without_message(400, "InvalidCiphertextException");
        assert_eq!(
            silent.document(Protocol::Json, "r"),
            r#"{"__type":"InvalidCiphertextException"}"#
        );
        let internal = AwsError::internal("InternalFailure");
        let document = internal.document(Protocol::Xml { namespace: "" }, "r");
        assert!(document.contains("<Type>Receiver</Type>"), "{document}");
    }
}
