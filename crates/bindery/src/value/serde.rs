//! How the types of this crate look in JSON and the like, where it is not what serde derives.
//!
//! | type | form |
//! |---|---|
//! | `Numeric`, dates and times, `MacAddr`, `MacAddr8`, `PgLsn` | a text as PostgreSQL prints it |
//! | `Interval` | a text as ISO 8601 has it: `P1Y2M-3DT4H` |
//! | `OrInfinity<T>` | `"infinity"`, `"-infinity"`, or as `T` |
//! | `Array<T>` | a list; an object with `dimensions` and `elements` if it is not one that counts from 1 |
//! | `Ewkb` | a text of hexadecimal digits, as PostGIS has it |
//! | `bytea` in generated structs | a text in base64 |

use std::fmt::Display;
use std::str::FromStr;

use serde::de::value::StringDeserializer;
use serde::de::{Error, IntoDeserializer, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::array::{Array, Dimension};
use super::calendar::{Date, Time, TimeTz, Timestamp, TimestampTz};
use super::ewkb::Ewkb;
use super::interval::Interval;
use super::lsn::PgLsn;
use super::mac::{MacAddr, MacAddr8};
use super::numeric::Numeric;
use super::or_infinity::OrInfinity;

fn parsed<'de, T: FromStr<Err: Display>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|error| D::Error::custom(format_args!("{text:?}: {error}")))
}

/// A text, with the pattern of its schema.
macro_rules! as_text {
    ($($rust:ty, $name:literal, $text:expr, $format:expr;)*) => {$(
        impl Serialize for $rust {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let text: fn(&$rust) -> String = $text;
                serializer.serialize_str(&text(self))
            }
        }

        impl<'de> Deserialize<'de> for $rust {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                parsed(deserializer)
            }
        }

        #[cfg(feature = "schemars")]
        impl schemars::JsonSchema for $rust {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                $name.into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "description": $format })
            }
        }
    )*};
}

as_text! {
    Numeric, "Numeric", ToString::to_string, "a decimal number, NaN, Infinity or -Infinity";
    Interval, "Interval", Interval::iso_8601, "a duration as in ISO 8601";
    Date, "Date", ToString::to_string, "a date, infinity or -infinity";
    Time, "Time", ToString::to_string, "a time of day";
    TimeTz, "TimeTz", ToString::to_string, "a time of day with its offset from UTC";
    Timestamp, "Timestamp", ToString::to_string, "a date and a time, infinity or -infinity";
    TimestampTz, "TimestampTz", ToString::to_string, "a date and a time in UTC, infinity or -infinity";
    MacAddr, "MacAddr", ToString::to_string, "a hardware address";
    MacAddr8, "MacAddr8", ToString::to_string, "a hardware address";
    PgLsn, "PgLsn", ToString::to_string, "a place in the write-ahead log";
    Ewkb, "Ewkb", Ewkb::to_hex, "a shape in PostGIS's binary form, in hexadecimal digits";
}

impl<T: Serialize> Serialize for OrInfinity<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::NegativeInfinity => serializer.serialize_str("-infinity"),
            Self::Finite(value) => value.serialize(serializer),
            Self::Infinity => serializer.serialize_str("infinity"),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OrInfinity<T> {
    /// Dates and timestamps of all crates are texts.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.as_str() {
            "infinity" => Ok(Self::Infinity),
            "-infinity" => Ok(Self::NegativeInfinity),
            _ => {
                let text: StringDeserializer<D::Error> = text.into_deserializer();
                T::deserialize(text).map(Self::Finite)
            }
        }
    }
}

#[cfg(feature = "schemars")]
impl<T: schemars::JsonSchema> schemars::JsonSchema for OrInfinity<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("{}OrInfinity", T::schema_name()).into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let finite = generator.subschema_for::<T>();
        schemars::json_schema!({ "anyOf": [finite, { "enum": ["infinity", "-infinity"] }] })
    }
}

/// An array that is more than a list.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
struct Shaped<D, E> {
    dimensions: D,
    elements: E,
}

