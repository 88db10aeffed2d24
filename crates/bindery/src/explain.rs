//! The plan of a query: what the server does for it, with the arguments that it is asked about.

use std::pin::pin;

use futures_util::TryStreamExt;

use crate::connection::{Connection, Params, check_count, driver_params};
use crate::error::{Error, Kind};
use crate::lex::first_word;
use crate::query::Query;
use crate::session::Session;

/// The form of a plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PlanFormat {
    /// Lines for people.
    #[default]
    Text,
    /// JSON for programs.
    Json,
}

impl PlanFormat {
    fn option(self) -> &'static str {
        match self {
            Self::Text => "FORMAT TEXT",
            Self::Json => "FORMAT JSON",
        }
    }
}

impl Query {
    /// The plan that the server makes for these arguments. The query is not run.
    ///
    /// ```no_run
    /// # static FIND_CAR: bindery::Query = bindery::Query {
    /// #     name: "FindCar", file: "queries/cars.sql", sql: "SELECT id FROM cars WHERE plate = $1",
    /// #     params: &["text"], columns: &[("id", "int8")] };
    /// # async fn example(conn: bindery::Connection) -> Result<(), bindery::Error> {
    /// println!("{}", FIND_CAR.explain(&conn, &[&"KA-01"], bindery::PlanFormat::Text).await?);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// The statement has no plan, such as `SET`; the arguments are not those of the query; or the server refuses.
    pub async fn explain(
        &'static self,
        conn: &Connection,
        params: Params<'_>,
        format: PlanFormat,
    ) -> Result<String, Error> {
        let work = async {
            check_has_plan(self.sql)?;
            plan(conn.session(), self, params, format.option()).await
        };
        conn.call(self, pin!(work)).await
    }

    /// Runs the query, undoes it, and returns the plan with the times, rows and buffers of the run: `EXPLAIN (ANALYZE,
    /// BUFFERS)` in a transaction that is rolled back, or in a savepoint where there is a transaction already.
    ///
    /// What no transaction undoes stays: numbers taken from sequences, and what functions do outside the database. Locks are
    /// held for as long as it runs, within a transaction until that ends.
    ///
    /// # Errors
    /// As in [`explain`](Self::explain), and what the query itself may fail of.
    pub async fn explain_analyze(
        &'static self,
        conn: &Connection,
        params: Params<'_>,
        format: PlanFormat,
    ) -> Result<String, Error> {
        let work = async {
            check_has_plan(self.sql)?;
            let session = conn.session();
            // Prepared outside, since it may take a transaction of its own.
            session.statement(self).await?;
            let undone = Undone::begin(session).await?;
            let options = format!("ANALYZE, BUFFERS, {}", format.option());
            let plan = plan(session, self, params, &options).await;
            undone.end().await?;
            plan
        };
        conn.call(self, pin!(work)).await
    }
}

/// The parameters have the types that the query's own statement has.
async fn plan(
    session: &Session,
    query: &'static Query,
    params: Params<'_>,
    options: &str,
) -> Result<String, Error> {
    let statement = session.statement(query).await?;
    check_count(&statement, params)?;
    let sql = format!("EXPLAIN ({options}) {}", query.sql);
    let typed = driver_params(params).zip(statement.params().iter().cloned());
    let lines = async {
        let rows = session.client.query_typed_raw(&sql, typed).await?;
        rows.and_then(async |row| row.try_get::<_, PlanLine>(0)).try_collect::<Vec<_>>().await
    };
    let lines = lines.await.map_err(|error| session.server_error(error))?;
    Ok(lines.into_iter().map(|PlanLine(line)| line).collect::<Vec<_>>().join("\n"))
}

/// A line of text, or the whole plan as JSON.
struct PlanLine(String);

impl<'r> tokio_postgres::types::FromSql<'r> for PlanLine {
    fn from_sql(_: &tokio_postgres::types::Type, raw: &'r [u8]) -> Result<Self, crate::BoxError> {
        Ok(Self(std::str::from_utf8(raw)?.to_owned()))
    }

    tokio_postgres::types::accepts!(TEXT, JSON);
}

/// What is done until the end is undone, also when the call is dropped.
struct Undone<'s> {
    session: &'s Session,
    /// None once it is done.
    rollback: Option<&'static str>,
}

impl<'s> Undone<'s> {
    async fn begin(session: &'s Session) -> Result<Self, Error> {
        let (begin, rollback) = match session.in_transaction() {
            true => ("SAVEPOINT bindery_explain", "ROLLBACK TO bindery_explain; RELEASE bindery_explain"),
            false => ("BEGIN", "ROLLBACK"),
        };
        let undone = Self { session, rollback: Some(rollback) };
        let begun = session.client.batch_execute(begin).await;
        begun.map_err(|error| session.server_error(error))?;
        Ok(undone)
    }

    async fn end(mut self) -> Result<(), Error> {
        let Some(rollback) = self.rollback else { return Ok(()) };
        let ended = self.session.client.batch_execute(rollback).await;
        self.rollback = None;
        ended.map_err(|error| self.session.server_error(error))
    }
}

impl Drop for Undone<'_> {
    fn drop(&mut self) {
        if let Some(rollback) = self.rollback {
            self.session.send_ahead(rollback);
        }
    }
}

/// How statements begin that `EXPLAIN` takes.
const WITH_PLANS: [&str; 8] = ["DELETE", "INSERT", "MERGE", "SELECT", "TABLE", "UPDATE", "VALUES", "WITH"];

fn check_has_plan(sql: &str) -> Result<(), Error> {
    let word = first_word(sql);
    match WITH_PLANS.iter().any(|known| known.eq_ignore_ascii_case(word)) {
        true => Ok(()),
        false => Err(Error::new(Kind::NoPlan(word.to_ascii_uppercase()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_a_plan_is_told_by_its_first_word() {
        assert!(check_has_plan("SET a = 1").is_err() && check_has_plan("merge INTO t").is_ok());
    }
}
