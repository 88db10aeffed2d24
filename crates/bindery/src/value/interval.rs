//! `interval`: months, days and microseconds, kept apart as PostgreSQL keeps them.

use std::fmt;
use std::str::FromStr;

use bytes::BufMut;

use super::{Reader, codec, error_type};

/// A span of time. A month has no fixed number of days, nor a day of hours, so none is turned into the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Interval {
    /// Months, twelve a year.
    pub months: i32,
    /// Days.
    pub days: i32,
    /// Microseconds.
    pub microseconds: i64,
}

impl Interval {
    /// After all others, for PostgreSQL 17 and later; to earlier ones it is a very long time.
    pub const INFINITY: Self = Self { months: i32::MAX, days: i32::MAX, microseconds: i64::MAX };
    /// Before all others, for PostgreSQL 17 and later.
    pub const NEGATIVE_INFINITY: Self = Self { months: i32::MIN, days: i32::MIN, microseconds: i64::MIN };

    /// So many months.
    pub const fn months(months: i32) -> Self {
        Self { months, days: 0, microseconds: 0 }
    }

    /// So many days.
    pub const fn days(days: i32) -> Self {
        Self { months: 0, days, microseconds: 0 }
    }

    /// So many microseconds.
    pub const fn microseconds(microseconds: i64) -> Self {
        Self { months: 0, days: 0, microseconds }
    }

    /// So many hours.
    ///
    /// # Panics
    /// They are more than `i64` holds in microseconds, some 290,000 years.
    pub const fn hours(hours: i64) -> Self {
        Self::microseconds(hours.checked_mul(3_600_000_000).expect("the interval is out of range"))
    }
}

impl Interval {
    /// As PostgreSQL prints it with `intervalstyle = iso_8601`: `P1Y2M-3DT4H5M6.7S`, or `infinity`. `FromStr` reads it.
    pub fn iso_8601(&self) -> String {
        match *self {
            Self::INFINITY => return "infinity".to_owned(),
            Self::NEGATIVE_INFINITY => return "-infinity".to_owned(),
            _ => {}
        }
        let part = |count: i64, unit: char| if count == 0 { String::new() } else { format!("{count}{unit}") };
        let days: String = [(self.months / 12, 'Y'), (self.months % 12, 'M'), (self.days, 'D')]
            .map(|(count, unit)| part(count.into(), unit))
            .concat();
        let (minutes, rest) = (self.microseconds / 60_000_000, self.microseconds % 60_000_000);
        let mut time = part(minutes / 60, 'H') + &part(minutes % 60, 'M');
        if rest != 0 {
            let sign = if rest < 0 { "-" } else { "" };
            let (seconds, fraction) = (rest.unsigned_abs() / 1_000_000, rest.unsigned_abs() % 1_000_000);
            let number = format!("{seconds}.{fraction:06}");
            let number = number.trim_end_matches('0').trim_end_matches('.');
            time.push_str(&format!("{sign}{number}S"));
        }
        match (days.is_empty(), time.is_empty()) {
            (true, true) => "PT0S".to_owned(),
            (_, true) => format!("P{days}"),
            _ => format!("P{days}T{time}"),
        }
    }
}

error_type! {
    /// A text that is no interval in the form of ISO 8601.
    ParseIntervalError, "not an interval in the form of ISO 8601, such as P1Y2M3DT4H5M6.7S, or out of range"
}

impl FromStr for Interval {
    type Err = ParseIntervalError;

    /// Reads the form of ISO 8601 with designators: `P1Y2M3W4DT5H6M7.8S`, any number with a sign, and the infinities.
    fn from_str(text: &str) -> Result<Self, ParseIntervalError> {
        match text {
            "infinity" => Ok(Self::INFINITY),
            "-infinity" => Ok(Self::NEGATIVE_INFINITY),
            _ => read_iso_8601(text).ok_or(ParseIntervalError),
        }
    }
}

fn read_iso_8601(text: &str) -> Option<Interval> {
    let text = text.strip_prefix('P')?;
    let (days, time) = text.split_once('T').unwrap_or((text, ""));
    if days.is_empty() && time.is_empty() {
        return None;
    }
    let mut interval = Interval::default();
    for (number, unit) in parts(days)? {
        let number: i32 = number.parse().ok()?;
        let (field, factor) = match unit {
            'Y' => (&mut interval.months, 12),
            'M' => (&mut interval.months, 1),
            'W' => (&mut interval.days, 7),
            'D' => (&mut interval.days, 1),
            _ => return None,
        };
        *field = field.checked_add(number.checked_mul(factor)?)?;
    }
    for (number, unit) in parts(time)? {
        let factor = match unit {
            'H' => 3_600_000_000,
            'M' => 60_000_000,
            'S' => 1_000_000,
            _ => return None,
        };
        let microseconds = microseconds(number, factor)?;
        interval.microseconds = interval.microseconds.checked_add(microseconds)?;
    }
    Some(interval)
}

