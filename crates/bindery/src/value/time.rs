//! The types of the time crate, years to 9999 unless its feature `large-dates` is on.

use time::{OffsetDateTime, PrimitiveDateTime, UtcOffset};

use super::calendar::{
    CalendarRangeError, Date, Time, Timestamp, TimestampTz, by_way_of, microseconds_since_2000, since_1970,
};

/// Julian day numbers are what both sides count.
const JULIAN_2000: i32 = 2_451_545;

impl TryFrom<Date> for time::Date {
    type Error = CalendarRangeError;

    fn try_from(date: Date) -> Result<Self, CalendarRangeError> {
        let day = date.days().checked_add(JULIAN_2000).filter(|_| date.is_finite());
        day.and_then(|day| Self::from_julian_day(day).ok()).ok_or(CalendarRangeError)
    }
}

impl From<time::Date> for Date {
    fn from(date: time::Date) -> Self {
        Self::from_days(date.to_julian_day() - JULIAN_2000)
    }
}

impl TryFrom<Time> for time::Time {
    type Error = CalendarRangeError;

    /// 24:00 is none of the crate's.
    fn try_from(time: Time) -> Result<Self, CalendarRangeError> {
        let (seconds, microseconds) = (time.microseconds() / 1_000_000, time.microseconds() % 1_000_000);
        let part = |number: i64| u8::try_from(number).map_err(|_| CalendarRangeError);
        let microseconds = u32::try_from(microseconds).map_err(|_| CalendarRangeError)?;
        Self::from_hms_micro(
            part(seconds / 3600)?,
            part(seconds / 60 % 60)?,
            part(seconds % 60)?,
            microseconds,
        )
        .map_err(|_| CalendarRangeError)
    }
}

impl From<time::Time> for Time {
    fn from(time: time::Time) -> Self {
        let (hour, minute, second, nanosecond) = time.as_hms_nano();
        let seconds = (i64::from(hour) * 60 + i64::from(minute)) * 60 + i64::from(second);
        let microseconds = seconds * 1_000_000 + i64::from((nanosecond + 500) / 1000);
        Self::from_microseconds(microseconds).expect("it is at most 24:00")
    }
}

fn moment(microseconds: i64) -> Result<OffsetDateTime, CalendarRangeError> {
    let (seconds, nanoseconds) = since_1970(microseconds);
    let whole = OffsetDateTime::from_unix_timestamp(seconds).map_err(|_| CalendarRangeError)?;
    whole.replace_nanosecond(nanoseconds).map_err(|_| CalendarRangeError)
}

fn microseconds(moment: OffsetDateTime) -> i64 {
    microseconds_since_2000(moment.unix_timestamp(), moment.nanosecond())
}

impl TryFrom<Timestamp> for PrimitiveDateTime {
    type Error = CalendarRangeError;

    fn try_from(timestamp: Timestamp) -> Result<Self, CalendarRangeError> {
        if !timestamp.is_finite() {
            return Err(CalendarRangeError);
        }
        let moment = moment(timestamp.microseconds())?;
        Ok(Self::new(moment.date(), moment.time()))
    }
}

impl From<PrimitiveDateTime> for Timestamp {
    fn from(moment: PrimitiveDateTime) -> Self {
        Self::from_microseconds(microseconds(moment.assume_utc()))
    }
}

impl TryFrom<TimestampTz> for OffsetDateTime {
    type Error = CalendarRangeError;

    /// In UTC.
    fn try_from(timestamp: TimestampTz) -> Result<Self, CalendarRangeError> {
        match timestamp.is_finite() {
            true => Ok(moment(timestamp.microseconds())?.to_offset(UtcOffset::UTC)),
            false => Err(CalendarRangeError),
        }
    }
}

impl From<OffsetDateTime> for TimestampTz {
    fn from(moment: OffsetDateTime) -> Self {
        Self::from_microseconds(microseconds(moment))
    }
}

by_way_of!(Date => time::Date);
by_way_of!(Time => time::Time);
by_way_of!(Timestamp => PrimitiveDateTime);
by_way_of!(TimestampTz => OffsetDateTime);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_an_error() {
        for date in [Date::INFINITY, Date::NEGATIVE_INFINITY, Date::from_days(2_145_031_948)] {
            assert_eq!(time::Date::try_from(date), Err(CalendarRangeError), "{date}");
        }
        for end in [i64::MAX, i64::MIN, 9_223_371_331_199_999_999] {
            assert_eq!(
                PrimitiveDateTime::try_from(Timestamp::from_microseconds(end)),
                Err(CalendarRangeError)
            );
            assert_eq!(
                OffsetDateTime::try_from(TimestampTz::from_microseconds(end)),
                Err(CalendarRangeError)
            );
        }
    }

    #[test]
    fn what_fits_comes_back() {
        for number in [0, 1, -1, -63_000_000_000_000_001, 252_000_000_000_000_001, 800_000_000_000_007] {
            let timestamp = Timestamp::from_microseconds(number);
            assert_eq!(PrimitiveDateTime::try_from(timestamp).map(Timestamp::from), Ok(timestamp));
            let timestamp = TimestampTz::from_microseconds(number);
            assert_eq!(OffsetDateTime::try_from(timestamp).map(TimestampTz::from), Ok(timestamp));
            let date = Date::from_days(i32::try_from(number / 86_400_000_000).unwrap());
            assert_eq!(time::Date::try_from(date).map(Date::from), Ok(date));
        }
    }

    #[test]
    fn there_is_no_24_00() {
        assert_eq!(
            time::Time::try_from(Time::from_microseconds(86_400_000_000).unwrap()),
            Err(CalendarRangeError)
        );
        let last = Time::from_microseconds(86_399_999_999).unwrap();
        assert_eq!(time::Time::try_from(last).map(Time::from), Ok(last));
    }
}
