//! Nothing of others is changed or destroyed: whose a stack is, and whose what it left is, before anything is written.

mod adoption;
mod foreign_stacks;
mod remains;

const FUNCTION: &str = "media-EdgeFunction-1";

fn at(region: &str) -> (String, String) {
    (region.to_owned(), "media".to_owned())
}

fn resource(logical_id: &str, kind: &str, id: &str) -> (String, String, String) {
    (logical_id.to_owned(), kind.to_owned(), id.to_owned())
}
