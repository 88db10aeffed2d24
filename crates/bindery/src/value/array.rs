//! Arrays: of any number of dimensions, from any lower bound, or plain lists.

use std::marker::PhantomData;
use std::ops::Deref;

use bytes::{BufMut, BytesMut};
use tokio_postgres::types::{IsNull, Kind, Type};

use super::{BoxError, Decode, Encode, Reader, base, decode_part, encode_part, error_type};

/// An array as PostgreSQL has it: a column of type `int4[]` may hold `{1,2}`, `{{1,2},{3,4}}` and `[0:1]={1,2}`.
///
/// It is a slice of its elements, those of several dimensions row by row, so that an array of one dimension is used as a
/// `Vec` is. Equality is PostgreSQL's: the elements, the dimensions and the lower bounds are equal. A `Vec` or a slice
/// equals an array of one dimension that counts from 1.
///
/// ```
/// use bindery::{Array, Dimension};
///
/// let list = Array::from(vec![1, 2, 3]);
/// assert_eq!(list, [1, 2, 3]);
/// assert_eq!(list.iter().sum::<i32>(), 6);
///
/// let rows = Array::new(vec![Dimension::of(2), Dimension::of(3)], vec![1, 2, 3, 4, 5, 6])?;
/// assert_eq!(rows.chunks(3).last(), Some(&[4, 5, 6][..]));
/// # Ok::<(), bindery::ArrayShapeError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Array<T> {
    /// Empty for an empty array.
    dimensions: Vec<Dimension>,
    elements: Vec<T>,
}

/// The extent of an array in one direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct Dimension {
    /// How many elements, or arrays of them.
    pub length: usize,
    /// The subscript of the first, which is 1 unless something else is said.
    pub lower_bound: i32,
}

impl Dimension {
    /// So many, counted from 1.
    pub const fn of(length: usize) -> Self {
        Self { length, lower_bound: 1 }
    }
}

error_type! {
    /// The dimensions do not fit the number of elements, or are more than the 6 that PostgreSQL has.
    ArrayShapeError, "the dimensions do not fit the number of elements, or are more than 6"
}

/// PostgreSQL's own limit (`MAXDIM`).
const MOST_DIMENSIONS: usize = 6;

impl<T> Array<T> {
    /// An array of these dimensions, its elements row by row. No dimension stands for an empty array.
    ///
    /// # Errors
    /// The numbers do not fit.
    pub fn new(dimensions: Vec<Dimension>, elements: Vec<T>) -> Result<Self, ArrayShapeError> {
        match volume(&dimensions) == Some(elements.len()) && dimensions.len() <= MOST_DIMENSIONS {
            true if elements.is_empty() => Ok(Self::default()),
            true => Ok(Self { dimensions, elements }),
            false => Err(ArrayShapeError),
        }
    }

    /// The extents, the outermost first; none for an empty array.
    pub fn dimensions(&self) -> &[Dimension] {
        &self.dimensions
    }

    /// The elements, row by row.
    pub fn into_elements(self) -> Vec<T> {
        self.elements
    }

    /// Whether it has one dimension that counts from 1, or no element.
    pub fn is_list(&self) -> bool {
        match self.dimensions[..] {
            [] => true,
            [Dimension { lower_bound, .. }] => lower_bound == 1,
            _ => false,
        }
    }
}

/// How many elements there are in all; none if they cannot be counted.
fn volume(dimensions: &[Dimension]) -> Option<usize> {
    match dimensions {
        [] => Some(0),
        _ => dimensions.iter().map(|dimension| dimension.length).try_fold(1, usize::checked_mul),
    }
}

impl<T> From<Vec<T>> for Array<T> {
    fn from(elements: Vec<T>) -> Self {
        let dimension = (!elements.is_empty()).then(|| Dimension::of(elements.len()));
        Self { dimensions: dimension.into_iter().collect(), elements }
    }
}

impl<T> Default for Array<T> {
    fn default() -> Self {
        Self::from(Vec::new())
    }
}

impl<T> FromIterator<T> for Array<T> {
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
        Self::from(Vec::from_iter(elements))
    }
}

impl<T> Deref for Array<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.elements
    }
}

