//! Which inputs each operation has: query parameters, headers, a body. What is in no row of the table is refused, so that
//! nothing a client asks is ignored.
//!
//! | module | |
//! |---|---|
//! | `operation` | what there is to say of an operation |
//! | `table` | the operations, one row each |
//! | `head` | a request's query and headers, compared with its row |
//! | `schema` | the elements of the XML documents |
//! | `document` | a document, compared with its schema |
//! | `presigned` | parameters of a presigned URL that stand for headers |
//!
//! What a known input means is the operation's own business.

mod document;
mod head;
mod operation;
mod presigned;
mod schema;
mod table;

pub use self::{
    document::check_document,
    head::asks_for_something,
    operation::{Operation, Payload},
    presigned::hoisted_headers,
    table::operation_of,
};

#[cfg(test)]
mod tests;
