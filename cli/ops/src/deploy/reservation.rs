//! A bound on what the origin's function can cost: a new system reserves instances where the account has them.

use aws_config::SdkConfig;
use keyfront_cli::report;

use super::{
    deploy_request::DeployRequest,
    instances::{UNRESERVABLE, unreserved_in},
    template::RESERVATION,
};
use crate::system::{layout::region_of, stack::Regional};

/// Enough for some hundred publishers at once, and a twentieth of what accounts have by default.
const INSTANCES: i64 = 50;

/// The request of a first deployment that says nothing of a reservation, with one; any other as it is.
pub(super) async fn with_reservation(
    config: &SdkConfig,
    mut request: DeployRequest,
) -> anyhow::Result<DeployRequest> {
    if request.parameters.contains_key(RESERVATION) {
        return Ok(request);
    }
    let region = region_of(request.layout.bucket_template(), &request.region);
    let found = Regional::new(config, region).find(&request.stack).await?;
    if found.is_some() {
        return Ok(request);
    }
    let free = match unreserved_in(config, region).await {
        Ok(free) => free,
        Err(error) => {
            report::note(format_args!(
                "Not checked: how many instances Lambda has left in {region} ({error:#}). The instances of the origin are not limited; -p {RESERVATION}={INSTANCES} limits them."
            ));
            return Ok(request);
        }
    };
    if free - UNRESERVABLE < INSTANCES {
        report::note(format_args!(
            "The account cannot reserve {INSTANCES} instances in {region}, so the instances of the origin are not limited; request a higher quota of concurrent executions, then give -p {RESERVATION}={INSTANCES}."
        ));
        return Ok(request);
    }
    request
        .parameters
        .insert(RESERVATION.to_owned(), INSTANCES.to_string());
    Ok(request)
}