impl<T> IntoIterator for Array<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.elements.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a Array<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.elements.iter()
    }
}

impl<T: PartialEq<U>, U> PartialEq<[U]> for Array<T> {
    fn eq(&self, other: &[U]) -> bool {
        self.is_list() && self.elements[..] == *other
    }
}

impl<T: PartialEq<U>, U> PartialEq<Vec<U>> for Array<T> {
    fn eq(&self, other: &Vec<U>) -> bool {
        *self == other[..]
    }
}

impl<T: PartialEq<U>, U, const N: usize> PartialEq<[U; N]> for Array<T> {
    fn eq(&self, other: &[U; N]) -> bool {
        *self == other[..]
    }
}

/// `int2vector` and `oidvector` are arrays on the wire too.
fn member(ty: &Type) -> Option<&Type> {
    match ty.kind() {
        Kind::Array(member) => Some(base(member)),
        _ => None,
    }
}

impl<'r, T: Decode<'r>> Decode<'r> for Array<T> {
    fn accepts(ty: &Type) -> bool {
        member(ty).is_some_and(T::accepts)
    }

    fn decode(ty: &Type, raw: &'r [u8]) -> Result<Self, BoxError> {
        let mut reader = Reader::new(raw);
        let dimensions = read_header(&mut reader)?;
        let dimensions =
            (0..dimensions).map(|_| read_dimension(&mut reader)).collect::<Result<Vec<_>, _>>()?;
        let volume = volume(&dimensions).ok_or(ArrayShapeError)?;
        Ok(Self::new(dimensions, read_elements(ty, reader, volume)?)?)
    }
}

impl<'r, T: Decode<'r>> Decode<'r> for Vec<T> {
    fn accepts(ty: &Type) -> bool {
        Array::<T>::accepts(ty)
    }

    /// A list has one dimension, and the subscripts of its elements are not kept.
    fn decode(ty: &Type, raw: &'r [u8]) -> Result<Self, BoxError> {
        let mut reader = Reader::new(raw);
        let length = match read_header(&mut reader)? {
            0 => 0,
            1 => read_dimension(&mut reader)?.length,
            count => return Err(format!("the array has {count} dimensions, a Vec has one").into()),
        };
        read_elements(ty, reader, length)
    }
}

/// The number of dimensions, from the start of what `array_send` writes.
fn read_header(reader: &mut Reader<'_>) -> Result<usize, BoxError> {
    let dimensions = reader.count(8)?;
    let (_has_nulls, _member) = (reader.i32()?, reader.u32()?);
    Ok(dimensions)
}

fn read_dimension(reader: &mut Reader<'_>) -> Result<Dimension, BoxError> {
    Ok(Dimension { length: usize::try_from(reader.i32()?)?, lower_bound: reader.i32()? })
}

/// Everything behind the dimensions.
fn read_elements<'r, T: Decode<'r>>(
    ty: &Type,
    mut reader: Reader<'r>,
    count: usize,
) -> Result<Vec<T>, BoxError> {
    let member = member(ty).ok_or("the type is no array")?;
    // Each element has four bytes at least: a wrong count must not make us reserve memory.
    let mut elements = Vec::with_capacity(count.min(reader.len() / 4));
    for _ in 0..count {
        elements.push(decode_part(member, reader.part()?)?);
    }
    reader.end()?;
    Ok(elements)
}

impl<T: Encode> Encode for Array<T> {
    fn accepts(ty: &Type) -> bool {
        member(ty).is_some_and(T::accepts)
    }

    fn encode(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, BoxError> {
        encode_array(&self.dimensions, self.elements.iter(), ty, out)
    }
}

impl<T: Encode> Encode for &[T] {
    fn accepts(ty: &Type) -> bool {
        member(ty).is_some_and(T::accepts)
    }

    fn encode(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, BoxError> {
        // The only types that count from 0.
        let lower_bound = i32::from(!matches!(*ty, Type::INT2_VECTOR | Type::OID_VECTOR));
        let dimension = Dimension { length: self.len(), lower_bound };
        // An empty vector has a dimension, other than an empty array.
        let dimensions: &[Dimension] = if self.is_empty() && lower_bound == 1 { &[] } else { &[dimension] };
        encode_array(dimensions, self.iter(), ty, out)
    }
}

impl<T: Encode> Encode for Vec<T> {
    fn accepts(ty: &Type) -> bool {
        <&[T]>::accepts(ty)
    }

