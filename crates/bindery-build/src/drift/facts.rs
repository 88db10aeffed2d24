//! What a database's catalogs say of the user's own objects, as lists that two databases are compared by.
//!
//! Every question gives rows of one form: the kind of an object, its name, the name of a part of it (or NULL for the object
//! itself), and what the question knows of it, all as text. All questions are one message, so that a database far away costs
//! one round trip. Nobody needs a privilege for it: catalogs are readable by everybody, and objects are named by their OIDs.

use std::collections::BTreeMap;

use postgres::{Client, SimpleQueryMessage};

use super::report::DriftKind;

/// Everything is read at one moment, and every name is written with its schema: `search_path` differs between databases.
const BEGIN: &str = "
    BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
    SET LOCAL search_path = '';
    SET LOCAL quote_all_identifiers = off;
    SET LOCAL jit = off";

/// The user's relations. What belongs to an extension comes with it, in the extension's version; goose's tables are those
/// of the tool (goose 3.27, `DefaultLockTableName`), whatever their names are, and that of checksums is Bindery's.
const OWN: &str = "
    WITH own AS (
        SELECT c.oid, n.nspname || '.' || c.relname AS name,
               CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table'
                              ELSE 'table' END AS kind
        FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
          AND c.relname NOT IN ('goose_db_version', 'goose_lock')
          AND (SELECT coalesce(string_agg(a.attname, ',' ORDER BY a.attnum), '') FROM pg_attribute a
               WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)
              NOT IN ('id,version_id,is_applied,tstamp', 'version_id,checksum')
          AND NOT EXISTS (SELECT FROM pg_depend d
                          WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'))";

const SCHEMAS: &str = "
    SELECT 'schema', n.nspname, NULL
    FROM pg_namespace n
    WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      AND NOT EXISTS (SELECT FROM pg_depend d
                      WHERE d.classid = 'pg_namespace'::regclass AND d.objid = n.oid AND d.deptype = 'e')";

const EXTENSIONS: &str = "
    SELECT 'extension', x.extname, NULL, x.extversion, n.nspname
    FROM pg_extension x JOIN pg_namespace n ON n.oid = x.extnamespace";

/// A partitioned table is a table to those who use it, but not the same.
const RELATIONS: &str = "
    SELECT o.kind, o.name, NULL, CASE c.relkind WHEN 'p' THEN 'partitioned table' ELSE o.kind END,
           (SELECT CASE WHEN c.relispartition THEN 'partition of ' ELSE 'inherits ' END
                   || string_agg(n.nspname || '.' || p.relname, ', ' ORDER BY i.inhseqno)
            FROM pg_inherits i
            JOIN pg_class p ON p.oid = i.inhparent
            JOIN pg_namespace n ON n.oid = p.relnamespace
            WHERE i.inhrelid = c.oid),
           pg_get_partkeydef(c.oid),
           pg_get_expr(c.relpartbound, c.oid),
           CASE WHEN c.relforcerowsecurity THEN 'forced' WHEN c.relrowsecurity THEN 'enabled' ELSE 'disabled' END,
           CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END,
           CASE WHEN c.relkind = 'v' THEN array_to_string(c.reloptions, ', ') END
    FROM own o JOIN pg_class c ON c.oid = o.oid";

/// The expression of a generated column is where others have their default. PostgreSQL 18 has NOT NULL constraints that
/// were never checked; a collation is only worth a word if it is not the type's. What a partition or a child table has from
/// its parent is told of that.
const COLUMNS: &str = "
    SELECT o.kind, o.name, a.attname, format_type(a.atttypid, a.atttypmod),
           CASE WHEN NOT a.attnotnull THEN 'nullable'
                WHEN EXISTS (SELECT FROM pg_constraint k
                             WHERE k.conrelid = o.oid AND k.contype = 'n' AND NOT k.convalidated
                               AND a.attnum = ANY (k.conkey)) THEN 'NOT NULL, not validated'
                ELSE 'NOT NULL' END,
           pg_get_expr(d.adbin, d.adrelid),
           CASE WHEN d.oid IS NOT NULL THEN 'an expression' END,
           CASE a.attgenerated WHEN 's' THEN 'always, stored' WHEN 'v' THEN 'always, virtual' END,
           CASE a.attidentity WHEN 'a' THEN 'always' WHEN 'd' THEN 'by default' END,
           CASE WHEN a.attcollation <> t.typcollation THEN
               (SELECT n.nspname || '.' || l.collname
                FROM pg_collation l JOIN pg_namespace n ON n.oid = l.collnamespace WHERE l.oid = a.attcollation) END,
           o.oid, a.attnum
    FROM own o
    JOIN pg_attribute a ON a.attrelid = o.oid AND a.attnum > 0 AND NOT a.attisdropped
                       AND (a.attislocal OR a.attinhcount = 0)
    JOIN pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum";

/// Without those of partitions and child tables that come from the parent's. NOT NULL (a constraint since PostgreSQL 18) is
/// told of the column, a constraint trigger among the triggers.
const CONSTRAINTS: &str = "
    SELECT o.kind, o.name, k.conname,
           regexp_replace(pg_get_constraintdef(k.oid), ' NOT VALID$', ''),
           CASE k.contype WHEN 'p' THEN 'PRIMARY KEY' WHEN 'u' THEN 'UNIQUE' WHEN 'f' THEN 'FOREIGN KEY'
                          WHEN 'c' THEN 'CHECK' ELSE 'EXCLUDE' END
               || coalesce((SELECT ' (' || string_agg(a.attname, ', ' ORDER BY c.place) || ')'
                            FROM unnest(k.conkey) WITH ORDINALITY c (number, place)
                            JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = c.number), ''),
           CASE WHEN k.convalidated THEN 'validated' ELSE 'not validated' END
    FROM (SELECT o.kind, o.name, o.oid AS relation, 0::oid AS type FROM own o
          UNION ALL
          SELECT 'type', n.nspname || '.' || t.typname, 0, t.oid
          FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
          WHERE t.typtype = 'd' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
            AND NOT EXISTS (SELECT FROM pg_depend d
                            WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e')) o
    JOIN pg_constraint k ON k.conrelid = o.relation AND k.contypid = o.type
    WHERE k.contype IN ('p', 'u', 'f', 'c', 'x') AND k.conislocal AND k.conparentid = 0";

/// Without those of constraints, which are told as such (`conindid` is set for foreign keys too), and those of partitions
/// that come from the parent's. One that CREATE INDEX CONCURRENTLY has left behind is not valid.
const INDEXES: &str = "
    SELECT o.kind, o.name, x.relname, pg_get_indexdef(i.indexrelid),
           CASE WHEN i.indisunique THEN 'UNIQUE ' ELSE '' END
               || (SELECT '(' || string_agg(coalesce(a.attname, 'an expression'), ', ' ORDER BY c.place) || ')'
                   FROM unnest(i.indkey::int2[]) WITH ORDINALITY c (number, place)
                   LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = c.number),
           CASE WHEN i.indisvalid THEN 'valid' ELSE 'not valid' END
    FROM own o
    JOIN pg_index i ON i.indrelid = o.oid
    JOIN pg_class x ON x.oid = i.indexrelid
    WHERE NOT x.relispartition
      AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))";

/// Without those of foreign keys, and those of partitions that come from the parent's.
const TRIGGERS: &str = "
    SELECT o.kind, o.name, t.tgname, pg_get_triggerdef(t.oid), n.nspname || '.' || p.proname,
           CASE t.tgenabled WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'enabled on replicas' WHEN 'A' THEN 'enabled always'
                            ELSE 'enabled' END
    FROM own o
    JOIN pg_trigger t ON t.tgrelid = o.oid
    JOIN pg_proc p ON p.oid = t.tgfoid
    JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE NOT t.tgisinternal AND t.tgparentid = 0";

const POLICIES: &str = "
    SELECT o.kind, o.name, p.polname,
           CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE'
                         ELSE 'ALL' END || CASE WHEN p.polpermissive THEN '' ELSE ', restrictive' END,
           (SELECT string_agg(r.name, ', ' ORDER BY r.name)
            FROM (SELECT CASE role WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(role) END
                  FROM unnest(p.polroles) role) r (name)),
           pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)
    FROM own o JOIN pg_policy p ON p.polrelid = o.oid";

/// A composite type is a relation too, a table's row type is told with the table.
const TYPES: &str = "
    SELECT 'type', n.nspname || '.' || t.typname, NULL,
           CASE t.typtype
               WHEN 'e' THEN 'enum of ' || coalesce((SELECT string_agg(quote_literal(l.enumlabel), ', ' ORDER BY l.enumsortorder)
                                                     FROM pg_enum l WHERE l.enumtypid = t.oid), 'nothing')
               WHEN 'd' THEN 'domain over ' || format_type(t.typbasetype, t.typtypmod)
                             || CASE WHEN t.typnotnull THEN ' NOT NULL' ELSE '' END
               WHEN 'c' THEN 'composite of ' || coalesce((SELECT string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod),
                                                                            ', ' ORDER BY a.attnum)
                                                          FROM pg_attribute a
                                                          WHERE a.attrelid = t.typrelid AND a.attnum > 0
                                                            AND NOT a.attisdropped), 'nothing')
               ELSE 'range of ' || (SELECT format_type(r.rngsubtype, NULL) FROM pg_range r WHERE r.rngtypid = t.oid) END,
           t.typdefault
    FROM pg_type t
    JOIN pg_namespace n ON n.oid = t.typnamespace
    LEFT JOIN pg_class c ON c.oid = t.typrelid
    WHERE (t.typtype IN ('e', 'd', 'r') OR c.relkind = 'c')
      AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      AND NOT EXISTS (SELECT FROM pg_depend d
                      WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e')";

/// Without the constructors of range types (`deptype` i). There is no `pg_get_functiondef` of aggregates.
const FUNCTIONS: &str = "
    SELECT 'function', n.nspname || '.' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', NULL,
           CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' WHEN 'w' THEN 'window function'
                          ELSE 'function' END,
           CASE WHEN p.prokind <> 'a' THEN pg_get_functiondef(p.oid) END,
           pg_get_function_result(p.oid), CASE WHEN p.prokind <> 'a' THEN l.lanname || ': ' || p.prosrc END,
           concat_ws(' ', a.aggtransfn::regproc, format_type(a.aggtranstype, NULL), nullif(a.aggfinalfn, 0)::regproc,
                     quote_literal(a.agginitval)),
           p.oid
    FROM pg_proc p
    JOIN pg_namespace n ON n.oid = p.pronamespace
    JOIN pg_language l ON l.oid = p.prolang
    LEFT JOIN pg_aggregate a ON a.aggfnoid = p.oid
    WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      AND NOT EXISTS (SELECT FROM pg_depend d
                      WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype IN ('e', 'i'))";

/// Values are data. One that a column owns is a part of its table.
const SEQUENCES: &str = "
    SELECT coalesce(o.kind, 'sequence'), coalesce(o.name, n.nspname || '.' || c.relname),
           CASE WHEN o.oid IS NOT NULL THEN n.nspname || '.' || c.relname END,
           format_type(s.seqtypid, NULL), s.seqstart, s.seqincrement, s.seqmin, s.seqmax,
           CASE WHEN s.seqcycle THEN 'yes' ELSE 'no' END
    FROM pg_sequence s
    JOIN pg_class c ON c.oid = s.seqrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_depend owned ON owned.classid = 'pg_class'::regclass AND owned.objid = c.oid
                             AND owned.refclassid = 'pg_class'::regclass AND owned.deptype IN ('a', 'i')
    LEFT JOIN own o ON o.oid = owned.refobjid
    WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND (owned.objid IS NULL OR o.oid IS NOT NULL)
      AND NOT EXISTS (SELECT FROM pg_depend d
                      WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')";

/// A question, and what its rows say after kind, object and part.
struct Question {
    class: Class,
    /// What its parts are called; none if its rows are objects.
    part: Option<&'static str>,
    sql: &'static str,
    properties: &'static [Property],
}

/// What objects can share a name without being the same; the order is that of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    Schema,
    Extension,
    Type,
    Relation,
    Function,
    Sequence,
}

/// One thing that is known of an object or a part of one.
#[derive(Debug)]
pub(crate) struct Property {
    pub name: &'static str,
    pub compared: Compared,
}

/// With which servers a property can be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compared {
    Always,
    /// A text that the server writes, and words otherwise in another major version.
    SameMajor,
    /// What is left to compare in place of such a text.
    OtherMajor,
    /// Told mildly.
    Mildly,
    /// It has another meaning in each database.
    Never,
}

