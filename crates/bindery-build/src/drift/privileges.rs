//! What the queries need that the role of the live database may not do.
//!
//! The server writes into a query's tree what it will check when the query runs: since PostgreSQL 16 in a list of its own,
//! before in the range table (PostgreSQL `ExecCheckOneRelPerms`).

use std::collections::{BTreeMap, BTreeSet};

use postgres::Client;

use crate::analyze::node::{Node, Value};

use super::report::{Drift, DriftChange, DriftKind, DriftSeverity};

/// Role 0 is the one that asks; column 0 is any. A column's privilege is the table's, or its own.
const LACKING: &str = "
    SELECT a.number, k.kind, n.nspname || '.' || c.relname, r.rolname::text,
           CASE WHEN a.privilege <> 'DELETE' AND has_any_column_privilege(r.oid, c.oid, a.privilege) THEN t.attname::text END
    FROM unnest($1::oid[], $2::oid[], $3::int2[], $4::text[]) WITH ORDINALITY
             AS a (role, relation, attribute, privilege, number)
    JOIN pg_catalog.pg_class c ON c.oid = a.relation
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_roles r ON CASE a.role WHEN 0 THEN r.rolname = current_user ELSE r.oid = a.role END
    LEFT JOIN pg_catalog.pg_attribute t ON t.attrelid = c.oid AND t.attnum = a.attribute AND a.attribute <> 0
    CROSS JOIN LATERAL (SELECT CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view'
                                              WHEN 'f' THEN 'foreign table' ELSE 'table' END) AS k (kind)
    WHERE NOT CASE WHEN a.privilege = 'DELETE' THEN has_table_privilege(r.oid, c.oid, a.privilege)
                   WHEN a.attribute = 0 THEN has_any_column_privilege(r.oid, c.oid, a.privilege)
                   ELSE has_column_privilege(r.oid, c.oid, a.attribute, a.privilege) END
    ORDER BY a.number";

const LACKING_FUNCTIONS: &str = "
    SELECT p.oid, n.nspname || '.' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', current_user::text
    FROM pg_catalog.pg_proc p
    JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
    WHERE p.oid = ANY ($1) AND NOT has_function_privilege(p.oid, 'EXECUTE')";

/// A default that counts takes the next value of a sequence.
const LACKING_SEQUENCES: &str = "
    SELECT c.oid, n.nspname || '.' || c.relname, current_user::text
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.oid = ANY ($1) AND c.relkind = 'S' AND NOT has_sequence_privilege(c.oid, 'USAGE, UPDATE')";

/// `nextval(regclass)`, in every PostgreSQL (`pg_proc.dat`).
const NEXTVAL: u32 = 1574;

/// The number of the first column in a set of columns is 8: system columns come before (`FirstLowInvalidHeapAttributeNumber`).
const FIRST_COLUMN: i64 = 8;

/// What a query does, by OID.
#[derive(Debug, Default)]
pub(super) struct Needs {
    pub relations: BTreeSet<Need>,
    pub functions: BTreeSet<u32>,
    sequences: BTreeSet<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Need {
    /// The owner of the view that it is read through; 0 for the role that asks.
    role: u32,
    pub relation: u32,
    /// 0 for any.
    pub column: i16,
    privilege: &'static str,
}

/// A privilege, its bit (PostgreSQL `parsenodes.h`) and the field that holds the columns it is needed for.
struct Privilege {
    name: &'static str,
    bit: i64,
    columns: &'static str,
}

const PRIVILEGES: [Privilege; 4] = [
    Privilege { name: "INSERT", bit: 1, columns: "insertedCols" },
    Privilege { name: "SELECT", bit: 2, columns: "selectedCols" },
    Privilege { name: "UPDATE", bit: 4, columns: "updatedCols" },
    Privilege { name: "DELETE", bit: 8, columns: "" },
];

impl Needs {
    pub fn of(tree: &Value<'_>) -> Self {
        let mut needs = Self::default();
        tree.walk(&mut |node| needs.note(node));
        needs
    }

    fn note(&mut self, node: &Node<'_>) {
        let function = match node.name {
            "FUNCEXPR" => node.oid("funcid"),
            "AGGREF" => node.oid("aggfnoid"),
            "WINDOWFUNC" => node.oid("winfnoid"),
            _ => None,
        };
        self.functions.extend(function);
        if function == Some(NEXTVAL) {
            self.sequences.extend(node.nodes("args").next().and_then(constant_oid));
        }
        if let (Some(relation), Some(bits)) = (node.oid("relid"), node.number("requiredPerms")) {
            let role = node.oid("checkAsUser").unwrap_or(0);
            for privilege in PRIVILEGES.iter().filter(|privilege| bits & privilege.bit != 0) {
                let columns: Vec<i16> = node.numbers(privilege.columns).filter_map(column_number).collect();
                let columns = if columns.is_empty() { vec![0] } else { columns };
                let need = |column| Need { role, relation, column, privilege: privilege.name };
                self.relations.extend(columns.into_iter().map(need));
            }
        }
    }
}

/// The whole row counts as any column.
fn column_number(member: i64) -> Option<i16> {
    i16::try_from(member - FIRST_COLUMN + 1).ok()
}

/// The number in `:constvalue 4 [ 57 64 0 0 0 0 0 0 ]`: the length, then its bytes, the lowest first.
fn constant_oid(constant: &Node<'_>) -> Option<u32> {
    let bytes: Vec<u8> = constant
        .numbers("constvalue")
        .skip(1)
        .map(|byte| (byte & 0xff).try_into())
        .collect::<Result<_, _>>()
        .ok()?;
    bytes.first_chunk().map(|bytes| u32::from_le_bytes(*bytes))
}

/// Something that a role may not do, with the queries that do it.
#[derive(Debug)]
pub(super) struct Lacking {
    denied: Denied,
    /// The columns that it may not be done to, if there are others.
    columns: Vec<String>,
    queries: BTreeSet<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Denied {
    object: String,
    kind: DriftKind,
    role: String,
    privilege: &'static str,
}

impl Lacking {
    fn new(denied: Denied) -> Self {
        Self { denied, columns: Vec::new(), queries: BTreeSet::new() }
    }

