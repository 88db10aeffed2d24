//! What of a live database is not as the migrations and the queries have it: data, with a line of text each.

use std::fmt;

/// What [`Config::drift`](crate::Config::drift) has found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DriftReport {
    /// The most severe first, among them what queries use; empty if the database is as it should be.
    pub drifts: Vec<Drift>,
    /// How many queries were described.
    pub queries: usize,
    /// How many objects the migrations make, parts such as columns and indexes among them.
    pub objects: usize,
}

impl DriftReport {
    /// Whether anything is an error.
    pub fn has_errors(&self) -> bool {
        self.drifts.iter().any(|drift| drift.severity == DriftSeverity::Error)
    }

    pub(super) fn sort(&mut self) {
        self.drifts.sort_by(|a, b| a.order().cmp(&b.order()));
    }
}

impl fmt::Display for DriftReport {
    /// A line each, with its severity.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.drifts.iter().try_for_each(|drift| writeln!(f, "{}: {drift}", drift.severity))
    }
}

/// One thing that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Drift {
    /// How bad it is.
    pub severity: DriftSeverity,
    /// What kind of thing it is about.
    pub kind: DriftKind,
    /// Its name: `public.cars`, a query's name, a migration's file or number.
    pub object: String,
    /// The part of it, if it is about one: ``column `note` ``.
    pub part: Option<String>,
    /// What is the matter.
    pub change: DriftChange,
    /// The queries that touch it, by name; sorted.
    pub queries: Vec<String>,
    /// Of a query that the server refuses: `queries/cars.sql:4:12`.
    pub location: Option<String>,
}

/// How bad a [`Drift`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DriftSeverity {
    /// Something that the migrations make or a query needs is missing, or not the same.
    Error,
    /// The database has more than the migrations make, or something could not be told.
    Warning,
    /// Nobody has to do anything about it.
    Note,
}

/// What kind of thing a [`Drift`] is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum DriftKind {
    /// The server as a whole.
    Server,
    /// A migration, or the table of those that were applied.
    Migration,
    /// A schema.
    Schema,
    /// An extension.
    Extension,
    /// An enum, a domain, a composite or a range type.
    Type,
    /// An ordinary or partitioned table, or a partition.
    Table,
    /// A view.
    View,
    /// A materialized view.
    MaterializedView,
    /// A foreign table.
    ForeignTable,
    /// A function, a procedure or an aggregate.
    Function,
    /// A sequence that no column owns.
    Sequence,
    /// A query.
    Query,
}

/// What is the matter with it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DriftChange {
    /// The migrations make it, and the database does not have it.
    Missing,
    /// The database has it, and no migration makes it.
    Extra,
    /// It is another than the migrations make.
    Differs {
        /// Which of its properties: `type`.
        what: String,
        /// By the migrations; `nothing` if there is none.
        was: String,
        /// In the database.
        is: String,
    },
    /// In words: what the server says of a query, what a role may not do.
    Told(String),
}

impl Drift {
    pub(super) fn new(severity: DriftSeverity, kind: DriftKind, object: &str, change: DriftChange) -> Self {
        let (part, queries, location) = Default::default();
        Self { severity, kind, object: object.to_owned(), part, change, queries, location }
    }

    fn order(&self) -> impl Ord + '_ {
        (self.severity, self.queries.is_empty(), self.kind, &self.object, &self.part)
    }
}

impl DriftKind {
    /// `table`, as lines of text have it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Migration => "migration",
            Self::Schema => "schema",
            Self::Extension => "extension",
            Self::Type => "type",
            Self::Table => "table",
            Self::View => "view",
            Self::MaterializedView => "materialized view",
            Self::ForeignTable => "foreign table",
            Self::Function => "function",
            Self::Sequence => "sequence",
            Self::Query => "query",
        }
    }

    pub(super) fn from_word(word: &str) -> Self {
        match word {
            "schema" => Self::Schema,
            "extension" => Self::Extension,
            "type" => Self::Type,
            "view" => Self::View,
            "materialized view" => Self::MaterializedView,
            "foreign table" => Self::ForeignTable,
            "function" => Self::Function,
            "sequence" => Self::Sequence,
            _ => Self::Table,
        }
    }

    /// Whether queries touch such objects by name, so that it means something if none does.
    fn is_relation(self) -> bool {
        matches!(self, Self::Table | Self::View | Self::MaterializedView | Self::ForeignTable)
    }
}

impl fmt::Display for DriftSeverity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        })
    }
}

impl Drift {
    /// ``table `public.cars`: column `note` ``
    pub(crate) fn name(&self) -> String {
        let object = format!("{} `{}`", self.kind.word(), self.object);
        self.part.as_ref().map_or(object.clone(), |part| format!("{object}: {part}"))
    }

    /// `public.cars.note`
    pub(crate) fn path(&self) -> String {
        let name = self.part.as_deref().and_then(|part| part.split('`').nth(1));
        name.map_or(self.object.clone(), |name| format!("{}.{name}", self.object))
    }

    /// Whether it is there or not, as a whole.
    pub(crate) fn is_whole(&self) -> bool {
        !matches!(self.change, DriftChange::Differs { .. })
    }

    /// Without the queries that are touched.
    pub(crate) fn difference(&self) -> String {
        match (&self.part, &self.change) {
            (_, DriftChange::Missing) => format!("{} is missing", self.name()),
            (_, DriftChange::Extra) => format!("{} is not in the migrations", self.name()),
            (Some(part), DriftChange::Differs { what, was, is }) => {
                let object = format!("{} `{}`", self.kind.word(), self.object);
                format!("{object}: the {what} of {part}{}", Values { was, is })
            }
            (None, DriftChange::Differs { what, was, is }) => {
                format!("{}: its {what}{}", self.name(), Values { was, is })
            }
            (Some(_), DriftChange::Told(text)) => format!("{} {text}", self.name()),
            (None, DriftChange::Told(text)) => format!("{}: {text}", self.name()),
        }
    }
}

impl fmt::Display for Drift {
    /// ``table `public.cars`: column `note` is missing; used by FindCar, ListCars``, in one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(location) = &self.location {
            write!(f, "{location}: ")?;
        }
        f.write_str(&self.difference())?;
        match &self.queries[..] {
            _ if self.kind == DriftKind::Query => Ok(()),
            [] if self.kind.is_relation() && self.change != DriftChange::Extra => {
                f.write_str("; used by no query")
            }
            [] => Ok(()),
            queries => write!(f, "; used by {}", queries.join(", ")),
        }
    }
}

/// Both values; of long texts the first line that differs.
struct Values<'d> {
    was: &'d str,
    is: &'d str,
}

impl fmt::Display for Values<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { was, is } = self;
        if !was.contains('\n') && !is.contains('\n') {
            return write!(f, " was {}, is {}", quoted(was), quoted(is));
        }
        let (mut old, mut new) = (was.lines(), is.lines());
        let mut number = 0;
        loop {
            number += 1;
            match (old.next(), new.next()) {
                (Some(was), Some(is)) if was == is => {}
                (None, None) => return f.write_str(" is another in its line breaks"),
                (was, is) => {
                    let line =
                        |line: Option<&str>| line.map_or("at its end".to_owned(), |line| quoted(line.trim()));
                    return write!(f, " differs: line {number} was {}, is {}", line(was), line(is));
                }
            }
        }
    }
}

/// Nothing is no value, and is not quoted.
fn quoted(value: &str) -> String {
    match value {
        NOTHING => NOTHING.to_owned(),
        value => format!("`{value}`"),
    }
}

/// Stands for a value that is not there.
pub(super) const NOTHING: &str = "nothing";
