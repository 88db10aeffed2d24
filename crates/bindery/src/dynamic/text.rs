//! Values as the server prints them.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::ops::Bound;

use super::float::{double, single};
use super::{Dict, Value};
use crate::geometry::Point;
use crate::text_search::{TsQuery, TsVector, Weight};
use crate::{Array, Cube, Range};

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("NULL"),
            Self::Void => Ok(()),
            Self::Bool(value) => f.write_str(if *value { "t" } else { "f" }),
            Self::Int2(value) => value.fmt(f),
            Self::Int4(value) => value.fmt(f),
            Self::Int8(value) => value.fmt(f),
            Self::Float4(value) => f.write_str(&single(*value)),
            Self::Float8(value) => f.write_str(&double(*value)),
            Self::Numeric(value) => value.fmt(f),
            Self::Money(value) => value.0.fmt(f),
            Self::Text(text) | Self::Enum(text) | Self::Json(text) => f.write_str(text),
            Self::Char(value) => write_char(f, value.cast_unsigned()),
            Self::Bytes(bytes) | Self::Other { bytes, .. } => write_bytes(f, bytes),
            Self::Date(value) => value.fmt(f),
            Self::Time(value) => value.fmt(f),
            Self::TimeTz(value) => value.fmt(f),
            Self::Timestamp(value) => value.fmt(f),
            Self::TimestampTz(value) => value.fmt(f),
            Self::Interval(value) => value.fmt(f),
            Self::Uuid(value) => write_uuid(f, value),
            Self::Inet { address, prefix } if *prefix == longest(*address) => address.fmt(f),
            Self::Inet { address, prefix } | Self::Cidr { address, prefix } => {
                write!(f, "{address}/{prefix}")
            }
            Self::MacAddr(value) => value.fmt(f),
            Self::MacAddr8(value) => value.fmt(f),
            Self::Bits(bits) => bits.iter().try_for_each(|bit| f.write_str(if *bit { "1" } else { "0" })),
            Self::Oid(value) => value.fmt(f),
            Self::Xid8(value) => value.fmt(f),
            Self::Tid(value) => value.fmt(f),
            Self::PgLsn(value) => value.fmt(f),
            Self::Snapshot(value) => value.fmt(f),
            Self::Point(point) => f.write_str(&place(*point)),
            Self::Line(line) => write!(f, "{{{},{},{}}}", double(line.a), double(line.b), double(line.c)),
            Self::Lseg(lseg) => write!(f, "[{},{}]", place(lseg.start), place(lseg.end)),
            Self::Box(corners) => write!(f, "{},{}", place(corners.upper_right), place(corners.lower_left)),
            Self::Path(path) if path.closed => write!(f, "({})", places(&path.points)),
            Self::Path(path) => write!(f, "[{}]", places(&path.points)),
            Self::Polygon(polygon) => write!(f, "({})", places(&polygon.points)),
            Self::Circle(circle) => write!(f, "<{},{}>", place(circle.center), double(circle.radius)),
            Self::TsVector(vector) => write_vector(f, vector),
            Self::TsQuery(query) => write_query(f, query, 0, false),
            Self::Cube(Cube::Point(point)) => write!(f, "({})", coordinates(point)),
            Self::Cube(Cube::Box(one, other)) => {
                write!(f, "({}),({})", coordinates(one), coordinates(other))
            }
            Self::Hstore(pairs) => write_hstore(f, pairs),
            Self::Geometry(shape) => f.write_str(&shape.to_hex()),
            Self::Vector(elements) => {
                write!(f, "[{}]", joined(elements.iter().map(|element| single(*element)), ","))
            }
            Self::SparseVector { dimensions, elements } => {
                let element =
                    |(index, value): &(u32, f32)| format!("{}:{}", u64::from(*index) + 1, single(*value));
                write!(f, "{{{}}}/{dimensions}", joined(elements.iter().map(element), ","))
            }
            Self::Array(array) => write_array(f, array),
            Self::Range(range) => write_range(f, range),
            Self::Multirange(ranges) => {
                let shown = ranges.iter().map(|range| Self::Range(range.clone()).to_string());
                write!(f, "{{{}}}", joined(shown, ","))
            }
            Self::Composite(attributes) => attributes.fmt(f),
        }
    }
}

