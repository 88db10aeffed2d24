//! From the lock's text back to the lock.
//!
//! It reads what [`super::write`] writes, line by line, and nothing else: a general reader of TOML takes most of a build's
//! time where it is not optimised. A line that is not as it was written names itself.

use crate::description::{
    Attribute, Description, Embed, Field, Relation, Schema, Table, UserType, UserTypeKind,
};
use crate::lint::{Finding, Rule};
use crate::query::Command;
use crate::settings::{self, RustType};

use super::{Lock, LockError, LockedMigration, LockedQuery, LockedSettings, VERSION};

impl Lock {
    /// Reads a lock's text.
    ///
    /// # Errors
    /// Another Bindery wrote it, or somebody has changed it in a way that cannot be read.
    pub fn parse(text: &str) -> Result<Self, LockError> {
        let mut lines = Lines { rest: text, line: "", number: 0 };
        lines.advance();
        lines.lock()
    }
}

/// The lines that are left, and the one that is looked at; it is empty behind the last.
struct Lines<'t> {
    rest: &'t str,
    line: &'t str,
    number: usize,
}

impl<'t> Lines<'t> {
    fn lock(&mut self) -> Result<Lock, LockError> {
        while self.line.starts_with('#') {
            self.advance();
        }
        let version = self.number("version")?;
        if version > VERSION {
            return Err(LockError::Newer(version));
        }
        if version < VERSION {
            return Err(LockError::Older(version));
        }
        let postgres = self.number("postgres")?;
        let migrations = self.list("migrations", |item| {
            Some(LockedMigration { file: item.part("{ file = ")?, source: item.part(", source = ")? })
                .filter(|_| item.ends_with(" }"))
        })?;
        let null_elements = self.optional("array_elements")?.is_none();
        let named = self.optional("settings")?;
        let mut lock = Lock {
            postgres,
            migrations,
            settings: LockedSettings { null_elements, named },
            queries: Vec::new(),
            schema: Schema::default(),
        };
        while !self.is_at_end() {
            self.expect("")?;
            match self.line {
                "[[query]]" => lock.queries.push(self.query()?),
                "[[table]]" => lock.schema.tables.push(self.table()?),
                "[[relation]]" => lock.schema.relations.push(self.relation()?),
                "[[type]]" => lock.schema.types.push(self.user_type()?),
                _ => {
                    return Err(
                        self.damaged("expected `[[query]]`, `[[table]]`, `[[relation]]` or `[[type]]`")
                    );
                }
            }
        }
        // As written, unless somebody has merged it.
        lock.queries.sort_by(|a, b| a.key().cmp(&b.key()));
        lock.schema.sort();
        Ok(lock)
    }

    fn query(&mut self) -> Result<LockedQuery, LockError> {
        self.advance();
        let name = self.text("name")?;
        let file = self.text("file")?;
        let Some(command) = self.value("command").and_then(|word| Command::from_word(unquoted(word)?)) else {
            return Err(self.damaged("expected `command` and one of its words"));
        };
        self.advance();
        let source = self.text("source")?;
        let statements = if self.value("statements").is_some() { self.number("statements")? } else { 0 };
        let description = Description {
            statements: statements as usize,
            at_most_one_row: self.boolean("at_most_one_row")?,
            read_only: self.value("read_only").is_some() && self.boolean("read_only")?,
            unmet_keys: self.texts("unmet_keys")?.unwrap_or_default(),
            table: self.optional("table")?,
            relations: self.texts("relations")?.ok_or_else(|| self.damaged("expected `relations`"))?,
            findings: match self.value("findings") {
                Some(_) => self.list("findings", finding)?,
                None => Vec::new(),
            },
            params: self.list("params", field)?,
            columns: self.list("columns", field)?,
            embeds: match self.value("embeds") {
                Some(_) => self.list("embeds", embed)?,
                None => Vec::new(),
            },
            keeps_stars: self.value("keeps_stars").is_some() && self.boolean("keeps_stars")?,
        };
        if description.embeds.iter().any(|embed| embed.columns.end > description.columns.len()) {
            return Err(self.damaged("`embeds` has more columns than there are"));
        }
        Ok(LockedQuery { name, file, command, source, description })
    }

    fn table(&mut self) -> Result<Table, LockError> {
        self.advance();
        Ok(Table { name: self.text("name")?, columns: self.list("columns", field)? })
    }

