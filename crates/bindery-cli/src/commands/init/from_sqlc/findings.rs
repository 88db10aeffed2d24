//! The three lists that are printed.

use std::fmt::Write as _;

/// What became of each key.
#[derive(Default)]
pub struct Findings {
    taken: Vec<String>,
    open: Vec<String>,
    none: Vec<String>,
}

impl Findings {
    /// It holds here too.
    pub fn taken(&mut self, key: &str, what: impl AsRef<str>) {
        self.taken.push(line(key, what.as_ref()));
    }

    /// The user has to say what it means.
    pub fn open(&mut self, key: &str, what: impl AsRef<str>) {
        self.open.push(line(key, what.as_ref()));
    }

    /// It means nothing here.
    pub fn none(&mut self, key: &str, why: impl AsRef<str>) {
        self.none.push(line(key, why.as_ref()));
    }

    pub fn text(&self, file: &str) -> String {
        let mut text = format!("from {file}:\n");
        let lists = [
            ("taken over", &self.taken),
            ("needs a decision", &self.open),
            ("has no meaning here", &self.none),
        ];
        for (title, lines) in lists.into_iter().filter(|(_, lines)| !lines.is_empty()) {
            // Writing to a string cannot fail.
            let _ = write!(text, "\n{title}:\n{}", lines.concat());
        }
        text
    }
}

fn line(key: &str, what: &str) -> String {
    format!("  {key}: {what}\n")
}
