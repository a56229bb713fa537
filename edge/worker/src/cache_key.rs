//! What may be kept in the data centre's cache, and under which name.
//!
//! It stores and finds nothing.
