//! Asks PostgreSQL about every query: migrates a temporary database, prepares each statement, reads its tree.

use std::collections::BTreeMap;

use postgres::types::{Kind, Oid, Type};

use crate::analyze::node::Value;
use crate::analyze::{Analysis, Given, Nulls, UnmetKeys};
use crate::calls::{self, Called};
use crate::catalog::{self, Catalog};
use crate::columns::{self, NamedColumns};
use crate::description::{self, Description, Field, Schema, Table, TypeName};
use crate::diagnostic::Diagnostic;
use crate::embeds;
use crate::expand;
use crate::lint;
use crate::names;
use crate::overrule;
use crate::progress::{Progress, Step};
use crate::query::{Command, Query, Target};
use crate::relations::{self, Relation};
use crate::server_error::{self, Refused, ServerError};
use crate::session::{self, Session, SessionError};
use crate::settings::Settings;
use crate::trees::{self, Sent, Texts};
use crate::types::without_modifier;
use crate::user_types::{self, UserTypes};
use crate::utilities;
use crate::wire::{Statement, WireError};

/// The server's answers.
#[derive(Debug)]
pub(crate) struct Described {
    /// One a query, in the order of the queries; what the server refuses is a diagnostic.
    pub answers: Vec<Result<Description, Diagnostic>>,
    pub schema: Schema,
}

/// Describes `queries` on a migrated database. Other mistakes than what the server refuses go to `diagnostics`.
///
/// # Errors
/// The connection fails.
pub(crate) fn describe(
    session: &mut Session,
    queries: &[&Query],
    settings: &Settings,
    progress: &Progress,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<Described, SessionError> {
    let texts = Texts::new(queries.len());
    let statements: Vec<&str> = queries.iter().map(|query| query.sql.as_str()).collect();
    let (answers, trees) = trees::read_beside(&texts, |feed| {
        progress.tell(Step::Describing { number: 0, of: statements.len() });
        session.describe(&statements, |statement, tree| {
            progress.tell(Step::Describing { number: statement + 1, of: statements.len() });
            feed.put(statement, tree);
        })
    });
    let (accepted, trees, mut refused) = accepted(queries, answers?, trees);
    if trees.iter().any(Option::is_none) {
        diagnostics.push(without_trees());
    }
    refused.extend(run_utilities(session, &accepted, &trees)?);
    let given: Vec<Vec<Given>> =
        accepted.iter().map(|one| given_nulls(one.query, one.statement.params.len())).collect();
    let catalog = catalog::load(session, trees.iter().flatten())?;
    let mut analyses = trees::analyze(trees, &given, &sent(&accepted), &catalog);
    look_up_calls(session, &accepted, &given, &mut analyses)?;
    let named = columns::load(&mut session.client, settings, diagnostics)?;
    let param_columns = param_columns(session, &analyses)?;
    let statements = accepted.iter().map(|accepted| &accepted.statement);
    let UserTypes { types, names, domains } =
        user_types(session, statements.clone().zip(&analyses), &param_columns)?;
    let schema = Schema { types, relations: relations_of(&catalog), ..Schema::default() };
    let relations = relations::returned_whole(&mut session.client, statements, &embedded(&analyses))?;
    let mut known = Known { settings, named, schema, names, domains, param_columns, relations };
    known.schema.tables = describe_tables(session, &known)?;
    let mut descriptions = Vec::new();
    for (accepted, analysis) in accepted.iter().zip(&analyses) {
        let description = description(accepted, analysis, &known, diagnostics);
        check_rows(accepted, diagnostics);
        check_items(accepted.query, &description, diagnostics);
        descriptions.push(description);
    }
    let statements = accepted.iter().map(|accepted| (accepted.query, &accepted.statement));
    let described = statements.zip(&mut descriptions);
    expand::check(
        session,
        described.map(|((query, statement), description)| (query, statement, description)),
    )?;
    let refused = report(session, queries, refused)?;
    let mut described = accepted.iter().zip(descriptions);
    let mut answers: Vec<Result<Description, Diagnostic>> = Vec::with_capacity(queries.len());
    for (index, refused) in refused.into_iter().enumerate() {
        answers.push(match refused {
            Some(diagnostic) => Err(diagnostic),
            None => {
                // A utility statement may be refused after it was accepted.
                let accepted = described.by_ref().find(|(accepted, _)| accepted.index == index);
                let (_, description) = accepted.expect("what is not refused is accepted");
                Ok(description)
            }
        });
    }
    Ok(Described { answers, schema: known.schema })
}

/// What the server refuses, by the number of the query.
type RefusedByNumber = BTreeMap<usize, ServerError>;

/// A diagnostic for each query that is refused, in the order of the queries.
fn report(
    session: &mut Session,
    queries: &[&Query],
    refused: RefusedByNumber,
) -> Result<Vec<Option<Diagnostic>>, SessionError> {
    let numbers: Vec<usize> = refused.keys().copied().collect();
    let refused = refused.into_iter().map(|(number, error)| Refused { query: queries[number], error });
    let told = server_error::report(&mut session.client, &refused.collect::<Vec<_>>())?;
    let mut reports: Vec<Option<Diagnostic>> = queries.iter().map(|_| None).collect();
    numbers.into_iter().zip(told).for_each(|(number, diagnostic)| reports[number] = Some(diagnostic));
    Ok(reports)
}

/// A query that the server takes.
struct Accepted<'q> {
    /// Its number among all.
    index: usize,
    query: &'q Query,
    statement: Statement,
}

