//! Help with what the server refuses: `did you mean`, the cast to write, the tables that have a column.
//!
//! Names come from the catalogs of the migrated database, which are asked only after an error, once for each kind of
//! name. Where the server's own hint says as much, there is no help of ours; where it has a general one ("You might need
//! to add explicit type casts"), ours takes its place.

use std::collections::BTreeSet;
use std::ops::Range;

use postgres::GenericClient;
use postgres::error::SqlState;

use crate::lex::{self, Token, TokenKind, is_operator, is_word};
use crate::nearest::{did_you_mean, nearest, one_of};
use crate::query::{Query, character_offset};
use crate::server_error::ServerError;
use crate::utilities;

/// Columns of the user's relations, as they are and as they are written.
const COLUMNS: &str = "
    SELECT c.relname::text, a.attname::text,
           CASE WHEN pg_catalog.pg_table_is_visible(c.oid) THEN '' ELSE pg_catalog.quote_ident(n.nspname) || '.' END
               || pg_catalog.quote_ident(c.relname),
           pg_catalog.quote_ident(a.attname),
           EXISTS (SELECT FROM pg_catalog.pg_index i
                   WHERE i.indrelid = c.oid AND i.indisprimary AND a.attnum = ANY (i.indkey))
    FROM pg_catalog.pg_attribute a
    JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
      AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%'
    ORDER BY n.nspname, c.relname, a.attnum";

const RELATIONS: &str = "
    SELECT c.relname::text,
           CASE WHEN pg_catalog.pg_table_is_visible(c.oid) THEN '' ELSE pg_catalog.quote_ident(n.nspname) || '.' END
               || pg_catalog.quote_ident(c.relname)
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
      AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%'
    ORDER BY n.nspname, c.relname";

/// Functions and procedures that a statement can call: none that takes what only the server itself has.
const FUNCTIONS: &str = "
    SELECT p.proname::text,
           CASE WHEN pg_catalog.pg_function_is_visible(p.oid) THEN ''
                ELSE pg_catalog.quote_ident(n.nspname) || '.' END || pg_catalog.quote_ident(p.proname),
           pg_catalog.oidvectortypes(p.proargtypes), pg_catalog.pg_get_function_arguments(p.oid), p.prokind = 'p'
    FROM pg_catalog.pg_proc p
    JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
    WHERE NOT ('internal'::pg_catalog.regtype = ANY (p.proargtypes::pg_catalog.oid[]))
    ORDER BY p.proname, p.pronargs, p.oid";

/// Types by their own names and by those of the standard: `int8` is `bigint` too.
const TYPES: &str = "
    SELECT t.typname::text, pg_catalog.format_type(t.oid, NULL)
    FROM pg_catalog.pg_type t
    LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
    WHERE t.typtype <> 'p' AND t.typelem = 0 AND coalesce(c.relkind, 'c') = 'c'
    ORDER BY t.typname";

const LABELS: &str = "
    SELECT pg_catalog.format_type(e.enumtypid, NULL), e.enumlabel::text
    FROM pg_catalog.pg_enum e
    ORDER BY e.enumtypid, e.enumsortorder";

/// A statement that was refused, and how.
pub(crate) struct Asked<'a> {
    /// The text that was sent.
    pub sql: &'a str,
    /// The query that it is of; none for a statement of a migration.
    pub query: Option<&'a Query>,
    pub error: &'a ServerError,
}

/// Names of the database, loaded when they are first needed.
pub(crate) struct Suggestions<'c, C> {
    client: &'c mut C,
    columns: Option<Vec<Column>>,
    relations: Option<Vec<Named>>,
    functions: Option<Vec<Function>>,
    types: Option<Vec<Named>>,
    labels: Option<Vec<Label>>,
}

struct Column {
    relation: String,
    name: String,
    written_relation: String,
    written: String,
    in_primary_key: bool,
}

/// Something by its bare name and as it has to be written here, perhaps with its schema.
struct Named {
    name: String,
    written: String,
}

struct Function {
    named: Named,
    /// `bigint, text`
    types: String,
    /// `car bigint, OUT place text`
    arguments: String,
    is_procedure: bool,
}

struct Label {
    of_type: String,
    label: String,
}

impl<'c, C: GenericClient> Suggestions<'c, C> {
    pub fn new(client: &'c mut C) -> Self {
        Self { client, columns: None, relations: None, functions: None, types: None, labels: None }
    }

