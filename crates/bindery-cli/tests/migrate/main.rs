//! `cargo bindery migrate` on packages and databases of their own.

#![allow(clippy::unwrap_used)]

mod failure;
mod files;
mod goose;
mod killed;
mod lock;
mod package;
mod run;
mod status;
