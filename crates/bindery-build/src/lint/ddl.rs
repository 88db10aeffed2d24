//! Reads of a migration's statements what the rules ask for, by their tokens: it is no gate, and what is not understood is
//! nothing.

use std::ops::Range;

use crate::lex::{self, Token, TokenKind};

/// A statement that matters to some rule.
#[derive(Debug)]
pub(super) enum Statement {
    /// CREATE TABLE, CREATE MATERIALIZED VIEW
    Create {
        table: String,
        columns: Vec<Column>,
    },
    Rename {
        table: String,
        to: String,
    },
    Alter {
        table: String,
        actions: Vec<Action>,
    },
    CreateIndex {
        table: String,
        concurrently: bool,
        only: bool,
    },
}

/// A statement with the byte where it begins in its text.
#[derive(Debug)]
pub(super) struct Placed {
    pub statement: Statement,
    pub at: usize,
}

/// A column's definition.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub name: String,
    pub ty: Type,
    pub not_null: bool,
    pub default: bool,
    /// Its default differs from row to row, or has to be stored in each.
    pub stored_in_each_row: bool,
    pub unique: bool,
    pub checked: bool,
    pub references: bool,
}

/// A type: `numeric(10, 2)` is `numeric` with two numbers.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Type {
    pub name: String,
    pub modifiers: Vec<u32>,
}

/// One of the actions of ALTER TABLE.
#[derive(Debug)]
pub(super) struct Action {
    pub kind: ActionKind,
    /// Where it begins.
    pub at: usize,
}

#[derive(Debug)]
pub(super) enum ActionKind {
    AddColumn(Column),
    /// Of a CHECK the column that it only wants to be non-null.
    AddCheck {
        is_valid: bool,
        non_null: Option<String>,
    },
    AddForeignKey {
        is_valid: bool,
    },
    AddUnique {
        uses_index: bool,
    },
    SetNotNull(String),
    ChangeType {
        column: String,
        ty: Type,
    },
}

/// The statements of a text that matter.
pub(super) fn statements(sql: &str) -> Vec<Placed> {
    let Ok(tokens) = lex::tokens(sql) else { return Vec::new() };
    let tokens: Vec<Token> = tokens.into_iter().filter(|token| !token.is_blank()).collect();
    let pieces = tokens.split(|token| token.kind == TokenKind::Semicolon);
    pieces.filter_map(|tokens| Words { sql, tokens }.statement()).collect()
}

/// Some tokens, read from the first on.
#[derive(Clone, Copy)]
struct Words<'t> {
    sql: &'t str,
    tokens: &'t [Token],
}

/// What may follow a column's type.
const CONSTRAINTS: [&str; 11] = [
    "NOT",
    "NULL",
    "DEFAULT",
    "CHECK",
    "UNIQUE",
    "PRIMARY",
    "REFERENCES",
    "GENERATED",
    "CONSTRAINT",
    "COLLATE",
    "USING",
];

/// Built-in functions, and those of the usual extensions, whose value differs from row to row.
const VOLATILE: [&str; 12] = [
    "clock_timestamp",
    "gen_random_bytes",
    "gen_random_uuid",
    "nextval",
    "random",
    "random_normal",
    "timeofday",
    "uuid_generate_v1",
    "uuid_generate_v1mc",
    "uuid_generate_v4",
    "uuidv4",
    "uuidv7",
];

/// Types by their other names.
const OTHER_NAMES: [(&str, &str); 11] = [
    ("bool", "boolean"),
    ("character varying", "varchar"),
    ("decimal", "numeric"),
    ("float4", "real"),
    ("float8", "double precision"),
    ("int", "integer"),
    ("int2", "smallint"),
    ("int4", "integer"),
    ("int8", "bigint"),
    ("timestamp with time zone", "timestamptz"),
    ("timestamp without time zone", "timestamp"),
];

const SERIALS: [&str; 6] = ["serial", "bigserial", "smallserial", "serial2", "serial4", "serial8"];

impl<'t> Words<'t> {
    fn statement(mut self) -> Option<Placed> {
        let at = self.tokens.first()?.range.start;
        self.read().map(|statement| Placed { statement, at })
    }

