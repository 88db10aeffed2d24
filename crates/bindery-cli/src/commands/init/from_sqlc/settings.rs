//! bindery.toml, line by line, each with where it comes from.

use std::fmt::Write as _;

use toml_edit::{Array, Key, Value};

/// The tables of bindery.toml that lines are written to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Section {
    Root,
    Rust,
    Fields,
    Types,
    Columns,
}

#[derive(Default)]
pub struct Settings {
    lines: Vec<Line>,
}

struct Line {
    section: Section,
    key: String,
    value: String,
    from: String,
    is_open: bool,
}

const HEADS: [(Section, &str); 5] = [
    (Section::Root, ""),
    (Section::Rust, "[rust]"),
    (Section::Fields, "[rust.fields]"),
    (Section::Types, "[types]"),
    (Section::Columns, "[columns]"),
];

impl Settings {
    /// Writes the setting down. False if it has another value already, which stays.
    pub fn set(&mut self, section: Section, key: &str, value: String, from: &str) -> bool {
        let mut lines = self.lines.iter_mut();
        let found = lines.find(|line| !line.is_open && line.section == section && line.key == key);
        match found {
            Some(line) if line.value != value => false,
            Some(line) => {
                if !line.from.split(", ").any(|one| one == from) {
                    line.from = format!("{}, {from}", line.from);
                }
                true
            }
            None => {
                self.push(section, key, value, from, false);
                true
            }
        }
    }

    /// A line for the user to decide on, as a comment.
    pub fn suggest(&mut self, section: Section, key: &str, value: String, from: &str) {
        self.push(section, key, value, from, true);
    }

    fn push(&mut self, section: Section, key: &str, value: String, from: &str, is_open: bool) {
        let (key, from) = (key.to_owned(), from.to_owned());
        self.lines.push(Line { section, key, value, from, is_open });
    }

    pub fn text(&self, file: &str) -> String {
        let mut text =
            format!("# By `cargo bindery init --from {file}`; docs/types.md explains the settings.\n");
        for (section, head) in HEADS {
            let lines: Vec<&Line> = self.lines.iter().filter(|line| line.section == section).collect();
            if lines.is_empty() {
                continue;
            }
            let comment = if lines.iter().all(|line| line.is_open) { "# " } else { "" };
            let head = if head.is_empty() { String::new() } else { format!("{comment}{head}\n") };
            let lines: String = lines.into_iter().map(Line::text).collect();
            // Writing to a string cannot fail.
            let _ = write!(text, "\n{head}{lines}");
        }
        text
    }
}

impl Line {
    fn text(&self) -> String {
        let Self { section, key, value, from, is_open } = self;
        let key = match section {
            Section::Types | Section::Columns => text(key),
            _ => Key::new(key).to_string(),
        };
        let (comment, to_do) = if *is_open { ("# ", ", to be decided") } else { ("", "") };
        format!("# from {from}{to_do}\n{comment}{key} = {value}\n")
    }
}

/// A text as TOML has it.
pub fn text(text: &str) -> String {
    Value::from(text).to_string()
}

/// A text as a shell takes it.
pub fn word(text: &str) -> String {
    match text.chars().all(|c| c.is_alphanumeric() || "-_./".contains(c)) {
        true => text.to_owned(),
        false => format!("'{text}'"),
    }
}

/// A list of texts as TOML has it.
pub fn list(texts: &[String]) -> String {
    Array::from_iter(texts).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_open_is_a_comment() {
        let mut settings = Settings::default();
        assert!(settings.set(Section::Root, "query_traits", text("on"), "a"));
        assert!(settings.set(Section::Root, "query_traits", text("on"), "b"));
        assert!(!settings.set(Section::Root, "query_traits", text("off"), "c"));
        settings.suggest(Section::Types, "public.plate", text("crate::Plate"), "d");
        let text = settings.text("sqlc.yaml");
        let (_, lines) = text.split_once("\n\n").unwrap();
        assert_eq!(
            lines,
            "# from a, b\nquery_traits = \"on\"\n\n# [types]\n# from d, to be decided\n\
             # \"public.plate\" = \"crate::Plate\"\n"
        );
        assert!(text.parse::<toml_edit::DocumentMut>().is_ok(), "{text}");
    }
}
