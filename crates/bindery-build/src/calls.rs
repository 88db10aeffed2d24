//! CALL: which procedure that is, and what its parameters are called.
//!
//! The server resolves the procedure when it parses the statement and gives types and columns, but PostgreSQL 14 and 15 do
//! not show which procedure that is. So those of the name are looked up, and those that the call cannot mean are left out; a
//! parameter has a name if the rest agree on it. The same is done for every version, so that all give the same answer.

use postgres::Client;
use postgres::types::Oid;

use crate::analyze::{Analysis, Given, ParamAnalysis};
use crate::lex::{self, Token, TokenKind};

/// Procedures by name: those of a schema, or those that are found without one.
///
/// OUT parameters are written in a CALL too; `proallargtypes` is there only if there is one.
const PROCEDURES: &str = "
    SELECT called.number, p.oid,
           ARRAY(SELECT coalesce(p.proargnames[a.place], '')
                 FROM generate_subscripts(coalesce(p.proallargtypes, p.proargtypes::oid[]), 1) WITH ORDINALITY a (at, place)
                 ORDER BY a.place),
           ARRAY(SELECT CASE WHEN t.typtype = 'p' THEN 0::oid ELSE t.oid END
                 FROM unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) WITH ORDINALITY a (type, place)
                 JOIN pg_catalog.pg_type t ON t.oid = a.type
                 ORDER BY a.place),
           p.pronargdefaults::int4,
           CASE WHEN p.provariadic = 0 THEN NULL
                WHEN p.provariadic IN (SELECT oid FROM pg_catalog.pg_type WHERE typtype = 'p') THEN 0::oid
                ELSE p.provariadic END
    FROM unnest($1::text[], $2::text[]) WITH ORDINALITY called (schema, name, number)
    JOIN pg_catalog.pg_proc p ON p.prokind = 'p' AND p.proname = called.name
    JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
    WHERE CASE WHEN called.schema = '' THEN n.nspname = ANY (pg_catalog.current_schemas(true))
               ELSE n.nspname = called.schema END
    ORDER BY called.number, p.oid";

/// Puts what is known of a CALL in the place of what its tree tells: it gives one row at most.
pub(crate) fn analysis(names: Vec<Option<String>>, given: &[Given], tree: &Analysis) -> Analysis {
    let params = names.into_iter().zip(given).map(|(name, given)| ParamAnalysis {
        name,
        nullable: given.nullable.unwrap_or(false),
        ..ParamAnalysis::default()
    });
    Analysis { params: params.collect(), at_most_one_row: true, unmet_keys: Vec::new(), ..tree.clone() }
}

/// A CALL that the server takes.
pub(crate) struct Called<'q> {
    call: Call,
    /// The types of its parameters, `$1` first.
    params: &'q [Oid],
}

/// The text of a CALL, taken apart.
#[derive(Debug, PartialEq)]
struct Call {
    /// Empty if the text has none.
    schema: String,
    name: String,
    arguments: Vec<Argument>,
}

/// An argument as it is written.
#[derive(Debug, Default, PartialEq)]
struct Argument {
    /// `car` of `car => $1`
    name: Option<String>,
    is_variadic: bool,
    /// The parameter that it is, perhaps cast.
    param: Option<usize>,
    is_cast: bool,
}

/// A procedure of the name that is called.
#[derive(Debug)]
struct Procedure {
    oid: Oid,
    /// Of all arguments, those that are OUT too; empty where one has none.
    names: Vec<String>,
    /// 0 stands for any type.
    types: Vec<Oid>,
    /// How many of the last can be left out.
    defaults: usize,
    /// The type of the elements of the last.
    variadic: Option<Oid>,
}

impl<'q> Called<'q> {
    /// The CALL that a statement is, if it is one.
    pub fn of(sql: &str, params: &'q [Oid]) -> Option<Self> {
        Some(Self { call: parse(sql)?, params })
    }
}

