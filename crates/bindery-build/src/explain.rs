//! The plan that the server has for each query, whatever its parameters are: a generic plan.
//!
//! PostgreSQL 16 and later explain a text with `$1` in it. Before, the statement is prepared under a name, which is told to
//! have a generic plan from its first run on. What needs values is run with them, and rolled back.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use postgres::{Client, SimpleQueryMessage};

use crate::config::Config;
use crate::diagnostic::Diagnostic;
use crate::error::Error;
use crate::given::{self, Access};
use crate::migrated::{Migrated, surroundings};
use crate::pipeline::has_errors;
use crate::project::{Project, no_such};
use crate::query::Query;
use crate::server_error::{self, Refused, ServerError};
use crate::session::{self, Session, SessionError};
use crate::trees::{self, Texts};
use crate::wire::Statement;

/// The types of parameters, of domains the type below: a domain can refuse the NULL that stands for any value.
const TYPES: &str = "
    WITH RECURSIVE base (number, oid) AS (
        SELECT p.number, p.oid FROM unnest($1::pg_catalog.oid[]) WITH ORDINALITY p (oid, number)
        UNION ALL
        SELECT b.number, t.typbasetype FROM base b JOIN pg_catalog.pg_type t USING (oid) WHERE t.typtype = 'd')
    SELECT pg_catalog.format_type(b.oid, NULL)
    FROM base b
    JOIN pg_catalog.pg_type t USING (oid)
    WHERE t.typtype <> 'd'
    ORDER BY b.number";

/// Which plans are asked for, and how.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ExplainOptions {
    /// Queries by name, or by file and name: `FindCar`, `queries/cars.sql/FindCar`, `cars/FindCar`. None is all of them,
    /// the default.
    pub queries: Vec<String>,
    /// The database to ask, in any form that libpq takes, without TLS for now. By default it is a temporary one with the
    /// migrations, whose tables are empty.
    pub url: Option<String>,
    /// Run the query, in a transaction that is rolled back, and tell what happened. What no transaction undoes, such as
    /// `nextval`, stays done. Off by default.
    pub analyze: bool,
    /// Tell how many pages were touched. Off by default.
    pub buffers: bool,
    /// How plans are written. Text by default.
    pub format: PlanFormat,
    /// For [`analyze`](Self::analyze): values of parameters by their names in the query file, as text, which is cast to the
    /// parameter's type; none is NULL. A bare `$1` is called `1`.
    pub params: Vec<(String, Option<String>)>,
    /// How long a query may run. 30 seconds by default.
    pub timeout: Duration,
}

/// How a plan is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PlanFormat {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
}

/// What the server will do for a query.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Plan {
    /// Its name.
    pub query: String,
    /// The file that it is in, `queries/cars.sql`.
    pub file: String,
    /// Where its header is in the file, from 1.
    pub line: usize,
    /// How many statements it stands for: 1, unless parts of it are optional. The plan is of the one with all of them,
    /// in its first ordering.
    pub statements: usize,
    /// What came of it.
    pub outcome: PlanOutcome,
}

/// A plan, or why there is none.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum PlanOutcome {
    /// As the server writes it, without a line break at its end.
    Text(String),
    /// It is a statement like `REFRESH` or `SET`, which the server does not plan.
    Utility,
    /// It is wrong, or the server refuses it.
    Refused(Box<Diagnostic>),
}

impl fmt::Display for Plan {
    /// `FindCar (queries/cars.sql:1)`, and below it, indented, what came of it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}:{})", self.query, self.file, self.line)?;
        if self.statements > 1 {
            write!(f, ", with all that is optional: 1 of {} statements", self.statements)?;
        }
        let text = match &self.outcome {
            PlanOutcome::Text(text) => text.clone(),
            PlanOutcome::Utility => "no plan: the server does not plan statements of this kind".to_owned(),
            PlanOutcome::Refused(diagnostic) => format!("no plan: {diagnostic}"),
        };
        text.lines().try_for_each(|line| write!(f, "\n    {line}"))
    }
}

impl Default for ExplainOptions {
    fn default() -> Self {
        Self {
            queries: Vec::new(),
            url: None,
            analyze: false,
            buffers: false,
            format: PlanFormat::Text,
            params: Vec::new(),
            timeout: Duration::from_secs(30),
        }
    }
}

