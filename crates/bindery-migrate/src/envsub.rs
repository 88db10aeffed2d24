//! Environment variables in a line (goose's ENVSUB), by the rules of the library that goose uses
//! (github.com/mfridman/interpolate 0.0.2).
//!
//! `$NAME` and `${NAME}`, a default with `${NAME:-text}` (unset or empty) or `${NAME-text}` (unset), an error of one's
//! own with `${NAME?text}`, and a part of the value, in bytes, with `${NAME:from}` or `${NAME:from:length}`. `$$` and
//! `\$` are a dollar sign.

mod line;

use crate::migration::LineStart;
use crate::read::Strictness;
use line::{How, Item, What};

/// A line with its variables filled in.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Expanded {
    pub text: String,
    /// Where its parts come from, in bytes of the line as it is written.
    pub starts: Vec<LineStart>,
}

/// Why a line cannot be filled in.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// Where in the line, in bytes.
    pub at: usize,
    pub message: String,
    pub help: String,
}

impl Failure {
    fn syntax(at: usize, message: impl Into<String>) -> Self {
        let help = "write `\\$` for a dollar sign, or `-- +goose ENVSUB OFF` above the line";
        Self { at, message: message.into(), help: help.to_owned() }
    }
}

/// Fills in the variables of `line`.
///
/// # Errors
/// The line breaks the rules, a `${NAME?text}` is unset, or (strictly read) a variable without a default is.
pub(crate) fn expand(
    line: &str,
    strictness: Strictness,
    value_of: &mut dyn FnMut(&str) -> Option<String>,
) -> Result<Expanded, Failure> {
    let items = line::parse(line)?;
    if strictness == Strictness::Strict {
        refuse_dollar_quote(line, &items)?;
    }
    let mut expander = Expander { strictness, value_of };
    let mut text = String::with_capacity(line.len());
    let mut starts = Vec::with_capacity(items.len());
    for item in &items {
        starts.push(LineStart { sql: text.len(), file: item.at });
        expander.push(item, &mut text)?;
    }
    Ok(Expanded { text, starts })
}

/// `$body$` at a line's end is `$body` and a dollar sign, which nobody writes.
fn refuse_dollar_quote(line: &str, items: &[Item<'_>]) -> Result<(), Failure> {
    let [.., Item { at, what: What::Variable(name, How::Plain) }, last] = items else { return Ok(()) };
    // Neither `${body}$` nor an escaped `$$`.
    if line[at + 1..].starts_with('{') || &line[last.at..] != "$" {
        return Ok(());
    }
    Err(Failure {
        at: *at,
        message: format!("ENVSUB takes the `${name}` of `${name}$` for a variable"),
        help: "write `-- +goose ENVSUB OFF` above a dollar-quoted body".to_owned(),
    })
}

struct Expander<'v> {
    strictness: Strictness,
    value_of: &'v mut dyn FnMut(&str) -> Option<String>,
}

impl Expander<'_> {
    fn push(&mut self, item: &Item<'_>, to: &mut String) -> Result<(), Failure> {
        match &item.what {
            What::Text(text) => to.push_str(text),
            What::Variable(name, how) => to.push_str(&self.variable(item.at, name, how)?),
        }
        Ok(())
    }

    fn all(&mut self, items: &[Item<'_>]) -> Result<String, Failure> {
        let mut text = String::new();
        items.iter().try_for_each(|item| self.push(item, &mut text))?;
        Ok(text)
    }

    fn variable(&mut self, at: usize, name: &str, how: &How<'_>) -> Result<String, Failure> {
        let value = (self.value_of)(name);
        match (how, value) {
            (How::Plain | How::Slice { .. }, None) if self.strictness == Strictness::Strict => {
                Err(unset(at, name))
            }
            (How::IfEmpty(default), value) => match value.filter(|value| !value.is_empty()) {
                Some(value) => Ok(value),
                None => self.all(default),
            },
            (How::IfUnset(default), None) => self.all(default),
            (How::Required(message), None) => {
                let message = self.all(message)?;
                let message = if message.is_empty() { "not set" } else { &message };
                let help = format!("set the environment variable {name}");
                Err(Failure { at, message: format!("${name}: {message}"), help })
            }
            (How::Slice { from, length }, value) => slice(at, &value.unwrap_or_default(), *from, *length),
            (How::Plain | How::IfUnset(_) | How::Required(_), value) => Ok(value.unwrap_or_default()),
        }
    }
}

fn unset(at: usize, name: &str) -> Failure {
    Failure {
        at,
        message: format!("the environment variable {name} is not set, and goose would write nothing for it"),
        help: format!(
            "set it, write `${{{name}:-}}` if it may be empty, or `-- +goose ENVSUB OFF` above if none is meant"
        ),
    }
}

