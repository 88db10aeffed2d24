//! The differences between the database and the generated code: data, and a line each.

use std::fmt;
use std::ops::Deref;

use crate::error::{Error, Kind};
use crate::query::Query;

/// One difference between a database and the schema that code was generated for. It prints as one line.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Drift {
    /// What differs; it says what the other fields hold.
    pub kind: DriftKind,
    /// What it is about: a query's name, a relation or a type (`public.cars`), a migration's version.
    pub object: String,
    /// The query file, where it is about a query.
    pub file: Option<&'static str>,
    /// The part of it: a column, parameter, label, attribute or constraint; none where it is about the whole, or the order.
    pub part: Option<String>,
    /// What it was when the code was generated; none if it is new.
    pub was: Option<String>,
    /// What it is now; none if it is missing. Where the server refuses something, its message.
    pub is: Option<String>,
}

/// Kinds of [`Drift`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DriftKind {
    /// A migration that the program knows is not applied.
    MigrationMissing,
    /// A migration is applied that the program does not know. Normal while a newer program is being rolled out.
    MigrationUnknown,
    /// There is no `goose_db_version`, or the role may not read it.
    MigrationsUnreadable,
    /// A relation does not exist under its name; `is` is what its name without schema stands for, if anything.
    RelationMissing,
    /// A column that was NOT NULL does not exist.
    ColumnMissing,
    /// A column that was NOT NULL is so no more.
    ColumnNullable,
    /// A type does not exist, or is one of another kind.
    TypeMissing,
    /// An enum has other labels, or in another order.
    EnumLabel,
    /// A composite type has other attributes.
    CompositeAttribute,
    /// A domain is over another type.
    DomainBase,
    /// A domain has other CHECK constraints.
    DomainCheck,
    /// The server does not take a query any more.
    QueryRefused,
    /// A query's parameters have other types.
    QueryParameter,
    /// A query's result has other columns.
    QueryColumn,
    /// A name in a query stands for a relation of another schema.
    QueryRelation,
    /// The role may not run a query.
    PrivilegeMissing,
}

impl Drift {
    pub(crate) fn new(kind: DriftKind, object: impl Into<String>) -> Self {
        Self { kind, object: object.into(), file: None, part: None, was: None, is: None }
    }

    pub(crate) fn of_query(kind: DriftKind, query: &Query) -> Self {
        Self { file: Some(query.file), ..Self::new(kind, query.name) }
    }

    pub(crate) fn part(self, part: impl Into<String>) -> Self {
        Self { part: Some(part.into()), ..self }
    }

    pub(crate) fn was(self, was: impl Into<String>) -> Self {
        Self { was: Some(was.into()), ..self }
    }

    pub(crate) fn is(self, is: impl Into<String>) -> Self {
        Self { is: Some(is.into()), ..self }
    }

    /// What it is about.
    fn subject(&self) -> String {
        let object = &self.object;
        match self.kind {
            DriftKind::MigrationMissing | DriftKind::MigrationUnknown => format!("migration {object}"),
            DriftKind::MigrationsUnreadable | DriftKind::RelationMissing => format!("table `{object}`"),
            DriftKind::TypeMissing => format!("{} `{object}`", self.was.as_deref().unwrap_or("type")),
            DriftKind::ColumnMissing | DriftKind::ColumnNullable => format!("table `{object}`:"),
            DriftKind::EnumLabel => format!("enum `{object}`:"),
            DriftKind::CompositeAttribute => format!("composite type `{object}`:"),
            DriftKind::DomainBase | DriftKind::DomainCheck => format!("domain `{object}`:"),
            DriftKind::QueryRefused
            | DriftKind::QueryParameter
            | DriftKind::QueryColumn
            | DriftKind::QueryRelation
            | DriftKind::PrivilegeMissing => {
                format!("{}: query `{object}`:", self.file.unwrap_or_default())
            }
        }
    }

