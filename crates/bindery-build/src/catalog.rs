//! What the system catalogs say of the objects that trees mention.

use std::collections::{BTreeSet, HashMap};

use postgres::Client;

use crate::analyze::node::{Node, Value};

/// Columns that surely hold no NULL, and the keys that are unique at any moment.
///
/// A foreign table's NOT NULL is nobody's promise, a child table's columns may be nullable where the parent's are not
/// (a partition's may not), and PostgreSQL 18 has NOT NULL constraints that were never checked.
const RELATIONS: &str = "
    SELECT c.oid, c.relkind::text, c.relkind = 'r' AND c.relhassubclass,
           ARRAY(SELECT a.attnum FROM pg_catalog.pg_attribute a
                 WHERE a.attrelid = c.oid AND a.attnum > 0 AND a.attnotnull AND NOT EXISTS (
                     SELECT FROM pg_catalog.pg_constraint k
                     WHERE k.conrelid = c.oid AND k.contype = 'n' AND NOT k.convalidated AND a.attnum = ANY (k.conkey))),
           ARRAY(SELECT array_to_string(i.indkey::int2[], ' ') FROM pg_catalog.pg_index i
                 WHERE i.indrelid = c.oid AND i.indisunique AND i.indimmediate AND i.indisvalid
                   AND i.indpred IS NULL AND i.indexprs IS NULL)
    FROM pg_catalog.pg_class c
    WHERE c.oid = ANY ($1)";

const FUNCTIONS: &str = "
    SELECT p.oid, p.proname::text, p.proisstrict, p.prosrc, p.proargtypes::oid[],
           p.oid < 16384 AND p.pronamespace = 'pg_catalog'::regnamespace
    FROM pg_catalog.pg_proc p
    WHERE p.oid = ANY ($1)";

const OPERATORS: &str = "
    SELECT o.oid, o.oprname::text, o.oprcode::oid
    FROM pg_catalog.pg_operator o
    WHERE o.oid = ANY ($1)";

/// Catalog facts, by OID.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    pub relations: HashMap<u32, RelationFacts>,
    pub functions: HashMap<u32, FunctionFacts>,
    pub operators: HashMap<u32, OperatorFacts>,
}

/// A relation.
#[derive(Debug)]
pub(crate) struct RelationFacts {
    /// `pg_class.relkind`.
    pub kind: String,
    /// Whether other tables inherit from it; partitions do not count.
    pub has_children: bool,
    /// Columns declared NOT NULL.
    pub not_null: Vec<i16>,
    /// Sets of columns of which no two rows have the same values.
    pub unique_keys: Vec<Vec<i16>>,
}

/// A function.
#[derive(Debug)]
pub(crate) struct FunctionFacts {
    pub name: String,
    pub is_strict: bool,
    /// For a built-in the name of its C function.
    pub source: String,
    pub argument_types: Vec<u32>,
    pub is_builtin: bool,
}

/// An operator.
#[derive(Debug)]
pub(crate) struct OperatorFacts {
    pub name: String,
    pub function: u32,
}

/// Loads the facts about everything that `trees` mention.
///
/// # Errors
/// The connection fails.
pub(crate) fn load_facts<'t>(
    client: &mut Client,
    trees: impl Iterator<Item = &'t Value<'t>>,
) -> Result<Facts, postgres::Error> {
    let mut mentioned = Mentioned::default();
    trees.for_each(|tree| tree.walk(&mut |node| mentioned.note(node)));
    let mut facts = Facts::default();
    for row in client.query(RELATIONS, &[&list(&mentioned.relations)])? {
        let keys: Vec<String> = row.get(4);
        let numbers = |key: &String| key.split(' ').filter_map(|number| number.parse().ok()).collect();
        let relation = RelationFacts {
            kind: row.get(1),
            has_children: row.get(2),
            not_null: row.get(3),
            unique_keys: keys.iter().map(numbers).collect(),
        };
        facts.relations.insert(row.get(0), relation);
    }
    for row in client.query(OPERATORS, &[&list(&mentioned.operators)])? {
        let operator = OperatorFacts { name: row.get(1), function: row.get(2) };
        mentioned.functions.insert(operator.function);
        facts.operators.insert(row.get(0), operator);
    }
    for row in client.query(FUNCTIONS, &[&list(&mentioned.functions)])? {
        let function = FunctionFacts {
            name: row.get(1),
            is_strict: row.get(2),
            source: row.get(3),
            argument_types: row.get(4),
            is_builtin: row.get(5),
        };
        facts.functions.insert(row.get(0), function);
    }
    Ok(facts)
}

#[derive(Default)]
struct Mentioned {
    relations: BTreeSet<u32>,
    functions: BTreeSet<u32>,
    operators: BTreeSet<u32>,
}

impl Mentioned {
    fn note(&mut self, node: &Node<'_>) {
        self.relations.extend(node.oid("relid"));
        self.operators.extend(node.oid("opno"));
        self.functions.extend(["funcid", "aggfnoid", "winfnoid"].iter().filter_map(|field| node.oid(field)));
    }
}

fn list(oids: &BTreeSet<u32>) -> Vec<u32> {
    oids.iter().copied().collect()
}