impl Config {
    /// Asks for the plan of each query, in the order of the files.
    ///
    /// A database that is given is opened read-only, unless the queries are to be run.
    ///
    /// # Errors
    /// The project cannot be read, `options` names a query that there is not, or no server can be asked. What is wrong with
    /// one query is its [`PlanOutcome`], and the others have theirs.
    pub fn explain(&self, options: &ExplainOptions) -> Result<Vec<Plan>, Error> {
        let mut diagnostics = Vec::new();
        let project = Project::read(self, &mut diagnostics);
        let queries = chosen(&project, options, &mut diagnostics);
        if has_errors(&diagnostics) {
            return Err(Error::new(diagnostics));
        }
        let failed = |diagnostic: Box<Diagnostic>| Error::new(vec![*diagnostic]);
        let mut server = Explaining::start(self, &project, options).map_err(failed)?;
        explain_all(server.session(), &queries, options).map_err(|error| failed(surroundings(error)))
    }
}

/// Where the queries are explained.
enum Explaining {
    Given(Box<Session>),
    Temporary(Box<Migrated>),
}

impl Explaining {
    fn start(config: &Config, project: &Project, options: &ExplainOptions) -> Result<Self, Box<Diagnostic>> {
        let access = if options.analyze { Access::ReadWrite } else { Access::ReadOnly };
        Ok(match &options.url {
            Some(url) => Self::Given(Box::new(given::open(url, access)?)),
            None => Self::Temporary(Box::new(config.migrated(project)?)),
        })
    }

    fn session(&mut self) -> &mut Session {
        match self {
            Self::Given(session) => session,
            Self::Temporary(migrated) => &mut migrated.session,
        }
    }
}

/// The queries that `options` names; a name that is none, of a query or a parameter, is a diagnostic.
fn chosen<'q>(
    project: &'q Project,
    options: &ExplainOptions,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<&'q Query> {
    let chosen = project.named(&options.queries, diagnostics);
    let params: BTreeSet<String> = chosen.iter().flat_map(|query| param_names(query, 0)).collect();
    let unknown = options.params.iter().filter(|(name, _)| !params.contains(name));
    // If the queries are not the ones that were meant, nor are their parameters.
    if diagnostics.is_empty() {
        diagnostics
            .extend(unknown.map(|(name, _)| no_such("parameter", name, params.iter().map(String::as_str))));
    }
    chosen
}

/// What the parameters are called, as far as the file says: at least `count` of them.
fn param_names(query: &Query, count: usize) -> Vec<String> {
    let name = |index: usize| query.params.get(index).and_then(|param| param.name.clone());
    (0..count.max(query.params.len()))
        .map(|index| name(index).unwrap_or_else(|| (index + 1).to_string()))
        .collect()
}

fn explain_all(
    session: &mut Session,
    queries: &[&Query],
    options: &ExplainOptions,
) -> Result<Vec<Plan>, SessionError> {
    let statements: Vec<&str> = queries.iter().map(|query| query.sql.as_str()).collect();
    let texts = Texts::new(queries.len());
    let (answers, trees) = trees::read_beside(&texts, |feed| {
        session.describe(&statements, |statement, tree| feed.put(statement, tree))
    });
    let client = &mut session.client;
    let version: String = client.query_one("SHOW server_version_num", &[])?.get(0);
    let server = Server { major: version.parse::<u32>().map_or(0, |number| number / 10_000), options };
    let mut plans = Vec::with_capacity(queries.len());
    for ((query, answer), tree) in queries.iter().zip(answers?).zip(&trees) {
        let line = query.line();
        let outcome = match answer {
            Err(error) => refused(client, query, error)?,
            Ok(_) if tree.as_ref().is_some_and(session::is_utility) => PlanOutcome::Utility,
            Ok(statement) => server.explain(client, query, &statement)?,
        };
        let statements = query.statements().count();
        let (query, file) = (query.name.clone(), query.file.path.clone());
        plans.push(Plan { query, file, line, statements, outcome });
    }
    Ok(plans)
}

/// How this server is asked.
struct Server<'o> {
    major: u32,
    options: &'o ExplainOptions,
}