    fn read(&mut self) -> Option<Statement> {
        if self.take("CREATE") {
            for word in ["GLOBAL", "LOCAL", "TEMPORARY", "TEMP", "UNLOGGED"] {
                self.take(word);
            }
            if self.take("TABLE") || self.take_all(&["MATERIALIZED", "VIEW"]) {
                self.take_all(&["IF", "NOT", "EXISTS"]);
                let table = self.name()?;
                let columns = self.brackets().map(|body| body.columns()).unwrap_or_default();
                return Some(Statement::Create { table, columns });
            }
            self.take("UNIQUE");
            return self.take("INDEX").then(|| self.index())?;
        }
        if self.take_all(&["ALTER", "TABLE"]) {
            self.take_all(&["IF", "EXISTS"]);
            self.take("ONLY");
            let table = self.name()?;
            self.take("*");
            if self.take_all(&["RENAME", "TO"]) {
                return Some(Statement::Rename { table, to: self.name()? });
            }
            let actions = self.items().into_iter().filter_map(Words::action).collect();
            return Some(Statement::Alter { table, actions });
        }
        None
    }

    fn index(&mut self) -> Option<Statement> {
        let concurrently = self.take("CONCURRENTLY");
        self.take_all(&["IF", "NOT", "EXISTS"]);
        if !self.starts("ON") {
            self.name()?;
        }
        self.take("ON").then_some(())?;
        let only = self.take("ONLY");
        Some(Statement::CreateIndex { table: self.name()?, concurrently, only })
    }

    fn action(mut self) -> Option<Action> {
        let at = self.tokens.first()?.range.start;
        let kind = if self.take("ADD") { self.added() } else { self.altered() };
        kind.map(|kind| Action { kind, at })
    }

    fn added(&mut self) -> Option<ActionKind> {
        if self.take("CONSTRAINT") {
            self.name()?;
        }
        let is_valid = !self.has(&["NOT", "VALID"]);
        if self.take("CHECK") {
            let non_null = self.brackets().and_then(|mut condition| {
                let column = condition.name()?;
                (condition.take_all(&["IS", "NOT", "NULL"]) && condition.tokens.is_empty()).then_some(column)
            });
            return Some(ActionKind::AddCheck { is_valid, non_null });
        }
        if self.take("FOREIGN") {
            return Some(ActionKind::AddForeignKey { is_valid });
        }
        if self.take("UNIQUE") || self.take("PRIMARY") {
            return Some(ActionKind::AddUnique { uses_index: self.has(&["USING", "INDEX"]) });
        }
        if self.starts("EXCLUDE") || self.starts("NOT") {
            return None;
        }
        self.take("COLUMN");
        self.take_all(&["IF", "NOT", "EXISTS"]);
        self.column().map(ActionKind::AddColumn)
    }

    fn altered(&mut self) -> Option<ActionKind> {
        self.take("ALTER").then_some(())?;
        self.take("COLUMN");
        let column = self.name()?;
        if self.take_all(&["SET", "NOT", "NULL"]) {
            return Some(ActionKind::SetNotNull(column));
        }
        self.take_all(&["SET", "DATA"]);
        self.take("TYPE").then_some(())?;
        Some(ActionKind::ChangeType { column, ty: self.ty()? })
    }

    /// The columns between a table's brackets.
    fn columns(self) -> Vec<Column> {
        const OTHERS: [&str; 7] = ["CONSTRAINT", "CHECK", "UNIQUE", "PRIMARY", "FOREIGN", "EXCLUDE", "LIKE"];
        let items = self.items().into_iter().filter(|item| !OTHERS.iter().any(|word| item.starts(word)));
        items.filter_map(|mut item| item.column()).collect()
    }

    fn column(&mut self) -> Option<Column> {
        let name = self.name()?;
        let ty = self.ty()?;
        let is_serial = SERIALS.contains(&ty.name.as_str());
        let is_generated = self.has(&["GENERATED"]);
        let primary = self.has(&["PRIMARY", "KEY"]);
        Some(Column {
            not_null: self.has(&["NOT", "NULL"]) || primary,
            default: self.has(&["DEFAULT"]) || is_generated || is_serial,
            stored_in_each_row: is_serial
                || is_generated && (self.has(&["STORED"]) || self.has(&["IDENTITY"]))
                || self.has(&["DEFAULT"]) && self.calls_volatile(),
            unique: self.has(&["UNIQUE"]) || primary,
            checked: self.has(&["CHECK"]),
            references: self.has(&["REFERENCES"]),
            name,
            ty,
        })
    }

    /// Whether a function that is known to be volatile is called anywhere, but in a CHECK.
    fn calls_volatile(&self) -> bool {
        self.tokens.windows(2).any(|pair| {
            pair[1].kind == TokenKind::Open && VOLATILE.contains(&self.text(&pair[0]).to_lowercase().as_str())
        })
    }

