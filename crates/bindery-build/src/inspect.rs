//! What is known of queries, and why: parameters, columns and row counts, for whoever wants to see it.

use std::thread;

use crate::analyze::Given;
use crate::analyze::node::Value;
use crate::analyze::reason::{self, ParamReason, Reason};
use crate::catalog::{self, Catalog};
use crate::config::Config;
use crate::describe::{self, Described};
use crate::description::{Description, Field};
use crate::diagnostic::Diagnostic;
use crate::error::Error;
use crate::migrated::{Migrated, surroundings};
use crate::pipeline::has_errors;
use crate::project::Project;
use crate::query::{Override, Query, Target};
use crate::session::{Session, SessionError};
use crate::trees::{self, STACK, Texts};
use crate::utilities;
use crate::variants;

/// What PostgreSQL says of a query, and what Bindery makes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct QueryInfo {
    /// Its name, `FindCar`.
    pub name: String,
    /// The file that it is in, `queries/cars.sql`.
    pub file: String,
    /// Where its header is in the file, from 1.
    pub line: usize,
    /// The word of its header, `opt`.
    pub command: String,
    /// The text that is sent; where parts are optional, the one with all of them, in its first ordering.
    pub sql: String,
    /// How many statements it stands for: 1, unless parts of it are optional.
    pub statements: usize,
    /// Whether more than one row is impossible.
    pub at_most_one_row: bool,
    /// Why it is, or why it is not.
    pub rows_reason: String,
    /// `$1` first.
    pub params: Vec<FieldInfo>,
    /// In order of the select list; empty for a command that returns no rows.
    pub columns: Vec<FieldInfo>,
    /// The tables and views that it touches, `public.cars`; sorted.
    pub relations: Vec<String>,
}

/// A parameter or a column.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FieldInfo {
    /// As in the generated code, before it is made a name of Rust.
    pub name: String,
    /// As in bindery.lock: `int8`, `text[]`, `public.car_status`.
    pub ty: String,
    /// Whether it may be NULL.
    pub nullable: bool,
    /// Why: of a column that may be NULL, and of every parameter.
    pub reason: Option<String>,
}

impl Config {
    /// What is known of the queries with these names, or of all: `FindCar`, `queries/cars.sql/FindCar`, `cars/FindCar`.
    ///
    /// PostgreSQL is asked on a temporary database. Nothing is written.
    ///
    /// # Errors
    /// The SQL has mistakes, there is no such query, or no server can be asked.
    pub fn inspect(&self, names: &[String]) -> Result<Vec<QueryInfo>, Error> {
        let mut diagnostics = Vec::new();
        let project = Project::read(self, &mut diagnostics);
        let queries = project.named(names, &mut diagnostics);
        if has_errors(&diagnostics) {
            return Err(Error::new(diagnostics));
        }
        let failed = |diagnostic: Box<Diagnostic>| Error::new(vec![*diagnostic]);
        let mut migrated = self.migrated(&project).map_err(failed)?;
        let infos = self.ask(&mut migrated, &queries, &mut diagnostics);
        let infos = infos.map_err(|error| failed(surroundings(error)))?;
        if has_errors(&diagnostics) { Err(Error::new(diagnostics)) } else { Ok(infos) }
    }

