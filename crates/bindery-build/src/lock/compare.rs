//! How two locks differ: what was, what is, and which migration may be the reason.

use std::fmt;

use crate::description::{Embed, Field, Schema, UserTypeKind};
use crate::lint::Finding;
use crate::project::Project;
use crate::query::Query;
use crate::source::Sources;

use super::{Lock, LockedMigration, LockedQuery};

/// One thing that is not as it was.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Difference {
    pub subject: Subject,
    /// `is gone`, or what of the subject has changed, such as `column`.
    pub what: String,
    /// Before and now, if both can be told.
    pub change: Option<Change>,
    /// The migration that brought it about, if that can be told.
    pub cause: Option<String>,
}

/// Before and now.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Change {
    pub was: String,
    pub is: String,
}

/// What has changed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Subject {
    /// bindery.toml.
    Settings,
    /// By its file.
    Migration(String),
    Query {
        file: String,
        name: String,
    },
    /// A table or view whose rows are a struct.
    Table(String),
    /// A table or view that some query touches.
    Relation(String),
    Type(String),
}

impl Subject {
    pub fn query(file: &str, name: &str) -> Self {
        Self::Query { file: file.to_owned(), name: name.to_owned() }
    }

    /// The query that it is, if it is one.
    pub fn query_of<'p>(&self, project: &'p Project) -> Option<&'p Query> {
        let Self::Query { file, name } = self else { return None };
        project.queries.iter().find(|query| query.file.path == *file && query.name == *name)
    }
}

impl Difference {
    pub fn new(subject: Subject, what: &str) -> Self {
        Self { subject, what: what.to_owned(), change: None, cause: None }
    }

    pub fn gone(query: &LockedQuery) -> Self {
        Self::new(query.subject(), &format!("is gone from {}", query.file))
    }

    /// Whether another one tells what became of the same thing, whatever that is.
    pub fn is_about_the_same(&self, other: &Self) -> bool {
        let was = |difference: &Self| difference.change.as_ref().map(|change| change.was.clone());
        self.subject == other.subject && self.what == other.what && was(self) == was(other)
    }

    fn changed(subject: Subject, what: &str, was: impl Into<String>, is: impl Into<String>) -> Self {
        let change = Change { was: was.into(), is: is.into() };
        Self { change: Some(change), ..Self::new(subject, what) }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Settings => f.write_str("bindery.toml"),
            Self::Migration(file) => f.write_str(file),
            Self::Query { name, .. } => write!(f, "query `{name}`"),
            Self::Table(name) | Self::Relation(name) => write!(f, "table `{name}`"),
            Self::Type(name) => write!(f, "type `{name}`"),
        }
    }
}

impl fmt::Display for Difference {
    /// ``query `FindCar`: column was `plate text not null`, is `plate text nullable` ``
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { subject, what, .. } = self;
        match (&self.change, subject) {
            (Some(Change { was, is }), _) => write!(f, "{subject}: {what} was {was}, is {is}"),
            (None, Subject::Settings | Subject::Migration(_)) => write!(f, "{subject}: {what}"),
            (None, _) => write!(f, "{subject} {what}"),
        }
    }
}

impl Lock {
    /// How the server's answers in `fresh` differ from this lock's; empty if they do not.
    pub fn differences(&self, fresh: &Self) -> Vec<Difference> {
        let mut differences = Vec::new();
        for new in &fresh.queries {
            match self.find(&new.file, &new.name) {
                None => differences.push(Difference::new(new.subject(), "is not in the lock")),
                Some(old) => queries(old, new, &mut differences),
            }
        }
        for old in &self.queries {
            if fresh.find(&old.file, &old.name).is_none() {
                differences.push(Difference::gone(old));
            }
        }
        schemas(&self.schema, &fresh.schema, &mut differences);
        differences
    }

    /// How the migrations differ from those that the answers were given on.
    pub fn migration_differences(&self, sources: &Sources) -> Vec<Difference> {
        let present = || sources.migrations.iter().zip(&sources.migration_hashes);
        let of = |file: &str, what: &str| Difference::new(Subject::Migration(file.to_owned()), what);
        let mut differences = Vec::new();
        for (file, hash) in present() {
            match self.migrations.iter().find(|locked| locked.file == file.path) {
                None => differences.push(of(&file.path, "this migration is new")),
                Some(locked) if locked.source != *hash => {
                    differences.push(of(&file.path, "this migration has changed"));
                }
                Some(_) => {}
            }
        }
        let is_there = |locked: &&LockedMigration| present().any(|(file, _)| file.path == locked.file);
        let gone = self.migrations.iter().filter(|locked| !is_there(locked));
        differences.extend(gone.map(|locked| of(&locked.file, "this migration is gone")));
        let in_order = present().zip(&self.migrations).all(|((file, _), locked)| file.path == locked.file);
        if differences.is_empty() && !in_order {
            differences.push(Difference::new(Subject::Settings, "the order of the migrations has changed"));
        }
        differences
    }
}

