//! Dates and times as PostgreSQL keeps them: every value that it has, the infinities, 24:00 and the year 294276 too.
//!
//! The types of chrono, jiff and time are read and written by way of these.

use std::fmt;

use bytes::BufMut;

use super::{BoxError, codec, fixed};

const MICROSECONDS_OF_DAY: i64 = 86_400_000_000;
const MICROSECONDS_OF_SECOND: i64 = 1_000_000;

/// Days from 1970-01-01 to 2000-01-01, PostgreSQL's first day.
const DAYS_TO_2000: i64 = 10_957;

/// A day of the proleptic Gregorian calendar, or an infinity: all of `date`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    days: i32,
}

/// A time of day, 00:00 to 24:00, both of which `time` has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time {
    microseconds: i64,
}

/// A time of day with its distance from UTC: `timetz`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct TimeTz {
    /// The time on the clock.
    pub time: Time,
    /// Seconds east of UTC.
    pub offset: i32,
}

/// A day and a time without a time zone, or an infinity: all of `timestamp`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    microseconds: i64,
}

/// A point in time, or an infinity: all of `timestamptz`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimestampTz {
    microseconds: i64,
}

impl Date {
    /// After all days.
    pub const INFINITY: Self = Self { days: i32::MAX };
    /// Before all days.
    pub const NEGATIVE_INFINITY: Self = Self { days: i32::MIN };

    /// So many days after 2000-01-01; the ends of the range are the infinities.
    pub const fn from_days(days: i32) -> Self {
        Self { days }
    }

    /// Days since 2000-01-01; the ends of the range are the infinities.
    pub const fn days(self) -> i32 {
        self.days
    }

    /// Whether it is a day and no infinity.
    pub const fn is_finite(self) -> bool {
        self.days != i32::MAX && self.days != i32::MIN
    }
}

impl Time {
    /// So many microseconds after midnight; none beyond 24:00.
    pub const fn from_microseconds(microseconds: i64) -> Option<Self> {
        match microseconds {
            0..=MICROSECONDS_OF_DAY => Some(Self { microseconds }),
            _ => None,
        }
    }

    /// Microseconds since midnight, at most 86,400,000,000.
    pub const fn microseconds(self) -> i64 {
        self.microseconds
    }
}

impl Timestamp {
    /// After all others.
    pub const INFINITY: Self = Self { microseconds: i64::MAX };
    /// Before all others.
    pub const NEGATIVE_INFINITY: Self = Self { microseconds: i64::MIN };

    /// So many microseconds after 2000-01-01 00:00; the ends of the range are the infinities.
    pub const fn from_microseconds(microseconds: i64) -> Self {
        Self { microseconds }
    }

    /// Microseconds since 2000-01-01 00:00; the ends of the range are the infinities.
    pub const fn microseconds(self) -> i64 {
        self.microseconds
    }

    /// Whether it is no infinity.
    pub const fn is_finite(self) -> bool {
        self.microseconds != i64::MAX && self.microseconds != i64::MIN
    }
}

impl TimestampTz {
    /// After all others.
    pub const INFINITY: Self = Self { microseconds: i64::MAX };
    /// Before all others.
    pub const NEGATIVE_INFINITY: Self = Self { microseconds: i64::MIN };

    /// So many microseconds after 2000-01-01 00:00 UTC; the ends of the range are the infinities.
    pub const fn from_microseconds(microseconds: i64) -> Self {
        Self { microseconds }
    }

    /// Microseconds since 2000-01-01 00:00 UTC; the ends of the range are the infinities.
    pub const fn microseconds(self) -> i64 {
        self.microseconds
    }

    /// Whether it is no infinity.
    pub const fn is_finite(self) -> bool {
        self.microseconds != i64::MAX && self.microseconds != i64::MIN
    }
}

/// Seconds and nanoseconds since 1970 to microseconds since 2000, rounded to the nearest as the server rounds a literal.
#[cfg(any(feature = "chrono", feature = "jiff", feature = "time"))]
pub(super) fn microseconds_since_2000(unix_seconds: i64, nanoseconds: u32) -> i64 {
    let seconds = unix_seconds - DAYS_TO_2000 * 86_400;
    seconds * MICROSECONDS_OF_SECOND + i64::from((nanoseconds + 500) / 1000)
}

/// Microseconds since 2000 to seconds and nanoseconds since 1970.
#[cfg(any(feature = "chrono", feature = "jiff", feature = "time"))]
pub(super) fn since_1970(microseconds: i64) -> (i64, u32) {
    let seconds = microseconds.div_euclid(MICROSECONDS_OF_SECOND) + DAYS_TO_2000 * 86_400;
    let rest = microseconds.rem_euclid(MICROSECONDS_OF_SECOND);
    (seconds, u32::try_from(rest * 1000).expect("less than a second"))
}

/// A value that a crate's type does not hold.
#[cfg(any(feature = "chrono", feature = "jiff", feature = "time"))]
pub(super) fn does_not_fit<T>(value: &dyn fmt::Display) -> BoxError {
    format!("{value} does not fit {}", std::any::type_name::<T>()).into()
}

