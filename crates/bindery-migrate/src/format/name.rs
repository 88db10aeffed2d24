//! What the name of a migration file says.

use crate::error::Mistake;
use crate::migration::Direction;
use crate::read::File;

/// The name without folders.
pub(crate) fn of(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// Whether a tool would look at the file at all: it is no code, as goose has it, and none that editors hide.
pub(super) fn is_looked_at(path: &str) -> bool {
    let name = of(path);
    !name.ends_with(".go") && !name.starts_with('.')
}

/// The digits that it begins with, and what follows.
pub(super) fn digits(name: &str) -> (&str, &str) {
    name.split_at(name.find(|c: char| !c.is_ascii_digit()).unwrap_or(name.len()))
}

/// A file's number, which no tool keeps in more than 63 bits on PostgreSQL.
pub(super) fn number(file: &File, digits: &str) -> Result<i64, Mistake> {
    digits.parse().map_err(|_| {
        let mistake = Mistake::of_file(&file.path, "the number of the file is too large");
        mistake.help(format!("begin its name with one up to {}", i64::MAX))
    })
}

/// golang-migrate's pattern `^([0-9]+)_(.*)\.(down|up)\.(.*)$` (4.19, `source/parse.go`): the number's digits, and the
/// direction, which is the last that the name has.
pub(super) fn direction(name: &str) -> Option<(&str, Direction)> {
    let (number, rest) = digits(name);
    let rest = rest.strip_prefix('_').filter(|_| !number.is_empty())?;
    let last = |word: &str| rest.rfind(word);
    match (last(".up."), last(".down.")) {
        (None, None) => None,
        (up, down) if up > down => Some((number, Direction::Up)),
        _ => Some((number, Direction::Down)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_direction_is_the_last_of_its_name() {
        assert_eq!(direction("0001_cars.up.sql"), Some(("0001", Direction::Up)));
        assert_eq!(direction("1_a.up.down.sql"), Some(("1", Direction::Down)));
        assert_eq!(direction("1_.up.sql"), Some(("1", Direction::Up)));
        for name in ["1_up.sql", "_a.up.sql", "a_1.up.sql", "1a.up.sql", "1.up.sql", "1_a.UP.sql"] {
            assert_eq!(direction(name), None, "{name}");
        }
    }
}