fn queries(old: &LockedQuery, new: &LockedQuery, out: &mut Vec<Difference>) {
    let changed = |what: &str, was: String, is: String| Difference::changed(new.subject(), what, was, is);
    if old.command != new.command {
        let word = |query: &LockedQuery| format!("`:{}`", query.command.word());
        out.push(changed("its command", word(old), word(new)));
    }
    if old.source != new.source {
        out.push(Difference::new(new.subject(), "has changed: its SQL or its annotations"));
    }
    let (was, is) = (&old.description, &new.description);
    fields(&new.subject(), "parameter", &was.params, &is.params, out);
    fields(&new.subject(), "column", &was.columns, &is.columns, out);
    if was.at_most_one_row != is.at_most_one_row {
        let count = |at_most_one: bool| {
            if at_most_one { "at most one row".to_owned() } else { "any number of rows".to_owned() }
        };
        out.push(changed("its result", count(was.at_most_one_row), count(is.at_most_one_row)));
    }
    if was.read_only != is.read_only {
        let effect = |reads: bool| if reads { "only reads" } else { "may write" }.to_owned();
        out.push(changed("its effect", effect(was.read_only), effect(is.read_only)));
    }
    if was.table != is.table {
        let row = |table: &Option<String>| match table {
            Some(table) => format!("that of `{table}`"),
            None => "one of its own".to_owned(),
        };
        out.push(changed("its row", row(&was.table), row(&is.table)));
    }
    if was.embeds != is.embeds {
        let list = |embeds: &[Embed]| {
            let row = |embed: &Embed| {
                let Embed { name, table, optional, .. } = embed;
                format!("`{name}` of `{table}`{}", if *optional { " that may be missing" } else { "" })
            };
            let rows: Vec<String> = embeds.iter().map(row).collect();
            if rows.is_empty() { "nothing".to_owned() } else { rows.join(", ") }
        };
        out.push(changed("what it embeds", list(&was.embeds), list(&is.embeds)));
    }
    if was.keeps_stars != is.keeps_stars {
        let sent = |stars: bool| if stars { "a `*`" } else { "its columns" }.to_owned();
        out.push(changed(
            "what is sent for a row that it embeds",
            sent(was.keeps_stars),
            sent(is.keeps_stars),
        ));
    }
    if was.relations != is.relations {
        let list = |relations: &[String]| match relations {
            [] => "nothing".to_owned(),
            relations => relations.join(", "),
        };
        out.push(changed("what it touches", list(&was.relations), list(&is.relations)));
    }
    if was.findings != is.findings {
        let list = |findings: &[Finding]| {
            let names: Vec<&str> = findings.iter().map(|finding| finding.rule.name()).collect();
            if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
        };
        out.push(changed("what the lint finds", list(&was.findings), list(&is.findings)));
    }
    if was.unmet_keys != is.unmet_keys && was.at_most_one_row == is.at_most_one_row {
        out.push(changed(
            "the unique keys that it does not meet",
            was.unmet_keys.join(" or "),
            is.unmet_keys.join(" or "),
        ));
    }
}