/// What the answers are read with.
struct Known<'s> {
    settings: &'s Settings,
    named: NamedColumns,
    schema: Schema,
    /// Of the types that not every server has.
    names: BTreeMap<Oid, TypeName>,
    domains: BTreeMap<Oid, TypeName>,
    param_columns: ParamColumns,
    /// Those of which some query returns whole rows.
    relations: BTreeMap<u32, Relation>,
}

/// The types of the columns that parameters meet, with their modifiers.
type ParamColumns = BTreeMap<(u32, i16), (Oid, i32)>;

/// The queries that the server takes, with their trees, and what it says of the others.
fn accepted<'q, 't>(
    queries: &[&'q Query],
    answers: Vec<Result<Statement, ServerError>>,
    trees: Vec<Option<Value<'t>>>,
) -> (Vec<Accepted<'q>>, Vec<Option<Value<'t>>>, RefusedByNumber) {
    let mut all = Vec::with_capacity(queries.len());
    let mut trees_of_all = Vec::with_capacity(queries.len());
    let mut refused = RefusedByNumber::new();
    for (index, (answer, tree)) in answers.into_iter().zip(trees).enumerate() {
        match answer {
            Ok(statement) => {
                all.push(Accepted { index, query: queries[index], statement });
                trees_of_all.push(tree);
            }
            Err(error) => {
                refused.insert(index, error);
            }
        }
    }
    (all, trees_of_all, refused)
}

/// Types still come from the server; what else it understood is not known.
fn without_trees() -> Diagnostic {
    let message = "the server does not send what it understood of a query (debug_print_rewritten): every column is taken \
                   for nullable, and no parameter is named by its column";
    Diagnostic::warning(message)
        .help("describe the queries on PostgreSQL itself, or say `-- @column name: not null`")
}

/// What is wrong with utility statements shows when they are run, which is rolled back.
fn run_utilities(
    session: &mut Session,
    accepted: &[Accepted<'_>],
    trees: &[Option<Value<'_>>],
) -> Result<RefusedByNumber, SessionError> {
    let mut refused = RefusedByNumber::new();
    for (Accepted { index, query, statement }, tree) in accepted.iter().zip(trees) {
        if !tree.as_ref().is_some_and(session::is_utility) || !statement.params.is_empty() {
            continue;
        }
        if let Some(error) = utilities::try_out(&mut session.client, &query.sql)? {
            refused.insert(*index, error);
        }
    }
    Ok(refused)
}

/// What the trees do not tell of CALLs.
fn look_up_calls(
    session: &mut Session,
    accepted: &[Accepted<'_>],
    given: &[Vec<Given>],
    analyses: &mut [Analysis],
) -> Result<(), SessionError> {
    let called = accepted.iter().enumerate();
    let called = called.filter_map(|(at, Accepted { query, statement, .. })| {
        Some((at, Called::of(&query.sql, &statement.params)?))
    });
    let (places, called): (Vec<usize>, Vec<Called<'_>>) = called.unzip();
    for (at, names) in places.into_iter().zip(calls::param_names(&mut session.client, &called)?) {
        analyses[at] = calls::analysis(names, &given[at], &analyses[at]);
    }
    Ok(())
}

fn sent<'q>(accepted: &[Accepted<'q>]) -> Vec<Sent<'q>> {
    let stars = |query: &Query| query.embeds.iter().map(|embed| embed.sent).collect();
    accepted.iter().map(|one| Sent { sql: &one.query.sql, stars: stars(one.query) }).collect()
}

/// The relations of which rows stand among the columns, or are their values.
fn embedded(analyses: &[Analysis]) -> Vec<u32> {
    let origins = analyses.iter().flat_map(|analysis| &analysis.embeds).flat_map(|place| &place.origins);
    let values = analyses.iter().flat_map(|analysis| &analysis.whole_rows).flatten().copied();
    origins.flatten().map(|(relation, _)| *relation).chain(values).collect()
}

/// What the query file says of the NULL of each of its `count` parameters.
pub(crate) fn given_nulls(query: &Query, count: usize) -> Vec<Given> {
    let of_param = |index: usize| {
        let Some(written) = query.params.get(index) else { return Given::default() };
        let mut rules = query.overrides.iter().filter(|rule| rule.target == Target::Param);
        let rule = rules.find(|rule| Some(&rule.name) == written.name.as_ref());
        Given {
            nullable: rule.and_then(|rule| rule.nullable).or(written.narg.then_some(true)),
            // A slice of values has none; what a type of the user's holds is not known.
            null_elements: rule.is_some_and(|rule| rule.null_elements.unwrap_or(rule.rust.is_some())),
        }
    };
    (0..count).map(of_param).collect()
}

fn description(
    accepted: &Accepted<'_>,
    analysis: &Analysis,
    known: &Known<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Description {
    let Accepted { query, statement, .. } = accepted;
    let at_most_one_row = analysis.at_most_one_row || query.at_most_one_row;
    let unmet_keys = match query.command.wants_one_row() && !at_most_one_row {
        true => analysis.unmet_keys.iter().flat_map(UnmetKeys::shown).collect(),
        false => Vec::new(),
    };
    let columns = columns(query.command, statement, analysis, known);
    let Known { relations, schema, .. } = known;
    let mut description = Description {
        params: params(query, statement, analysis, known),
        embeds: embeds::of_query(query, analysis, &columns, relations, schema, diagnostics),
        columns,
        keeps_stars: false,
        at_most_one_row,
        read_only: analysis.read_only,
        unmet_keys,
        table: None,
        relations: analysis.relations.clone(),
        findings: analysis.findings.clone(),
        statements: 0,
    };
    let unused = lint::unused_overrides(query, analysis, &description);
    description.findings.extend(unused);
    for rule in &query.overrides {
        overrule::overrule(query, rule, &mut description, &known.schema, diagnostics);
    }
    description.table = table_of(accepted, &description, known);
    description
}

fn params(query: &Query, statement: &Statement, analysis: &Analysis, known: &Known<'_>) -> Vec<Field> {
    let types = statement.params.iter().enumerate();
    let mut params: Vec<Field> = types
        .map(|(index, oid)| {
            let written = query.params.get(index);
            let inferred = analysis.params.get(index);
            let name = written
                .and_then(|param| param.name.clone())
                .or_else(|| inferred.and_then(|param| param.name.clone()))
                .unwrap_or_else(|| format!("arg{}", index + 1));
            let nullable = inferred.is_some_and(|param| param.nullable);
            let place = inferred.and_then(|param| param.column);
            let column = place.and_then(|place| known.param_columns.get(&place));
            let ty = known.type_name(*oid, column.map_or(-1, |(_, modifier)| *modifier));
            let domain = column.and_then(|(oid, _)| known.domains.get(oid));
            let is_under = |domain: &&TypeName| {
                **domain != ty && without_modifier(known.schema.base_type(domain)) == without_modifier(&ty)
            };
            let domain = domain.filter(is_under).cloned();
            let rust = place.and_then(|place| known.named.of(place)).cloned();
            // An array is passed as a slice of values.
            Field { name, ty, nullable, null_elements: false, domain, rust, whole_rows: false }
        })
        .collect();
    let names = names::distinct(params.iter().map(|param| param.name.clone()));
    for (param, name) in params.iter_mut().zip(names) {
        param.name = name;
    }
    params
}

fn columns(command: Command, statement: &Statement, analysis: &Analysis, known: &Known<'_>) -> Vec<Field> {
    if !command.returns_rows() {
        return Vec::new();
    }
    let columns = statement.columns.iter().enumerate();
    columns
        .map(|(index, column)| {
            let nulls = analysis.columns.get(index).copied().unwrap_or(Nulls::ANYWHERE);
            let domain = analysis.types.get(index).copied().flatten();
            let domain = domain.and_then(|oid| known.domains.get(&oid).cloned());
            let mut field = Field {
                name: column.name.clone(),
                ty: domain.unwrap_or_else(|| known.type_name(column.ty, column.modifier)),
                // There is one `()`.
                nullable: nulls.value && column.ty != Type::VOID.oid(),
                null_elements: false,
                domain: None,
                rust: column.origin.and_then(|place| known.named.of(place)).cloned(),
                whole_rows: false,
            };
            let table = analysis.whole_rows.get(index).copied().flatten();
            let table = table.and_then(|table| known.relations.get(&table)).map(Relation::qualified_name);
            field.whole_rows = table.is_some_and(|table| table == field.ty.trim_end_matches("[]"));
            field.null_elements =
                known.schema.is_array(&field.ty) && nulls.elements && known.settings.null_elements;
            field
        })
        .collect()
}

/// A command that returns rows needs some.
fn check_rows(accepted: &Accepted<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let query = accepted.query;
    if query.command.returns_rows() && !accepted.statement.returns_rows {
        let word = query.command.word();
        diagnostics.push(
            Diagnostic::error(format!("`{}` returns no rows", query.name))
                .at(query.name_span(), format!("declared as `:{word}`"))
                .help(match utilities::is_call(&query.sql) {
                    true => "use `:exec`: a CALL gives a row if the procedure has OUT or INOUT arguments",
                    false => "use `:exec` or `:execrows`, or add a RETURNING clause",
                }),
        );
    }
}

/// A command that is run for each item needs what an item is.
fn check_items(query: &Query, description: &Description, diagnostics: &mut Vec<Diagnostic>) {
    if query.command.takes_items() && description.params.is_empty() {
        let word = query.command.word();
        diagnostics.push(
            Diagnostic::error(format!("`{}` has no parameters", query.name))
                .at(
                    query.name_span(),
                    format!("declared as `:{word}`, which runs it for each item of a list"),
                )
                .help("name what an item has, as in `VALUES (@plate)`, or use `:exec` or `:many`"),
        );
    }
}

/// Describes each relation by a query for all of it, so that views and tables get their NULLs by the same rules.
fn describe_tables(session: &mut Session, known: &Known<'_>) -> Result<Vec<Table>, SessionError> {
    let relations: Vec<&Relation> = known.relations.values().collect();
    let queries: Vec<String> = relations.iter().map(|relation| relation.select_all()).collect();
    let texts = Texts::new(relations.len());
    let (answers, trees) = trees::read_beside(&texts, |feed| {
        let statements: Vec<&str> = queries.iter().map(String::as_str).collect();
        session.describe(&statements, |statement, tree| feed.put(statement, tree))
    });
    let statements: Vec<Statement> =
        answers?.into_iter().collect::<Result<_, _>>().map_err(WireError::Server)?;
    let catalog = catalog::load(session, trees.iter().flatten())?;
    let analyses = trees::analyze(trees, &vec![Vec::new(); relations.len()], &[], &catalog);
    let names = relations.iter().map(|relation| relation.qualified_name());
    let described = names.zip(statements.iter().zip(&analyses));
    let mut tables: Vec<Table> = described
        .map(|(name, (statement, analysis))| Table {
            name,
            columns: columns(Command::Many, statement, analysis, known),
        })
        .collect();
    tables.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(tables)
}

/// The user's relations, with what they declare NOT NULL.
fn relations_of(catalog: &Catalog) -> Vec<description::Relation> {
    let named = catalog.relations.values().filter_map(|relation| {
        let not_null = relation.columns.values().filter(|column| column.not_null);
        let not_null = not_null.map(|column| column.name.clone()).collect();
        Some(description::Relation { name: relation.qualified_name.clone()?, not_null })
    });
    let mut relations: Vec<_> = named.collect();
    relations.sort_by(|a, b| a.name.cmp(&b.name));
    relations
}

/// The table that a query's rows are rows of, unless a column that is never NULL there may be NULL here, or is said to be
/// otherwise.
fn table_of(accepted: &Accepted<'_>, description: &Description, known: &Known<'_>) -> Option<String> {
    let Accepted { query, statement, .. } = accepted;
    if description.columns.is_empty() {
        return None;
    }
    let relation = known.relations.get(&relations::single_origin(statement)?)?;
    if !relation.is_whole(statement) {
        return None;
    }
    let name = relation.qualified_name();
    let table = known.schema.table(&name)?;
    let mut pairs = table.columns.iter().zip(&description.columns);
    let is_told =
        |name: &str| query.overrides.iter().any(|rule| rule.target == Target::Column && rule.name == name);
    let fits = pairs.all(|(of_table, of_query)| {
        let holds =
            (of_table.nullable || !of_query.nullable) && (of_table.null_elements || !of_query.null_elements);
        let is_named = query.rust_type(Target::Column, &of_query.name).is_some();
        (of_table == of_query || holds && !is_told(&of_query.name)) && !is_named
    });
    fits.then_some(name)
}

/// The declared types and their modifiers of the columns that parameters are assigned to or equal, where either says
/// more than the parameter's own type.
fn param_columns(session: &mut Session, analyses: &[Analysis]) -> Result<ParamColumns, postgres::Error> {
    const COLUMNS: &str = "
        SELECT a.attrelid, a.attnum, a.atttypid, a.atttypmod
        FROM unnest($1::oid[], $2::int2[]) AS met (relation, number)
        JOIN pg_catalog.pg_attribute a ON a.attrelid = met.relation AND a.attnum = met.number
        JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
        WHERE t.typtype = 'd' OR t.oid IN ('pg_catalog.numeric'::regtype, 'pg_catalog.numeric[]'::regtype)";
    let places = analyses.iter().flat_map(|analysis| &analysis.params).filter_map(|param| param.column);
    let (relations, numbers): (Vec<Oid>, Vec<i16>) = places.unzip();
    if relations.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows = session.client.query(COLUMNS, &[&relations, &numbers])?;
    Ok(rows.iter().map(|row| ((row.get(0), row.get(1)), (row.get(2), row.get(3)))).collect())
}

/// The user's types that the statements' parameters and columns have, domains of columns by what the trees say.
fn user_types<'p>(
    session: &mut Session,
    statements: impl Iterator<Item = (&'p Statement, &'p Analysis)>,
    param_columns: &ParamColumns,
) -> Result<UserTypes, postgres::Error> {
    let mut oids: Vec<Oid> = param_columns.values().map(|(oid, _)| *oid).collect();
    for (statement, analysis) in statements {
        oids.extend(&statement.params);
        oids.extend(statement.columns.iter().map(|column| column.ty));
        oids.extend(analysis.types.iter().flatten());
    }
    oids.sort_unstable();
    oids.dedup();
    // Those that every server has come first.
    oids.retain(|oid| Type::from_oid(*oid).is_none());
    user_types::load(&mut session.client, &oids)
}

impl Known<'_> {
    fn type_name(&self, oid: Oid, modifier: i32) -> TypeName {
        let name = match Type::from_oid(oid) {
            Some(ty) => type_name(&ty),
            // Looked up with the others.
            None => self.names.get(&oid).cloned().unwrap_or_else(|| format!("the type {oid}")),
        };
        user_types::with_modifier(name, modifier)
    }
}

/// See [`TypeName`].
fn type_name(ty: &Type) -> TypeName {
    match ty.kind() {
        // `int2vector` and `oidvector` are arrays by kind, but types of their own.
        Kind::Array(element) if ty.name().starts_with('_') => format!("{}[]", type_name(element)),
        _ if ty.schema() == "pg_catalog" => ty.name().to_owned(),
        _ => format!("{}.{}", ty.schema(), ty.name()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Severity;
    use crate::parse::{self, Unnamed};
    use crate::source::SourceFile;

    #[test]
    fn without_trees_everything_is_nullable_and_it_is_said_once() {
        let database = bindery_postgres::Server::start().unwrap().create_database().unwrap();
        database
            .connect()
            .unwrap()
            .batch_execute("CREATE TABLE cars (id int PRIMARY KEY, plate text)")
            .unwrap();
        let mut session = Session::open(database.config()).unwrap();
        session.send_trees(false);
        let text = "-- name: A :one\nSELECT id FROM cars WHERE id = $1;\n\
                    -- name: B :many\n-- @column id: not null\nSELECT id, plate FROM cars;\n";
        let file = std::sync::Arc::new(SourceFile { path: "q.sql".into(), text: text.into() });
        let mut diagnostics = Vec::new();
        let queries = parse::parse(&file, Unnamed::Mistake, &mut diagnostics).queries;
        let described = describe(
            &mut session,
            &queries.iter().collect::<Vec<_>>(),
            &Settings::default(),
            &Progress::default(),
            &mut diagnostics,
        )
        .unwrap();
        let described: Vec<Description> = described.answers.into_iter().map(Result::unwrap).collect();
        let [warning] = &diagnostics[..] else { panic!("{diagnostics:?}") };
        assert_eq!(warning.severity(), Severity::Warning);
        assert_eq!(
            warning.untitled(),
            "the server does not send what it understood of a query (debug_print_rewritten): every column is taken for \
             nullable, and no parameter is named by its column\n |\n = help: describe the queries on PostgreSQL itself, \
             or say `-- @column name: not null`"
        );
        let nulls = |description: &Description| -> Vec<bool> {
            description.columns.iter().map(|column| column.nullable).collect()
        };
        assert_eq!(nulls(&described[0]), [true]);
        assert_eq!(nulls(&described[1]), [false, true]);
        assert_eq!(described[0].params[0].name, "arg1");
    }
}
