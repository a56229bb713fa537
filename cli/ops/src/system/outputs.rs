//! The outputs of a system's stacks.

use std::collections::BTreeMap;

use anyhow::Context as _;
use aws_config::SdkConfig;
use aws_sdk_cloudformation::types::Stack;

use super::{
    layout::{Layout, region_of},
    ownership::ExpectedStack,
    stack::Regional,
};
use crate::aws;

/// Names and values.
pub(crate) type Outputs = BTreeMap<String, String>;

/// What a system is looked up for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To show it.
    Read,
    /// To write to what its outputs name: its stacks must be shown to be its own.
    Change,
}

/// The outputs of all stacks of the system `name` whose bucket is in the configuration's Region; `None` if there is no
/// such system.
///
/// # Errors
/// CloudFormation cannot be asked; a stack that is to be changed is another's.
pub(crate) async fn of_system(
    config: &SdkConfig,
    name: &str,
    purpose: Purpose,
) -> anyhow::Result<Option<Outputs>> {
    let bucket_region = aws::region_of(config)?;
    let mut all = None;
    for template in Layout::of(bucket_region).templates() {
        let cloudformation = Regional::new(config, region_of(*template, bucket_region));
        if let Some(stack) = cloudformation.find(name).await? {
            let expected = ExpectedStack {
                system: name,
                template: *template,
                bucket_region,
            };
            purpose.check(&cloudformation, &expected, &stack).await?;
            all.get_or_insert_with(Outputs::new).extend(of_stack(stack));
        }
    }
    Ok(all)
}

/// The outputs of one stack.
pub(crate) fn of_stack(stack: Stack) -> Outputs {
    let outputs = stack.outputs.unwrap_or_default().into_iter();
    outputs
        .filter_map(|output| Some((output.output_key?, output.output_value?)))
        .collect()
}

/// Some outputs of the stack `name` that is in the Region of its system's bucket.
///
/// # Errors
/// There is no such stack there, it lacks one of the outputs, or it is to be changed and is another's.
pub(crate) async fn named<const N: usize>(
    config: &SdkConfig,
    name: &str,
    purpose: Purpose,
    wanted: [&str; N],
) -> anyhow::Result<[String; N]> {
    let region = aws::region_of(config)?;
    let cloudformation = Regional::new(config, region);
    let stack = cloudformation.find(name).await?;
    let stack = stack.with_context(|| {
        format!("there is no stack {name} in {region}; give the Region of its bucket with --region")
    })?;
    let expected = ExpectedStack {
        system: name,
        template: Layout::of(region).bucket_template(),
        bucket_region: region,
    };
    purpose.check(&cloudformation, &expected, &stack).await?;
    let mut outputs = of_stack(stack);
    let mut values = [const { String::new() }; N];
    for (output, value) in wanted.into_iter().zip(&mut values) {
        *value = outputs.remove(output).with_context(|| {
            format!("stack {name} has no output {output}; is it one of Keyfront's?")
        })?;
    }
    Ok(values)
}

impl Purpose {
    async fn check(
        self,
        cloudformation: &Regional,
        expected: &ExpectedStack<'_>,
        stack: &Stack,
    ) -> anyhow::Result<()> {
        match self {
            Self::Read => Ok(()),
            Self::Change => cloudformation.require_own(expected, stack).await.map(drop),
        }
    }
}