    fn relation(&mut self) -> Result<Relation, LockError> {
        self.advance();
        Ok(Relation { name: self.text("name")?, not_null: self.list("not_null", only_text)? })
    }

    fn user_type(&mut self) -> Result<UserType, LockError> {
        self.advance();
        let name = self.text("name")?;
        let key = self.line.split(' ').next().unwrap_or_default();
        let kind = match key {
            "labels" => UserTypeKind::Enum(self.list("labels", only_text)?),
            "domain_over" => UserTypeKind::Domain {
                base: self.text("domain_over")?,
                checks: self.list("checks", only_text)?,
            },
            "of_table" | "attributes" => UserTypeKind::Composite {
                of_table: key == "of_table" && self.boolean("of_table")?,
                attributes: self.list("attributes", |item| {
                    Some(Attribute { name: item.part("{ name = ")?, ty: item.part(", type = ")? })
                        .filter(|_| item.ends_with(" }"))
                })?,
            },
            "range_of" => UserTypeKind::Range(self.text("range_of")?),
            "multirange_of" => UserTypeKind::Multirange(self.text("multirange_of")?),
            "extension" => UserTypeKind::Base {
                extension: Some(self.text("extension")?).filter(|extension| !extension.is_empty()),
                is_binary: match self.line {
                    "binary = false" => {
                        self.advance();
                        false
                    }
                    _ => true,
                },
            },
            _ => return Err(self.damaged("expected what kind of type it is")),
        };
        Ok(UserType { name, kind })
    }

    fn advance(&mut self) {
        let end = self.rest.find('\n').unwrap_or(self.rest.len());
        self.line = &self.rest[..end];
        self.rest = self.rest.get(end + 1..).unwrap_or_default();
        self.number += 1;
    }

    fn is_at_end(&self) -> bool {
        self.line.is_empty() && self.rest.is_empty()
    }

    fn expect(&mut self, line: &str) -> Result<(), LockError> {
        if self.line != line {
            return Err(self.damaged(&format!("expected `{line}`")));
        }
        self.advance();
        Ok(())
    }

    /// What follows `key = ` in this line.
    fn value(&self, key: &str) -> Option<&'t str> {
        self.line.strip_prefix(key)?.strip_prefix(" = ")
    }

    fn number(&mut self, key: &str) -> Result<u32, LockError> {
        let number = self.value(key).and_then(|value| value.parse().ok());
        let number = number.ok_or_else(|| self.damaged(&format!("expected `{key}` and a number")))?;
        self.advance();
        Ok(number)
    }

    fn boolean(&mut self, key: &str) -> Result<bool, LockError> {
        let value = match self.value(key) {
            Some("true") => true,
            Some("false") => false,
            _ => return Err(self.damaged(&format!("expected `{key}`, true or false"))),
        };
        self.advance();
        Ok(value)
    }

    fn text(&mut self, key: &str) -> Result<String, LockError> {
        self.optional(key)?.ok_or_else(|| self.damaged(&format!("expected `{key}`")))
    }

    /// A string that may be left out.
    fn optional(&mut self, key: &str) -> Result<Option<String>, LockError> {
        let Some(value) = self.value(key) else { return Ok(None) };
        let mut item = Item(value);
        let text = item.part("").filter(|_| item.ends_with(""));
        let text = text.ok_or_else(|| self.damaged(&format!("`{key}` is no string")))?;
        self.advance();
        Ok(Some(text))
    }

    /// Strings in one line, which may be left out.
    fn texts(&mut self, key: &str) -> Result<Option<Vec<String>>, LockError> {
        let Some(value) = self.value(key) else { return Ok(None) };
        let mut item = Item(value.strip_prefix('[').unwrap_or_default());
        let mut texts = Vec::new();
        while !item.ends_with("]") {
            let before = if texts.is_empty() { "" } else { ", " };
            match item.part(before) {
                Some(text) => texts.push(text),
                None => return Err(self.damaged(&format!("`{key}` is no list of strings"))),
            }
        }
        self.advance();
        Ok(Some(texts))
    }

    /// An array with a line an item.
    fn list<T>(&mut self, key: &str, read: fn(&mut Item<'t>) -> Option<T>) -> Result<Vec<T>, LockError> {
        let start = self.value(key);
        let mut items = Vec::new();
        match start {
            Some("[]") => {}
            Some("[") => {
                self.advance();
                while self.line != "]" {
                    let inner = self.line.strip_prefix("    ").and_then(|line| line.strip_suffix(','));
                    let item = inner.and_then(|inner| read(&mut Item(inner)));
                    items.push(item.ok_or_else(|| self.damaged(&format!("no item of `{key}`")))?);
                    self.advance();
                }
            }
            _ => return Err(self.damaged(&format!("expected `{key}` and a list"))),
        }
        self.advance();
        Ok(items)
    }

    fn damaged(&self, reason: &str) -> LockError {
        let conflict = ["<<<<<<<", "=======", ">>>>>>>", "|||||||"];
        let reason = match conflict.iter().any(|mark| self.line.starts_with(mark)) {
            true => "a merge left a conflict here".to_owned(),
            false => reason.to_owned(),
        };
        LockError::Damaged { line: self.number, reason }
    }
}

