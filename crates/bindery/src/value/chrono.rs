//! chrono's types, years to 262142. 24:00 is the leap second 23:59:60, as which the server reads that too.

use chrono::{DateTime, FixedOffset, Local, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike, Utc};

use super::calendar::{
    CalendarRangeError, Date, Time, Timestamp, TimestampTz, by_way_of, microseconds_since_2000, since_1970,
};

const FIRST_DAY: NaiveDate = NaiveDate::from_ymd_opt(2000, 1, 1).expect("it is a day");

impl TryFrom<Date> for NaiveDate {
    type Error = CalendarRangeError;

    fn try_from(date: Date) -> Result<Self, CalendarRangeError> {
        let since = TimeDelta::try_days(date.days().into()).filter(|_| date.is_finite());
        since.and_then(|since| FIRST_DAY.checked_add_signed(since)).ok_or(CalendarRangeError)
    }
}

impl From<NaiveDate> for Date {
    fn from(date: NaiveDate) -> Self {
        let days = date.signed_duration_since(FIRST_DAY).num_days();
        Self::from_days(i32::try_from(days).expect("chrono has fewer days than an i32"))
    }
}

impl From<Time> for NaiveTime {
    fn from(time: Time) -> Self {
        let (seconds, microseconds) = (time.microseconds() / 1_000_000, time.microseconds() % 1_000_000);
        // 24:00:00 is 23:59:59 and a second.
        let (seconds, more) = if seconds == 86_400 { (86_399, 1_000_000_000) } else { (seconds, 0) };
        let narrow = |number: i64| u32::try_from(number).expect("a day is short");
        Self::from_num_seconds_from_midnight_opt(narrow(seconds), narrow(microseconds * 1000) + more)
            .expect("a time of day is at most 24:00")
    }
}

impl From<NaiveTime> for Time {
    /// A leap second after 23:59:60.000000 becomes 24:00.
    fn from(time: NaiveTime) -> Self {
        let microseconds = i64::from(time.num_seconds_from_midnight()) * 1_000_000
            + i64::from((time.nanosecond() + 500) / 1000);
        Self::from_microseconds(microseconds.min(86_400_000_000)).expect("it is at most 24:00")
    }
}

impl TryFrom<Timestamp> for NaiveDateTime {
    type Error = CalendarRangeError;

    fn try_from(timestamp: Timestamp) -> Result<Self, CalendarRangeError> {
        let (seconds, nanoseconds) = since_1970(timestamp.microseconds());
        let moment = DateTime::from_timestamp(seconds, nanoseconds).filter(|_| timestamp.is_finite());
        moment.map(|moment| moment.naive_utc()).ok_or(CalendarRangeError)
    }
}

impl From<NaiveDateTime> for Timestamp {
    fn from(moment: NaiveDateTime) -> Self {
        let moment = moment.and_utc();
        let nanoseconds = moment.timestamp_subsec_nanos();
        Self::from_microseconds(microseconds_since_2000(moment.timestamp(), nanoseconds))
    }
}

impl TryFrom<TimestampTz> for DateTime<Utc> {
    type Error = CalendarRangeError;

    fn try_from(timestamp: TimestampTz) -> Result<Self, CalendarRangeError> {
        let (seconds, nanoseconds) = since_1970(timestamp.microseconds());
        let moment = DateTime::from_timestamp(seconds, nanoseconds).filter(|_| timestamp.is_finite());
        moment.ok_or(CalendarRangeError)
    }
}

macro_rules! in_any_zone {
    ($($zone:ty),*) => {$(
        impl From<DateTime<$zone>> for TimestampTz {
            fn from(moment: DateTime<$zone>) -> Self {
                let nanoseconds = moment.timestamp_subsec_nanos();
                Self::from_microseconds(microseconds_since_2000(moment.timestamp(), nanoseconds))
            }
        }
    )*};
}

in_any_zone!(Utc, FixedOffset, Local);

by_way_of!(Date => NaiveDate);
by_way_of!(Time => NaiveTime);
by_way_of!(Timestamp => NaiveDateTime);
by_way_of!(TimestampTz => DateTime<Utc>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_an_error() {
        for date in [Date::INFINITY, Date::NEGATIVE_INFINITY, Date::from_days(2_145_031_948)] {
            assert_eq!(NaiveDate::try_from(date), Err(CalendarRangeError), "{date}");
        }
        for end in [i64::MAX, i64::MIN, 9_223_371_331_199_999_999] {
            assert_eq!(NaiveDateTime::try_from(Timestamp::from_microseconds(end)), Err(CalendarRangeError));
            assert_eq!(
                <DateTime<Utc>>::try_from(TimestampTz::from_microseconds(end)),
                Err(CalendarRangeError)
            );
        }
    }

    #[test]
    fn what_fits_comes_back() {
        for number in [0, 1, -1, -63_000_000_000_000_001, 252_000_000_000_000_001, 800_000_000_000_007] {
            let timestamp = Timestamp::from_microseconds(number);
            assert_eq!(NaiveDateTime::try_from(timestamp).map(Timestamp::from), Ok(timestamp));
            let timestamp = TimestampTz::from_microseconds(number);
            assert_eq!(<DateTime<Utc>>::try_from(timestamp).map(TimestampTz::from), Ok(timestamp));
            let date = Date::from_days(i32::try_from(number / 86_400_000_000).unwrap());
            assert_eq!(NaiveDate::try_from(date).map(Date::from), Ok(date));
        }
    }

    #[test]
    fn midnight_at_the_end_of_a_day_is_a_leap_second() {
        let end = Time::from_microseconds(86_400_000_000).unwrap();
        assert_eq!(NaiveTime::from(end).to_string(), "23:59:60");
        assert_eq!(Time::from(NaiveTime::from(end)), end);
    }

    #[test]
    fn nanoseconds_are_rounded() {
        let at = |nanoseconds| {
            Time::from(NaiveTime::from_hms_nano_opt(0, 0, 1, nanoseconds).unwrap()).microseconds()
        };
        assert_eq!([at(499), at(500), at(1_499)], [1_000_000, 1_000_001, 1_000_001]);
        let before_1970 = DateTime::from_timestamp(-1, 999_999_600).unwrap();
        assert_eq!(TimestampTz::from(before_1970), TimestampTz::from(DateTime::UNIX_EPOCH));
    }
}
