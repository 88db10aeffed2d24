//! The migrations: read by the rules of their tool, applied to a temporary database.

use std::borrow::Cow;
use std::collections::HashMap;
use std::iter;
use std::ops::Range;

use bindery_migrate::{
    ApplyError, File, Format, Migration, Mistake, Reader, Section, Statement, TransactionMode,
};
use postgres::Client;

use crate::diagnostic::{Diagnostic, Span};
use crate::generate::MigrationText;
use crate::server_error::{self, ServerError};
use crate::settings::MigrateSettings;
use crate::source::{SourceFile, Sources};
use crate::suggest::{Asked, Suggestions};

/// Where named queries stand in files that hold schema too, by path.
pub(crate) type QueryBlocks = HashMap<String, Vec<Range<usize>>>;

/// The migrations in the order in which they are applied, and whose they are.
#[derive(Debug)]
pub(crate) struct Ordered {
    pub format: Format,
    pub migrations: Vec<Migration>,
}

/// Reads the migrations and puts them in order; every mistake in every file is a diagnostic.
///
/// None if there is one: on the rest of them, queries would fail for what they are not to blame for.
pub(crate) fn parse(
    sources: &Sources,
    blocks: &QueryBlocks,
    settings: &MigrateSettings,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Ordered> {
    let text = |file: &SourceFile| schema_text(file, blocks).into_owned();
    let files: Vec<File> =
        sources.migrations.iter().map(|file| File { path: file.path.clone(), text: text(file) }).collect();
    let mut reader = reader(settings);
    let read = reader.format_of(&files).and_then(|format| {
        let migrations = reader.format(format).read(&files)?;
        Ok(Ordered { format, migrations })
    });
    match read {
        Ok(ordered) => (!sources.lacks_migrations).then_some(ordered),
        Err(mistakes) => {
            diagnostics.extend(mistakes.into_iter().map(|mistake| diagnostic(sources, mistake)));
            None
        }
    }
}

fn reader(settings: &MigrateSettings) -> Reader {
    let MigrateSettings { format, skip, multi_statement, strictness, .. } = settings;
    let mut reader = Reader::new();
    reader.strictness(*strictness).skip(skip).multi_statement(*multi_statement);
    if let Some(format) = format {
        reader.format(*format);
    }
    reader
}

fn diagnostic(sources: &Sources, mistake: Mistake) -> Diagnostic {
    let file = sources.migrations.iter().find(|file| file.path == mistake.path);
    let diagnostic = match file.zip(mistake.offset) {
        Some((file, offset)) => Diagnostic::error(mistake.message).at(Span::point(file, offset), ""),
        None => Diagnostic::error(mistake.to_string()),
    };
    mistake.help.into_iter().fold(diagnostic, Diagnostic::help)
}

/// The files as the program is to carry them, ways back in files of their own among them.
pub(crate) fn texts<'p>(
    migrations: &'p [Migration],
    sources: &Sources,
    blocks: &QueryBlocks,
) -> Vec<MigrationText<'p>> {
    let mut texts: Vec<MigrationText<'p>> = Vec::new();
    for section in migrations.iter().flat_map(|migration| iter::once(&migration.up).chain(&migration.down)) {
        let path = section.path.as_str();
        if texts.iter().all(|text| text.path != path) {
            let file = sources.migrations.iter().find(|file| file.path == path && blocks.contains_key(path));
            texts.push(MigrationText { path, text: file.map(|file| schema_text(file, blocks).into_owned()) });
        }
    }
    texts
}

/// The file's text with its named queries blanked out, so that every position stays what it was.
fn schema_text<'f>(file: &'f SourceFile, blocks: &QueryBlocks) -> Cow<'f, str> {
    let Some(blocks) = blocks.get(&file.path) else { return Cow::Borrowed(&file.text) };
    let blank = |(byte, c): (usize, char)| match blocks.iter().any(|block| block.contains(&byte)) {
        true if c != '\n' => " ".repeat(c.len_utf8()),
        _ => c.to_string(),
    };
    Cow::Owned(file.text.char_indices().map(blank).collect())
}

/// Applies a migration.
///
/// # Errors
/// It fails, and the diagnostic says where in its file.
pub(crate) fn apply(
    client: &mut Client,
    sources: &Sources,
    migration: &Migration,
) -> Result<(), Box<Diagnostic>> {
    bindery_migrate::apply(client, std::slice::from_ref(migration))
        .map_err(|error| Box::new(failed(client, sources, &migration.up, &error)))
}

