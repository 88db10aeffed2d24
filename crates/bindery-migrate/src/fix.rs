//! goose's hybrid versioning: timestamps while branches are written, sequential numbers once they are merged
//! (goose 3.27, `fix.go`).

use std::collections::BTreeSet;

use crate::create::next;
use crate::number;

/// A file that gets another number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renumbering {
    /// The path that it has.
    pub from: String,
    /// The path that it gets.
    pub to: String,
    /// The number that it has.
    pub old_version: i64,
    /// The number that it gets.
    pub new_version: i64,
}

/// Gives the files whose numbers are timestamps sequential ones, in their order, behind those that have such a number.
///
/// Only the number that begins a file's name is replaced; goose replaces it wherever it first occurs in the path. Files of
/// one number, such as both ways of a migration, stay together.
pub fn renumber(paths: &[impl AsRef<str>]) -> Vec<Renumbering> {
    let stamps = paths.iter().filter_map(|path| number::of_path(path.as_ref()));
    let stamps: BTreeSet<i64> = stamps.filter(|version| number::is_timestamp(*version)).collect();
    let mut renumberings = Vec::new();
    for (old_version, new_version) in stamps.into_iter().zip(next(paths)..) {
        let of_version =
            paths.iter().map(AsRef::as_ref).filter(|path| number::of_path(path) == Some(old_version));
        renumberings.extend(of_version.filter_map(|from| {
            let to = with_number(from, new_version)?;
            Some(Renumbering { from: from.to_owned(), to, old_version, new_version })
        }));
    }
    renumberings
}

fn with_number(path: &str, new_version: i64) -> Option<String> {
    let name_at = path.rfind(['/', '\\']).map_or(0, |slash| slash + 1);
    let (folder, name) = path.split_at(name_at);
    let (_, rest) = number::split(name)?;
    Some(format!("{folder}{}{rest}", number::sequential(new_version, 5)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn renamed(paths: &[&str]) -> Vec<(String, String)> {
        renumber(paths).into_iter().map(|renumbering| (renumbering.from, renumbering.to)).collect()
    }

    #[test]
    fn timestamps_become_numbers_behind_the_last_one() {
        let paths = ["00002_b.sql", "20260102150405_d.sql", "00001_a.sql", "20250102150405_c.sql"];
        let expected = [("20250102150405_c.sql", "00003_c.sql"), ("20260102150405_d.sql", "00004_d.sql")];
        assert_eq!(renamed(&paths), expected.map(|(from, to)| (from.to_owned(), to.to_owned())));
        assert_eq!(renamed(&["00002_b.sql", "x.sql"]), []);
        assert_eq!(renamed(&["20250102150405_c.sql"])[0].1, "00001_c.sql");
    }

    #[test]
    fn only_the_number_of_the_name_is_replaced() {
        let path = "db/20250102150405_old/20250102150405_as_of_20250102150405.sql";
        assert_eq!(renamed(&[path])[0].1, "db/20250102150405_old/00001_as_of_20250102150405.sql");
    }

    #[test]
    fn both_ways_of_a_migration_stay_together() {
        let paths = ["20250102150405_a.down.sql", "20250102150405_a.up.sql", "20260102150405_b.up.sql"];
        let to: Vec<String> = renamed(&paths).into_iter().map(|(_, to)| to).collect();
        assert_eq!(to, ["00001_a.down.sql", "00001_a.up.sql", "00002_b.up.sql"]);
    }
}
