//! Values whose type is a domain.

use bytes::BytesMut;
use tokio_postgres::types::{FromSql, IsNull, Kind, ToSql, Type, to_sql_checked};

use super::BoxError;

/// A value of a domain type: the driver knows base types only.
///
/// The server names the domain for parameters, and for what is inside of arrays and composite types. For the columns of
/// a result it names the base type, so they need no `Domain`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Domain<T>(pub T);

impl<T: ToSql> ToSql for Domain<T> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, BoxError> {
        self.0.to_sql(base(ty), out)
    }

    fn accepts(ty: &Type) -> bool {
        T::accepts(base(ty))
    }

    to_sql_checked!();
}

impl<'r, T: FromSql<'r>> FromSql<'r> for Domain<T> {
    fn from_sql(ty: &Type, raw: &'r [u8]) -> Result<Self, BoxError> {
        T::from_sql(base(ty), raw).map(Self)
    }

    fn accepts(ty: &Type) -> bool {
        T::accepts(base(ty))
    }
}

/// The type under all domains.
fn base(ty: &Type) -> &Type {
    match ty.kind() {
        Kind::Domain(inner) => base(inner),
        _ => ty,
    }
}