impl<T: Serialize> Serialize for Array<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.is_list() {
            true => (**self).serialize(serializer),
            false => Shaped { dimensions: self.dimensions(), elements: &**self }.serialize(serializer),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Array<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ListOrShaped<T>(std::marker::PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for ListOrShaped<T> {
            type Value = Array<T>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a list, or an object with dimensions and elements")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut elements = Vec::new();
                while let Some(element) = list.next_element()? {
                    elements.push(element);
                }
                Ok(Array::from(elements))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                let shaped: Shaped<Vec<Dimension>, Vec<T>> =
                    Shaped::deserialize(MapAccessDeserializer::new(map))?;
                Array::new(shaped.dimensions, shaped.elements).map_err(A::Error::custom)
            }
        }

        deserializer.deserialize_any(ListOrShaped(std::marker::PhantomData))
    }
}

#[cfg(feature = "schemars")]
impl<T: schemars::JsonSchema> schemars::JsonSchema for Array<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("ArrayOf{}", T::schema_name()).into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let list = generator.subschema_for::<Vec<T>>();
        let shaped = generator.subschema_for::<Shaped<Vec<Dimension>, Vec<T>>>();
        schemars::json_schema!({ "anyOf": [list, shaped] })
    }
}

/// `bytea` as base64, for `#[serde(with = "bindery::base64")]`: bytes, lists of them, and options of both.
pub mod base64 {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::Array;

    /// What has a form of texts.
    pub trait Base64: Sized {
        /// Texts in place of bytes.
        type Text: Serialize + for<'de> Deserialize<'de>;
        /// With texts.
        fn encode(&self) -> Self::Text;
        /// With bytes; none if a text is not base64.
        fn decode(text: Self::Text) -> Option<Self>;
    }

    impl Base64 for Vec<u8> {
        type Text = String;

        fn encode(&self) -> String {
            STANDARD.encode(self)
        }

        fn decode(text: String) -> Option<Self> {
            STANDARD.decode(text).ok()
        }
    }

    impl<T: Base64> Base64 for Option<T> {
        type Text = Option<T::Text>;

        fn encode(&self) -> Self::Text {
            self.as_ref().map(T::encode)
        }

        fn decode(text: Self::Text) -> Option<Self> {
            text.map(T::decode).map_or(Some(None), |decoded| decoded.map(Some))
        }
    }

    impl<T: Base64> Base64 for Vec<T> {
        type Text = Vec<T::Text>;

        fn encode(&self) -> Self::Text {
            self.iter().map(T::encode).collect()
        }

        fn decode(texts: Self::Text) -> Option<Self> {
            texts.into_iter().map(T::decode).collect()
        }
    }

    impl<T: Base64> Base64 for Array<T> {
        type Text = Array<T::Text>;

        fn encode(&self) -> Self::Text {
            let elements = self.iter().map(T::encode).collect();
            Array::new(self.dimensions().to_vec(), elements).expect("there are as many")
        }

        fn decode(texts: Self::Text) -> Option<Self> {
            let dimensions = texts.dimensions().to_vec();
            let elements = texts.into_iter().map(T::decode).collect::<Option<_>>()?;
            Array::new(dimensions, elements).ok()
        }
    }

    /// Writes texts.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<T: Base64, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        value.encode().serialize(serializer)
    }

    /// Reads texts.
    ///
    /// # Errors
    /// Those of the deserializer, or a text is not base64.
    pub fn deserialize<'de, T: Base64, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        let text = T::Text::deserialize(deserializer)?;
        T::decode(text).ok_or_else(|| D::Error::custom("the text is not base64"))
    }
}

#[cfg(all(test, feature = "serde_json"))]
mod tests {
    use std::fmt::Debug;
    use std::ops::Bound;

    use serde::de::DeserializeOwned;
    use serde_json::{Value, json};

    use super::*;
    use crate::geometry::Point;
    use crate::text_search::{Lexeme, Position, TsQuery, TsVector, Weight};
    use crate::{Cube, Money, Multirange, PgLsn, Range, Snapshot, Tid};