use Compared::{Always, Mildly, Never, OtherMajor, SameMajor};

const fn property(name: &'static str, compared: Compared) -> Property {
    Property { name, compared }
}

const QUESTIONS: [Question; 11] = [
    Question { class: Class::Schema, part: None, sql: SCHEMAS, properties: &[] },
    Question {
        class: Class::Extension,
        part: None,
        sql: EXTENSIONS,
        properties: &[property("version", Mildly), property("schema", Mildly)],
    },
    Question {
        class: Class::Relation,
        part: None,
        sql: RELATIONS,
        properties: &[
            property("kind", Always),
            property("parent", Always),
            property("partition key", SameMajor),
            property("partition bound", SameMajor),
            property("row-level security", Always),
            property("definition", SameMajor),
            property("list of options", Always),
        ],
    },
    Question {
        class: Class::Relation,
        part: Some("column"),
        sql: COLUMNS,
        properties: &[
            property("type", Always),
            property("nullability", Always),
            property("default", SameMajor),
            property("default", OtherMajor),
            property("generation", Always),
            property("identity", Always),
            property("collation", Always),
            property(OID, Never),
            property(NUMBER, Never),
        ],
    },
    Question {
        class: Class::Relation,
        part: Some("constraint"),
        sql: CONSTRAINTS,
        properties: &[
            property("definition", SameMajor),
            property("definition", OtherMajor),
            property("state", Always),
        ],
    },
    Question {
        class: Class::Relation,
        part: Some("index"),
        sql: INDEXES,
        properties: &[
            property("definition", SameMajor),
            property("definition", OtherMajor),
            property("state", Always),
        ],
    },
    Question {
        class: Class::Relation,
        part: Some("trigger"),
        sql: TRIGGERS,
        properties: &[
            property("definition", SameMajor),
            property("function", OtherMajor),
            property("state", Always),
        ],
    },
    Question {
        class: Class::Relation,
        part: Some("policy"),
        sql: POLICIES,
        properties: &[
            property("command", Always),
            property("list of roles", Always),
            property("condition", SameMajor),
            property("check", SameMajor),
        ],
    },
    Question {
        class: Class::Type,
        part: None,
        sql: TYPES,
        properties: &[property("definition", Always), property("default", Always)],
    },
    Question {
        class: Class::Function,
        part: None,
        sql: FUNCTIONS,
        properties: &[
            property("kind", Always),
            property("definition", SameMajor),
            property("result", OtherMajor),
            property("body", OtherMajor),
            property("aggregation", Always),
            property(OID, Never),
        ],
    },
    Question {
        class: Class::Sequence,
        part: Some("sequence"),
        sql: SEQUENCES,
        properties: &[
            property("type", Always),
            property("start", Always),
            property("increment", Always),
            property("minimum", Always),
            property("maximum", Always),
            property("cycle", Always),
        ],
    },
];

