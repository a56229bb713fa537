//! Who is let in: tokens, the policy's cache, and the two transports.

mod function_url;
mod policy;
mod tokens;
