//! The numbers that files are given: one after the other, or the second in which a file was made.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::format::name;

const DAY: u64 = 86_400;

/// The number that begins the name of the file at `path`, if one does.
pub(crate) fn of_path(path: &str) -> Option<i64> {
    split(name::of(path)).map(|(number, _)| number)
}

/// The number that begins a file's name, and what follows it: `7` and `_cars.sql`.
pub(crate) fn split(name: &str) -> Option<(i64, &str)> {
    let (digits, rest) = name.split_at(name.find('_')?);
    let is_plain = digits.chars().all(|c| c.is_ascii_digit());
    let number = digits.parse().ok().filter(|number| is_plain && *number >= 1)?;
    Some((number, rest))
}

/// A sequential number with at least so many digits; goose's have 5.
pub(crate) fn sequential(number: i64, width: usize) -> String {
    format!("{number:0width$}")
}

/// `20260102150405`, in UTC.
pub(crate) fn timestamp(time: SystemTime) -> i64 {
    let seconds = time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let mut days = seconds / DAY;
    let mut year = 1970;
    while days >= days_of_year(year) {
        days -= days_of_year(year);
        year += 1;
    }
    let mut month = 1;
    while days >= days_of_month(year, month) {
        days -= days_of_month(year, month);
        month += 1;
    }
    let second = seconds % DAY;
    let parts = [month, days + 1, second / 3600, second / 60 % 60, second % 60];
    let number = parts.into_iter().fold(year, |number, part| number * 100 + part);
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Whether a number is a second from 1970 on, written as [`timestamp`] does
/// (goose 3.27, `fix.go`: what `time.Parse("20060102150405", ..)` takes).
pub(crate) fn is_timestamp(number: i64) -> bool {
    let Ok(number) = u64::try_from(number) else { return false };
    let part = |power: u32| number / 100_u64.pow(power) % 100;
    let (year, month, day) = (number / 100_u64.pow(5), part(4), part(3));
    (1970..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=days_of_month(year, month)).contains(&day)
        && (part(2) < 24 && part(1) < 60 && part(0) < 60)
}

fn days_of_year(year: u64) -> u64 {
    if is_leap(year) { 366 } else { 365 }
}

fn days_of_month(year: u64, month: u64) -> u64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn timestamps_are_as_postgresql_writes_them() {
        let database = bindery_postgres::Server::start().unwrap().create_database().unwrap();
        let mut client = database.connect().unwrap();
        let sql = "SELECT seconds, to_char(to_timestamp(seconds) AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISS')
                   FROM (SELECT generate_series(0, 40000) * 86413::bigint AS seconds) all_hours";
        for row in client.query(sql, &[]).unwrap() {
            let (seconds, text): (i64, String) = (row.get(0), row.get(1));
            let number = timestamp(UNIX_EPOCH + Duration::from_secs(seconds.unsigned_abs()));
            assert_eq!(number.to_string(), text);
            assert!(is_timestamp(number), "{number}");
        }
    }

    #[test]
    fn other_numbers_are_no_timestamps() {
        for number in [
            1,
            99_999,
            19_691_231_235_959,
            20_261_301_000_000,
            20_260_230_000_000,
            20_260_101_240_000,
            202_601_010_000_000,
            20_260_001_000_000,
            -20_260_101_000_000,
        ] {
            assert!(!is_timestamp(number), "{number}");
        }
        assert!(is_timestamp(20_240_229_000_000) && !is_timestamp(20_230_229_000_000));
    }

    #[test]
    fn a_name_is_split_behind_its_number() {
        assert_eq!(split("00007_cars_2.sql"), Some((7, "_cars_2.sql")));
        for name in ["cars.sql", "7.sql", "0_cars.sql", "-7_cars.sql", "+7_cars.sql", "_cars.sql"] {
            assert_eq!(split(name), None, "{name}");
        }
    }
}
