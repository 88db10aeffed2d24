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