/// The names of the parameters of each CALL, `$1` first.
///
/// # Errors
/// The connection fails.
pub(crate) fn param_names(
    client: &mut Client,
    calls: &[Called<'_>],
) -> Result<Vec<Vec<Option<String>>>, postgres::Error> {
    let meant = meant(client, calls)?;
    Ok(calls.iter().zip(meant).map(|(called, procedures)| names(called, &procedures)).collect())
}

/// The procedure that each statement calls, by its number among all: those that are a CALL of one that can be told.
///
/// # Errors
/// The connection fails.
pub(crate) fn procedures<'q>(
    client: &mut Client,
    statements: impl Iterator<Item = (&'q str, Option<&'q [Oid]>)>,
) -> Result<Vec<(usize, Oid)>, postgres::Error> {
    let calls = statements.enumerate();
    let calls = calls.filter_map(|(number, (sql, params))| Some((number, Called::of(sql, params?)?)));
    let (numbers, calls): (Vec<usize>, Vec<Called<'_>>) = calls.unzip();
    let found = numbers.into_iter().zip(meant(client, &calls)?);
    let only = found.filter_map(|(number, procedures)| match &procedures[..] {
        [only] => Some((number, only.oid)),
        _ => None,
    });
    Ok(only.collect())
}

/// The procedures that each CALL can mean.
fn meant(client: &mut Client, calls: &[Called<'_>]) -> Result<Vec<Vec<Procedure>>, postgres::Error> {
    let mut procedures: Vec<Vec<Procedure>> = calls.iter().map(|_| Vec::new()).collect();
    if calls.is_empty() {
        return Ok(procedures);
    }
    let schemas: Vec<&str> = calls.iter().map(|called| called.call.schema.as_str()).collect();
    let names: Vec<&str> = calls.iter().map(|called| called.call.name.as_str()).collect();
    for row in client.query(PROCEDURES, &[&schemas, &names])? {
        let number = usize::try_from(row.get::<_, i64>(0) - 1).ok();
        let Some(of_call) = number.and_then(|number| procedures.get_mut(number)) else { continue };
        of_call.push(Procedure {
            oid: row.get(1),
            names: row.get(2),
            types: row.get(3),
            defaults: usize::try_from(row.get::<_, i32>(4)).unwrap_or(0),
            variadic: row.get(5),
        });
    }
    for (called, procedures) in calls.iter().zip(&mut procedures) {
        procedures.retain(|procedure| procedure.can_be_meant(called));
        // The server prefers one that takes just these types (PostgreSQL's manual, "Function Type Resolution").
        if procedures.iter().any(|procedure| procedure.is_exact(called)) {
            procedures.retain(|procedure| procedure.is_exact(called));
        }
    }
    Ok(procedures)
}

fn names(called: &Called<'_>, procedures: &[Procedure]) -> Vec<Option<String>> {
    let mut names = vec![None; called.params.len()];
    for (position, argument) in called.call.arguments.iter().enumerate() {
        let Some(name) = argument.param.and_then(|param| names.get_mut(param - 1)) else { continue };
        let mut found = procedures.iter().map(|procedure| {
            let place = procedure.place(argument, position)?;
            procedure.names.get(place).filter(|name| !name.is_empty())
        });
        let Some(Some(first)) = found.next() else { continue };
        if found.all(|other| other == Some(first)) && name.is_none() {
            *name = Some(first.clone());
        }
    }
    names
}

impl Procedure {
    /// Whether it has the arguments that are written, and of the types that the server gave to those that are parameters.
    fn can_be_meant(&self, called: &Called<'_>) -> bool {
        let arguments = &called.call.arguments;
        let needed = self.names.len() - self.defaults.min(self.names.len());
        let is_enough =
            arguments.len() >= needed && (arguments.len() <= self.names.len() || self.variadic.is_some());
        is_enough
            && arguments.iter().enumerate().all(|(position, argument)| {
                self.place(argument, position).is_some_and(|place| self.fits(called, argument, place))
            })
    }

    /// Whether all arguments are parameters of the types that it takes.
    fn is_exact(&self, called: &Called<'_>) -> bool {
        called.call.arguments.iter().enumerate().all(|(position, argument)| {
            let given = argument.param.and_then(|param| called.params.get(param - 1));
            given.is_some()
                && given
                    == self.place(argument, position).and_then(|place| self.wanted(argument, place)).as_ref()
        })
    }

    /// The argument of its own that a written one is.
    fn place(&self, argument: &Argument, position: usize) -> Option<usize> {
        match &argument.name {
            Some(name) => self.names.iter().position(|own| own == name),
            None if self.variadic.is_some() => Some(position.min(self.names.len().checked_sub(1)?)),
            None => Some(position).filter(|position| *position < self.names.len()),
        }
    }

    /// The type that it takes there.
    fn wanted(&self, argument: &Argument, place: usize) -> Option<Oid> {
        let is_spread = self.variadic.filter(|_| place + 1 == self.names.len() && !argument.is_variadic);
        is_spread.or_else(|| self.types.get(place).copied())
    }

    fn fits(&self, called: &Called<'_>, argument: &Argument, place: usize) -> bool {
        let wanted = self.wanted(argument, place).unwrap_or(0);
        // One that is not cast has the type that the procedure wants.
        let given =
            argument.param.filter(|_| !argument.is_cast).and_then(|param| called.params.get(param - 1));
        wanted == 0 || given.is_none_or(|given| *given == wanted)
    }
}

fn parse(sql: &str) -> Option<Call> {
    let tokens: Vec<Token> = lex::tokens(sql).ok()?.into_iter().filter(|token| !token.is_blank()).collect();
    let (call, rest) = tokens.split_first()?;
    if call.kind != (TokenKind::Word { quoted: false }) || !call.text(sql).eq_ignore_ascii_case("CALL") {
        return None;
    }
    let open = rest.iter().position(|token| token.kind == TokenKind::Open)?;
    let close = rest.iter().rposition(|token| token.kind == TokenKind::Close)?;
    let words = rest[..open].iter().filter(|token| matches!(token.kind, TokenKind::Word { .. }));
    let mut words: Vec<String> = words.map(|word| identifier(word, sql)).collect();
    let name = words.pop()?;
    let arguments = split(rest.get(open + 1..close)?, sql);
    Some(Call {
        schema: words.pop().unwrap_or_default(),
        name,
        arguments: arguments.into_iter().map(|tokens| argument(tokens, sql)).collect(),
    })
}

/// The arguments: what commas part that stand in no parentheses and brackets of their own.
fn split<'t>(tokens: &'t [Token], sql: &str) -> Vec<&'t [Token]> {
    if tokens.is_empty() {
        return Vec::new();
    }
    let (mut depth, mut start, mut parts) = (0, 0, Vec::new());
    for (index, token) in tokens.iter().enumerate() {
        match token.kind {
            TokenKind::Open => depth += 1,
            TokenKind::Close => depth -= 1,
            TokenKind::Bracket if token.text(sql) == "[" => depth += 1,
            TokenKind::Bracket => depth -= 1,
            TokenKind::Comma if depth == 0 => {
                parts.push(&tokens[start..index]);
                start = index + 1;
            }
            _ => {}
        }
    }
    parts.push(&tokens[start..]);
    parts
}