const OID: &str = "OID";
const NUMBER: &str = "number";

/// What a database has.
#[derive(Debug, Default)]
pub(crate) struct Facts(pub BTreeMap<Key, Fact>);

/// An object, or a part of one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub class: Class,
    /// `public.cars`
    pub object: String,
    /// Objects come before their parts.
    pub part: Option<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Part {
    /// `column`
    pub kind: &'static str,
    pub name: String,
}

/// What is known of it.
#[derive(Debug)]
pub(crate) struct Fact {
    pub kind: DriftKind,
    pub properties: &'static [Property],
    /// As many.
    pub values: Vec<Option<String>>,
}

impl Fact {
    pub fn value(&self, property: &str) -> Option<&str> {
        let index = self.properties.iter().position(|other| other.name == property)?;
        self.values.get(index)?.as_deref()
    }

    /// A function's OID, or that of a column's relation; in its own database.
    pub fn oid(&self) -> Option<u32> {
        self.value(OID)?.parse().ok()
    }

    /// A column's number.
    pub fn number(&self) -> Option<i16> {
        self.value(NUMBER)?.parse().ok()
    }
}

impl Facts {
    /// The fact of the object itself that a part belongs to.
    pub fn object(&self, key: &Key) -> Option<&Fact> {
        self.0.get(&Key { part: None, ..key.clone() })
    }
}