    fn ask(
        &self,
        migrated: &mut Migrated,
        queries: &[&Query],
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Result<Vec<QueryInfo>, SessionError> {
        let session = &mut migrated.session;
        let Described { answers, .. } =
            variants::describe(session, queries, &self.settings, &self.progress, diagnostics)?;
        let mut accepted: Vec<(&Query, Description)> = Vec::new();
        for (query, answer) in queries.iter().zip(answers) {
            match answer {
                Ok(description) => accepted.push((query, description)),
                Err(diagnostic) => diagnostics.push(diagnostic),
            }
        }
        explained(session, &accepted)
    }
}

/// Has the statements described once more, for their trees, and adds the reasons.
fn explained(
    session: &mut Session,
    queries: &[(&Query, Description)],
) -> Result<Vec<QueryInfo>, SessionError> {
    let texts = Texts::new(queries.len());
    let statements: Vec<&str> = queries.iter().map(|(query, _)| query.sql.as_str()).collect();
    let (answers, trees) = trees::read_beside(&texts, |feed| {
        session.describe(&statements, |statement, tree| feed.put(statement, tree))
    });
    answers?;
    let catalog = catalog::load(session, trees.iter().flatten())?;
    let explain = || {
        let pairs = queries.iter().zip(&trees);
        pairs.map(|((query, described), tree)| info(query, described, tree.as_ref(), &catalog)).collect()
    };
    // As deep as the analysis.
    Ok(thread::scope(|scope| {
        let started = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, explain);
        started.expect("a thread can be started").join().expect("explaining does not panic")
    }))
}

fn info(query: &Query, described: &Description, tree: Option<&Value<'_>>, catalog: &Catalog) -> QueryInfo {
    let given: Vec<Given> = describe::given_nulls(query, described.params.len());
    let is_call = utilities::is_call(&query.sql);
    let columns = reason::reasons(&query.sql, tree, catalog, &given);
    let column_reason = |index: usize, field: &Field| {
        let said = override_of(query, Target::Column, &field.name).map(|_| said("@column"));
        let found = columns.get(index).and_then(|reasons| reasons.value.clone());
        let unseen = match is_call {
            true => Reason::MayReturnNull { call: "the procedure".to_owned(), when: None },
            false => Reason::NoTree,
        };
        let reason = || match found {
            // The tree is that of the statement with all of it.
            None if query.dynamic.is_some() && tree.is_some() => {
                "only something optional rules NULL out".to_owned()
            }
            found => found.unwrap_or(unseen).sentence(&|at| query.line_at(at)),
        };
        field.nullable.then(|| said.unwrap_or_else(reason))
    };
    let params = reason::param_reasons(tree, catalog, &given);
    let param_reason = |index: usize, field: &Field| {
        let is_narg = query.params.get(index).is_some_and(|param| param.narg);
        match params.get(index).unwrap_or(&ParamReason::Unknown) {
            ParamReason::Given if override_of(query, Target::Param, &field.name).is_some() => said("@param"),
            ParamReason::Given if is_narg => said("sqlc.narg"),
            _ if is_call => ParamReason::Named { name: field.name.clone() }.sentence(),
            reason => reason.sentence(),
        }
    };
    let params = described.params.iter().enumerate();
    let columns = described.columns.iter().enumerate();
    QueryInfo {
        name: query.name.clone(),
        file: query.file.path.clone(),
        line: query.line(),
        command: query.command.word().to_owned(),
        sql: query.sql.clone(),
        statements: query.statements().count(),
        at_most_one_row: described.at_most_one_row,
        rows_reason: match query.at_most_one_row {
            true => said("@rows"),
            false if query.dynamic.is_some() => {
                format!("with all that is optional, {}", reason::rows_reason(tree, catalog).sentence())
            }
            false if is_call => "a CALL gives one row".to_owned(),
            false => reason::rows_reason(tree, catalog).sentence(),
        },
        params: params.map(|(index, param)| field(param, Some(param_reason(index, param)))).collect(),
        columns: columns.map(|(index, column)| field(column, column_reason(index, column))).collect(),
        relations: described.relations.clone(),
    }
}

fn field(field: &Field, reason: Option<String>) -> FieldInfo {
    let Field { name, ty, nullable, .. } = field;
    FieldInfo { name: name.clone(), ty: ty.clone(), nullable: *nullable, reason }
}

fn override_of<'q>(query: &'q Query, target: Target, name: &str) -> Option<&'q Override> {
    let mut rules = query.overrides.iter();
    rules.find(|rule| rule.target == target && rule.name == name && rule.nullable.is_some())
}

fn said(word: &str) -> String {
    format!("the query file says so ({word})")
}
