//! Dates and times as PostgreSQL keeps them: every value that it has, the infinities, 24:00 and the year 294276 too.
//!
//! The types of chrono, jiff and time are read and written by way of these.

use std::fmt;
use std::str::FromStr;

use bytes::BufMut;

use super::{BoxError, codec, error_type, fixed};

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

macro_rules! timestamps {
    ($($rust:ident, $epoch:literal;)*) => {$(
        impl $rust {
            /// After all others.
            pub const INFINITY: Self = Self { microseconds: i64::MAX };
            /// Before all others.
            pub const NEGATIVE_INFINITY: Self = Self { microseconds: i64::MIN };

            #[doc = concat!("So many microseconds after ", $epoch, "; the ends of the range are the infinities.")]
            pub const fn from_microseconds(microseconds: i64) -> Self {
                Self { microseconds }
            }

            #[doc = concat!("Microseconds since ", $epoch, "; the ends of the range are the infinities.")]
            pub const fn microseconds(self) -> i64 {
                self.microseconds
            }

            /// Whether it is no infinity.
            pub const fn is_finite(self) -> bool {
                self.microseconds != i64::MAX && self.microseconds != i64::MIN
            }
        }
    )*};
}

timestamps! {
    Timestamp, "2000-01-01 00:00";
    TimestampTz, "2000-01-01 00:00 UTC";
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

error_type! {
    /// A text that is none of a date's or a time's.
    ParseCalendarError, "not a date or a time as PostgreSQL prints it with datestyle ISO"
}

/// Days since 2000-01-01 (see [`civil`]).
fn days_of(year: i64, month: i64, day: i64) -> Option<i64> {
    let shifted_year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (shifted_year.div_euclid(400), shifted_year.rem_euclid(400));
    let shifted_month = (month + 9) % 12;
    let day_of_year = (153 * shifted_month + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let days = era * 146_097 + day_of_era - 719_468 - DAYS_TO_2000;
    // 31 April is 1 May.
    (civil(days) == (year, month, day)).then_some(days)
}

/// `2026-07-01`, with ` BC` behind it.
fn read_days(text: &str) -> Option<i64> {
    let (text, is_bc) = text.strip_suffix(" BC").map_or((text, false), |text| (text, true));
    let mut parts = text.splitn(3, '-').map(digits);
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    days_of(if is_bc { 1 - year } else { year }, month, day)
}

fn digits(text: &str) -> Option<i64> {
    let is_number = !text.is_empty() && text.len() < 10 && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_number)
}

/// `04:05:06.7`
fn read_time(text: &str) -> Option<i64> {
    let (clock, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let mut parts = clock.splitn(3, ':').map(digits);
    let (hours, minutes, seconds) = (parts.next()??, parts.next()??, parts.next()??);
    let fraction = digits(&format!("{fraction:0<6}")).filter(|_| fraction.len() <= 6)?;
    let fits = minutes < 60 && seconds < 60;
    fits.then_some((hours * 60 + minutes) * 60 + seconds).map(|seconds| seconds * 1_000_000 + fraction)
}

/// Microseconds since 2000 of `2026-07-01 04:05:06`, or an end of the range for an infinity.
fn read_timestamp(text: &str, zone: &str) -> Option<i64> {
    match text {
        "infinity" => return Some(i64::MAX),
        "-infinity" => return Some(i64::MIN),
        _ => {}
    }
    let (text, era) = text.strip_suffix(" BC").map_or((text, ""), |text| (text, " BC"));
    let (date, time) = text.split_once([' ', 'T'])?;
    let days = read_days(&format!("{date}{era}"))?;
    let time = read_time(time.strip_suffix(zone)?)?;
    days.checked_mul(MICROSECONDS_OF_DAY)?.checked_add(time)
}

impl FromStr for Date {
    type Err = ParseCalendarError;

    fn from_str(text: &str) -> Result<Self, ParseCalendarError> {
        match text {
            "infinity" => Ok(Self::INFINITY),
            "-infinity" => Ok(Self::NEGATIVE_INFINITY),
            _ => {
                let days = read_days(text).and_then(|days| i32::try_from(days).ok());
                days.map(Self::from_days).ok_or(ParseCalendarError)
            }
        }
    }
}

impl FromStr for Time {
    type Err = ParseCalendarError;

    fn from_str(text: &str) -> Result<Self, ParseCalendarError> {
        read_time(text).and_then(Self::from_microseconds).ok_or(ParseCalendarError)
    }
}

impl FromStr for TimeTz {
    type Err = ParseCalendarError;

    fn from_str(text: &str) -> Result<Self, ParseCalendarError> {
        let at = text.rfind(['+', '-']).ok_or(ParseCalendarError)?;
        let (time, zone) = text.split_at(at);
        let sign = if zone.starts_with('-') { -1 } else { 1 };
        let mut seconds = 0;
        for (part, factor) in zone[1..].split(':').zip([3600, 60, 1]) {
            seconds += digits(part).ok_or(ParseCalendarError)? * factor;
        }
        let offset = i32::try_from(sign * seconds).map_err(|_| ParseCalendarError)?;
        Ok(Self { time: time.parse()?, offset })
    }
}

impl FromStr for Timestamp {
    type Err = ParseCalendarError;

    fn from_str(text: &str) -> Result<Self, ParseCalendarError> {
        read_timestamp(text, "").map(Self::from_microseconds).ok_or(ParseCalendarError)
    }
}

impl FromStr for TimestampTz {
    type Err = ParseCalendarError;

    /// In UTC, which is `+00`.
    fn from_str(text: &str) -> Result<Self, ParseCalendarError> {
        read_timestamp(text, "+00").map(Self::from_microseconds).ok_or(ParseCalendarError)
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

error_type! {
    /// A value that the type of a crate does not hold: an infinity, 24:00, or a year out of its range.
    CalendarRangeError, "the value is out of the range of the type"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_read_back_as_they_were() {
        for text in [
            "2000-01-01",
            "0001-01-01",
            "0001-12-31 BC",
            "4713-01-01 BC",
            "5874897-12-31",
            "-infinity",
            "2024-02-29",
        ] {
            assert_eq!(text.parse::<Date>().map(|date| date.to_string()), Ok(text.to_owned()));
        }
        for text in ["00:00:00", "24:00:00", "04:05:06.7"] {
            assert_eq!(text.parse::<Time>().map(|time| time.to_string()), Ok(text.to_owned()));
        }
        for text in ["12:00:00+02", "12:00:00-05:30", "23:59:59.999999+15:59:59"] {
            assert_eq!(text.parse::<TimeTz>().map(|time| time.to_string()), Ok(text.to_owned()));
        }
        for text in ["2026-07-01 04:05:06.000001+00", "0044-03-15 12:00:00+00 BC", "infinity"] {
            assert_eq!(text.parse::<TimestampTz>().map(|moment| moment.to_string()), Ok(text.to_owned()));
        }
        for text in
            ["", "2023-02-29", "2024-13-01", "2024-1-1-1", "x", "2024-04-31", "99999999999-01-01", "-1-01-01"]
        {
            assert_eq!(text.parse::<Date>(), Err(ParseCalendarError), "{text}");
        }
        for text in ["24:00:01", "1:2", "00:60:00", "00:00:00.0000001", "aa:00:00", ""] {
            assert_eq!(text.parse::<Time>(), Err(ParseCalendarError), "{text}");
        }
        assert!("2026-07-01 00:00:00+01".parse::<TimestampTz>().is_err());
    }
}
