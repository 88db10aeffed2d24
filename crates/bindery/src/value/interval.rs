//! `interval`: months, days and microseconds, kept apart as PostgreSQL keeps them.

use std::fmt;

use bytes::{Buf, BufMut, BytesMut};
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, accepts, to_sql_checked};

use super::BoxError;

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
    /// As PostgreSQL prints it by default (`intervalstyle = postgres`): `1 year 2 mons -3 days +04:05:06.7`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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
        f.write_str(&parts.join(" "))
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

impl<'r> FromSql<'r> for Interval {
    fn from_sql(_: &Type, mut raw: &'r [u8]) -> Result<Self, BoxError> {
        if raw.len() != 16 {
            return Err("an interval has 16 bytes".into());
        }
        let microseconds = raw.get_i64();
        let days = raw.get_i32();
        Ok(Self { months: raw.get_i32(), days, microseconds })
    }

    accepts!(INTERVAL);
}

impl ToSql for Interval {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, BoxError> {
        out.put_i64(self.microseconds);
        out.put_i32(self.days);
        out.put_i32(self.months);
        Ok(IsNull::No)
    }

    accepts!(INTERVAL);
    to_sql_checked!();
}