    /// What to do about the error, if there is more to say than the server's hint does.
    ///
    /// # Errors
    /// The connection fails.
    pub fn help(&mut self, asked: &Asked<'_>) -> Result<Option<String>, postgres::Error> {
        let text = Text::of(asked);
        let error = asked.error;
        Ok(match error.code {
            SqlState::UNDEFINED_COLUMN if error.hint.is_none() => undefined_column(&text, self.columns()?),
            SqlState::AMBIGUOUS_COLUMN => ambiguous_column(&text, self.columns()?),
            SqlState::UNDEFINED_TABLE if error.hint.is_none() => undefined_table(&text, self.relations()?),
            SqlState::UNDEFINED_FUNCTION if text.operator().is_some() => wrong_operator(&text),
            SqlState::UNDEFINED_FUNCTION => undefined_function(&text, self.functions()?),
            SqlState::UNDEFINED_OBJECT if error.message.starts_with("type ") => {
                undefined_type(&text, self.types()?)
            }
            SqlState::INVALID_TEXT_REPRESENTATION if error.message.contains(" enum ") => {
                wrong_label(&text, self.labels()?)
            }
            SqlState::GROUPING_ERROR => wrong_grouping(&text, self.columns()?),
            SqlState::INDETERMINATE_DATATYPE if error.untyped_param().is_some() => error
                .untyped_param()
                .map(|number| format!("give it a type with a cast: `{}::text`", text.written_param(number))),
            SqlState::DATATYPE_MISMATCH if error.position.is_some() => wrong_type(&text),
            SqlState::INDETERMINATE_DATATYPE | SqlState::DATATYPE_MISMATCH | SqlState::AMBIGUOUS_FUNCTION => {
                untyped_argument(&text)
            }
            _ => None,
        })
    }

    fn columns(&mut self) -> Result<&[Column], postgres::Error> {
        if self.columns.is_none() {
            let rows = self.client.query(COLUMNS, &[])?;
            let column = |row: &postgres::Row| Column {
                relation: row.get(0),
                name: row.get(1),
                written_relation: row.get(2),
                written: row.get(3),
                in_primary_key: row.get(4),
            };
            self.columns = Some(rows.iter().map(column).collect());
        }
        Ok(self.columns.as_deref().unwrap_or_default())
    }

    fn relations(&mut self) -> Result<&[Named], postgres::Error> {
        if self.relations.is_none() {
            self.relations = Some(self.client.query(RELATIONS, &[])?.iter().map(named).collect());
        }
        Ok(self.relations.as_deref().unwrap_or_default())
    }

    fn functions(&mut self) -> Result<&[Function], postgres::Error> {
        if self.functions.is_none() {
            let rows = self.client.query(FUNCTIONS, &[])?;
            let function = |row: &postgres::Row| Function {
                named: named(row),
                types: row.get(2),
                arguments: row.get(3),
                is_procedure: row.get(4),
            };
            self.functions = Some(rows.iter().map(function).collect());
        }
        Ok(self.functions.as_deref().unwrap_or_default())
    }

    fn types(&mut self) -> Result<&[Named], postgres::Error> {
        if self.types.is_none() {
            self.types = Some(self.client.query(TYPES, &[])?.iter().map(named).collect());
        }
        Ok(self.types.as_deref().unwrap_or_default())
    }

    fn labels(&mut self) -> Result<&[Label], postgres::Error> {
        if self.labels.is_none() {
            let rows = self.client.query(LABELS, &[])?;
            let label = |row: &postgres::Row| Label { of_type: row.get(0), label: row.get(1) };
            self.labels = Some(rows.iter().map(label).collect());
        }
        Ok(self.labels.as_deref().unwrap_or_default())
    }
}

fn named(row: &postgres::Row) -> Named {
    Named { name: row.get(0), written: row.get(1) }
}

/// Columns of the relations that the statement names; else those relations that have a column of just this name.
fn undefined_column(text: &Text<'_>, columns: &[Column]) -> Option<String> {
    let name = text.name()?;
    let (mentioned, other): (Vec<_>, Vec<_>) =
        columns.iter().partition(|column| text.mentions(&column.relation));
    let mut near = Vec::new();
    for name in nearest(&name, mentioned.iter().map(|column| column.name.as_str())) {
        near.extend(mentioned.iter().find(|column| column.name == name).map(|column| &column.written));
    }
    if !near.is_empty() {
        return Some(format!("did you mean {}?", one_of(&near)));
    }
    let mut owners: Vec<&str> = other
        .iter()
        .filter(|column| column.name == name)
        .map(|column| column.written_relation.as_str())
        .collect();
    owners.truncate(3);
    (!owners.is_empty())
        .then(|| format!("it is a column of {}, which this statement does not use", one_of(&owners)))
}

