//! What HEAD returns for an object, as the audit's facts. Pure.

use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use keyfront_envelope::{INSTRUCTION_FILE_MARKER, Recognised, recognise};

use super::object::{ObjectFacts, Sealed};

/// What HEAD returns about an object's encryption.
pub(super) fn facts(key: &str, head: &HeadObjectOutput) -> ObjectFacts {
    ObjectFacts {
        key: key.to_owned(),
        algorithm: head
            .server_side_encryption()
            .map(|algorithm| algorithm.as_str().to_owned()),
        kms_key: head.ssekms_key_id().map(str::to_owned),
        bucket_key: head.bucket_key_enabled().unwrap_or(false),
        sealed: sealed(head),
    }
}

fn sealed(head: &HeadObjectOutput) -> Sealed {
    let metadata = head.metadata().into_iter().flatten();
    let marked = head
        .metadata()
        .is_some_and(|metadata| metadata.contains_key(INSTRUCTION_FILE_MARKER));
    if marked {
        return Sealed::InstructionFile;
    }
    match recognise(metadata) {
        Ok(Recognised::Nothing) => Sealed::No,
        Ok(Recognised::Envelope(envelope)) => Sealed::Envelope {
            format: envelope.format(),
            wrap: envelope.wrap(),
        },
        Ok(Recognised::InInstructionFile) => Sealed::InInstructionFile,
        Err(error) => Sealed::Broken(error.to_string()),
    }
}
