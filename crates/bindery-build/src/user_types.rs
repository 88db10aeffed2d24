//! What the server knows of the types that migrations and extensions have made.

use std::collections::BTreeMap;

use postgres::types::Oid;
use postgres::{Client, Row};

use crate::description::{Attribute, TypeName, UserType, UserTypeKind};

/// Every type that takes part in the given ones, by whichever way: as base, element, attribute or bound.
const TYPES: &str = "
    WITH RECURSIVE used (oid) AS (
        SELECT unnest($1::pg_catalog.oid[])
        UNION
        SELECT part.oid
        FROM used
        JOIN pg_catalog.pg_type t ON t.oid = used.oid
        CROSS JOIN LATERAL (
            SELECT t.typbasetype
            UNION ALL SELECT t.typelem
            UNION ALL SELECT a.atttypid FROM pg_catalog.pg_attribute a
                      WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
            UNION ALL SELECT r.rngsubtype FROM pg_catalog.pg_range r
                      WHERE t.oid IN (r.rngtypid, r.rngmultitypid)
        ) AS part (oid)
        WHERE part.oid <> 0 AND t.typnamespace <> 'pg_catalog'::regnamespace
    ),
    named AS (
        SELECT t.oid, t.typtype, t.typnamespace, t.typrelid, t.typbasetype, t.typtypmod, e.oid IS NOT NULL AS is_array,
               CASE n.nspname WHEN 'pg_catalog' THEN '' ELSE n.nspname || '.' END
                   || coalesce(e.typname || '[]', t.typname) AS name,
               t.typsend <> 0 AND t.typreceive <> 0 AS is_binary
        FROM used
        JOIN pg_catalog.pg_type t ON t.oid = used.oid
        LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem AND e.typarray = t.oid
        JOIN pg_catalog.pg_namespace n ON n.oid = coalesce(e.typnamespace, t.typnamespace)
    )
    SELECT t.oid, t.name, t.typnamespace <> 'pg_catalog'::regnamespace AND NOT t.is_array AS is_users,
           t.typtype::text, t.is_binary,
           base.name AS base, t.typtypmod AS base_modifier,
           ARRAY(SELECT l.enumlabel::text FROM pg_catalog.pg_enum l WHERE l.enumtypid = t.oid
                 ORDER BY l.enumsortorder) AS labels,
           ARRAY(SELECT pg_catalog.pg_get_constraintdef(k.oid) FROM pg_catalog.pg_constraint k
                 WHERE k.contypid = t.oid AND k.contype = 'c' ORDER BY 1) AS checks,
           attributes.names, attributes.types, attributes.modifiers,
           c.relkind <> 'c' AS of_table,
           subtype.name AS subtype,
           x.extname::text AS extension
    FROM named t
    LEFT JOIN named base ON base.oid = t.typbasetype
    LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
    LEFT JOIN pg_catalog.pg_range r ON t.oid IN (r.rngtypid, r.rngmultitypid)
    LEFT JOIN named subtype ON subtype.oid = r.rngsubtype
    LEFT JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_type'::regclass AND d.objid = t.oid
                                    AND d.deptype = 'e'
    LEFT JOIN pg_catalog.pg_extension x ON x.oid = d.refobjid
    CROSS JOIN LATERAL (
        SELECT array_agg(a.attname::text ORDER BY a.attnum), array_agg(n.name ORDER BY a.attnum),
               array_agg(a.atttypmod ORDER BY a.attnum)
        FROM pg_catalog.pg_attribute a
        JOIN named n ON n.oid = a.atttypid
        WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
    ) AS attributes (names, types, modifiers)";

/// The types, and the names of all of them by their OID.
#[derive(Debug, Default)]
pub(crate) struct UserTypes {
    /// Sorted by name; without arrays.
    pub types: Vec<UserType>,
    /// Those of arrays too.
    pub names: BTreeMap<Oid, TypeName>,
    pub domains: BTreeMap<Oid, TypeName>,
}

/// Looks up the types with these OIDs, and all that they are made of.
pub(crate) fn load(client: &mut Client, oids: &[Oid]) -> Result<UserTypes, postgres::Error> {
    let mut found = UserTypes::default();
    for row in client.query(TYPES, &[&oids])? {
        let name: TypeName = row.get("name");
        found.names.insert(row.get("oid"), name.clone());
        if !row.get::<_, bool>("is_users") {
            continue;
        }
        let Some(kind) = kind(&row) else { continue };
        if matches!(kind, UserTypeKind::Domain { .. }) {
            found.domains.insert(row.get("oid"), name.clone());
        }
        found.types.push(UserType { name, kind });
    }
    found.types.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

fn kind(row: &Row) -> Option<UserTypeKind> {
    let kind: String = row.get("typtype");
    Some(match kind.as_str() {
        "e" => UserTypeKind::Enum(row.get("labels")),
        "d" => UserTypeKind::Domain {
            base: with_modifier(row.get("base"), row.get("base_modifier")),
            checks: row.get("checks"),
        },
        "c" => {
            let names: Option<Vec<String>> = row.get("names");
            let types: Option<Vec<TypeName>> = row.get("types");
            let modifiers: Option<Vec<i32>> = row.get("modifiers");
            let (names, types) = (names.unwrap_or_default(), types.unwrap_or_default());
            let types = types.into_iter().zip(modifiers.unwrap_or_default());
            let attributes = names.into_iter().zip(types);
            UserTypeKind::Composite {
                attributes: attributes
                    .map(|(name, (ty, modifier))| Attribute { name, ty: with_modifier(ty, modifier) })
                    .collect(),
                of_table: row.get("of_table"),
            }
        }
        "r" => UserTypeKind::Range(row.get("subtype")),
        "m" => UserTypeKind::Multirange(row.get("subtype")),
        "b" => UserTypeKind::Base { extension: row.get("extension"), is_binary: row.get("is_binary") },
        _ => return None,
    })
}

/// `numeric(10,2)`, since what stands for it may depend on that; other types go without (`numerictypmodin` in
/// PostgreSQL's `numeric.c`).
pub(crate) fn with_modifier(name: TypeName, modifier: i32) -> TypeName {
    let Some(rest) = name.strip_prefix("numeric").filter(|rest| ["", "[]"].contains(rest)) else {
        return name;
    };
    // Four bytes of header are counted in; the scale has eleven bits with a sign.
    match modifier.checked_sub(4).filter(|packed| *packed >= 0) {
        Some(packed) => {
            let (precision, scale) = (packed >> 16, ((packed & 0x7ff) ^ 1024) - 1024);
            format!("numeric({precision},{scale}){rest}")
        }
        None => name,
    }
}

#[cfg(test)]
mod tests {
    use super::with_modifier;

    #[test]
    fn a_modifier_is_precision_and_scale() {
        let of = |name: &str, modifier| with_modifier(name.to_owned(), modifier);
        // `SELECT atttypmod` of such columns.
        assert_eq!(of("numeric", 655_366), "numeric(10,2)");
        assert_eq!(of("numeric[]", 393_223), "numeric(6,3)[]");
        assert_eq!(of("numeric", (2 << 16 | (-3 & 0x7ff)) + 4), "numeric(2,-3)");
        assert_eq!(of("numeric", -1), "numeric");
        assert_eq!(of("varchar", 14), "varchar");
    }
}