fn ambiguous_column(text: &Text<'_>, columns: &[Column]) -> Option<String> {
    let name = text.name()?;
    let of_name = columns.iter().filter(|column| column.name == name && text.mentions(&column.relation));
    let written: Vec<String> =
        of_name.map(|column| format!("{}.{}", column.written_relation, column.written)).collect();
    (written.len() > 1).then(|| format!("write {}, by the alias where a table has one", one_of(&written)))
}

/// A table that is not there, or that is there and not in FROM.
fn undefined_table(text: &Text<'_>, relations: &[Named]) -> Option<String> {
    let missing_from = text.asked.error.message.starts_with("missing FROM-clause entry");
    let name = if missing_from { text.chain().into_iter().next()? } else { text.name()? };
    if let Some(found) = relations.iter().find(|relation| missing_from && relation.name == name) {
        return Some(format!("add `{}` to the FROM clause", found.written));
    }
    let candidates = relations.iter().filter(|relation| !missing_from || text.mentions(&relation.name));
    let candidates: Vec<&Named> = candidates.collect();
    let mut written = Vec::new();
    for near in nearest(&name, candidates.iter().map(|relation| relation.name.as_str())) {
        let of_name = candidates.iter().filter(|relation| relation.name == near);
        written.extend(of_name.map(|relation| relation.written.as_str()));
    }
    written.truncate(3);
    (!written.is_empty()).then(|| format!("did you mean {}?", one_of(&written)))
}

/// A misspelt function, or one that takes other arguments.
fn undefined_function(text: &Text<'_>, functions: &[Function]) -> Option<String> {
    let name = text.name()?;
    let is_call = utilities::is_call(text.asked.sql);
    let (kind, others): (Vec<&Function>, Vec<&Function>) =
        functions.iter().partition(|function| function.is_procedure == is_call);
    let same: Vec<&Function> = kind.iter().copied().filter(|function| function.named.name == name).collect();
    let Some(first) = same.first() else {
        if is_call && let Some(function) = others.iter().find(|function| function.named.name == name) {
            let written = &function.named.written;
            return Some(format!("`{written}` is a function: `SELECT * FROM {written}(...)`"));
        }
        return did_you_mean(&name, kind.iter().map(|function| function.named.written.as_str()));
    };
    // In a schema that the statement did not look into.
    if text.chain().len() == 1 && same.iter().all(|function| function.named.written.contains('.')) {
        return Some(format!("did you mean `{}`?", first.named.written));
    }
    let by_name = is_call || text.asked.error.message.contains(" => ");
    let signatures: Vec<String> = same
        .iter()
        .take(3)
        .map(|Function { named, types, arguments, .. }| {
            format!("{}({})", named.written, if by_name { arguments } else { types })
        })
        .collect();
    let more = if same.len() > signatures.len() { ", among others" } else { "" };
    let signatures_listed = one_of(&signatures).replace("` or `", "` and `");
    let advice = match is_call && signatures.iter().any(|signature| is_with_out(signature)) {
        true => "an OUT argument is written too, as NULL",
        false if by_name => "write its arguments, and cast them where they are of other types",
        false => "cast the arguments",
    };
    Some(format!("there is {signatures_listed}{more}: {advice}"))
}

fn is_with_out(signature: &str) -> bool {
    ["(OUT ", ", OUT "].iter().any(|out| signature.contains(out))
}

fn undefined_type(text: &Text<'_>, types: &[Named]) -> Option<String> {
    let name = text.name()?;
    let names = types.iter().flat_map(|named| [named.written.as_str(), named.name.as_str()]);
    // `public.colour` where only `colour` was written.
    let elsewhere = types.iter().find(|found| found.name == name).map(|found| found.written.as_str());
    elsewhere.map(|written| format!("did you mean `{written}`?")).or_else(|| did_you_mean(&name, names))
}

/// `invalid input value for enum colour: "gren"`
fn wrong_label(text: &Text<'_>, labels: &[Label]) -> Option<String> {
    let (before, after) = text.asked.error.message.split_once(": \"")?;
    let (wrong, of_type) = (after.strip_suffix('"')?, before.split_once(" enum ")?.1);
    let of_type = labels.iter().filter(|label| label.of_type == of_type);
    let labels: Vec<&str> = of_type.map(|label| label.label.as_str()).collect();
    let quoted = |labels: &[&str]| labels.iter().map(|label| format!("'{label}'")).collect::<Vec<_>>();
    match nearest(wrong, labels.iter().copied()) {
        near if !near.is_empty() => {
            Some(format!("did you mean {}?", one_of(&quoted(&near)).replace('`', "")))
        }
        _ if labels.is_empty() => None,
        _ if labels.len() > 12 => Some(format!("it has {} labels, and none is near to this", labels.len())),
        _ => Some(format!("its labels are {}", quoted(&labels).join(", "))),
    }
}