/// What is left of one line.
struct Item<'t>(&'t str);

impl<'t> Item<'t> {
    /// A string behind `before`.
    fn part(&mut self, before: &str) -> Option<String> {
        let inner = self.0.strip_prefix(before)?.strip_prefix('"')?;
        let end = inner.find('"')?;
        if inner.as_bytes()[..end].contains(&b'\\') {
            return self.escaped(inner);
        }
        self.0 = &inner[end + 1..];
        Some(inner[..end].to_owned())
    }

    /// A string with escapes in it.
    fn escaped(&mut self, inner: &'t str) -> Option<String> {
        let mut text = String::new();
        let mut chars = inner.char_indices();
        loop {
            match chars.next()? {
                (at, '"') => {
                    self.0 = &inner[at + 1..];
                    return Some(text);
                }
                (_, '\\') => match chars.next()? {
                    (_, c @ ('"' | '\\')) => text.push(c),
                    (at, 'u') => {
                        let code = u32::from_str_radix(inner.get(at + 1..at + 5)?, 16).ok()?;
                        text.push(char::from_u32(code)?);
                        chars.nth(3)?;
                    }
                    _ => return None,
                },
                (_, c) => text.push(c),
            }
        }
    }

    fn number(&mut self) -> Option<u32> {
        let end = self.0.find(',')?;
        let number = self.0[..end].parse().ok()?;
        self.0 = &self.0[end..];
        Some(number)
    }

    /// Whether nothing else is left.
    fn ends_with(&self, rest: &str) -> bool {
        self.0 == rest
    }

    fn skip(&mut self, text: &str) -> bool {
        let rest = self.0.strip_prefix(text);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }
}

fn only_text(item: &mut Item<'_>) -> Option<String> {
    item.part("").filter(|_| item.ends_with(""))
}

fn finding(item: &mut Item<'_>) -> Option<Finding> {
    let rule = Rule::from_name(&item.part("{ rule = ")?)?;
    let at = if item.skip(", at = ") { Some(item.number()?) } else { None };
    let subject = item.part(", subject = ")?;
    item.ends_with(" }").then_some(Finding { at, rule, subject })
}

fn embed(item: &mut Item<'_>) -> Option<Embed> {
    let (name, table) = (item.part("{ name = ")?, item.part(", table = ")?);
    let mut number =
        |key: &str| item.skip(key).then(|| item.number()).flatten().map(|number| number as usize);
    let columns = number(", from = ")?..number(", to = ")?;
    let optional = item.skip(", optional = true");
    let is_whole = (optional || item.skip(", optional = false")) && item.ends_with(" }");
    (is_whole && !columns.is_empty()).then_some(Embed { name, table, columns, optional })
}

fn field(item: &mut Item<'_>) -> Option<Field> {
    let (name, ty) = (item.part("{ name = ")?, item.part(", type = ")?);
    let nullable = item.skip(", nullable = true");
    if !nullable && !item.skip(", nullable = false") {
        return None;
    }
    let null_elements = item.skip(", null_elements = true");
    let domain = item.part(", domain = ");
    let rust = match item.part(", rust = ") {
        Some(path) => {
            let via = item.part(", via = ").map(|word| settings::via(&word)).transpose().ok()?;
            Some(RustType { path, via })
        }
        None => None,
    };
    let whole_rows = item.skip(", rows = true");
    item.ends_with(" }").then_some(Field { name, ty, nullable, null_elements, domain, rust, whole_rows })
}

fn unquoted(value: &str) -> Option<&str> {
    value.strip_prefix('"')?.strip_suffix('"')
}
