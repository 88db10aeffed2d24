//! `numeric`, with every digit: PostgreSQL's own form, base 10,000.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use bytes::BufMut;

use super::{BoxError, Reader, codec, error_type};

/// A decimal number of any size, NaN, or an infinity: every value that `numeric` has.
///
/// Equality and order are PostgreSQL's: `1.0` equals `1.00`, NaN equals itself and is greater than everything. Arithmetic
/// is left to SQL, or to a decimal crate by way of `Display` and `FromStr`.
#[derive(Clone, Debug)]
pub struct Numeric {
    sign: Sign,
    /// The power of 10,000 that the first digit stands for.
    weight: i16,
    /// How many digits are shown after the point.
    scale: u16,
    /// Base 10,000, neither first nor last is 0.
    digits: Vec<i16>,
}

/// As on the wire (PostgreSQL `numeric_send`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    Positive,
    Negative,
    NaN,
    Infinity,
    NegativeInfinity,
}

const SIGNS: [(Sign, u16); 5] = [
    (Sign::Positive, 0x0000),
    (Sign::Negative, 0x4000),
    (Sign::NaN, 0xC000),
    (Sign::Infinity, 0xD000),
    (Sign::NegativeInfinity, 0xF000),
];

impl Numeric {
    /// Not a number.
    pub const NAN: Self = Self::special(Sign::NaN);
    /// Greater than all numbers.
    pub const INFINITY: Self = Self::special(Sign::Infinity);
    /// Less than all numbers.
    pub const NEGATIVE_INFINITY: Self = Self::special(Sign::NegativeInfinity);

    const fn special(sign: Sign) -> Self {
        Self { sign, weight: 0, scale: 0, digits: Vec::new() }
    }

    /// Whether it is a number: neither NaN nor an infinity.
    pub fn is_finite(&self) -> bool {
        matches!(self.sign, Sign::Positive | Sign::Negative)
    }

    /// How many digits are shown after the point, such as 2 for `1.50`.
    pub fn scale(&self) -> u16 {
        self.scale
    }

    /// Drops zeros at both ends, so that a number has one form but for its scale.
    fn normalised(mut self) -> Self {
        let zeros = self.digits.iter().take_while(|digit| **digit == 0).count();
        self.digits.drain(..zeros);
        self.weight = self.weight.saturating_sub(i16::try_from(zeros).unwrap_or(i16::MAX));
        while self.digits.last() == Some(&0) {
            self.digits.pop();
        }
        if self.digits.is_empty() {
            self.weight = 0;
            self.sign = if self.sign == Sign::Negative { Sign::Positive } else { self.sign };
        }
        self
    }

    /// Negative infinity, numbers, infinity, NaN.
    fn rank(&self) -> u8 {
        match self.sign {
            Sign::NegativeInfinity => 0,
            Sign::Positive | Sign::Negative => 1,
            Sign::Infinity => 2,
            Sign::NaN => 3,
        }
    }

    fn compare_magnitudes(&self, other: &Self) -> Ordering {
        match (self.digits.is_empty(), other.digits.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => (self.weight, &self.digits).cmp(&(other.weight, &other.digits)),
        }
    }

    /// The digit that stands for a power of 10,000.
    fn digit(&self, power: i32) -> i16 {
        let index = usize::try_from(i32::from(self.weight) - power).ok();
        index.and_then(|index| self.digits.get(index).copied()).unwrap_or(0)
    }
}

impl fmt::Display for Numeric {
    /// As PostgreSQL prints it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let special = match self.sign {
            Sign::NaN => Some("NaN"),
            Sign::Infinity => Some("Infinity"),
            Sign::NegativeInfinity => Some("-Infinity"),
            Sign::Positive | Sign::Negative => None,
        };
        if let Some(special) = special {
            return f.pad(special);
        }
        let mut text = String::new();
        for power in (0..=i32::from(self.weight).max(0)).rev() {
            text.push_str(&format!("{:04}", self.digit(power)));
        }
        let mut text = format!("{:0>1}", text.trim_start_matches('0'));
        if self.scale > 0 {
            let groups = (i32::from(self.scale) + 3) / 4;
            let fraction: String = (1..=groups).map(|group| format!("{:04}", self.digit(-group))).collect();
            text.push('.');
            text.push_str(&fraction[..usize::from(self.scale)]);
        }
        f.pad_integral(self.sign == Sign::Positive, "", &text)
    }
}

