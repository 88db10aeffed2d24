//! goose files, read exactly as goose reads them and as Bindery reads them by default.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod conformance;
mod edges;
mod envsub;
mod names;
mod random;

use bindery_migrate::{File, Migration, Mistake, Reader, Section, Strictness};

/// Reads one file; the environment has the variables that goose's own tests have.
fn read(text: &str, strictness: Strictness) -> Result<Migration, Vec<Mistake>> {
    let file = File { path: "1_a.sql".to_owned(), text: text.to_owned() };
    let mut reader = Reader::new();
    reader.strictness(strictness).environment(|name| {
        let value = match name {
            "GOOSE_ENV_REGION" => "us_east_",
            "GOOSE_ENV_SET_BUT_EMPTY_VALUE" | "EMPTY" => "",
            "GOOSE_ENV_NAME" => "foo",
            "T" => "cars",
            "LINES" => "a\nb",
            "END" => "1;",
            _ => return None,
        };
        Some(value.to_owned())
    });
    Ok(reader.read(&[file])?.remove(0))
}

fn statements(section: &Section) -> Vec<&str> {
    section.statements.iter().map(|statement| statement.sql.as_str()).collect()
}

/// Line and column, as messages show them.
fn place(text: &str, mistake: &Mistake) -> String {
    let Some(offset) = mistake.offset else { return "file".to_owned() };
    let before = &text[..offset];
    let column = before.rsplit('\n').next().unwrap().chars().count() + 1;
    format!("{}:{column}", before.matches('\n').count() + 1)
}
