//! Asks the server about every query: Parse and Describe for its types, EXPLAIN for the privileges.

use std::collections::HashSet;

use bytes::BytesMut;
use futures_util::future::{join_all, ready};
use futures_util::{TryFutureExt, TryStreamExt};
use tokio_postgres::Statement;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{IsNull, ToSql, Type};

use crate::error::Error;
use crate::query::Query;
use crate::session::Session;
use crate::type_name::type_name;
use crate::value::BoxError;
use crate::verify::compare::compare;
use crate::verify::drift::{Drift, DriftKind};

/// A query with the server's statement, or why there is none.
pub(crate) type Prepared = (&'static Query, Result<Statement, tokio_postgres::Error>);

/// A query with the server's statement.
pub(crate) type Described = (&'static Query, Statement);

/// Prepares every query without waiting for one before the next.
///
/// The driver looks a type up when it first meets it. So that not every query looks up the same ones, a few go first that
/// have all types among them.
pub(crate) async fn prepare(session: &Session, queries: &[&'static Query]) -> Vec<Prepared> {
    let mut seen = HashSet::new();
    let numbered = queries.iter().copied().enumerate();
    let (first, rest): (Vec<_>, Vec<_>) =
        numbered.partition(|(_, query)| user_types(query).filter(|ty| seen.insert(*ty)).count() > 0);
    let mut prepared = Vec::with_capacity(queries.len());
    for wave in [first, rest] {
        let statements = wave.iter().map(|(_, query)| session.client.prepare(query.sql));
        let statements = join_all(statements).await;
        prepared.extend(wave.into_iter().zip(statements));
    }
    prepared.sort_by_key(|((number, _), _)| *number);
    prepared.into_iter().map(|((_, query), statement)| (query, statement)).collect()
}

/// The types that are not among those of `pg_catalog`, which the driver knows.
fn user_types(query: &'static Query) -> impl Iterator<Item = &'static str> {
    let columns = query.columns.iter().map(|(_, ty)| *ty);
    query.params.iter().copied().chain(columns).filter(|ty| ty.contains('.'))
}

/// How the server's statements differ from the generated ones, and those that there are.
///
/// # Errors
/// The server could not look at one of them.
pub(crate) fn judge(prepared: Vec<Prepared>) -> Result<(Vec<Drift>, Vec<Described>), Error> {
    let (mut drifts, mut described) = (Vec::new(), Vec::new());
    for (query, statement) in prepared {
        match statement {
            Ok(statement) => {
                drifts.extend(differences(query, &statement));
                described.push((query, statement));
            }
            Err(error) => drifts.push(refused(DriftKind::QueryRefused, query, error)?),
        }
    }
    Ok((drifts, described))
}

/// How one statement differs from the generated one.
pub(crate) fn differences(query: &Query, statement: &Statement) -> Vec<Drift> {
    let mut drifts = param_differences(query, statement);
    if !query.columns.is_empty() {
        drifts.extend(column_differences(query, statement));
    }
    drifts
}

fn param_differences(query: &Query, statement: &Statement) -> Vec<Drift> {
    let types: Vec<String> = statement.params().iter().map(type_name).collect();
    let numbers: Vec<String> =
        (1..=types.len().max(query.params.len())).map(|number| format!("${number}")).collect();
    let expected: Vec<_> = numbers.iter().map(String::as_str).zip(query.params.iter().copied()).collect();
    let found: Vec<_> = numbers.iter().map(String::as_str).zip(types.iter().map(String::as_str)).collect();
    compare(&Drift::of_query(DriftKind::QueryParameter, query), &expected, &found)
}

fn column_differences(query: &Query, statement: &Statement) -> Vec<Drift> {
    let types: Vec<String> = statement.columns().iter().map(|column| type_name(column.type_())).collect();
    let columns = statement.columns().iter().zip(&types);
    let found: Vec<_> = columns.map(|(column, ty)| (column.name(), ty.as_str())).collect();
    compare(&Drift::of_query(DriftKind::QueryColumn, query), query.columns, &found)
}

/// How EXPLAIN plans a statement.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Plan {
    /// Without values for the parameters: PostgreSQL 16 and later.
    Generic,
    /// With NULL for each, which may plan away a part of the statement, and the privileges that it needs.
    Nulls,
}

/// Which queries the role may not run.
///
/// Parse looks at no privileges; EXPLAIN has the server check all that an execution needs, and executes nothing. What else
/// it may refuse is no drift: statements that have no plan, such as LISTEN, or values that are NULL.
///
/// # Errors
/// The server could not look at one of them.
pub(crate) async fn missing_privileges(
    session: &Session,
    described: &[Described],
    plan: Plan,
) -> Result<Vec<Drift>, Error> {
    let explained = described.iter().map(|(query, statement)| explain(session, query, statement, plan));
    let mut drifts = Vec::new();
    for ((query, _), outcome) in described.iter().zip(join_all(explained).await) {
        let Err(error) = outcome else { continue };
        let is_privilege = error.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE);
        let drift = refused(DriftKind::PrivilegeMissing, query, error)?;
        if is_privilege {
            drifts.push(drift);
        }
    }
    Ok(drifts)
}

async fn explain(
    session: &Session,
    query: &Query,
    statement: &Statement,
    plan: Plan,
) -> Result<(), tokio_postgres::Error> {
    match plan {
        // Only where the protocol has no parameters are those in the statement left open. What Parse has taken is one
        // statement, so nothing behind it is run.
        Plan::Generic => session.client.batch_execute(&format!("EXPLAIN (GENERIC_PLAN) {}", query.sql)).await,
        Plan::Nulls => {
            let sql = format!("EXPLAIN (COSTS OFF) {}", query.sql);
            let params = statement.params().iter().map(|ty| (Null, ty.clone()));
            let rows = session.client.query_typed_raw(&sql, params);
            rows.and_then(|rows| rows.try_for_each(|_| ready(Ok(())))).await
        }
    }
}

/// NULL of any type.
#[derive(Debug)]
struct Null;

impl ToSql for Null {
    fn to_sql(&self, _: &Type, _: &mut BytesMut) -> Result<IsNull, BoxError> {
        Ok(IsNull::Yes)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    tokio_postgres::types::to_sql_checked!();
}

/// What the server says against a query.
fn refused(kind: DriftKind, query: &'static Query, error: tokio_postgres::Error) -> Result<Drift, Error> {
    match judgement(&error) {
        Some(message) => Ok(Drift::of_query(kind, query).is(message)),
        None => Err(Error::server(error).in_query(query)),
    }
}

/// The server's message, if it is about the statement; else it had no time, memory or lock for it, or is gone.
pub(crate) fn judgement(error: &tokio_postgres::Error) -> Option<&str> {
    const OTHER_CLASSES: [&str; 5] = ["40", "53", "55", "57", "58"];
    let error = error.as_db_error()?;
    let is_other = OTHER_CLASSES.iter().any(|class| error.code().code().starts_with(class));
    (!is_other).then(|| error.message())
}
