//! Tests on temporary databases, and what they leave behind.

#![allow(clippy::unwrap_used)]

mod attribute;
mod given;
mod hundred;
mod kept;
mod migrations;
mod run;
mod samples;