/// Asks a database for all of it.
///
/// # Errors
/// The connection fails.
pub(crate) fn load(client: &mut Client) -> Result<Facts, postgres::Error> {
    let questions = QUESTIONS.iter().map(|question| match question.sql.contains("own o") {
        true => format!("{OWN}{}", question.sql),
        false => question.sql.to_owned(),
    });
    let script = format!("{BEGIN};{};COMMIT", questions.collect::<Vec<_>>().join(";"));
    let mut facts = Facts::default();
    let mut questions = QUESTIONS.iter();
    let mut question = None;
    for message in client.simple_query(&script)? {
        match message {
            SimpleQueryMessage::RowDescription(_) => question = questions.next(),
            SimpleQueryMessage::Row(row) => {
                let text = |column| row.get(column).map(str::to_owned);
                let (Some(question), Some(kind), Some(object)) = (question, row.get(0), text(1)) else {
                    continue;
                };
                let name = text(2);
                let (class, part) = match (question.part, name) {
                    (Some(kind), Some(name)) => (Class::Relation, Some(Part { kind, name })),
                    // A check of a domain is a part of a type.
                    _ => (question.class, None),
                };
                let class = if kind == "type" { Class::Type } else { class };
                let values = (3..3 + question.properties.len()).map(text).collect();
                let fact = Fact { kind: DriftKind::from_word(kind), properties: question.properties, values };
                facts.0.insert(Key { class, object, part }, fact);
            }
            _ => {}
        }
    }
    Ok(facts)
}