/// `4H5M` as pairs of a number and a letter.
fn parts<'t>(text: &'t str) -> Option<Vec<(&'t str, char)>> {
    let pieces = text.split_inclusive(|c: char| c.is_ascii_alphabetic());
    let pair = |piece: &'t str| {
        let unit = piece.chars().last()?;
        Some((piece.strip_suffix(unit)?, unit))
    };
    pieces.map(pair).collect()
}

/// A decimal number of units of so many microseconds; a fraction of one of these is none.
fn microseconds(number: &str, factor: i64) -> Option<i64> {
    let (sign, unsigned) = number.strip_prefix('-').map_or((1, number), |unsigned| (-1, unsigned));
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || fraction.len() > 6 || !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    let fraction: i64 = format!("{fraction:0<6}").parse().ok()?;
    let whole: i64 = format!("{}{whole}", if sign < 0 { "-" } else { "" }).parse().ok()?;
    whole.checked_mul(factor)?.checked_add(sign * fraction * (factor / 1_000_000))
}

impl fmt::Display for Interval {
    /// As PostgreSQL prints it by default (`intervalstyle = postgres`): `1 year 2 mons -3 days +04:05:06.7`, or
    /// `infinity`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::INFINITY => return f.pad("infinity"),
            Self::NEGATIVE_INFINITY => return f.pad("-infinity"),
            _ => {}
        }
        let mut parts = Vec::new();
        let mut after_negative = false;
        let units = [(self.months / 12, "year"), (self.months % 12, "mon"), (self.days, "day")];
        for (count, unit) in units.into_iter().filter(|(count, _)| *count != 0) {
            let plus = if after_negative && count > 0 { "+" } else { "" };
            let plural = if count == 1 { "" } else { "s" };
            parts.push(format!("{plus}{count} {unit}{plural}"));
            after_negative = count < 0;
        }
        if self.microseconds != 0 || parts.is_empty() {
            parts.push(clock(self.microseconds, after_negative));
        }
        f.pad(&parts.join(" "))
    }
}

fn clock(microseconds: i64, after_negative: bool) -> String {
    let sign = match microseconds {
        ..0 => "-",
        _ if after_negative => "+",
        _ => "",
    };
    let all = microseconds.unsigned_abs();
    let (seconds, fraction) = (all / 1_000_000, all % 1_000_000);
    let fraction = if fraction == 0 { String::new() } else { format!(".{fraction:06}") };
    let fraction = fraction.trim_end_matches('0');
    format!("{sign}{:02}:{:02}:{:02}{fraction}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

codec!(
    Interval,
    [INTERVAL],
    |raw| {
        let mut reader = Reader::new(raw);
        let (microseconds, days) = (reader.i64()?, reader.i32()?);
        let interval = Self { months: reader.i32()?, days, microseconds };
        reader.end()?;
        Ok(interval)
    },
    |value, out| {
        out.put_i64(value.microseconds);
        out.put_i32(value.days);
        out.put_i32(value.months);
    }
);

crate::driver_traits!(Interval);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iso_8601_reads_back_as_it_was() {
        let odd = Interval { months: -13, days: 40, microseconds: -3_661_000_001 };
        let extremes = [i64::MAX, i64::MIN + 1, i64::MIN, 0].map(|microseconds| Interval {
            months: i32::MIN,
            days: i32::MAX,
            microseconds,
        });
        for interval in
            [Interval::default(), Interval::hours(-25), odd, Interval::INFINITY].iter().chain(&extremes)
        {
            let text = interval.iso_8601();
            assert_eq!(text.parse(), Ok(*interval), "{text}");
        }
        assert_eq!(odd.iso_8601(), "P-1Y-1M40DT-1H-1M-1.000001S");
        assert_eq!("P1W".parse(), Ok(Interval::days(7)));
        for text in
            ["", "P", "PT", "1D", "P1", "P1.5D", "PT1.0000001S", "P1H", "P99999999999D", "PTS", "P1DT1ä"]
        {
            assert_eq!(text.parse::<Interval>(), Err(ParseIntervalError), "{text}");
        }
    }
}
