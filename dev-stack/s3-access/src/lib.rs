//! Who may do what to an object, and with which data key: the questions that every operation of the local S3 asks IAM
//! ([`authority`]) and KMS ([`keyring`]), and the headers they follow from ([`encryption`], [`customer_key`](mod@customer_key)).

pub mod authority;
pub mod customer_key;
pub mod encryption;
pub mod keyring;
