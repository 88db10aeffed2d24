//! jiff's types, years to 9999.

use jiff::Timestamp as Moment;
use jiff::civil;

use super::calendar::{
    CalendarRangeError, Date, Time, Timestamp, TimestampTz, by_way_of, microseconds_since_2000, since_1970,
};

const FIRST_DAY: civil::Date = civil::date(2000, 1, 1);

impl TryFrom<Date> for civil::Date {
    type Error = CalendarRangeError;

    fn try_from(date: Date) -> Result<Self, CalendarRangeError> {
        let since = jiff::Span::new().try_days(date.days()).ok().filter(|_| date.is_finite());
        since.and_then(|since| FIRST_DAY.checked_add(since).ok()).ok_or(CalendarRangeError)
    }
}

impl From<civil::Date> for Date {
    fn from(date: civil::Date) -> Self {
        let span = FIRST_DAY.until(date).expect("days are counted without a time zone");
        Self::from_days(span.get_days())
    }
}

impl TryFrom<Time> for civil::Time {
    type Error = CalendarRangeError;

    /// 24:00 is none of jiff's.
    fn try_from(time: Time) -> Result<Self, CalendarRangeError> {
        let since = jiff::SignedDuration::from_micros(time.microseconds());
        civil::Time::midnight().checked_add(since).map_err(|_| CalendarRangeError)
    }
}

impl From<civil::Time> for Time {
    fn from(time: civil::Time) -> Self {
        let nanoseconds = time.duration_since(civil::Time::midnight()).as_nanos();
        let microseconds = i64::try_from((nanoseconds + 500) / 1000).expect("a day is short");
        Self::from_microseconds(microseconds).expect("it is at most 24:00")
    }
}

impl TryFrom<Timestamp> for civil::DateTime {
    type Error = CalendarRangeError;

    fn try_from(timestamp: Timestamp) -> Result<Self, CalendarRangeError> {
        let since = jiff::SignedDuration::from_micros(timestamp.microseconds());
        let moment = FIRST_DAY.to_datetime(civil::Time::midnight()).checked_add(since).ok();
        moment.filter(|_| timestamp.is_finite()).ok_or(CalendarRangeError)
    }
}

impl From<civil::DateTime> for Timestamp {
    fn from(moment: civil::DateTime) -> Self {
        let since = moment.duration_since(FIRST_DAY.to_datetime(civil::Time::midnight()));
        let microseconds = (since.as_nanos() + 500).div_euclid(1000);
        Self::from_microseconds(i64::try_from(microseconds).expect("jiff's years are few"))
    }
}

impl TryFrom<TimestampTz> for Moment {
    type Error = CalendarRangeError;

    fn try_from(timestamp: TimestampTz) -> Result<Self, CalendarRangeError> {
        let (seconds, nanoseconds) = since_1970(timestamp.microseconds());
        let nanoseconds = nanoseconds.cast_signed();
        Moment::new(seconds, nanoseconds).ok().filter(|_| timestamp.is_finite()).ok_or(CalendarRangeError)
    }
}

impl From<Moment> for TimestampTz {
    fn from(moment: Moment) -> Self {
        let nanoseconds = moment.as_nanosecond();
        let seconds = i64::try_from(nanoseconds.div_euclid(1_000_000_000)).expect("jiff's years are few");
        let rest = u32::try_from(nanoseconds.rem_euclid(1_000_000_000)).expect("less than a second");
        Self::from_microseconds(microseconds_since_2000(seconds, rest))
    }
}

by_way_of!(Date => civil::Date);
by_way_of!(Time => civil::Time);
by_way_of!(Timestamp => civil::DateTime);
by_way_of!(TimestampTz => Moment);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_an_error() {
        for date in [Date::INFINITY, Date::NEGATIVE_INFINITY, Date::from_days(2_145_031_948)] {
            assert_eq!(civil::Date::try_from(date), Err(CalendarRangeError), "{date}");
        }
        for end in [i64::MAX, i64::MIN, 9_223_371_331_199_999_999] {
            assert_eq!(civil::DateTime::try_from(Timestamp::from_microseconds(end)), Err(CalendarRangeError));
            assert_eq!(Moment::try_from(TimestampTz::from_microseconds(end)), Err(CalendarRangeError));
        }
    }

    #[test]
    fn what_fits_comes_back() {
        for number in [0, 1, -1, -63_000_000_000_000_001, 252_000_000_000_000_001, 800_000_000_000_007] {
            let timestamp = Timestamp::from_microseconds(number);
            assert_eq!(civil::DateTime::try_from(timestamp).map(Timestamp::from), Ok(timestamp));
            let timestamp = TimestampTz::from_microseconds(number);
            assert_eq!(Moment::try_from(timestamp).map(TimestampTz::from), Ok(timestamp));
            let date = Date::from_days(i32::try_from(number / 86_400_000_000).unwrap());
            assert_eq!(civil::Date::try_from(date).map(Date::from), Ok(date));
        }
    }

    #[test]
    fn there_is_no_24_00() {
        assert_eq!(
            civil::Time::try_from(Time::from_microseconds(86_400_000_000).unwrap()),
            Err(CalendarRangeError)
        );
        let last = Time::from_microseconds(86_399_999_999).unwrap();
        assert_eq!(civil::Time::try_from(last).map(Time::from), Ok(last));
    }
}
