//! `:copyfrom`: the INSERT of one row that is written, and the COPY that is run in its place.

use crate::diagnostic::Diagnostic;
use crate::lex::{self, Token, TokenKind};
use crate::query::{Command, Query};

/// What COPY cannot do.
#[derive(Debug, PartialEq)]
struct Refusal {
    /// Where it stands in the text, in bytes.
    at: usize,
    reason: &'static str,
}

/// Tells what keeps a `:copyfrom` from being a COPY.
pub(crate) fn report(query: &Query, diagnostics: &mut Vec<Diagnostic>) {
    if query.command != Command::CopyFrom {
        return;
    }
    if let Err(Refusal { at, reason }) = parse(&query.sql) {
        let position = query.sql[..at].chars().count() + 1;
        diagnostics.push(
            Diagnostic::error(format!("`{}` cannot be a COPY", query.name))
                .at(query.span_of(u32::try_from(position).unwrap_or(u32::MAX)), reason)
                .help(
                    "write `INSERT INTO table (columns) VALUES (parameters)`, or use `:batchexec`, which runs any statement",
                ),
        );
    }
}

/// `COPY cars (plate, model) FROM STDIN (FORMAT binary)`, with the columns in the order of their parameters.
pub(crate) fn statement(query: &Query) -> String {
    let target = parse(&query.sql).expect("parsing refused every other INSERT");
    format!("COPY {} ({}) FROM STDIN (FORMAT binary)", target.table, target.columns.join(", "))
}

/// Where the rows go.
#[derive(Debug, PartialEq)]
struct Target<'q> {
    /// As written.
    table: &'q str,
    /// As written, that of `$1` first.
    columns: Vec<&'q str>,
}

fn parse(sql: &str) -> Result<Target<'_>, Refusal> {
    let tokens = lex::tokens(sql).unwrap_or_default();
    let tokens = tokens.into_iter().filter(|token| !token.is_blank()).collect();
    let mut insert = Insert { sql, tokens, next: 0 };
    insert.keyword("INSERT", "it is no INSERT")?;
    insert.keyword("INTO", "it is no INSERT")?;
    let table = insert.table()?;
    let columns = insert.list("the columns have to be named", |token| match token.kind {
        TokenKind::Word { .. } => Ok(()),
        _ => Err("only a whole column can be loaded"),
    })?;
    insert.keyword("VALUES", "only one row of VALUES can be loaded")?;
    let values = insert.list("only one row of VALUES can be loaded", |token| match token.kind {
        TokenKind::Placeholder(_) => Ok(()),
        _ => Err("a value has to be a parameter"),
    })?;
    if let Some(token) = insert.peek() {
        return Err(Refusal { at: token.range.start, reason: "COPY has no such clause" });
    }
    let mut loaded: Vec<(u32, &str)> = Vec::new();
    for (column, value) in columns.iter().zip(&values) {
        let TokenKind::Placeholder(number) = value.kind else { continue };
        if loaded.iter().any(|(other, _)| *other == number) {
            return Err(Refusal {
                at: value.range.start,
                reason: "each column needs a parameter of its own",
            });
        }
        loaded.push((number, &sql[column.range.clone()]));
    }
    loaded.sort();
    Ok(Target { table, columns: loaded.into_iter().map(|(_, column)| column).collect() })
}

/// The tokens of a statement, as far as they are read.
struct Insert<'q> {
    sql: &'q str,
    tokens: Vec<Token>,
    next: usize,
}

