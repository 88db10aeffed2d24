//! The geometric types, coordinates as `f64` has them, NaN and infinities too.

use bytes::BufMut;

use super::{BoxError, Reader, codec};

/// A point of the plane.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct Point {
    /// To the right.
    pub x: f64,
    /// Upwards.
    pub y: f64,
}

/// An infinite line: all points with `a x + b y + c = 0`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct Line {
    /// The factor of x.
    pub a: f64,
    /// The factor of y.
    pub b: f64,
    /// The constant.
    pub c: f64,
}

/// A line segment: `lseg`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct Lseg {
    /// One end.
    pub start: Point,
    /// The other end.
    pub end: Point,
}

/// A box with its sides along the axes: `box`. The server sorts the corners of what it is sent.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct Rectangle {
    /// The corner with the greater coordinates.
    pub upper_right: Point,
    /// The corner with the lesser coordinates.
    pub lower_left: Point,
}

/// A chain of segments, open or closed.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct Path {
    /// Whether the last point is joined to the first.
    pub closed: bool,
    /// At least one for the server to take it.
    pub points: Vec<Point>,
}

/// The closed chain of segments around an area.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct Polygon {
    /// At least one for the server to take it.
    pub points: Vec<Point>,
}

/// A circle.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct Circle {
    /// Its middle.
    pub center: Point,
    /// Not negative.
    pub radius: f64,
}

impl Point {
    /// The point at these coordinates.
    pub const fn new(x: f64, y: f64) -> Self {
        Self { x, y }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, BoxError> {
        Ok(Self { x: reader.f64()?, y: reader.f64()? })
    }

    fn write(self, out: &mut bytes::BytesMut) {
        out.put_f64(self.x);
        out.put_f64(self.y);
    }
}

fn read_points(reader: &mut Reader<'_>) -> Result<Vec<Point>, BoxError> {
    let count = reader.count(16)?;
    (0..count).map(|_| Point::read(reader)).collect()
}

fn write_points(points: &[Point], out: &mut bytes::BytesMut) -> Result<(), BoxError> {
    out.put_i32(i32::try_from(points.len())?);
    points.iter().for_each(|point| point.write(out));
    Ok(())
}

/// Reads all of a value.
fn whole<'r, T>(
    raw: &'r [u8],
    read: impl FnOnce(&mut Reader<'r>) -> Result<T, BoxError>,
) -> Result<T, BoxError> {
    let mut reader = Reader::new(raw);
    let value = read(&mut reader)?;
    reader.end()?;
    Ok(value)
}

codec!(Point, [POINT], |raw| whole(raw, Point::read), |value, out| value.write(out));
codec!(
    Line,
    [LINE],
    |raw| whole(raw, |reader| Ok(Self { a: reader.f64()?, b: reader.f64()?, c: reader.f64()? })),
    |value, out| [value.a, value.b, value.c].into_iter().for_each(|factor| out.put_f64(factor))
);
codec!(
    Lseg,
    [LSEG],
    |raw| whole(raw, |reader| Ok(Self { start: Point::read(reader)?, end: Point::read(reader)? })),
    |value, out| [value.start, value.end].into_iter().for_each(|point| point.write(out))
);
codec!(
    Rectangle,
    [BOX],
    |raw| whole(raw, |reader| {
        Ok(Self { upper_right: Point::read(reader)?, lower_left: Point::read(reader)? })
    }),
    |value, out| [value.upper_right, value.lower_left].into_iter().for_each(|point| point.write(out))
);
codec!(
    Path,
    [PATH],
    |raw| whole(raw, |reader| Ok(Self { closed: reader.u8()? != 0, points: read_points(reader)? })),
    |value, out| {
        out.put_u8(u8::from(value.closed));
        write_points(&value.points, out)?;
    }
);
codec!(
    Polygon,
    [POLYGON],
    |raw| whole(raw, |reader| Ok(Self { points: read_points(reader)? })),
    |value, out| write_points(&value.points, out)?
);
codec!(
    Circle,
    [CIRCLE],
    |raw| whole(raw, |reader| Ok(Self { center: Point::read(reader)?, radius: reader.f64()? })),
    |value, out| {
        value.center.write(out);
        out.put_f64(value.radius);
    }
);

crate::driver_traits!(Point);
crate::driver_traits!(Line);
crate::driver_traits!(Lseg);
crate::driver_traits!(Rectangle);
crate::driver_traits!(Path);
crate::driver_traits!(Polygon);
crate::driver_traits!(Circle);