    fn encode(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, BoxError> {
        self.as_slice().encode(ty, out)
    }
}

/// A list of what borrows as text or as bytes, such as a slice of `String`s.
///
/// Generated functions that take `&[impl AsRef<str>]` pass it on as this.
#[derive(Debug)]
pub struct Borrowed<'a, S, T: ?Sized>(&'a [S], PhantomData<fn(&T)>);

impl<'a, S: AsRef<T>, T: ?Sized> Borrowed<'a, S, T> {
    /// A list of these.
    pub fn new(list: &'a [S]) -> Self {
        Self(list, PhantomData)
    }
}

impl<S: AsRef<T>, T: ?Sized> Encode for Borrowed<'_, S, T>
where
    for<'t> &'t T: Encode,
{
    fn accepts(ty: &Type) -> bool {
        member(ty).is_some_and(<&T>::accepts)
    }

    fn encode(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, BoxError> {
        let dimension = (!self.0.is_empty()).then(|| Dimension::of(self.0.len()));
        encode_array(dimension.as_slice(), self.0.iter().map(AsRef::as_ref), ty, out)
    }
}

fn encode_array<T: Encode>(
    dimensions: &[Dimension],
    elements: impl Iterator<Item = T>,
    ty: &Type,
    out: &mut BytesMut,
) -> Result<IsNull, BoxError> {
    let Kind::Array(named) = ty.kind() else { return Err("the type is no array".into()) };
    out.put_i32(i32::try_from(dimensions.len())?);
    // Whether there are NULLs: the server looks for itself.
    out.put_i32(1);
    out.put_u32(named.oid());
    for dimension in dimensions {
        out.put_i32(i32::try_from(dimension.length)?);
        out.put_i32(dimension.lower_bound);
    }
    for element in elements {
        encode_part(out, |out| element.encode(base(named), out))?;
    }
    Ok(IsNull::No)
}

crate::driver_traits!(generic Array);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dimensions_fit_the_elements() {
        let of = |lengths: &[usize], elements: Vec<i32>| {
            Array::new(lengths.iter().copied().map(Dimension::of).collect(), elements)
        };
        assert!(of(&[2, 2], vec![1, 2, 3, 4]).is_ok());
        assert_eq!(of(&[2, 2], vec![1, 2, 3]), Err(ArrayShapeError));
        assert_eq!(of(&[], vec![1]), Err(ArrayShapeError));
        assert_eq!(of(&[1; 7], vec![1]), Err(ArrayShapeError));
        assert_eq!(of(&[usize::MAX, 2], vec![1]), Err(ArrayShapeError));
        assert_eq!(of(&[2, 0], vec![]), Ok(Array::default()));
    }

    #[test]
    fn a_slice_equals_a_list_that_counts_from_one() {
        let list = Array::from(vec![1, 2]);
        assert_eq!(list, vec![1, 2]);
        let from_zero = Array::new(vec![Dimension { length: 2, lower_bound: 0 }], vec![1, 2]).unwrap();
        assert_ne!(from_zero, [1, 2]);
        assert_ne!(from_zero, list);
    }

    #[test]
    fn a_damaged_array_is_an_error() {
        let ty = Type::INT4_ARRAY;
        let mut whole = BytesMut::new();
        [1, 2, 3].as_slice().encode(&ty, &mut whole).unwrap();
        assert_eq!(Vec::<i32>::decode(&ty, &whole).unwrap(), [1, 2, 3]);
        for length in 0..whole.len() {
            assert!(Vec::<i32>::decode(&ty, &whole[..length]).is_err(), "{length}");
        }
        for at in 0..whole.len() {
            let mut damaged = whole.to_vec();
            damaged[at] ^= 0x7f;
            // Whatever comes out, it neither panics nor takes all memory.
            let _ = Vec::<i32>::decode(&ty, &damaged);
        }
    }
}
