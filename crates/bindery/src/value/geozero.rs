//! From and to the geometry of geozero, and with it geo-types, GeoJSON, WKT and others.

use geozero::error::Result;
use geozero::{CoordDimensions, GeomProcessor, GeozeroGeometry, ToWkb, wkb};

use super::ewkb::Ewkb;

impl GeozeroGeometry for Ewkb {
    fn process_geom<P: GeomProcessor>(&self, processor: &mut P) -> Result<()> {
        wkb::Ewkb(&self.0).process_geom(processor)
    }
}

impl Ewkb {
    /// The bytes of any geometry that geozero knows, such as one of geo-types.
    ///
    /// # Errors
    /// It cannot be written as EWKB.
    pub fn of(
        geometry: &impl GeozeroGeometry,
        dimensions: CoordDimensions,
        srid: Option<i32>,
    ) -> Result<Self> {
        struct Borrowed<'g, G>(&'g G);

        impl<G: GeozeroGeometry> GeozeroGeometry for Borrowed<'_, G> {
            fn process_geom<P: GeomProcessor>(&self, processor: &mut P) -> Result<()> {
                self.0.process_geom(processor)
            }
        }

        Borrowed(geometry).to_ewkb(dimensions, srid).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use geozero::ToGeo;
    use geozero::wkt::Wkt;

    use super::*;

    #[test]
    fn a_shape_goes_to_other_crates_and_back() {
        let shape = Ewkb::of(&Wkt("LINESTRING (1 2, 3 4)"), CoordDimensions::xy(), Some(4326)).unwrap();
        assert!(shape.to_hex().starts_with("0102000020E6100000"), "{}", shape.to_hex());
        let line = shape.to_geo().unwrap();
        assert_eq!(Ewkb::of(&line, CoordDimensions::xy(), Some(4326)).unwrap(), shape);
    }
}
