//! A parameter whose type is a domain.

use bytes::BytesMut;
use tokio_postgres::types::{IsNull, Kind, ToSql, Type, to_sql_checked};

use super::BoxError;

/// A value for a parameter of a domain type: the server names the domain, and the driver knows base types only.
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

/// The type under all domains.
fn base(ty: &Type) -> &Type {
    match ty.kind() {
        Kind::Domain(inner) => base(inner),
        _ => ty,
    }
}