    /// `timestamp with time zone`, `numeric(10, 2)`, `public.plate[]`
    fn ty(&mut self) -> Option<Type> {
        let mut name = self.name()?;
        let mut modifiers = Vec::new();
        while let Some(token) = self.tokens.first() {
            match token.kind {
                TokenKind::Open => {
                    let numbers = self.brackets()?;
                    let numbers = numbers.tokens.iter().map(|token| numbers.text(token));
                    modifiers = numbers.filter_map(|text| text.parse().ok()).collect();
                }
                TokenKind::Word { quoted: false } if !CONSTRAINTS.iter().any(|word| self.starts(word)) => {
                    name = format!("{name} {}", self.text(token).to_lowercase());
                    self.skip(1);
                }
                TokenKind::Bracket | TokenKind::Other => {
                    name += self.text(token);
                    self.skip(1);
                }
                _ => break,
            }
        }
        let other = OTHER_NAMES.iter().find(|(other, _)| *other == name);
        let name = other.map_or(name.as_str(), |(_, name)| name).to_owned();
        Some(Type { name, modifiers })
    }

    /// A name, without the schema `public`, as PostgreSQL folds it.
    fn name(&mut self) -> Option<String> {
        let mut parts = Vec::new();
        loop {
            let token = self.tokens.first()?;
            let TokenKind::Word { quoted } = token.kind else { return None };
            let text = token.text(self.sql);
            parts.push(if quoted { text.to_owned() } else { text.to_lowercase() });
            self.skip(1);
            match self.tokens.first() {
                Some(token) if token.kind == TokenKind::Period => self.skip(1),
                _ => break,
            }
        }
        if parts.len() > 1 && parts[0] == "public" {
            parts.remove(0);
        }
        Some(parts.join("."))
    }

    /// What stands between the brackets that open here, which are read over.
    fn brackets(&mut self) -> Option<Self> {
        if self.tokens.first()?.kind != TokenKind::Open {
            return None;
        }
        let end = self.depths().skip(1).find(|(_, depth)| *depth == 0)?.0;
        let inner = Self { tokens: &self.tokens[1..end], ..*self };
        self.skip(end + 1);
        Some(inner)
    }

    /// The parts between commas.
    fn items(self) -> Vec<Self> {
        let commas =
            self.depths().filter(|(index, depth)| *depth == 0 && self.text(&self.tokens[*index]) == ",");
        let mut bounds: Vec<usize> = commas.map(|(index, _)| index).collect();
        bounds.push(self.tokens.len());
        let mut start = 0;
        let items = bounds.into_iter().map(|end| {
            let range: Range<usize> = start..end;
            start = end + 1;
            Self { tokens: &self.tokens[range], ..self }
        });
        items.collect()
    }

    /// Each token's number with the depth of brackets after it.
    fn depths(self) -> impl Iterator<Item = (usize, usize)> + use<'t> {
        let mut depth = 0_usize;
        self.tokens.iter().enumerate().map(move |(index, token)| {
            match token.kind {
                TokenKind::Open => depth += 1,
                TokenKind::Close => depth = depth.saturating_sub(1),
                _ => {}
            }
            (index, depth)
        })
    }

    /// Whether these words follow each other somewhere outside of brackets.
    fn has(&self, words: &[&str]) -> bool {
        let mut outside = self.depths().filter(|(_, depth)| *depth == 0).map(|(index, _)| index);
        outside.any(|index| {
            words
                .iter()
                .enumerate()
                .all(|(next, word)| self.tokens.get(index + next).is_some_and(|t| self.is(t, word)))
        })
    }

    fn starts(&self, word: &str) -> bool {
        self.tokens.first().is_some_and(|token| self.is(token, word))
    }

    /// Reads over the word if it is next.
    fn take(&mut self, word: &str) -> bool {
        self.take_all(&[word])
    }

    /// Reads over the words if they are next.
    fn take_all(&mut self, words: &[&str]) -> bool {
        let are_next = words.len() <= self.tokens.len()
            && words.iter().zip(self.tokens).all(|(word, token)| self.is(token, word));
        if are_next {
            self.skip(words.len());
        }
        are_next
    }

    fn skip(&mut self, count: usize) {
        self.tokens = self.tokens.get(count..).unwrap_or_default();
    }

    /// A quoted name is no keyword.
    fn is(&self, token: &Token, word: &str) -> bool {
        self.text(token).eq_ignore_ascii_case(word)
    }

    fn text(&self, token: &Token) -> &'t str {
        &self.sql[token.range.clone()]
    }
}