/// `column "cars.plate" must appear in the GROUP BY clause`, or an aggregate in WHERE.
fn wrong_grouping(text: &Text<'_>, columns: &[Column]) -> Option<String> {
    let message = &text.asked.error.message;
    if !message.contains("GROUP BY") {
        return message.contains("WHERE").then(|| "conditions on aggregates stand in HAVING".to_owned());
    }
    let column = text.chain().join(".");
    let keys = columns.iter().filter(|column| column.in_primary_key && text.mentions(&column.relation));
    let keys: Vec<String> = keys.map(|key| format!("{}.{}", key.written_relation, key.written)).collect();
    Some(match &keys[..] {
        [key] => format!("group by `{column}` too, or by the primary key, `{key}`, on which it depends"),
        _ => format!("group by `{column}` too, or by the primary key of its table, on which it depends"),
    })
}

/// `operator does not exist: integer = text`
fn wrong_operator(text: &Text<'_>) -> Option<String> {
    let operator = text.operator()?;
    let types = text.asked.error.message.rsplit_once(": ")?.1;
    let (left_type, right_type) = types.split_once(&format!(" {} ", &text.sql()[operator.clone()]))?;
    let casts = [
        text.operand_after(&operator).map(|right| format!("{right}::{left_type}")),
        text.operand_before(&operator).map(|left| format!("{left}::{right_type}")),
    ];
    let casts: Vec<String> = casts.into_iter().flatten().collect();
    (!casts.is_empty()).then(|| format!("cast one side to the type of the other: {}", one_of(&casts)))
}

/// `column "id" is of type bigint but expression is of type text`, `UNION types text and bigint cannot be matched`
fn wrong_type(text: &Text<'_>) -> Option<String> {
    let message = &text.asked.error.message;
    let assigned =
        message.split_once(" is of type ").and_then(|(_, types)| types.split_once(" but expression"));
    let matched = message.split_once(" types ").and_then(|(_, types)| types.split_once(" and "));
    let (wanted, _) = assigned.or(matched)?;
    let operand = text.operand_after(&(text.offset?..text.offset?))?;
    Some(format!("cast it: `{operand}::{wanted}`"))
}

/// A function of any type, or of several, that is given a parameter without one.
fn untyped_argument(text: &Text<'_>) -> Option<String> {
    let untyped = text.params_without_cast();
    let written = untyped.first()?;
    let says_why = [SqlState::AMBIGUOUS_FUNCTION, SqlState::INDETERMINATE_DATATYPE]
        .contains(&text.asked.error.code)
        || text.asked.error.message.contains("unknown");
    says_why.then(|| {
        format!("give it a type with a cast: `{written}::text`, or for an array `{written}::text[]`")
    })
}

/// The statement in tokens, and the place of the error in it.
struct Text<'a> {
    asked: &'a Asked<'a>,
    tokens: Vec<Token>,
    /// The byte at the error's position.
    offset: Option<usize>,
    /// The token at the error's position.
    at: Option<usize>,
    words: BTreeSet<String>,
}

impl<'a> Text<'a> {
    fn of(asked: &'a Asked<'a>) -> Self {
        let tokens = lex::tokens(asked.sql).unwrap_or_default();
        let offset = asked.error.position.map(|position| character_offset(asked.sql, position));
        let at = offset.and_then(|offset| tokens.iter().position(|token| token.range.contains(&offset)));
        let words = asked.sql.split(|c| !is_word(c));
        let words = words.flat_map(|word| [word.to_owned(), word.to_lowercase()]).collect();
        Self { asked, tokens, offset, at, words }
    }