impl fmt::Display for Dict {
    /// As a composite type prints: `(1,"a b",)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let attribute = |(_, value): &(String, Value)| match value {
            Value::Null => String::new(),
            value => doubled(value, "(),"),
        };
        write!(f, "({})", joined(self.iter().map(attribute), ","))
    }
}

fn joined(texts: impl Iterator<Item = String>, between: &str) -> String {
    texts.collect::<Vec<_>>().join(between)
}

/// PostgreSQL's `isspace` does not count what only Unicode counts.
fn is_blank(letter: char) -> bool {
    matches!(letter, ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c')
}

/// In quotation marks where a text is empty or holds blanks, marks or one of `special`; marks within are doubled.
fn doubled(value: &Value, special: &str) -> String {
    let text = value.to_string();
    let needs =
        |letter: char| is_blank(letter) || letter == '"' || letter == '\\' || special.contains(letter);
    match text.is_empty() || text.contains(needs) {
        true => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\"\"")),
        false => text,
    }
}

/// In quotation marks, marks within behind a backslash.
fn escaped(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn write_char(f: &mut fmt::Formatter<'_>, byte: u8) -> fmt::Result {
    match byte {
        0 => Ok(()),
        1..=127 => write!(f, "{}", char::from(byte)),
        _ => write!(f, "\\{byte:03o}"),
    }
}

fn write_bytes(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    f.write_str("\\x")?;
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

fn write_uuid(f: &mut fmt::Formatter<'_>, bytes: &[u8; 16]) -> fmt::Result {
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            f.write_str("-")?;
        }
        write!(f, "{byte:02x}")?;
    }
    Ok(())
}

