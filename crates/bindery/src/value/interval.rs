//! `interval`: months, days and microseconds, kept apart as PostgreSQL keeps them.

use std::fmt;

use bytes::BufMut;

use super::{Reader, codec};

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