    fn sql(&self) -> &'a str {
        self.asked.sql
    }

    /// Whether the statement has this name in it, be it in the body of a function.
    fn mentions(&self, name: &str) -> bool {
        self.words.contains(name) || !name.chars().all(is_word) && self.sql().contains(name)
    }

    /// The parts of the name at the error: `["c", "plate"]` of `c.plate`; the body of a function has names too.
    fn chain(&self) -> Vec<String> {
        let mut parts = Vec::new();
        let mut rest = &self.sql()[self.offset.unwrap_or(self.sql().len())..];
        while let Some(length) = name_length(rest) {
            let (part, after) = rest.split_at(length);
            parts.push(match part.strip_prefix('"') {
                Some(quoted) => quoted.trim_end_matches('"').to_owned(),
                None => part.to_lowercase(),
            });
            let Some(next) = after.strip_prefix('.') else { break };
            rest = next;
        }
        parts
    }

    /// The last part of the name at the error, or of the name that the message quotes.
    fn name(&self) -> Option<String> {
        let quoted = || {
            let name = self.asked.error.quoted_name()?;
            Some(name.rsplit('.').next().unwrap_or(name).to_owned())
        };
        self.chain().pop().or_else(quoted)
    }

    /// Where the operator at the error stands, if it is one.
    fn operator(&self) -> Option<Range<usize>> {
        let token = &self.tokens[self.at?];
        let text = &self.sql()[token.range.clone()];
        let is_operator =
            matches!(token.kind, TokenKind::Other | TokenKind::At) && text.chars().all(is_operator);
        is_operator.then(|| token.range.clone())
    }

    /// A name or a parameter right after the operator, without its cast, if it is the whole operand.
    fn operand_after(&self, operator: &Range<usize>) -> Option<String> {
        let rest: Vec<&Token> =
            self.significant().filter(|token| token.range.start >= operator.end).collect();
        let length = operand_length(rest.iter().copied());
        let operand = rest.get(..length).filter(|operand| !operand.is_empty())?;
        let ends = match rest.get(length) {
            None => true,
            Some(next) => {
                let is_cast = self.sql()[next.range.clone()] == *"::";
                next.kind != TokenKind::Open && (self.ends_operand(next) || is_cast)
            }
        };
        ends.then(|| self.written(operand[0].range.start..operand[length - 1].range.end))
    }

    /// A name or a parameter right before the operator, if it is the whole operand.
    fn operand_before(&self, operator: &Range<usize>) -> Option<String> {
        let before: Vec<&Token> =
            self.significant().filter(|token| token.range.end <= operator.start).collect();
        let length = operand_length(before.iter().rev().copied());
        let start = before.len().checked_sub(length).filter(|_| length > 0)?;
        let begins = start.checked_sub(1).is_none_or(|previous| self.ends_operand(before[previous]));
        begins.then(|| self.written(before[start].range.start..before[before.len() - 1].range.end))
    }

    fn significant(&self) -> impl Iterator<Item = &Token> {
        self.tokens.iter().filter(|token| !matches!(token.kind, TokenKind::Space | TokenKind::Comment))
    }

    /// Keywords, commas and parentheses part operands.
    fn ends_operand(&self, token: &Token) -> bool {
        matches!(
            token.kind,
            TokenKind::Close
                | TokenKind::Open
                | TokenKind::Semicolon
                | TokenKind::Comma
                | TokenKind::Word { quoted: false }
        )
    }

    /// A piece of the statement as the file has it.
    fn written(&self, range: Range<usize>) -> String {
        let text = &self.sql()[range];
        match text.strip_prefix('$').map(str::parse) {
            Some(Ok(number)) => self.written_param(number),
            _ => text.to_owned(),
        }
    }

    /// `@plate` for 1, or `$1` if that is how the file has it.
    fn written_param(&self, number: usize) -> String {
        let params = self.asked.query.map(|query| &query.params[..]).unwrap_or_default();
        let name = params.get(number.wrapping_sub(1)).and_then(|param| param.name.as_ref());
        name.map_or(format!("${number}"), |name| format!("@{name}"))
    }

    /// As the file has them.
    fn params_without_cast(&self) -> Vec<String> {
        let tokens: Vec<&Token> = self.significant().collect();
        let params = tokens.iter().enumerate().filter_map(|(index, token)| {
            let TokenKind::Placeholder(number) = token.kind else { return None };
            let next = tokens.get(index + 1).map(|next| &self.sql()[next.range.clone()]);
            (next != Some("::")).then(|| self.written_param(number as usize))
        });
        params.collect()
    }
}

/// How many of the tokens are one name or parameter: `c.plate` is three, `$1` one.
fn operand_length<'t>(tokens: impl Iterator<Item = &'t Token>) -> usize {
    let mut length = 0;
    for token in tokens {
        let expected = match &token.kind {
            TokenKind::Word { .. } => length % 2 == 0,
            TokenKind::Placeholder(_) => return if length == 0 { 1 } else { length },
            TokenKind::Period => length % 2 == 1,
            _ => false,
        };
        if !expected {
            break;
        }
        length += 1;
    }
    length
}

/// How long the identifier is with which `text` begins, quotes included.
fn name_length(text: &str) -> Option<usize> {
    let length = match text.strip_prefix('"') {
        Some(quoted) => quoted.find('"')? + 2,
        None => text.find(|c| !is_word(c)).unwrap_or(text.len()),
    };
    (length > 0).then_some(length)
}