fn longest(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn place(point: Point) -> String {
    format!("({},{})", double(point.x), double(point.y))
}

fn places(points: &[Point]) -> String {
    joined(points.iter().map(|point| place(*point)), ",")
}

fn coordinates(coordinates: &[f64]) -> String {
    joined(coordinates.iter().map(|coordinate| double(*coordinate)), ", ")
}

fn write_hstore(f: &mut fmt::Formatter<'_>, pairs: &BTreeMap<String, Option<String>>) -> fmt::Result {
    // The server sorts keys by their length first.
    let mut sorted: Vec<_> = pairs.iter().collect();
    sorted.sort_by_key(|(key, _)| key.len());
    let pair = |(key, value): (&String, &Option<String>)| {
        let value = value.as_ref().map_or_else(|| "NULL".to_owned(), |value| escaped(value));
        format!("{}=>{value}", escaped(key))
    };
    f.write_str(&joined(sorted.into_iter().map(pair), ", "))
}

fn write_array(f: &mut fmt::Formatter<'_>, array: &Array<Value>) -> fmt::Result {
    let dimensions = array.dimensions();
    if dimensions.iter().any(|dimension| dimension.lower_bound != 1) {
        for dimension in dimensions {
            let length = i64::try_from(dimension.length).unwrap_or(i64::MAX);
            let first = i64::from(dimension.lower_bound);
            write!(f, "[{first}:{}]", first.saturating_add(length - 1))?;
        }
        f.write_str("=")?;
    }
    let lengths: Vec<usize> = dimensions.iter().map(|dimension| dimension.length).collect();
    f.write_str(&braces(array, &lengths))
}

/// The elements of some dimensions, those of each in braces.
fn braces(elements: &[Value], lengths: &[usize]) -> String {
    // The one type whose own text has commas outside of quotation marks.
    let between = if elements.iter().any(|element| matches!(element, Value::Box(_))) { ";" } else { "," };
    let inner = match lengths {
        [] => String::new(),
        [_] => joined(elements.iter().map(|value| element(value, between)), between),
        [length, rest @ ..] => {
            let part = elements.len() / (*length).max(1);
            joined(elements.chunks(part.max(1)).map(|part| braces(part, rest)), between)
        }
    };
    format!("{{{inner}}}")
}

fn element(value: &Value, between: &str) -> String {
    if value.is_null() {
        return "NULL".to_owned();
    }
    let text = value.to_string();
    let needs = |letter: char| {
        is_blank(letter) || matches!(letter, '"' | '\\' | '{' | '}') || between.contains(letter)
    };
    match text.is_empty() || text.eq_ignore_ascii_case("null") || text.contains(needs) {
        true => escaped(&text),
        false => text,
    }
}

fn write_range(f: &mut fmt::Formatter<'_>, range: &Range<Box<Value>>) -> fmt::Result {
    let Range::Bounds(lower, upper) = range else { return f.write_str("empty") };
    let shown = |bound: &Bound<Box<Value>>| match bound {
        Bound::Included(value) | Bound::Excluded(value) => doubled(value, "()[],"),
        Bound::Unbounded => String::new(),
    };
    let open = if matches!(lower, Bound::Included(_)) { '[' } else { '(' };
    let close = if matches!(upper, Bound::Included(_)) { ']' } else { ')' };
    write!(f, "{open}{},{}{close}", shown(lower), shown(upper))
}

fn word(word: &str) -> String {
    format!("'{}'", word.replace('\\', "\\\\").replace('\'', "''"))
}

fn write_vector(f: &mut fmt::Formatter<'_>, vector: &TsVector) -> fmt::Result {
    for (index, lexeme) in vector.lexemes.iter().enumerate() {
        if index > 0 {
            f.write_str(" ")?;
        }
        f.write_str(&word(&lexeme.word))?;
        for (index, position) in lexeme.positions.iter().enumerate() {
            let weight =
                if position.weight == Weight::D { String::new() } else { format!("{:?}", position.weight) };
            write!(f, "{}{}{weight}", if index == 0 { ':' } else { ',' }, position.position)?;
        }
    }
    Ok(())
}

/// In parentheses where the operator around it binds as closely (`infix` in PostgreSQL's `tsquery.c`).
fn write_query(
    f: &mut fmt::Formatter<'_>,
    query: &TsQuery,
    around: u8,
    right_of_phrase: bool,
) -> fmt::Result {
    let priority = match query {
        TsQuery::Empty => return Ok(()),
        TsQuery::Word { word: text, prefix, weights } => {
            f.write_str(&word(text))?;
            if *prefix || !weights.is_empty() {
                f.write_str(if *prefix { ":*" } else { ":" })?;
            }
            let known = [Weight::A, Weight::B, Weight::C, Weight::D];
            let named = known.iter().filter(|weight| weights.contains(weight));
            return named.into_iter().try_for_each(|weight| write!(f, "{weight:?}"));
        }
        TsQuery::Or(..) => 1,
        TsQuery::And(..) => 2,
        TsQuery::Phrase(..) => 3,
        TsQuery::Not(_) => 4,
    };
    let enclosed = priority < around || (priority == 3 && right_of_phrase);
    if enclosed {
        f.write_str("( ")?;
    }
    let between = match query {
        TsQuery::Or(..) => " | ".to_owned(),
        TsQuery::Phrase(_, _, 1) => " <-> ".to_owned(),
        TsQuery::Phrase(_, _, distance) => format!(" <{distance}> "),
        _ => " & ".to_owned(),
    };
    match query {
        TsQuery::Not(operand) => {
            f.write_str("!")?;
            write_query(f, operand, priority, false)?;
        }
        TsQuery::And(left, right) | TsQuery::Or(left, right) | TsQuery::Phrase(left, right, _) => {
            write_query(f, left, priority, false)?;
            f.write_str(&between)?;
            write_query(f, right, priority, priority == 3)?;
        }
        TsQuery::Empty | TsQuery::Word { .. } => {}
    }
    if enclosed {
        f.write_str(" )")?;
    }
    Ok(())
}
