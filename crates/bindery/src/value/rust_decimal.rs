//! `numeric` as `rust_decimal::Decimal`: at most 28 digits, which a declared precision proves.

use bytes::BytesMut;
use rust_decimal::Decimal;
use tokio_postgres::types::{IsNull, Type};

use super::numeric::{Numeric, NumericRangeError};
use super::{BoxError, Decode, Encode};

impl TryFrom<&Numeric> for Decimal {
    type Error = NumericRangeError;

    /// Exact: a number with more digits than a `Decimal` has is an error rather than rounded.
    fn try_from(value: &Numeric) -> Result<Self, NumericRangeError> {
        Self::from_str_exact(&value.to_string()).map_err(|_| NumericRangeError)
    }
}

impl TryFrom<Numeric> for Decimal {
    type Error = NumericRangeError;

    /// As from a reference.
    fn try_from(value: Numeric) -> Result<Self, NumericRangeError> {
        Self::try_from(&value)
    }
}

impl From<Decimal> for Numeric {
    fn from(value: Decimal) -> Self {
        value.to_string().parse().expect("a decimal is a number of few digits")
    }
}

impl Decode<'_> for Decimal {
    fn accepts(ty: &Type) -> bool {
        <Numeric as Decode<'_>>::accepts(ty)
    }

    fn decode(ty: &Type, raw: &[u8]) -> Result<Self, BoxError> {
        let value = Numeric::decode(ty, raw)?;
        Self::try_from(&value).map_err(|_| format!("{value} does not fit a Decimal").into())
    }
}

impl Encode for Decimal {
    fn accepts(ty: &Type) -> bool {
        <Numeric as Encode>::accepts(ty)
    }

    fn encode(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, BoxError> {
        Numeric::from(*self).encode(ty, out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_rounded() {
        let of = |text: &str| Decimal::try_from(&text.parse::<Numeric>().unwrap());
        for text in ["0", "-12.50", "7922816251426433759354395033.5", "0.0000000000000000000000000001"] {
            assert_eq!(of(text).map(|decimal| decimal.to_string()), Ok(text.to_owned()));
            assert_eq!(of(text).map(Numeric::from), Ok(text.parse().unwrap()));
        }
        for text in ["NaN", "Infinity", "100000000000000000000000000000", "0.00000000000000000000000000001"] {
            assert_eq!(of(text), Err(NumericRangeError), "{text}");
        }
    }
}