    /// Whether the value has this form, and comes back from it.
    fn check<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: T, form: Value) {
        assert_eq!(serde_json::to_value(&value).unwrap(), form);
        assert_eq!(serde_json::from_value::<T>(form).unwrap(), value);
    }

    #[test]
    fn every_type_has_its_form() {
        check("-12.50".parse::<Numeric>().unwrap(), json!("-12.50"));
        check(Numeric::NAN, json!("NaN"));
        check(Interval { months: 14, days: -3, microseconds: 1 }, json!("P1Y2M-3DT0.000001S"));
        check(Date::from_days(0), json!("2000-01-01"));
        check(Time::from_microseconds(86_400_000_000).unwrap(), json!("24:00:00"));
        check(TimeTz { time: Time::default(), offset: -19_800 }, json!("00:00:00-05:30"));
        check(Timestamp::NEGATIVE_INFINITY, json!("-infinity"));
        check(TimestampTz::from_microseconds(1), json!("2000-01-01 00:00:00.000001+00"));
        check(MacAddr([8, 0, 43, 1, 2, 3]), json!("08:00:2b:01:02:03"));
        check(PgLsn(0x16_b374_d848), json!("16/B374D848"));
        check(Ewkb(vec![1, 255]), json!("01FF"));
        check(Money(150), json!(150));
        check(Tid { block: 1, offset: 2 }, json!({"block": 1, "offset": 2}));
        check(
            Snapshot { xmin: 1, xmax: 3, in_progress: vec![2] },
            json!({"xmin": 1, "xmax": 3, "in_progress": [2]}),
        );
        check(Point::new(1.5, -2.0), json!({"x": 1.5, "y": -2.0}));
        check(Cube::Point(vec![1.0]), json!({"point": [1.0]}));
        check(Range::<i32>::Empty, json!("empty"));
        let range = Range::Bounds(Bound::Unbounded, Bound::Excluded(5));
        check(range, json!({"bounds": ["Unbounded", {"Excluded": 5}]}));
        check(Multirange::from(vec![range]), json!([{"bounds": ["Unbounded", {"Excluded": 5}]}]));
        let position = Position { position: 3, weight: Weight::A };
        let vector = TsVector { lexemes: vec![Lexeme { word: "cat".into(), positions: vec![position] }] };
        let form = json!({"lexemes": [{"word": "cat", "positions": [{"position": 3, "weight": "A"}]}]});
        check(vector, form);
        let word = TsQuery::Word { word: "a".into(), prefix: true, weights: vec![] };
        check(
            TsQuery::Not(Box::new(word)),
            json!({"Not": {"Word": {"word": "a", "prefix": true, "weights": []}}}),
        );
    }

    #[test]
    fn arrays_are_lists_where_they_can_be() {
        check(Array::from(vec![Some(1), None]), json!([1, null]));
        check(Array::<i32>::default(), json!([]));
        let matrix =
            Array::new(vec![Dimension::of(1), Dimension { length: 2, lower_bound: 0 }], vec![1, 2]).unwrap();
        let dimensions = json!([{"length": 1, "lower_bound": 1}, {"length": 2, "lower_bound": 0}]);
        check(matrix, json!({"dimensions": dimensions, "elements": [1, 2]}));
        let wrong = json!({"dimensions": dimensions, "elements": [1]});
        assert!(serde_json::from_value::<Array<i32>>(wrong).is_err());
    }

    #[test]
    #[cfg(feature = "chrono")]
    fn infinities_are_texts_beside_dates() {
        let day = chrono::NaiveDate::from_ymd_opt(2026, 7, 1).unwrap();
        check(OrInfinity::Finite(day), json!("2026-07-01"));
        check(OrInfinity::<chrono::NaiveDate>::Infinity, json!("infinity"));
        check(OrInfinity::Finite(day.and_hms_opt(1, 2, 3).unwrap().and_utc()), json!("2026-07-01T01:02:03Z"));
    }

    #[test]
    #[cfg(feature = "time")]
    fn so_are_those_of_time() {
        let moment = time::OffsetDateTime::UNIX_EPOCH;
        let form = serde_json::to_value(OrInfinity::Finite(moment)).unwrap();
        assert!(form.is_string(), "{form}");
        check(OrInfinity::Finite(moment), form);
    }

    #[test]
    fn bytes_are_base64() {
        #[derive(Debug, PartialEq, Serialize, Deserialize)]
        struct Row {
            #[serde(with = "super::base64")]
            bytes: Vec<u8>,
            #[serde(default, with = "super::base64")]
            list: Option<Array<Option<Vec<u8>>>>,
        }
        let row = Row { bytes: vec![255, 0], list: Some(Array::from(vec![Some(vec![1]), None])) };
        check(row, json!({"bytes": "/wA=", "list": ["AQ==", null]}));
        let row: Row = serde_json::from_value(json!({"bytes": ""})).unwrap();
        assert_eq!(row, Row { bytes: vec![], list: None });
        assert!(serde_json::from_value::<Row>(json!({"bytes": "*"})).is_err());
    }
}