impl<'q> Insert<'q> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next)
    }

    fn refused<T>(&self, reason: &'static str) -> Result<T, Refusal> {
        let at = self.peek().map_or(0, |token| token.range.start);
        Err(Refusal { at, reason })
    }

    fn take(&mut self, kind: TokenKind) -> bool {
        let is_next = self.peek().is_some_and(|token| token.kind == kind);
        self.next += usize::from(is_next);
        is_next
    }

    fn keyword(&mut self, word: &str, reason: &'static str) -> Result<(), Refusal> {
        let is_next = self.peek().is_some_and(|token| {
            token.kind == TokenKind::Word { quoted: false } && token.text(self.sql).eq_ignore_ascii_case(word)
        });
        if !is_next {
            return self.refused(reason);
        }
        self.next += 1;
        Ok(())
    }

    /// `cars`, `public."Cars"`
    fn table(&mut self) -> Result<&'q str, Refusal> {
        let first = self.next;
        loop {
            if !self.peek().is_some_and(|token| matches!(token.kind, TokenKind::Word { .. })) {
                return self.refused("it is no INSERT into a table");
            }
            self.next += 1;
            if !self.take(TokenKind::Period) {
                let range = self.tokens[first].range.start..self.tokens[self.next - 1].range.end;
                return Ok(&self.sql[range]);
            }
        }
    }

    /// `(a, b)`
    fn list(
        &mut self,
        missing: &'static str,
        check: impl Fn(&Token) -> Result<(), &'static str>,
    ) -> Result<Vec<Token>, Refusal> {
        if !self.take(TokenKind::Open) {
            return self.refused(missing);
        }
        let mut elements = Vec::new();
        loop {
            let Some(element) = self.peek().cloned() else { return self.refused(missing) };
            if let Err(reason) = check(&element) {
                return Err(Refusal { at: element.range.start, reason });
            }
            self.next += 1;
            match self.peek().map(|token| token.kind) {
                Some(TokenKind::Comma) => self.next += 1,
                Some(TokenKind::Close) => {
                    self.next += 1;
                    elements.push(element);
                    return Ok(elements);
                }
                _ => return Err(Refusal { at: element.range.start, reason: check_whole(&element) }),
            }
            elements.push(element);
        }
    }
}

/// Why an element that goes on is refused.
fn check_whole(element: &Token) -> &'static str {
    match element.kind {
        TokenKind::Placeholder(_) => "a value has to be a parameter",
        _ => "only a whole column can be loaded",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(sql: &str) -> (&str, &'static str) {
        let Refusal { at, reason } = parse(sql).unwrap_err();
        (&sql[at..], reason)
    }

    #[test]
    fn an_insert_of_parameters_is_a_copy() {
        let sql = "insert into public.\"Cars\" (id, /* why */ \"Plate\", km)\nVALUES ($2, $1, $3)";
        let target = Target { table: "public.\"Cars\"", columns: vec!["\"Plate\"", "id", "km"] };
        assert_eq!(parse(sql), Ok(target));
    }

    #[test]
    fn what_copy_cannot_do_is_refused() {
        let cases = [
            ("SELECT 1", ("SELECT 1", "it is no INSERT")),
            ("INSERT INTO t VALUES ($1)", ("VALUES ($1)", "the columns have to be named")),
            ("INSERT INTO t AS u (a) VALUES ($1)", ("AS u (a) VALUES ($1)", "the columns have to be named")),
            ("INSERT INTO t (a[1]) VALUES ($1)", ("a[1]) VALUES ($1)", "only a whole column can be loaded")),
            ("INSERT INTO t (a) SELECT $1", ("SELECT $1", "only one row of VALUES can be loaded")),
            ("INSERT INTO t (a) VALUES (lower($1))", ("lower($1))", "a value has to be a parameter")),
            ("INSERT INTO t (a) VALUES ($1::int)", ("$1::int)", "a value has to be a parameter")),
            ("INSERT INTO t (a, b) VALUES ($1, DEFAULT)", ("DEFAULT)", "a value has to be a parameter")),
            ("INSERT INTO t (a, b) VALUES ($1, $1)", ("$1)", "each column needs a parameter of its own")),
            ("INSERT INTO t (a) VALUES ($1), ($2)", (", ($2)", "COPY has no such clause")),
            (
                "INSERT INTO t (a) VALUES ($1) ON CONFLICT DO NOTHING",
                ("ON CONFLICT DO NOTHING", "COPY has no such clause"),
            ),
            ("INSERT INTO (a) VALUES ($1)", ("(a) VALUES ($1)", "it is no INSERT into a table")),
        ];
        for (sql, expected) in cases {
            assert_eq!(refused(sql), expected, "{sql}");
        }
    }
}