/// Those of one name are compared, at the same place if there are several of it; of the others, those at the same place are
/// taken for renamed.
fn fields(subject: &Subject, kind: &str, old: &[Field], new: &[Field], out: &mut Vec<Difference>) {
    let is_in = |fields: &[Field], name: &str| fields.iter().any(|field| field.name == name);
    let is_at = |fields: &[Field], index: usize, others: &[Field]| {
        fields.get(index).is_some_and(|field| !is_in(others, &field.name))
    };
    let before = out.len();
    for (index, was) in old.iter().enumerate() {
        let has_name = |is: &&Field| is.name == was.name;
        match new.get(index).filter(has_name).or_else(|| new.iter().find(has_name)) {
            Some(is) if is == was => {}
            Some(is) => out.push(Difference::changed(subject.clone(), kind, shown(was), shown(is))),
            None if is_at(new, index, old) => {
                out.push(Difference::changed(subject.clone(), kind, shown(was), shown(&new[index])));
            }
            None => {
                out.push(Difference::new(subject.clone(), &format!("has lost its {kind} {}", shown(was))))
            }
        }
    }
    for (index, is) in new.iter().enumerate() {
        if !is_in(old, &is.name) && !is_at(old, index, new) {
            out.push(Difference::new(subject.clone(), &format!("has a new {kind} {}", shown(is))));
        }
    }
    if out.len() == before && old != new {
        let names =
            |fields: &[Field]| fields.iter().map(|field| field.name.as_str()).collect::<Vec<_>>().join(", ");
        let what = format!("the order of its {kind}s");
        out.push(Difference::changed(subject.clone(), &what, names(old), names(new)));
    }
}

fn schemas(old: &Schema, new: &Schema, out: &mut Vec<Difference>) {
    for table in &new.tables {
        let subject = Subject::Table(table.name.clone());
        match old.table(&table.name) {
            Some(was) => fields(&subject, "column", &was.columns, &table.columns, out),
            None => out.push(Difference::new(subject, "is the row of a query now")),
        }
    }
    let gone = old.tables.iter().filter(|table| new.table(&table.name).is_none());
    out.extend(
        gone.map(|table| {
            Difference::new(Subject::Table(table.name.clone()), "is the row of no query any more")
        }),
    );
    for relation in &new.relations {
        // One that no query touched before is told by the query.
        let Some(was) = old.relation(&relation.name) else { continue };
        let not_in = |columns: &[String], column: &String| !columns.contains(column);
        for column in was.not_null.iter().filter(|column| not_in(&relation.not_null, column)) {
            let what = format!("has no column `{column}` that is declared NOT NULL any more");
            out.push(Difference::new(Subject::Relation(relation.name.clone()), &what));
        }
        for column in relation.not_null.iter().filter(|column| not_in(&was.not_null, column)) {
            let what = format!("declares its column `{column}` NOT NULL now");
            out.push(Difference::new(Subject::Relation(relation.name.clone()), &what));
        }
    }
    for user_type in &new.types {
        let subject = Subject::Type(user_type.name.clone());
        match old.user_type(&user_type.name) {
            Some(was) if was.kind == user_type.kind => {}
            Some(was) => {
                let (was, is) = (shown_kind(&was.kind), shown_kind(&user_type.kind));
                out.push(Difference::changed(subject, "it", was, is));
            }
            None => out.push(Difference::new(subject, "is used now")),
        }
    }
    let gone = old.types.iter().filter(|user_type| new.user_type(&user_type.name).is_none());
    out.extend(
        gone.map(|user_type| Difference::new(Subject::Type(user_type.name.clone()), "is not used any more")),
    );
}

/// `` `plate text not null` ``
pub(crate) fn shown(field: &Field) -> String {
    let null = if field.nullable { "nullable" } else { "not null" };
    let elements = if field.null_elements { ", elements nullable" } else { "" };
    let domain = field.domain.as_ref().map(|domain| format!(" of {domain}")).unwrap_or_default();
    let rust = field.rust.as_ref().map(|rust| format!(" as {}", rust.path)).unwrap_or_default();
    let rows = if field.whole_rows { ", rows of the table" } else { "" };
    format!("`{} {}{domain} {null}{elements}{rust}{rows}`", field.name, field.ty)
}

fn shown_kind(kind: &UserTypeKind) -> String {
    match kind {
        UserTypeKind::Enum(labels) => format!("an enum of {}", labels.join(", ")),
        UserTypeKind::Domain { base, checks } => match &checks[..] {
            [] => format!("a domain over {base}"),
            checks => format!("a domain over {base} with {}", checks.join(", ")),
        },
        UserTypeKind::Composite { attributes, .. } => {
            let shown = attributes.iter().map(|attribute| format!("{} {}", attribute.name, attribute.ty));
            format!("a composite of {}", shown.collect::<Vec<_>>().join(", "))
        }
        UserTypeKind::Range(subtype) => format!("a range of {subtype}"),
        UserTypeKind::Multirange(subtype) => format!("a multirange of {subtype}"),
        UserTypeKind::Base { extension: Some(extension), .. } => {
            format!("a type of the extension {extension}")
        }
        UserTypeKind::Base { extension: None, .. } => "a base type".to_owned(),
    }
}
