//! Durations as PostgreSQL writes them.

use std::error::Error;
use std::fmt;
use std::time::Duration;

/// The units that PostgreSQL knows, in milliseconds; not `us`, of which most timeouts would make none at all.
const UNITS: [(&str, u64); 5] =
    [("ms", 1), ("s", 1_000), ("min", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

/// PostgreSQL keeps timeouts as an `int` of milliseconds.
const LONGEST: u64 = i32::MAX as u64;

/// Reads a whole number with a unit: `500ms`, `5s`, `2min`, `1h`, `1d`. For a timeout `0s` is none.
///
/// # Errors
/// It is written in another way, or is longer than PostgreSQL's timeouts can be: 24 days.
pub fn parse_duration(text: &str) -> Result<Duration, InvalidDuration> {
    let invalid = |problem| InvalidDuration { text: text.to_owned(), problem };
    let unit_at = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(unit_at);
    let unit = UNITS.iter().find(|(name, _)| *name == unit.trim_start());
    let Some((_, milliseconds)) = unit.filter(|_| !digits.is_empty()) else {
        return Err(invalid(Problem::Malformed));
    };
    let time = digits.parse().ok().and_then(|number: u64| number.checked_mul(*milliseconds));
    let time = time.filter(|time| *time <= LONGEST).ok_or_else(|| invalid(Problem::TooLong))?;
    Ok(Duration::from_millis(time))
}

/// A text that is no duration, or none that PostgreSQL could wait for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidDuration {
    text: String,
    problem: Problem,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Problem {
    Malformed,
    TooLong,
}

impl fmt::Display for InvalidDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { text, problem } = self;
        match problem {
            Problem::Malformed => write!(f, "`{text}` is no duration: write `500ms`, `5s`, `2min` or `1h`"),
            Problem::TooLong => {
                write!(f, "`{text}` is longer than PostgreSQL's timeouts can be: at most `24d`")
            }
        }
    }
}

impl Error for InvalidDuration {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_postgresql_reads_them() {
        let database = bindery_postgres::Server::start().unwrap().create_database().unwrap();
        let mut client = database.connect().unwrap();
        for text in ["500ms", "5s", "2min", "1h", "24d", "0s", "7 s", "2147483647ms"] {
            client.batch_execute(&format!("SET statement_timeout = '{text}'")).unwrap();
            let sql = "SELECT setting FROM pg_settings WHERE name = 'statement_timeout'";
            let milliseconds: String = client.query_one(sql, &[]).unwrap().get(0);
            client.batch_execute("RESET statement_timeout").unwrap();
            assert_eq!(parse_duration(text).unwrap().as_millis().to_string(), milliseconds, "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in ["", "5", "s", "-5s", "1.5s", "5S", "5us", "5 minutes", "5s "] {
            assert!(parse_duration(text).unwrap_err().to_string().contains("is no duration"), "{text}");
        }
        for text in ["25d", "2147483648ms", "99999999999999999999s", "18446744073709551615d"] {
            assert!(parse_duration(text).unwrap_err().to_string().contains("is longer"), "{text}");
        }
    }
}