/// Undoes a migration; one without a way back is left as it is.
///
/// # Errors
/// As [`apply`].
pub(crate) fn undo(
    client: &mut Client,
    sources: &Sources,
    migration: &Migration,
) -> Result<(), Box<Diagnostic>> {
    let Some(down) = &migration.down else { return Ok(()) };
    bindery_migrate::undo(client, std::slice::from_ref(migration))
        .map_err(|error| Box::new(failed(client, sources, down, &error)))
}

fn failed(client: &mut Client, sources: &Sources, section: &Section, error: &ApplyError) -> Diagnostic {
    let server_error = error.db_error().map(ServerError::from);
    let statement = error.statement().and_then(|number| section.statements.get(number - 1));
    let diagnostic = in_file(sources, statement, error);
    let Some(server_error) = server_error else { return diagnostic };
    // The error is told in any case; help is welcome.
    let help =
        error.statement().and_then(|number| help(client, section, number, &server_error).ok().flatten());
    server_error::with_advice(diagnostic, &server_error, help)
}

/// The failure of a migration at its place, with the server's own advice and without help from its catalogs: to get at
/// that, statements are run again.
pub(crate) fn failed_as_told(sources: &Sources, migration: &Migration, error: &ApplyError) -> Diagnostic {
    let diagnostic = in_file(sources, statement(migration, error), error);
    match error.db_error() {
        Some(told) => server_error::with_advice(diagnostic, &told.into(), None),
        None => diagnostic,
    }
}

fn in_file(sources: &Sources, statement: Option<&Statement>, error: &ApplyError) -> Diagnostic {
    let file = sources.migrations.iter().chain(&sources.beside).find(|file| file.path == error.path());
    let server_error = error.db_error().map(ServerError::from);
    let message = server_error.as_ref().map_or_else(|| error.to_string(), |error| error.message.clone());
    let diagnostic = Diagnostic::error(message);
    let position = server_error.as_ref().zip(statement).and_then(|(error, of)| {
        let position = error.place(&of.sql)?;
        Some(of.offset_in_file(position))
    });
    match file.zip(position.or(error.offset())) {
        Some((file, offset)) => diagnostic.at(Span::point(file, offset), ""),
        None => diagnostic,
    }
}

/// The one that failed: of the statements with its number, one a direction, the one that the error's place lies in.
fn statement<'m>(migration: &'m Migration, error: &ApplyError) -> Option<&'m Statement> {
    let (index, offset) = (error.statement()?.checked_sub(1)?, error.offset()?);
    let sections = iter::once(&migration.up).chain(&migration.down);
    let of_file = sections.filter(|section| section.path == error.path());
    let mut statements = of_file.filter_map(|section| section.statements.get(index));
    statements.find(|of| (of.offset_in_file(1)..=of.offset_in_file(u32::MAX)).contains(&offset))
}

/// Help from the catalogs as the statement found them: those before it in its transaction, rolled back with it, are run
/// again.
fn help(
    client: &mut Client,
    section: &Section,
    number: usize,
    error: &ServerError,
) -> Result<Option<String>, postgres::Error> {
    let Some((statement, before)) = section.statements.get(..number).and_then(<[_]>::split_last) else {
        return Ok(None);
    };
    let mut transaction = client.transaction()?;
    if section.transaction == TransactionMode::PerFile {
        before.iter().try_for_each(|statement| transaction.batch_execute(&statement.sql))?;
    }
    let asked = Asked { sql: &statement.sql, query: None, error };
    Suggestions::new(&mut transaction).help(&asked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_in_a_shared_file_are_blanked_out() {
        let text = "CREATE TABLE t ();\n-- name: A :one\nSELECT 'ü';\n-- end";
        let file = SourceFile { path: "t.sql".into(), text: text.into() };
        let start = text.find("-- name").unwrap();
        let end = text.find("\n-- end").unwrap();
        let blocks = QueryBlocks::from([("t.sql".to_owned(), iter::once(start..end).collect())]);
        let schema = schema_text(&file, &blocks);
        assert_eq!(schema.len(), text.len());
        assert_eq!(schema.split_whitespace().collect::<String>(), "CREATETABLEt();--end");
    }
}
