//! goose's file names: which version a file is, and in which order files come (goose 3.27, `NumericComponent` and
//! `collectFilesystemSources`).

use std::collections::BTreeMap;

use crate::error::Mistake;
use crate::format::{name, same_number};
use crate::read::{File, Strictness};

/// What keeps files from having an order; files that goose does not look at are left to the caller.
///
/// Files of which none has a number keep the order in which they are given, unless they are read as goose reads them.
pub(super) fn check(files: &[&File], strictness: Strictness) -> Vec<Mistake> {
    let mut mistakes: Vec<Mistake> =
        files.iter().filter(|file| is_go(&file.path)).map(|file| go(file)).collect();
    let sql: Vec<&&File> = files.iter().filter(|file| !is_go(&file.path)).collect();
    if strictness == Strictness::Strict && !sql.iter().any(|file| is_meant_as_numbered(&file.path)) {
        return mistakes;
    }
    let mut by_version: BTreeMap<i64, Vec<&File>> = BTreeMap::new();
    for file in sql {
        match version(&file.path) {
            Ok(version) => by_version.entry(version).or_default().push(file),
            Err(why) => mistakes.push(unnumbered(&file.path, why)),
        }
    }
    for files in by_version.values() {
        mistakes.extend(files[1..].iter().map(|file| same_number(file, files[0])));
    }
    mistakes
}

/// Whether the name of a file begins as if a version were meant, if not one that goose takes.
fn is_meant_as_numbered(path: &str) -> bool {
    name::of(path).trim_start_matches(['+', '-']).starts_with(|c: char| c.is_ascii_digit())
}

/// The number of a file, if goose finds one.
pub(super) fn version_of(path: &str) -> Option<i64> {
    version(path).ok()
}

/// The number before the first `_` of the file's name.
fn version(path: &str) -> Result<i64, &'static str> {
    let name = name::of(path);
    if !name.ends_with(".sql") && !is_go(name) {
        return Err("its name does not end in `.sql`");
    }
    let Some((number, _)) = name.split_once('_') else { return Err("its name has no `_` after a number") };
    match number.parse::<i64>() {
        Ok(version @ 1..) => Ok(version),
        Ok(_) => Err("versions begin with 1"),
        Err(error) if *error.kind() == std::num::IntErrorKind::PosOverflow => Err("its number is too large"),
        Err(_) => Err("its name does not begin with a number"),
    }
}

fn unnumbered(path: &str, why: &str) -> Mistake {
    Mistake::of_file(path, format!("the file has no number: {why}")).help(
        "begin its name with a number from 1 on and `_`, such as `00001_cars.sql`, or move it elsewhere",
    )
}

fn go(file: &File) -> Mistake {
    let (message, help) = if version_of(&file.path).is_some() {
        (
            "goose runs this migration, which is written in Go, and Bindery cannot",
            "register it in Rust, or name it in `skip`",
        )
    } else {
        (
            "this Go file has no number, but goose runs what it may register, and Bindery cannot",
            "name it in `skip` if no migration is in it",
        )
    };
    Mistake::of_file(&file.path, message).help(help)
}

/// Migrations written in Go.
pub(super) fn is_go(path: &str) -> bool {
    path.ends_with(".go")
}

/// Go's tests, which goose passes over.
pub(super) fn is_go_test(path: &str) -> bool {
    path.ends_with("_test.go")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_the_number_before_the_first_underscore() {
        let cases = [
            ("00001_x.sql", Some(1)),
            ("1_x.sql", Some(1)),
            ("dir_2/20170506082420_a_b.sql", Some(20_170_506_082_420)),
            ("9223372036854775807_x.sql", Some(i64::MAX)),
            ("+3_x.sql", Some(3)),
            ("3_.sql", Some(3)),
            ("4_x.go", Some(4)),
            ("9223372036854775808_x.sql", None),
            ("0_x.sql", None),
            ("-1_x.sql", None),
            ("_x.sql", None),
            ("1x_y.sql", None),
            (" 1_y.sql", None),
            ("1-x.sql", None),
            ("1.sql", None),
            ("1_x.SQL", None),
            ("1_x.txt", None),
            ("schema.sql", None),
        ];
        for (name, expected) in cases {
            assert_eq!(version_of(name), expected, "{name}");
        }
    }
}
