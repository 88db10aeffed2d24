//! What each of the two servers says of the queries.
//!
//! Both are sent exactly what the program sends. The types are compared as the server names them, not what Bindery makes of
//! them: what it can say of NULL rests on the objects, which are compared by themselves.

use std::collections::{BTreeMap, BTreeSet};

use postgres::Client;
use postgres::types::Oid;

use crate::calls;
use crate::catalog;
use crate::diagnostic::Diagnostic;
use crate::migrated::surroundings;
use crate::query::Query;
use crate::server_error::{self, Refused, ServerError};
use crate::session::{Session, SessionError};
use crate::trees::{self, Texts};
use crate::wire::Statement;

use super::facts::{Class, Fact, Facts, Key};
use super::privileges::{self, Lacking, Needs};
use super::report::{Drift, DriftChange, DriftKind, DriftSeverity};

/// Names are whole whatever the role's `search_path` is.
const NAMES: &str = "
    SELECT t.oid, t.modifier, pg_catalog.format_type(t.oid, t.modifier)
    FROM unnest($1::pg_catalog.oid[], $2::pg_catalog.int4[]) AS t (oid, modifier)";

/// What goes into a query and what comes out of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Shape {
    /// The types of the parameters.
    pub params: Vec<String>,
    pub columns: Vec<ShapeColumn>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct ShapeColumn {
    pub name: String,
    pub ty: String,
}

/// What a server says of a query.
pub(super) type Answer = Result<Shape, ServerError>;

/// Which queries touch what, by name.
#[derive(Debug, Default)]
pub(crate) struct Uses {
    relations: BTreeMap<String, BTreeSet<String>>,
    /// By the OIDs of relations that queries name or reach through views, and the numbers of columns; 0 is there for each.
    columns: BTreeMap<(u32, i16), BTreeSet<String>>,
    /// By OID.
    functions: BTreeMap<u32, BTreeSet<String>>,
    types: BTreeMap<String, BTreeSet<String>>,
}

/// The answers of the server with the migrations, and what the queries touch there.
///
/// # Errors
/// The connection fails.
pub(super) fn expected(
    session: &mut Session,
    queries: &[&Query],
) -> Result<(Vec<Answer>, Uses), SessionError> {
    let statements: Vec<&str> = queries.iter().map(|query| query.sql.as_str()).collect();
    let texts = Texts::new(queries.len());
    let (answers, trees) = trees::read_beside(&texts, |feed| {
        session.describe(&statements, |statement, tree| feed.put(statement, tree))
    });
    let catalog = catalog::load(session, trees.iter().flatten())?;
    let mut uses = Uses::default();
    for (query, tree) in queries.iter().zip(&trees) {
        let Some(tree) = tree else { continue };
        for relation in catalog.touched(tree) {
            uses.relations.entry(relation).or_default().insert(query.name.clone());
        }
        let needs = Needs::of(tree);
        for function in needs.functions {
            uses.functions.entry(function).or_default().insert(query.name.clone());
        }
        for need in needs.relations {
            for column in [0, need.column] {
                uses.columns.entry((need.relation, column)).or_default().insert(query.name.clone());
            }
        }
    }
    let answers = answers?;
    for (number, procedure) in procedures(session, queries, &answers)? {
        uses.functions.entry(procedure).or_default().insert(queries[number].name.clone());
    }
    Ok((shapes(&mut session.client, answers)?, uses))
}

/// What CALLs call: before PostgreSQL 16 their trees do not tell.
fn procedures(
    session: &mut Session,
    queries: &[&Query],
    answers: &[Result<Statement, ServerError>],
) -> Result<Vec<(usize, Oid)>, SessionError> {
    let statements = queries.iter().zip(answers).map(|(query, answer)| {
        let params = answer.as_ref().ok().map(|statement| statement.params.as_slice());
        (query.sql.as_str(), params)
    });
    Ok(calls::procedures(&mut session.client, statements)?)
}