impl Server<'_> {
    /// The connection's failure is an error; the server's refusal is an outcome.
    fn explain(
        &self,
        client: &mut Client,
        query: &Query,
        statement: &Statement,
    ) -> Result<PlanOutcome, postgres::Error> {
        let values = match self.values(query, statement) {
            Ok(values) => values,
            Err(diagnostic) => return Ok(PlanOutcome::Refused(diagnostic)),
        };
        client.batch_execute(&format!(
            "BEGIN; SET LOCAL statement_timeout = {}; SET LOCAL plan_cache_mode = force_generic_plan",
            self.options.timeout.as_millis()
        ))?;
        let outcome = self.ask(client, query, statement, values.as_deref());
        client.batch_execute("ROLLBACK")?;
        // The name outlives the transaction that it was given in, if there is one.
        let _ = client.batch_execute("DEALLOCATE bindery_explain");
        match outcome {
            Ok(text) => Ok(PlanOutcome::Text(text)),
            Err(error) => match error.as_db_error() {
                Some(error) => refused(client, query, self.within(query, error.into())),
                None => Err(error),
            },
        }
    }

    /// What stands for each parameter; none if the server does without.
    fn values(&self, query: &Query, statement: &Statement) -> Result<Option<Vec<String>>, Box<Diagnostic>> {
        let names = param_names(query, statement.params.len());
        let names = &names[..statement.params.len()];
        if !self.options.analyze {
            let nulls = names.iter().map(|_| "NULL".to_owned()).collect();
            return Ok((self.major < 16).then_some(nulls));
        }
        let given = |name: &&String| self.options.params.iter().find(|(other, _)| other == *name);
        let missing: Vec<String> =
            names.iter().filter(|name| given(name).is_none()).map(|name| format!("`{name}`")).collect();
        if missing.is_empty() {
            let literals =
                names.iter().filter_map(|name| given(&name)).map(|(_, value)| literal(value.as_deref()));
            return Ok(Some(literals.collect()));
        }
        let message = format!("`{}` needs a value for {} to be run", query.name, missing.join(", "));
        let help = "give each of them as `name=value`";
        Err(Box::new(Diagnostic::error(message).at(query.name_span(), "").help(help)))
    }

    fn ask(
        &self,
        client: &mut Client,
        query: &Query,
        statement: &Statement,
        values: Option<&[String]>,
    ) -> Result<String, postgres::Error> {
        let Some(values) = values else {
            return answer(client, &format!("{}{}", self.explain_words(&["GENERIC_PLAN"]), query.sql));
        };
        let types = client.query(TYPES, &[&statement.params])?;
        let types: Vec<String> = types.iter().map(|row| row.get(0)).collect();
        let list = |items: &[String]| match items {
            [] => String::new(),
            items => format!(" ({})", items.join(", ")),
        };
        client.batch_execute(&format!("{}{} AS {}", PREPARE, list(&types), query.sql))?;
        let words: &[&str] = if self.options.analyze { &["ANALYZE"] } else { &[] };
        let casts = values.iter().zip(&types).map(|(value, ty)| format!("{value}::{ty}"));
        answer(
            client,
            &format!(
                "{}EXECUTE bindery_explain{}",
                self.explain_words(words),
                list(&casts.collect::<Vec<_>>())
            ),
        )
    }

    fn explain_words(&self, words: &[&str]) -> String {
        let mut words = words.to_vec();
        words.extend(self.options.buffers.then_some("BUFFERS"));
        words.push(match self.options.format {
            PlanFormat::Text => "FORMAT TEXT",
            PlanFormat::Json => "FORMAT JSON",
        });
        format!("EXPLAIN ({}) ", words.join(", "))
    }

    /// The error with its place in the query's own text, if it is known to be there.
    fn within(&self, query: &Query, mut error: ServerError) -> ServerError {
        let before = self.explain_words(&["GENERIC_PLAN"]).chars().count();
        let is_own = self.major >= 16 && !self.options.analyze;
        let length = query.sql.chars().count();
        error.position = error.position.filter(|_| is_own).and_then(|position| {
            let own = position.checked_sub(u32::try_from(before).ok()?)?;
            (own as usize <= length).then_some(own)
        });
        error
    }
}

const PREPARE: &str = "PREPARE bindery_explain";

/// The lines that the server answers with.
fn answer(client: &mut Client, sql: &str) -> Result<String, postgres::Error> {
    let messages = client.simple_query(sql)?;
    let lines = messages.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    Ok(lines.collect::<Vec<_>>().join("\n"))
}

/// A value as SQL has it, whatever `standard_conforming_strings` says.
fn literal(value: Option<&str>) -> String {
    match value {
        None => "NULL".to_owned(),
        Some(value) => format!(" E'{}'", value.replace('\\', "\\\\").replace('\'', "''")),
    }
}

fn refused(client: &mut Client, query: &Query, error: ServerError) -> Result<PlanOutcome, postgres::Error> {
    let told = server_error::report(client, &[Refused { query, error }])?;
    Ok(PlanOutcome::Refused(Box::new(told.into_iter().next().expect("one is told of each"))))
}