    /// What differs, without what it is about.
    pub(crate) fn difference(&self) -> String {
        let part = self.part.as_deref().unwrap_or_default();
        let (was, is) = (self.was.as_deref().unwrap_or_default(), self.is.as_deref());
        match self.kind {
            DriftKind::MigrationMissing => "is not applied".to_owned(),
            DriftKind::MigrationUnknown => "is applied, but not known to this program".to_owned(),
            DriftKind::MigrationsUnreadable => match is {
                Some(message) => format!("cannot be read: {message}"),
                None => "does not exist: which migrations the database has is not known".to_owned(),
            },
            DriftKind::RelationMissing => match is {
                Some(is) => format!("does not exist; `{part}` is `{is}` here"),
                None => "does not exist".to_owned(),
            },
            DriftKind::TypeMissing => "does not exist".to_owned(),
            DriftKind::ColumnMissing => format!("column `{part}` is missing"),
            DriftKind::ColumnNullable => format!("column `{part}` is no longer NOT NULL"),
            DriftKind::EnumLabel => self.change("label"),
            DriftKind::CompositeAttribute => self.change("attribute"),
            DriftKind::DomainBase => format!("it was over {was}, is over {}", is.unwrap_or_default()),
            DriftKind::DomainCheck => self.change("constraint"),
            DriftKind::QueryParameter => self.change("parameter"),
            DriftKind::QueryColumn => self.change("column"),
            DriftKind::QueryRelation => self.change("table"),
            DriftKind::QueryRefused | DriftKind::PrivilegeMissing => is.unwrap_or_default().to_owned(),
        }
    }

    fn change(&self, noun: &str) -> String {
        match (&self.part, &self.was, &self.is) {
            (Some(part), Some(was), Some(is)) => format!("{noun} `{part}` was {was}, is {is}"),
            (Some(part), _, None) => format!("{noun} `{part}` is missing"),
            (Some(part), None, Some(_)) => format!("{noun} `{part}` is new"),
            (None, was, is) => {
                let (was, is) = (was.as_deref().unwrap_or_default(), is.as_deref().unwrap_or_default());
                format!("the {noun}s were `{was}`, are `{is}`")
            }
        }
    }
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.subject(), self.difference())
    }
}

/// All differences that were found: migrations first, since they may explain the others, then tables, types and queries.
///
/// It is a slice of [`Drift`], and prints a line each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use = "a difference that nobody looks at stops nobody"]
pub struct Drifts(Vec<Drift>);

impl Drifts {
    /// What several statements of a query say is there once.
    pub(crate) fn new(drifts: Vec<Drift>) -> Self {
        let mut distinct: Vec<Drift> = Vec::with_capacity(drifts.len());
        for drift in drifts {
            if !distinct.contains(&drift) {
                distinct.push(drift);
            }
        }
        Self(distinct)
    }

    /// Leaves out what is of one kind.
    pub fn without(mut self, kind: DriftKind) -> Self {
        self.0.retain(|drift| drift.kind != kind);
        self
    }

    /// Makes one error of all differences, which [`is_schema_drift`](Error::is_schema_drift) and prints them.
    ///
    /// # Errors
    /// There is a difference.
    pub fn into_result(self) -> Result<(), Error> {
        match &*self.0 {
            [] => Ok(()),
            [drift] => Err(Error::new(Kind::SchemaDrift(drift.to_string()))),
            drifts => Err(Error::new(Kind::SchemaDrift(format!("{} differences\n{self}", drifts.len())))),
        }
    }
}

impl Deref for Drifts {
    type Target = [Drift];

    fn deref(&self) -> &[Drift] {
        &self.0
    }
}

impl IntoIterator for Drifts {
    type Item = Drift;
    type IntoIter = std::vec::IntoIter<Drift>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'d> IntoIterator for &'d Drifts {
    type Item = &'d Drift;
    type IntoIter = std::slice::Iter<'d, Drift>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl fmt::Display for Drifts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, drift) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{drift}")?;
        }
        Ok(())
    }
}
