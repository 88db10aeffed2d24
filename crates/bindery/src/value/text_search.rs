//! `tsvector` and `tsquery`.

use bytes::{BufMut, BytesMut};

use super::{BoxError, Reader, codec};

/// The words of a document, in order, with where they stand: `'cat':3 'fat':2A`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct TsVector {
    /// In the order of their bytes, each once; the server sorts what it is sent.
    pub lexemes: Vec<Lexeme>,
}

/// A word of a [`TsVector`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct Lexeme {
    /// Normalised as the text search configuration has it.
    pub word: String,
    /// In ascending order.
    pub positions: Vec<Position>,
}

/// Where a word stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct Position {
    /// Counted from 1; 16383 stands for everything behind it too.
    pub position: u16,
    /// Of which part of the document.
    pub weight: Weight,
}

/// The weight of a word: `D` unless something else is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub enum Weight {
    /// The least.
    #[default]
    D,
    /// More.
    C,
    /// More still.
    B,
    /// The most.
    A,
}

impl Weight {
    const ALL: [Self; 4] = [Self::D, Self::C, Self::B, Self::A];

    fn from_bits(bits: u16) -> Self {
        Self::ALL[usize::from(bits & 3)]
    }
}

/// A question to a [`TsVector`]: `'fat' & ( 'rat' | 'cat' )`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub enum TsQuery {
    /// Nothing is asked. The server sends it but does not take it in binary form (`tsqueryrecv`), so that it is an error as
    /// an argument.
    Empty,
    /// A word is there.
    Word {
        /// Normalised as the text search configuration has it.
        word: String,
        /// Whether words that begin like it count too.
        prefix: bool,
        /// Only these weights count; none stands for all.
        weights: Vec<Weight>,
    },
    /// The operand is not there.
    Not(Box<TsQuery>),
    /// Both are there.
    And(Box<TsQuery>, Box<TsQuery>),
    /// One of them is there.
    Or(Box<TsQuery>, Box<TsQuery>),
    /// The second follows the first at this distance.
    Phrase(Box<TsQuery>, Box<TsQuery>, u16),
}

/// The 14 bits of a position (`WordEntryPos` in PostgreSQL's `ts_type.h`); the weight is above them.
const POSITION: u16 = 0x3fff;

fn read_lexeme(reader: &mut Reader<'_>) -> Result<Lexeme, BoxError> {
    let word = reader.c_string()?.to_owned();
    let count = reader.u16()?;
    let position =
        |packed: u16| Position { position: packed & POSITION, weight: Weight::from_bits(packed >> 14) };
    let positions = (0..count).map(|_| reader.u16().map(position)).collect::<Result<_, _>>()?;
    Ok(Lexeme { word, positions })
}

fn put_c_string(text: &str, out: &mut BytesMut) -> Result<(), BoxError> {
    if text.contains('\0') {
        return Err("a word holds a zero byte".into());
    }
    out.put_slice(text.as_bytes());
    out.put_u8(0);
    Ok(())
}

codec!(
    TsVector,
    [TS_VECTOR],
    |raw| {
        let mut reader = Reader::new(raw);
        let count = reader.count(3)?;
        let lexemes = (0..count).map(|_| read_lexeme(&mut reader)).collect::<Result<_, _>>()?;
        reader.end()?;
        Ok(Self { lexemes })
    },
    |value, out| {
        out.put_i32(i32::try_from(value.lexemes.len())?);
        for lexeme in &value.lexemes {
            put_c_string(&lexeme.word, out)?;
            out.put_u16(u16::try_from(lexeme.positions.len())?);
            for Position { position, weight } in &lexeme.positions {
                out.put_u16(position & POSITION | (*weight as u16) << 14);
            }
        }
    }
);

// `tsquerysend`: the operators before their operands, the right one first.
const WORD: u8 = 1;
const OPERATOR: u8 = 2;
const NOT: u8 = 1;
const AND: u8 = 2;
const OR: u8 = 3;
const PHRASE: u8 = 4;

/// Deeper ones would need more stack than a thread has; the server's own limit is its stack too.
const DEEPEST: usize = 2000;

fn read_query(reader: &mut Reader<'_>, left: &mut usize, depth: usize) -> Result<TsQuery, BoxError> {
    if *left == 0 || depth > DEEPEST {
        return Err("a tsquery ends too early, or is nested too deep".into());
    }
    *left -= 1;
    match reader.u8()? {
        WORD => {
            let bits = reader.u8()?;
            let weights = (0..4).filter(|bit| bits >> bit & 1 == 1).map(Weight::from_bits).collect();
            let prefix = reader.u8()? != 0;
            Ok(TsQuery::Word { word: reader.c_string()?.to_owned(), prefix, weights })
        }
        OPERATOR => {
            let operator = reader.u8()?;
            let distance = if operator == PHRASE { reader.u16()? } else { 0 };
            let right = Box::new(read_query(reader, left, depth + 1)?);
            if operator == NOT {
                return Ok(TsQuery::Not(right));
            }
            let left = Box::new(read_query(reader, left, depth + 1)?);
            match operator {
                AND => Ok(TsQuery::And(left, right)),
                OR => Ok(TsQuery::Or(left, right)),
                PHRASE => Ok(TsQuery::Phrase(left, right, distance)),
                other => Err(format!("{other} is no operator of a tsquery").into()),
            }
        }
        other => Err(format!("{other} is no part of a tsquery").into()),
    }
}

impl TsQuery {
    fn size(&self) -> usize {
        match self {
            Self::Empty => 0,
            Self::Word { .. } => 1,
            Self::Not(operand) => 1 + operand.size(),
            Self::And(left, right) | Self::Or(left, right) | Self::Phrase(left, right, _) => {
                1 + left.size() + right.size()
            }
        }
    }

    fn write(&self, out: &mut BytesMut) -> Result<(), BoxError> {
        let operator = match self {
            Self::Empty => {
                return Err("the server takes no empty tsquery: write ''::tsquery in the SQL".into());
            }
            Self::Word { word, prefix, weights } => {
                out.put_u8(WORD);
                out.put_u8(weights.iter().fold(0, |bits, weight| bits | 1 << *weight as u8));
                out.put_u8(u8::from(*prefix));
                return put_c_string(word, out);
            }
            Self::Not(_) => NOT,
            Self::And(..) => AND,
            Self::Or(..) => OR,
            Self::Phrase(..) => PHRASE,
        };
        out.put_slice(&[OPERATOR, operator]);
        if let Self::Phrase(_, _, distance) = self {
            out.put_u16(*distance);
        }
        match self {
            Self::Not(operand) => operand.write(out),
            Self::And(left, right) | Self::Or(left, right) | Self::Phrase(left, right, _) => {
                right.write(out)?;
                left.write(out)
            }
            Self::Empty | Self::Word { .. } => Ok(()),
        }
    }
}

codec!(
    TsQuery,
    [TSQUERY],
    |raw| {
        let mut reader = Reader::new(raw);
        let mut left = reader.count(2)?;
        let query = if left == 0 { Self::Empty } else { read_query(&mut reader, &mut left, 0)? };
        reader.end()?;
        Ok(query)
    },
    |value, out| {
        out.put_i32(i32::try_from(value.size())?);
        value.write(out)?;
    }
);

crate::driver_traits!(TsVector);
crate::driver_traits!(TsQuery);