fn argument(mut tokens: &[Token], sql: &str) -> Argument {
    let mut argument = Argument::default();
    if let [word, rest @ ..] = tokens
        && word.kind == (TokenKind::Word { quoted: false })
        && word.text(sql).eq_ignore_ascii_case("VARIADIC")
    {
        argument.is_variadic = true;
        tokens = rest;
    }
    if let [name, arrow, rest @ ..] = tokens
        && matches!(name.kind, TokenKind::Word { .. })
        && matches!(arrow.text(sql), "=>" | ":=")
    {
        argument.name = Some(identifier(name, sql));
        tokens = rest;
    }
    if let [Token { kind: TokenKind::Placeholder(number), .. }, rest @ ..] = tokens {
        argument.is_cast = rest.first().is_some_and(|token| token.text(sql) == "::");
        let is_alone = rest.is_empty() || argument.is_cast;
        argument.param = usize::try_from(*number).ok().filter(|number| is_alone && *number > 0);
    }
    argument
}

/// A name as the catalogs have it.
fn identifier(token: &Token, sql: &str) -> String {
    match token.kind {
        TokenKind::Word { quoted: true } => token.text(sql).replace("\"\"", "\""),
        _ => token.text(sql).to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_taken_apart() {
        let call =
            parse("-- it\nCALL App.\"Mixed\"\"Case\"(f($1, 2), b => $2::int, ARRAY[1, 2], VARIADIC c := $3)")
                .unwrap();
        assert_eq!((call.schema.as_str(), call.name.as_str()), ("app", "Mixed\"Case"));
        let shown: Vec<_> =
            call.arguments.iter().map(|argument| (argument.name.as_deref(), argument.param)).collect();
        assert_eq!(shown, [(None, None), (Some("b"), Some(2)), (None, None), (Some("c"), Some(3))]);
        assert!(call.arguments[1].is_cast && call.arguments[3].is_variadic);
        assert_eq!(parse("CALL p()").unwrap().arguments, []);
        assert_eq!(parse("SELECT p($1)"), None);
    }
}