/// Year, month and day of so many days since 2000-01-01 (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms").
fn civil(days_since_2000: i64) -> (i64, i64, i64) {
    // Eras of 400 years that begin on 1 March.
    let days = days_since_2000 + DAYS_TO_2000 + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// As the server prints it with `datestyle = ISO`: the year 0 is 1 BC.
fn write_moment(f: &mut fmt::Formatter<'_>, days: i64, rest: &dyn fmt::Display) -> fmt::Result {
    let (year, month, day) = civil(days);
    let (year, era) = if year > 0 { (year, "") } else { (1 - year, " BC") };
    f.pad(&format!("{year:04}-{month:02}-{day:02}{rest}{era}"))
}

fn write_timestamp(f: &mut fmt::Formatter<'_>, microseconds: i64, zone: &str) -> fmt::Result {
    match microseconds {
        i64::MAX => f.pad("infinity"),
        i64::MIN => f.pad("-infinity"),
        _ => {
            let days = microseconds.div_euclid(MICROSECONDS_OF_DAY);
            let time = Time { microseconds: microseconds.rem_euclid(MICROSECONDS_OF_DAY) };
            write_moment(f, days, &format_args!(" {time}{zone}"))
        }
    }
}

impl fmt::Display for Date {
    /// As PostgreSQL prints it with `datestyle = ISO`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.days {
            i32::MAX => f.pad("infinity"),
            i32::MIN => f.pad("-infinity"),
            days => write_moment(f, i64::from(days), &""),
        }
    }
}

impl fmt::Display for Time {
    /// As PostgreSQL prints it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, fraction) =
            (self.microseconds / MICROSECONDS_OF_SECOND, self.microseconds % MICROSECONDS_OF_SECOND);
        let mut text = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
        if fraction != 0 {
            text.push_str(format!(".{fraction:06}").trim_end_matches('0'));
        }
        f.pad(&text)
    }
}

impl fmt::Display for TimeTz {
    /// As PostgreSQL prints it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.offset < 0 { '-' } else { '+' };
        let offset = self.offset.unsigned_abs();
        let mut text = format!("{}{sign}{:02}", self.time, offset / 3600);
        if !offset.is_multiple_of(3600) {
            text.push_str(&format!(":{:02}", offset / 60 % 60));
        }
        if !offset.is_multiple_of(60) {
            text.push_str(&format!(":{:02}", offset % 60));
        }
        f.pad(&text)
    }
}

impl fmt::Display for Timestamp {
    /// As PostgreSQL prints it with `datestyle = ISO`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_timestamp(f, self.microseconds, "")
    }
}

impl fmt::Display for TimestampTz {
    /// As PostgreSQL prints it with `datestyle = ISO` and `timezone = UTC`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_timestamp(f, self.microseconds, "+00")
    }
}

fn time_of(microseconds: i64) -> Result<Time, BoxError> {
    Time::from_microseconds(microseconds).ok_or_else(|| "a time of day is out of range".into())
}

codec!(Date, [DATE], |raw| fixed(raw).map(|raw| Self::from_days(i32::from_be_bytes(raw))), |value, out| out
    .put_i32(value.days));
codec!(Time, [TIME], |raw| fixed(raw).and_then(|raw| time_of(i64::from_be_bytes(raw))), |value, out| out
    .put_i64(value.microseconds));
codec!(
    TimeTz,
    [TIMETZ],
    |raw| {
        let mut reader = super::Reader::new(raw);
        let time = time_of(reader.i64()?)?;
        // On the wire they count to the west.
        let offset = reader.i32()?.checked_neg().ok_or("a time zone is out of range")?;
        reader.end()?;
        Ok(Self { time, offset })
    },
    |value, out| {
        out.put_i64(value.time.microseconds);
        out.put_i32(value.offset.checked_neg().ok_or("a time zone is out of range")?);
    }
);
codec!(
    Timestamp,
    [TIMESTAMP],
    |raw| fixed(raw).map(|raw| Self::from_microseconds(i64::from_be_bytes(raw))),
    |value, out| out.put_i64(value.microseconds)
);
codec!(
    TimestampTz,
    [TIMESTAMPTZ],
    |raw| fixed(raw).map(|raw| Self::from_microseconds(i64::from_be_bytes(raw))),
    |value, out| out.put_i64(value.microseconds)
);

crate::driver_traits!(Date);
crate::driver_traits!(Time);
crate::driver_traits!(TimeTz);
crate::driver_traits!(Timestamp);
crate::driver_traits!(TimestampTz);

/// Implements the traits for a crate's type by way of the exact type.
#[cfg(any(feature = "chrono", feature = "jiff", feature = "time"))]
macro_rules! by_way_of {
    ($exact:ty => $rust:ty) => {
        impl $crate::value::Decode<'_> for $rust {
            fn accepts(ty: &::tokio_postgres::types::Type) -> bool {
                <$exact as $crate::value::Decode<'_>>::accepts(ty)
            }

            fn decode(
                ty: &::tokio_postgres::types::Type,
                raw: &[u8],
            ) -> Result<Self, $crate::value::BoxError> {
                let value = <$exact as $crate::value::Decode<'_>>::decode(ty, raw)?;
                Self::try_from(value).map_err(|_| $crate::value::calendar::does_not_fit::<Self>(&value))
            }
        }

        impl $crate::value::Encode for $rust {
            fn accepts(ty: &::tokio_postgres::types::Type) -> bool {
                <$exact as $crate::value::Encode>::accepts(ty)
            }

            fn encode(
                &self,
                ty: &::tokio_postgres::types::Type,
                out: &mut ::bytes::BytesMut,
            ) -> Result<::tokio_postgres::types::IsNull, $crate::value::BoxError> {
                $crate::value::Encode::encode(&<$exact>::from(*self), ty, out)
            }
        }
    };
}
#[cfg(any(feature = "chrono", feature = "jiff", feature = "time"))]
pub(super) use by_way_of;

/// A value that the type of a crate does not hold: an infinity, 24:00, or a year out of its range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CalendarRangeError;

impl fmt::Display for CalendarRangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the value is out of the range of the type")
    }
}

impl std::error::Error for CalendarRangeError {}
