//! The formats of migration files, a module each: how a tool names its files, cuts them into statements, and which of
//! them run in a transaction.

pub(crate) mod goose;

/// A tool whose migration files are understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// goose 3.27: `00001_cars.sql` with `-- +goose Up` and `-- +goose Down`.
    Goose,
}
