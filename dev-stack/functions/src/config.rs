//! How a built function is run.

use std::time::Duration;

use super::bootstrap::Bootstrap;

/// What is run, as which function, and how often at once.
#[derive(Debug)]
pub struct InstancesConfig {
    /// What is run.
    pub bootstrap: Bootstrap,
    /// `arn:aws:lambda:REGION:ACCOUNT:function:NAME`
    pub function_arn: String,
    /// The function's Region.
    pub region: String,
    /// The function's own environment variables.
    pub environment: Vec<(String, String)>,
    /// How many invocations run at once.
    pub count: usize,
    /// How long an invocation may take.
    pub timeout: Duration,
}