/// A part of a value; what lies outside is left out, a negative number counts from the end.
fn slice(at: usize, value: &str, from: i64, length: Option<i64>) -> Result<String, Failure> {
    let size = i64::try_from(value.len()).unwrap_or(i64::MAX);
    let from_end = |number: i64| if number < 0 { number.saturating_add(size) } else { number };
    let start = from_end(from).clamp(0, size);
    let end = match length {
        None => size,
        Some(length) if length < 0 => from_end(length).max(start),
        Some(length) => start.saturating_add(length).min(size),
    };
    let range = usize::try_from(start).unwrap_or(0)..usize::try_from(end).unwrap_or(0);
    let part = value.get(range).map(str::to_owned);
    part.ok_or_else(|| Failure::syntax(at, "the part of the value begins or ends inside a character"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value_of(name: &str) -> Option<String> {
        let value = match name {
            "A" => "a value",
            "EMPTY" => "",
            "HASH" => "1adf998e39f6",
            "NESTED" => "$A",
            "UMLAUT" => "ü",
            "NAÏVE_1" => "naïve",
            "body" => "b",
            _ => return None,
        };
        Some(value.to_owned())
    }

    fn like_goose(line: &str) -> Result<String, String> {
        let expanded = expand(line, Strictness::LikeGoose, &mut value_of);
        expanded.map(|expanded| expanded.text).map_err(|failure| failure.message)
    }

    fn strict(line: &str) -> Result<String, String> {
        let expanded = expand(line, Strictness::Strict, &mut value_of);
        expanded.map(|expanded| expanded.text).map_err(|failure| failure.message)
    }

    #[test]
    fn a_line_is_filled_in() {
        let cases = [
            ("", ""),
            ("no variable", "no variable"),
            ("$A, ${A}.", "a value, a value."),
            ("x$A", "xa value"),
            ("$A_B$A", "a value"),
            ("$EMPTY-${EMPTY}-$NONE-${NONE}", "---"),
            ("$NESTED", "$A"),
            ("${NONE:-d} ${EMPTY:-d} ${A:-d}", "d d a value"),
            ("${NONE-d} [${EMPTY-d}] ${A-d}", "d [] a value"),
            ("${NONE:-} ${NONE-}", " "),
            ("${NONE:-${EMPTY:-$A}} ${NONE:-x ${NONE-y $A} z}", "a value x y a value z"),
            ("${EMPTY:--:{}}", "-:{}"),
            ("${NONE:-127}", "127"),
            ("${A?no} [${EMPTY?no}]", "a value []"),
            ("${A:-${NONE?not asked for}}", "a value"),
            ("$$A $${A} \\$A \\${A}", "$A ${A} $A ${A}"),
            ("\\\\$A \\x \\", "\\\\a value \\x \\"),
            ("\\\\\\$A", "\\\\$A"),
            ("$(A) $(", "$(A) $("),
            ("a $", "a $"),
            ("$$ $$$$", "$ $$"),
            ("$NAÏVE_1.", "naïve."),
            ("$Aे", "a valueे"),
            ("${UMLAUT:0:2}", "ü"),
        ];
        for (line, expected) in cases {
            assert_eq!(like_goose(line).as_deref(), Ok(expected), "{line}");
        }
    }

    #[test]
    fn a_part_of_a_value_is_cut_out() {
        let cases = [
            ("${HASH:0}", "1adf998e39f6"),
            ("${HASH:4}", "998e39f6"),
            ("${HASH: -4}", "39f6"),
            ("${HASH: -99}", "1adf998e39f6"),
            ("${HASH:99}", ""),
            ("${HASH:0:3}", "1ad"),
            ("${HASH: +2 : 3 }", "df9"),
            ("${HASH:7:-2}", "e39"),
            ("${HASH:7:-99}", ""),
            ("${HASH:7:0}", ""),
            ("${HASH:7:99}", "e39f6"),
            ("${HASH:1:9223372036854775807}", "adf998e39f6"),
            ("${NONE:1:2}", ""),
        ];
        for (line, expected) in cases {
            assert_eq!(like_goose(line).as_deref(), Ok(expected), "{line}");
        }
    }

    #[test]
    fn what_breaks_the_rules_is_refused() {
        let cases = [
            ("$1", "begins with a letter"),
            ("$_A", "begins with a letter"),
            ("cost in $ and more", "begins with a letter"),
            ("$body$ x", "begins with a letter"),
            ("'^a$'", "begins with a letter"),
            ("${}", "begins with a letter"),
            ("${1}", "begins with a letter"),
            ("${A", "has no operator"),
            ("${A }", "has no operator"),
            ("${A!}", "has no operator"),
            ("${A:-x", "is not closed"),
            ("${A:-${A}", "is not closed"),
            ("${A:?no}", "no number"),
            ("${A:x}", "no number"),
            ("${A:1:}", "no number"),
            ("${A:1", "is not closed"),
            ("${A:99999999999999999999}", "no number"),
            ("${UMLAUT:1}", "inside a character"),
            ("${NONE?}", "$NONE: not set"),
            ("${NONE?needed: $A}", "$NONE: needed: a value"),
            ("${NONE?{}}", "$NONE: {"),
        ];
        for (line, part) in cases {
            let message = like_goose(line).unwrap_err();
            assert!(message.contains(part), "{line}: {message}");
            assert!(strict(line).is_err(), "{line}");
        }
        let deep = "${A:-".repeat(100_000);
        assert!(like_goose(&deep).unwrap_err().contains("too deep"));
    }

    #[test]
    fn strictly_read_a_variable_is_set_or_has_a_default() {
        assert!(strict("$NONE").unwrap_err().contains("NONE is not set"));
        assert!(strict("${NONE:0:1}").unwrap_err().contains("NONE is not set"));
        assert!(strict("AS $body$").unwrap_err().contains("`$body$`"));
        assert_eq!(strict("[$EMPTY${NONE:-}${NONE-}] $A$body ${A}$").as_deref(), Ok("[] a valueb a value$"));
        assert_eq!(strict("$A$$").as_deref(), Ok("a value$"));
    }

    #[test]
    fn parts_lead_back_to_the_line() {
        let expanded = expand("x ${A} y", Strictness::Strict, &mut value_of).unwrap();
        let starts: Vec<_> = expanded.starts.iter().map(|start| (start.sql, start.file)).collect();
        assert_eq!(starts, [(0, 0), (2, 2), (9, 6)]);
    }
}