error_type! {
    /// A text that is no `numeric`.
    ParseNumericError, "not a decimal number with at most 131072 digits before and 16383 after the point"
}

impl FromStr for Numeric {
    type Err = ParseNumericError;

    /// Reads digits with at most one point, with a sign or without; `NaN`, `Infinity`, `-Infinity`. No exponents.
    fn from_str(text: &str) -> Result<Self, ParseNumericError> {
        match text {
            "NaN" => return Ok(Self::NAN),
            "Infinity" => return Ok(Self::INFINITY),
            "-Infinity" => return Ok(Self::NEGATIVE_INFINITY),
            _ => {}
        }
        let (sign, unsigned) = match text.strip_prefix('-') {
            Some(unsigned) => (Sign::Negative, unsigned),
            None => (Sign::Positive, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let sized = whole.len() <= 131_072 && fraction.len() <= 16_383;
        if (whole.is_empty() && fraction.is_empty()) || !all_digits(whole) || !all_digits(fraction) || !sized
        {
            return Err(ParseNumericError);
        }
        let groups_before = whole.len().div_ceil(4);
        let zeros = |count: usize| "0".repeat(count);
        let (before, after) =
            (groups_before * 4 - whole.len(), fraction.len().next_multiple_of(4) - fraction.len());
        let padded = [&zeros(before), whole, fraction, &zeros(after)].concat();
        let group = |group: &[u8]| group.iter().fold(0, |digit, byte| digit * 10 + i16::from(byte - b'0'));
        let digits = padded.as_bytes().chunks(4).map(group).collect();
        let weight = i16::try_from(groups_before.cast_signed() - 1).map_err(|_| ParseNumericError)?;
        let scale = u16::try_from(fraction.len()).map_err(|_| ParseNumericError)?;
        Ok(Self { sign, weight, scale, digits }.normalised())
    }
}

macro_rules! from_integer {
    ($($integer:ty),*) => {$(
        impl From<$integer> for Numeric {
            fn from(value: $integer) -> Self {
                value.to_string().parse().expect("an integer is a number of few digits")
            }
        }
    )*};
}

from_integer!(i8, i16, i32, i64, i128, u8, u16, u32, u64, u128);

error_type! {
    /// Not a whole number, or one that does not fit into the integer.
    NumericRangeError, "not a whole number in the range of the integer"
}

macro_rules! into_integer {
    ($($integer:ty),*) => {$(
        impl TryFrom<&Numeric> for $integer {
            type Error = NumericRangeError;

            /// Exact: `2.00` is 2, and 2.5 is an error rather than rounded.
            fn try_from(value: &Numeric) -> Result<Self, NumericRangeError> {
                let text = value.to_string();
                let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
                let is_whole = fraction.bytes().all(|digit| digit == b'0');
                whole.parse().ok().filter(|_| is_whole).ok_or(NumericRangeError)
            }
        }
    )*};
}

into_integer!(i16, i32, i64, i128, u16, u32, u64, u128);

impl From<&Numeric> for f64 {
    /// The nearest `f64`, as PostgreSQL's own cast gives; what is too large for one becomes infinite.
    fn from(value: &Numeric) -> Self {
        value.to_string().parse().expect("f64 reads every text that a numeric has, NaN and infinities too")
    }
}

impl PartialEq for Numeric {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Numeric {}

impl PartialOrd for Numeric {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Numeric {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank().cmp(&other.rank()).then_with(|| match (self.sign, other.sign) {
            (Sign::Positive, Sign::Negative) => Ordering::Greater,
            (Sign::Negative, Sign::Positive) => Ordering::Less,
            (Sign::Negative, Sign::Negative) => other.compare_magnitudes(self),
            _ => self.compare_magnitudes(other),
        })
    }
}

impl Hash for Numeric {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.rank(), self.sign == Sign::Negative, self.weight, &self.digits).hash(state);
    }
}

codec!(
    Numeric,
    [NUMERIC],
    |raw| {
        let mut reader = Reader::new(raw);
        let count = reader.u16()?;
        // The server sends its inner limits as the weight and scale of infinities.
        let (weight, code, scale) = (reader.u16()?.cast_signed(), reader.u16()?, reader.u16()?);
        let sign = SIGNS.iter().find(|(_, known)| *known == code).map(|(sign, _)| *sign);
        let sign = sign.ok_or("a numeric has an unknown sign")?;
        let digits = (0..count).map(|_| Ok(reader.u16()?.cast_signed()));
        let digits = digits.collect::<Result<Vec<i16>, BoxError>>()?;
        reader.end()?;
        if digits.iter().any(|digit| !(0..10_000).contains(digit)) {
            return Err("a numeric has a digit out of range".into());
        }
        let number = Self { sign, weight, scale, digits };
        Ok(if number.is_finite() { number.normalised() } else { Self::special(sign) })
    },
    |value, out| {
        let code = SIGNS.iter().find(|(sign, _)| *sign == value.sign).map(|(_, code)| *code);
        out.put_u16(u16::try_from(value.digits.len())?);
        out.put_i16(value.weight);
        out.put_u16(code.expect("every sign has a code"));
        out.put_u16(value.scale);
        value.digits.iter().for_each(|digit| out.put_i16(*digit));
    }
);

crate::driver_traits!(Numeric);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_reads_back_as_it_was() {
        for text in [
            "0",
            "0.00",
            "-1.50",
            "12345678901234567890.0001",
            "0.00001",
            "10000",
            "NaN",
            "-Infinity",
            "99990000",
        ] {
            assert_eq!(text.parse::<Numeric>().unwrap().to_string(), text);
        }
        assert_eq!("-0".parse::<Numeric>().unwrap().to_string(), "0");
        assert_eq!("+.5".parse::<Numeric>().unwrap().to_string(), "0.5");
        for text in ["", ".", "-", "1e5", "1.2.3", "ä"] {
            assert_eq!(text.parse::<Numeric>(), Err(ParseNumericError), "{text}");
        }
    }