/// The live server's answers, and what its role may not do; none of that if the server does not tell what it understood, as
/// one does not that is not PostgreSQL itself.
///
/// # Errors
/// The connection fails.
pub(super) fn live(
    session: &mut Session,
    queries: &[&Query],
) -> Result<(Vec<Answer>, Option<Vec<Lacking>>), SessionError> {
    let statements: Vec<&str> = queries.iter().map(|query| query.sql.as_str()).collect();
    let texts = Texts::new(queries.len());
    let (answers, trees) = trees::read_beside(&texts, |feed| {
        session.describe(&statements, |statement, tree| feed.put(statement, tree))
    });
    let answers = answers?;
    let called: BTreeMap<usize, Oid> = procedures(session, queries, &answers)?.into_iter().collect();
    let shapes = shapes(&mut session.client, answers)?;
    let needs: Vec<(&str, Needs)> = queries
        .iter()
        .zip(&trees)
        .enumerate()
        .filter_map(|(number, (query, tree))| {
            let mut needs = Needs::of(tree.as_ref()?);
            needs.functions.extend(called.get(&number));
            Some((query.name.as_str(), needs))
        })
        .collect();
    if needs.is_empty() && shapes.iter().any(Result::is_ok) {
        return Ok((shapes, None));
    }
    Ok((shapes, Some(privileges::lacking(&mut session.client, &needs)?)))
}

/// What has to be right before anything is compared with it: that the migrated database takes every query.
pub(super) fn accepted(
    client: &mut Client,
    queries: &[&Query],
    (answers, mut uses): (Vec<Answer>, Uses),
) -> Result<(Vec<Shape>, Uses), Vec<Diagnostic>> {
    let mut shapes = Vec::with_capacity(answers.len());
    let mut refused = Vec::new();
    for (query, answer) in queries.iter().zip(answers) {
        match answer {
            Ok(shape) => shapes.push(shape),
            Err(error) => refused.push(Refused { query, error }),
        }
    }
    if !refused.is_empty() {
        let told = server_error::report(client, &refused);
        return Err(told.unwrap_or_else(|error| vec![*surroundings(error)]));
    }
    for (query, shape) in queries.iter().zip(&shapes) {
        for ty in shape.params.iter().chain(shape.columns.iter().map(|column| &column.ty)) {
            uses.types.entry(without_array(ty)).or_default().insert(query.name.clone());
        }
    }
    Ok((shapes, uses))
}

fn shapes(
    client: &mut Client,
    answers: Vec<Result<Statement, ServerError>>,
) -> Result<Vec<Answer>, SessionError> {
    let mut types: BTreeSet<(Oid, i32)> = BTreeSet::new();
    for statement in answers.iter().flatten() {
        types.extend(statement.params.iter().map(|oid| (*oid, -1)));
        types.extend(statement.columns.iter().map(|column| (column.ty, column.modifier)));
    }
    let (oids, modifiers): (Vec<Oid>, Vec<i32>) = types.into_iter().unzip();
    let mut transaction = client.build_transaction().read_only(true).start()?;
    transaction.batch_execute("SET LOCAL search_path = ''")?;
    let rows = transaction.query(NAMES, &[&oids, &modifiers])?;
    transaction.commit()?;
    let names: BTreeMap<(Oid, i32), String> =
        rows.iter().map(|row| ((row.get(0), row.get(1)), row.get(2))).collect();
    let name = |oid, modifier| names.get(&(oid, modifier)).cloned().unwrap_or_default();
    let shape = |statement: Statement| Shape {
        params: statement.params.into_iter().map(|oid| name(oid, -1)).collect(),
        columns: statement
            .columns
            .into_iter()
            .map(|column| ShapeColumn { ty: name(column.ty, column.modifier), name: column.name })
            .collect(),
    };
    Ok(answers.into_iter().map(|answer| answer.map(shape)).collect())
}

/// The type of an array's elements, without the quotes that some names have.
fn without_array(ty: &str) -> String {
    ty.trim_end_matches("[]").replace('"', "")
}

impl Uses {
    /// A type is used where a table has a column of it, too.
    pub fn know_types(&mut self, facts: &Facts) {
        for (key, fact) in &facts.0 {
            let is_column = key.part.as_ref().is_some_and(|part| part.kind == "column");
            let queries = self.relations.get(&key.object).filter(|_| is_column);
            if let (Some(ty), Some(queries)) = (fact.value("type"), queries) {
                self.types.entry(without_array(ty)).or_default().extend(queries.iter().cloned());
            }
        }
    }

    /// The queries that touch an object or the one that it is a part of.
    pub fn of(&self, key: &Key, fact: &Fact) -> Vec<String> {
        let found = match key.class {
            Class::Relation => self.relations.get(&key.object),
            Class::Type => self.types.get(&key.object),
            Class::Function => fact.oid().and_then(|oid| self.functions.get(&oid)),
            Class::Schema => return self.of_schema(&key.object),
            Class::Extension | Class::Sequence => None,
        };
        found.into_iter().flatten().cloned().collect()
    }

