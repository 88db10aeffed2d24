//! A line -> text and variables, by the grammar of github.com/mfridman/interpolate 0.0.2.

use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

use super::Failure;

/// Defaults in defaults: far more than a person writes, and far less than the stack holds.
const DEEPEST: usize = 64;

/// A part of a line, and where it begins.
#[derive(Debug)]
pub(super) struct Item<'l> {
    pub at: usize,
    pub what: What<'l>,
}

#[derive(Debug)]
pub(super) enum What<'l> {
    Text(&'l str),
    Variable(&'l str, How<'l>),
}

/// What a variable stands for.
#[derive(Debug)]
pub(super) enum How<'l> {
    Plain,
    IfEmpty(Vec<Item<'l>>),
    IfUnset(Vec<Item<'l>>),
    Required(Vec<Item<'l>>),
    Slice { from: i64, length: Option<i64> },
}

/// Parses a line.
///
/// # Errors
/// It breaks the rules.
pub(super) fn parse(line: &str) -> Result<Vec<Item<'_>>, Failure> {
    Parser { line, at: 0, depth: 0 }.items(None)
}

struct Parser<'l> {
    line: &'l str,
    at: usize,
    depth: usize,
}

impl<'l> Parser<'l> {
    /// Everything up to `stop`, or to the line's end.
    fn items(&mut self, stop: Option<char>) -> Result<Vec<Item<'l>>, Failure> {
        let mut items = Vec::new();
        while let Some(c) = self.peek().filter(|c| Some(*c) != stop) {
            let at = self.at;
            let rest = self.rest();
            let what = if rest.starts_with(r"\\") || rest.starts_with("$(") {
                What::Text(self.take(2))
            } else if rest.starts_with(r"\$") || rest.starts_with("$$") {
                self.take(2);
                What::Text("$")
            } else if c == '$' && rest.len() > 1 {
                self.variable()?
            } else {
                let more = &rest[c.len_utf8()..];
                let end = more.find(|c| c == '$' || c == '\\' || Some(c) == stop).unwrap_or(more.len());
                What::Text(self.take(c.len_utf8() + end))
            };
            items.push(Item { at, what });
        }
        Ok(items)
    }

    fn variable(&mut self) -> Result<What<'l>, Failure> {
        let at = self.at;
        self.take(1);
        if self.peek() != Some('{') {
            return Ok(What::Variable(self.name(at)?, How::Plain));
        }
        self.take(1);
        let name = self.name(at)?;
        let how = self.how(at)?;
        if self.peek() != Some('}') {
            return Err(Failure::syntax(at, format!("this `${{{name}` is not closed by `}}`")));
        }
        self.take(1);
        Ok(What::Variable(name, how))
    }

    fn name(&mut self, at: usize) -> Result<&'l str, Failure> {
        if !self.peek().is_some_and(is_letter) {
            return Err(Failure::syntax(
                at,
                "ENVSUB needs a name after this `$`, which begins with a letter",
            ));
        }
        Ok(self.take_until(|c| !is_letter(c) && !c.is_numeric() && c != '_'))
    }

    /// What follows a name in braces, without the closing one.
    fn how(&mut self, at: usize) -> Result<How<'l>, Failure> {
        let rest = self.rest();
        if rest.starts_with('}') {
            Ok(How::Plain)
        } else if rest.starts_with(":-") {
            self.take(2);
            self.nested(at).map(How::IfEmpty)
        } else if rest.starts_with('-') {
            self.take(1);
            self.nested(at).map(How::IfUnset)
        } else if rest.starts_with('?') {
            self.take(1);
            self.nested(at).map(How::Required)
        } else if rest.starts_with(':') {
            self.take(1);
            self.slice(at)
        } else {
            Err(Failure::syntax(at, "this `${` has no operator that ENVSUB knows: `:-`, `-`, `?` or `:`"))
        }
    }

    fn nested(&mut self, at: usize) -> Result<Vec<Item<'l>>, Failure> {
        if self.depth == DEEPEST {
            return Err(Failure::syntax(at, "the defaults in this `${` are nested too deep"));
        }
        self.depth += 1;
        let items = self.items(Some('}'));
        self.depth -= 1;
        items
    }

    fn slice(&mut self, at: usize) -> Result<How<'l>, Failure> {
        let from = number(at, self.take_until(|c| c == ':' || c == '}'))?;
        let Some(':') = self.peek() else { return Ok(How::Slice { from, length: None }) };
        self.take(1);
        let length = number(at, self.take_until(|c| c == '}'))?;
        Ok(How::Slice { from, length: Some(length) })
    }

    fn rest(&self) -> &'l str {
        &self.line[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn take(&mut self, bytes: usize) -> &'l str {
        let taken = &self.rest()[..bytes];
        self.at += bytes;
        taken
    }

    fn take_until(&mut self, is_end: impl Fn(char) -> bool) -> &'l str {
        let end = self.rest().find(is_end).unwrap_or(self.rest().len());
        self.take(end)
    }
}

/// What Go calls a letter, which is less than what Rust calls alphabetic.
fn is_letter(c: char) -> bool {
    c.general_category_group() == GeneralCategoryGroup::Letter
}

fn number(at: usize, text: &str) -> Result<i64, Failure> {
    let message = || format!("`{text}` is no number, with which a part of the value would be cut out");
    text.trim().parse().map_err(|_| Failure::syntax(at, message()))
}
