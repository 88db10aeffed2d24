//! Placeholder.
#[allow(dead_code)]
mod analyze;
#[allow(dead_code)]
mod catalog;
