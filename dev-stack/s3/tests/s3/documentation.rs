//! The documentation lists exactly the operations there are.

use keyfront_dev_s3::SUPPORTED_OPERATIONS;

#[test]
fn documented_operations_are_the_supported_ones() {
    let documentation = include_str!("../../../../docs/dev-stack.md");
    let (_, section) = documentation.split_once("### S3 operations\n").unwrap();
    let section = section.split("\n#").next().unwrap();
    let mut documented: Vec<&str> = section
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
        .map(|(name, _)| name)
        .collect();
    documented.sort_unstable();
    let mut supported = SUPPORTED_OPERATIONS.to_vec();
    supported.sort_unstable();
    assert_eq!(documented, supported);
}