    /// A warning: whoever looks for drift need not be the role that the program has.
    pub fn told(self) -> Drift {
        let Denied { object, kind, role, privilege } = self.denied;
        let columns: Vec<String> = self.columns.iter().map(|column| format!("`{column}`")).collect();
        let of = if columns.is_empty() { String::new() } else { format!(" of {}", columns.join(", ")) };
        let change = DriftChange::Told(format!("role `{role}` lacks {privilege}{of}"));
        let drift = Drift::new(DriftSeverity::Warning, kind, &object, change);
        Drift { queries: self.queries.into_iter().collect(), ..drift }
    }
}

/// Asks the server what of all that is not granted.
///
/// # Errors
/// The connection fails.
pub(super) fn lacking(client: &mut Client, needs: &[(&str, Needs)]) -> Result<Vec<Lacking>, postgres::Error> {
    let mut lacking = relations(client, &by_need(needs, |needs| &needs.relations))?;
    let functions = by_need(needs, |needs| &needs.functions);
    let sequences = by_need(needs, |needs| &needs.sequences);
    lacking.extend(objects(client, LACKING_FUNCTIONS, DriftKind::Function, "EXECUTE", &functions)?);
    lacking.extend(objects(client, LACKING_SEQUENCES, DriftKind::Sequence, "USAGE", &sequences)?);
    Ok(lacking)
}

/// Each need, with the queries that have it.
fn by_need<'n, T: Ord>(
    needs: &'n [(&str, Needs)],
    which: impl Fn(&'n Needs) -> &'n BTreeSet<T>,
) -> BTreeMap<&'n T, BTreeSet<String>> {
    let mut queries: BTreeMap<&T, BTreeSet<String>> = BTreeMap::new();
    for (query, needs) in needs {
        for need in which(needs) {
            queries.entry(need).or_default().insert((*query).to_owned());
        }
    }
    queries
}

fn relations(
    client: &mut Client,
    needs: &BTreeMap<&Need, BTreeSet<String>>,
) -> Result<Vec<Lacking>, postgres::Error> {
    let roles: Vec<u32> = needs.keys().map(|need| need.role).collect();
    let relations: Vec<u32> = needs.keys().map(|need| need.relation).collect();
    let columns: Vec<i16> = needs.keys().map(|need| need.column).collect();
    let privileges: Vec<&str> = needs.keys().map(|need| need.privilege).collect();
    let needs: Vec<(&&Need, &BTreeSet<String>)> = needs.iter().collect();
    let mut found: BTreeMap<Denied, Lacking> = BTreeMap::new();
    for row in client.query(LACKING, &[&roles, &relations, &columns, &privileges])? {
        let number = usize::try_from(row.get::<_, i64>(0)).unwrap_or_default();
        let Some((need, queries)) = number.checked_sub(1).and_then(|index| needs.get(index)) else {
            continue;
        };
        let kind = DriftKind::from_word(row.get(1));
        let denied = Denied { object: row.get(2), kind, role: row.get(3), privilege: need.privilege };
        let lacking = found.entry(denied.clone()).or_insert_with(|| Lacking::new(denied));
        lacking.columns.extend(row.get::<_, Option<String>>(4));
        lacking.queries.extend(queries.iter().cloned());
    }
    Ok(found.into_values().collect())
}

/// For objects that have one privilege.
fn objects(
    client: &mut Client,
    sql: &str,
    kind: DriftKind,
    privilege: &'static str,
    needs: &BTreeMap<&u32, BTreeSet<String>>,
) -> Result<Vec<Lacking>, postgres::Error> {
    if needs.is_empty() {
        return Ok(Vec::new());
    }
    let oids: Vec<u32> = needs.keys().map(|oid| **oid).collect();
    let rows = client.query(sql, &[&oids])?;
    let lacking = rows.iter().map(|row| {
        let denied = Denied { object: row.get(1), kind, role: row.get(2), privilege };
        let queries = needs.get(&row.get::<_, u32>(0)).cloned().unwrap_or_default();
        Lacking { queries, ..Lacking::new(denied) }
    });
    Ok(lacking.collect())
}
