//! Which tool migration files are of: from their names, and from the comments that tell a tool what to do.

use crate::error::Mistake;
use crate::read::File;

use super::{Format, dbmate, name, sql_migrate, tern};

/// One tool's signs in the files, or none.
pub(super) fn detect(files: &[File]) -> Result<Format, Vec<Mistake>> {
    let mut found: Vec<(Format, &File)> = Vec::new();
    for file in files.iter().filter(|file| name::is_looked_at(&file.path)) {
        let sign = annotated(&file.text).or_else(|| named(&file.path));
        if let Some(format) = sign.filter(|format| found.iter().all(|(other, _)| other != format)) {
            found.push((format, file));
        }
    }
    match found.as_slice() {
        [] if files.iter().any(|file| name::is_looked_at(&file.path)) => Ok(Format::Plain),
        [] => Ok(Format::Goose),
        [(format, _)] => Ok(*format),
        [first, others @ ..] => Err(others.iter().map(|other| mixed(*first, *other)).collect()),
    }
}

/// A file that is named as plain or as goose's, but has another tool's annotations, would be run with its Down.
pub(super) fn refuse_other_tools(format: Format, files: &[File]) -> Result<(), Vec<Mistake>> {
    if !matches!(format, Format::Goose | Format::Plain) {
        return Ok(());
    }
    let other = |file: &File| annotated(&file.text).filter(|other| *other != format);
    let mistakes = files.iter().filter_map(|file| {
        let message = format!("the file has annotations of {}, but is to be read as {format}", other(file)?);
        let help = "keep the files of one tool in a set, and name no other under `format` in bindery.toml";
        Some(Mistake::of_file(&file.path, message).help(help))
    });
    let mistakes: Vec<Mistake> = mistakes.collect();
    if mistakes.is_empty() { Ok(()) } else { Err(mistakes) }
}

fn named(path: &str) -> Option<Format> {
    name::direction(name::of(path)).map(|_| Format::GolangMigrate)
}

/// The tool whose annotation the text has, even if it is not quite as the tool wants it.
fn annotated(text: &str) -> Option<Format> {
    let has = |is_annotation: fn(&str) -> bool| text.lines().any(is_annotation);
    if has(|line| line.trim_start().starts_with("--") && line.contains("+goose")) {
        Some(Format::Goose)
    } else if has(sql_migrate::is_annotation) {
        Some(Format::SqlMigrate)
    } else if has(dbmate::is_annotation) {
        Some(Format::Dbmate)
    } else if has(tern::is_annotation) {
        Some(Format::Tern)
    } else {
        None
    }
}

fn mixed((first, file): (Format, &File), (second, other): (Format, &File)) -> Mistake {
    let message = format!("the file is one of {second}, but {} is one of {first}", file.path);
    let help = format!(
        "keep the files of one tool in a set, or say whose rules are meant: `format = \"{first}\"` or `format = \
         \"{second}\"` under `[migrate]` in bindery.toml"
    );
    Mistake::of_file(&other.path, message).help(help)
}
