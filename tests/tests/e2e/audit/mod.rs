//! `keyfront audit`: what it finds in a bucket of the dev stack, and that it sees every object once.

mod findings;
mod fix;
mod runs;