    #[test]
    fn the_longest_number_is_one() {
        let longest = "9".repeat(131_072);
        assert_eq!(longest.parse::<Numeric>().unwrap().to_string(), longest);
        assert!(format!("{longest}9").parse::<Numeric>().is_err());
    }

    #[test]
    fn it_becomes_an_integer_only_if_nothing_is_lost() {
        let number = |text: &str| text.parse::<Numeric>().unwrap();
        assert_eq!(i64::try_from(&number("-2.00")), Ok(-2));
        assert_eq!(i64::try_from(&Numeric::from(i64::MIN)), Ok(i64::MIN));
        for text in ["2.5", "9223372036854775808", "NaN", "Infinity", "0.0001"] {
            assert_eq!(i64::try_from(&number(text)), Err(NumericRangeError), "{text}");
        }
        assert_eq!(u16::try_from(&number("-1")), Err(NumericRangeError));
        assert_eq!(f64::from(&number("-0.1")), -0.1);
        assert_eq!(f64::from(&Numeric::NEGATIVE_INFINITY), f64::NEG_INFINITY);
        assert!(f64::from(&Numeric::NAN).is_nan());
    }

    #[test]
    fn order_is_that_of_the_server() {
        let ordered =
            ["-Infinity", "-10000", "-2", "-1.5", "0", "0.0001", "1", "9999.9", "10000", "Infinity", "NaN"];
        let numbers: Vec<Numeric> = ordered.iter().map(|text| text.parse().unwrap()).collect();
        assert!(numbers.is_sorted() && numbers.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!("1.0".parse::<Numeric>(), "1.00".parse::<Numeric>());
        assert_eq!(Numeric::NAN, Numeric::NAN);
    }
}
