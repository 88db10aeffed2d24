//! What is known of a schema when its code is generated.

use crate::query::Query;

/// Every generated statement, and what the generated code relies on in the database: the `QUERIES` of a generated module.
///
/// Its fields are public since it is a `static` that `bindery-build` writes. Should a version add one, code of another
/// version does not compile, which is better than a check that leaves something out and does not say so.
///
/// All names are of the form `public.cars`, types of `pg_catalog` without their schema: `int8`, `text[]`.
#[derive(Clone, Copy, Debug)]
pub struct Queries {
    /// All statements.
    pub queries: &'static [&'static Query],
    /// The relations that they reach, also through views and functions, the views included.
    pub relations: &'static [LockedRelation],
    /// The enums that they read or write.
    pub enums: &'static [LockedEnum],
    /// The composite types that they read or write.
    pub composites: &'static [LockedComposite],
    /// The domains that they read or write.
    pub domains: &'static [LockedDomain],
    /// The versions of the migrations; empty if they have none, and then the database is not asked for them.
    pub migrations: &'static [i64],
    /// The table that notes which of them are applied: `goose_db_version` unless bindery.toml says otherwise.
    pub migration_table: &'static str,
}

/// A table or view as it was when the code was generated.
#[derive(Clone, Copy, Debug)]
pub struct LockedRelation {
    /// `public.cars`
    pub name: &'static str,
    /// The columns that were declared NOT NULL; a view has none.
    pub not_null: &'static [&'static str],
}

/// An enum as it was when the code was generated.
#[derive(Clone, Copy, Debug)]
pub struct LockedEnum {
    /// `public.fuel`
    pub name: &'static str,
    /// In their order.
    pub labels: &'static [&'static str],
}

/// A composite type, or a table's row type, as it was when the code was generated.
#[derive(Clone, Copy, Debug)]
pub struct LockedComposite {
    /// `public.address`
    pub name: &'static str,
    /// Names and types, in their order. A modifier, as in `numeric(10,2)`, is passed over.
    pub attributes: &'static [(&'static str, &'static str)],
}

/// A domain as it was when the code was generated.
#[derive(Clone, Copy, Debug)]
pub struct LockedDomain {
    /// `public.plate`
    pub name: &'static str,
    /// The type under it, which may be a domain. A modifier is passed over.
    pub base: &'static str,
    /// Its CHECK constraints as `pg_get_constraintdef` prints them where the `search_path` is `public`.
    pub checks: &'static [&'static str],
}
