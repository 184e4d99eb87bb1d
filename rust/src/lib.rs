//! What Omnigraph takes from Rust, behind the C interface of `include/omnigraph_rust.h`.
//!
//! No panic crosses the border: every entry point catches it and answers with its error value.

mod regex_door;
mod store;
mod store_door;
mod store_error;
mod store_settings;