    /// The queries that name a column, and those that touch its table within a function, where anything may be named.
    pub fn of_column(&self, key: &Key, fact: &Fact) -> Vec<String> {
        let none = BTreeSet::new();
        let (Some(relation), Some(number)) = (fact.oid(), fact.number()) else { return self.of(key, fact) };
        let naming = self.columns.get(&(relation, number)).unwrap_or(&none);
        let outside = self.columns.get(&(relation, 0)).unwrap_or(&none);
        let touching = self.relations.get(&key.object).unwrap_or(&none);
        let queries = touching.iter().filter(|query| naming.contains(*query) || !outside.contains(*query));
        queries.cloned().collect()
    }

    fn of_schema(&self, schema: &str) -> Vec<String> {
        let in_schema = |object: &&String| object.split_once('.').is_some_and(|(own, _)| own == schema);
        let objects = self.relations.iter().chain(&self.types);
        let queries = objects.filter(|(object, _)| in_schema(object)).flat_map(|(_, queries)| queries);
        queries.collect::<BTreeSet<_>>().into_iter().cloned().collect()
    }
}

/// What the live server says otherwise.
pub(super) fn compare(queries: &[&Query], expected: &[Shape], live: Vec<Answer>) -> Vec<Drift> {
    let mut drifts = Vec::new();
    for ((query, was), is) in queries.iter().zip(expected).zip(live) {
        match is {
            Err(error) => drifts.push(refused(query, &error)),
            Ok(is) => shape(query, was, &is, &mut drifts),
        }
    }
    // What several statements of a query say is said once.
    let mut told: Vec<Drift> = Vec::new();
    for drift in drifts {
        if !told.contains(&drift) {
            told.push(drift);
        }
    }
    told
}

fn refused(query: &Query, error: &ServerError) -> Drift {
    let diagnostic = server_error::in_query(query, error);
    let location = diagnostic.location();
    Drift { location, ..about(query, None, DriftChange::Told(error.message.clone())) }
}

fn shape(query: &Query, was: &Shape, is: &Shape, drifts: &mut Vec<Drift>) {
    let mut differs = |part: Option<String>, what: &str, was: &str, is: &str| {
        if was != is {
            let change =
                DriftChange::Differs { what: what.to_owned(), was: was.to_owned(), is: is.to_owned() };
            drifts.push(about(query, part, change));
        }
    };
    for (index, (was, is)) in was.params.iter().zip(&is.params).enumerate() {
        let written = query.params.get(index).and_then(|param| param.name.clone());
        let name = written.unwrap_or_else(|| format!("${}", index + 1));
        differs(Some(format!("parameter `{name}`")), "type", was, is);
    }
    let names = |shape: &Shape| {
        let names: Vec<&str> = shape.columns.iter().map(|column| column.name.as_str()).collect();
        names.join(", ")
    };
    if names(was) != names(is) {
        return differs(None, "list of columns", &names(was), &names(is));
    }
    for (was, is) in was.columns.iter().zip(&is.columns) {
        differs(Some(format!("column `{}`", was.name)), "type", &was.ty, &is.ty);
    }
}

fn about(query: &Query, part: Option<String>, change: DriftChange) -> Drift {
    let drift = Drift::new(DriftSeverity::Error, DriftKind::Query, &query.name, change);
    let location = query.name_span();
    let location = Diagnostic::error("").at(location, "").location();
    Drift { part, queries: vec![query.name.clone()], location, ..drift }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::parse::{self, Unnamed};
    use crate::source::SourceFile;

    #[test]
    fn without_trees_nothing_is_said_of_privileges() {
        let database = bindery_postgres::Server::start().unwrap().create_database().unwrap();
        let mut session = Session::open(database.config()).unwrap();
        let file = SourceFile { path: "q.sql".into(), text: "-- name: A :one\nSELECT 1 AS one;".into() };
        let queries = parse::parse(&Arc::new(file), Unnamed::Mistake, &mut Vec::new()).queries;
        let queries: Vec<&Query> = queries.iter().collect();
        assert_eq!(live(&mut session, &queries).unwrap().1.map(|lacking| lacking.len()), Some(0));
        session.send_trees(false);
        let (answers, lacking) = live(&mut session, &queries).unwrap();
        let column = ShapeColumn { name: "one".to_owned(), ty: "integer".to_owned() };
        assert_eq!(*answers[0].as_ref().unwrap(), Shape { params: Vec::new(), columns: vec![column] });
        assert!(lacking.is_none());
    }
}
