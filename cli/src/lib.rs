//! What the programs behind `keyfront` share: the table of commands, how a program begins and ends, and the primitives
//! of what is printed.
//!
//! It knows no command's arguments and does none of a command's work.

mod command_table;
pub mod man_pages;
mod printable;
mod program;
pub mod report;
mod table;

pub use self::{
    command_table::{COMMANDS, CommandEntry, Program},
    program::{definition, listed, main},
    table::Table,
};
