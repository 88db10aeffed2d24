//! How types are written in generated code and in `bindery.lock`.

use tokio_postgres::types::{Kind, Type};

/// `int8`, `text[]`, `public.car_status`: types of `pg_catalog` by their name alone, others by schema and name, arrays
/// by their element's name. `bindery-build` writes types by the same rule.
pub fn type_name(ty: &Type) -> String {
    match ty.kind() {
        // `int2vector` and `oidvector` are arrays by kind, but types of their own.
        Kind::Array(element) if ty.name().starts_with('_') => format!("{}[]", type_name(element)),
        _ if ty.schema() == "pg_catalog" => ty.name().to_owned(),
        _ => format!("{}.{}", ty.schema(), ty.name()),
    }
}
