//! What the system catalogs say of the objects that trees mention.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::OnceLock;

use postgres::types::ToSql;
use postgres::{Client, Row};

use crate::analyze::key::canonical;
use crate::analyze::node::{self, Node, Value};
use crate::analyze::{cast_column, is_not_null_test};
use crate::session::{Session, SessionError};

/// `pg_class`, with all that inherit from a relation and the row triggers that can change what is written to it.
///
/// `tgtype` (PostgreSQL `pg_trigger.h`): 1 for each row, 2 before, 4 insert, 16 update, 64 instead of.
const RELATIONS: &str = "
    WITH RECURSIVE family (root, member) AS (
        SELECT oid, oid FROM pg_catalog.pg_class WHERE oid = ANY ($1)
        UNION
        SELECT f.root, i.inhrelid FROM family f JOIN pg_catalog.pg_inherits i ON i.inhparent = f.member)
    SELECT c.oid, c.relkind::text,
           ARRAY(SELECT member FROM family WHERE root = c.oid AND member <> c.oid),
           EXISTS (SELECT FROM family f JOIN pg_catalog.pg_trigger t ON t.tgrelid = f.member
                   WHERE f.root = c.oid AND NOT t.tgisinternal
                     AND t.tgtype & 1 = 1 AND t.tgtype & 66 <> 0 AND t.tgtype & 4 <> 0),
           EXISTS (SELECT FROM family f JOIN pg_catalog.pg_trigger t ON t.tgrelid = f.member
                   WHERE f.root = c.oid AND NOT t.tgisinternal
                     AND t.tgtype & 1 = 1 AND t.tgtype & 66 <> 0 AND t.tgtype & 16 <> 0),
           (SELECT r.ev_action::text FROM pg_catalog.pg_rewrite r
            WHERE r.ev_class = c.oid AND r.rulename = '_RETURN' AND c.relkind = 'm'),
           c.xmin::text::int8, c.cmin::text::int8,
           ARRAY(SELECT k.conbin::text FROM pg_catalog.pg_constraint k
                 WHERE k.conrelid = c.oid AND k.contype = 'c' AND k.convalidated),
           c.relkind IN ('r', 'p') AND c.relhasindex,
           c.relname::text,
           CASE WHEN n.nspname NOT IN ('pg_catalog', 'information_schema') THEN n.nspname || '.' || c.relname END
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.oid = ANY ($1)";

/// Keys that hold at any moment, a row a column, with the operators that its operator class calls equal; expressions and the
/// predicate as node text.
///
/// A column with another collation than its index could call more equal than the index does.
const UNIQUE_KEYS: &str = "
    SELECT i.indrelid, i.indexrelid, k.number,
           ARRAY(SELECT o.amopopr FROM pg_catalog.pg_opclass c JOIN pg_catalog.pg_amop o ON o.amopfamily = c.opcfamily
                 WHERE c.oid = k.class AND o.amopstrategy = 3 AND o.amoppurpose = 's'),
           i.indexprs::text, i.indpred::text
    FROM pg_catalog.pg_index i
    JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
    JOIN pg_catalog.pg_am m ON m.oid = x.relam AND m.amname = 'btree'
    CROSS JOIN LATERAL unnest((i.indkey::int2[])[0:i.indnkeyatts - 1], i.indclass::oid[])
        WITH ORDINALITY k (number, class, place)
    WHERE i.indrelid = ANY ($1) AND i.indisunique AND i.indimmediate AND i.indisvalid
      AND NOT EXISTS (
          SELECT FROM unnest((i.indkey::int2[])[0:i.indnkeyatts - 1], i.indcollation::oid[]) o (number, collated)
          JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = o.number
          WHERE a.attcollation <> o.collated)
    ORDER BY i.indrelid, i.indisprimary DESC, i.indexrelid, k.place";

/// The columns that indexes begin with, with the operators that search them.
const LEADING_COLUMNS: &str = "
    SELECT i.indrelid, i.indkey[0],
           ARRAY(SELECT o.amopopr FROM pg_catalog.pg_opclass c JOIN pg_catalog.pg_amop o ON o.amopfamily = c.opcfamily
                 WHERE c.oid = i.indclass[0] AND o.amoppurpose = 's'),
           ARRAY(SELECT DISTINCT p.oprname::text
                 FROM pg_catalog.pg_opclass c JOIN pg_catalog.pg_amop o ON o.amopfamily = c.opcfamily
                 JOIN pg_catalog.pg_operator p ON p.oid = o.amopopr
                 WHERE c.oid = i.indclass[0] AND o.amoppurpose = 's')
    FROM pg_catalog.pg_index i
    WHERE i.indrelid = ANY ($1) AND i.indisvalid AND i.indkey[0] <> 0";

/// PostgreSQL 18 has NOT NULL constraints that were never checked, and a partition's column may have another number.
const COLUMNS: &str = "
    SELECT a.attrelid, a.attnum, a.attname::text,
           a.attnotnull AND NOT EXISTS (
               SELECT FROM pg_catalog.pg_constraint k
               WHERE k.conrelid = a.attrelid AND k.contype = 'n' AND NOT k.convalidated AND a.attnum = ANY (k.conkey)),
           (SELECT d.adbin::text FROM pg_catalog.pg_attrdef d
            WHERE a.attgenerated <> '' AND d.adrelid = a.attrelid AND d.adnum = a.attnum),
           a.attgenerated <> '',
           a.xmin::text::int8, a.cmin::text::int8
    FROM pg_catalog.pg_attribute a
    WHERE a.attrelid = ANY ($1) AND a.attnum > 0 AND NOT a.attisdropped
    ORDER BY a.attrelid, a.attnum";

const FUNCTIONS: &str = "
    SELECT p.oid, p.proname::text, p.proisstrict, p.proretset, p.provolatile = 'v', l.lanname::text, p.prosrc,
           p.oid < 16384 AND p.pronamespace = 'pg_catalog'::regnamespace,
           p.prokind = 'f' AND l.lanname = 'sql',
           CASE WHEN p.prokind = 'a' THEN
               (SELECT a.aggtransfn::oid FROM pg_catalog.pg_aggregate a
                WHERE a.aggfnoid = p.oid AND a.aggfinalfn = 0 AND a.agginitval IS NOT NULL) END,
           (SELECT t.typrelid FROM pg_catalog.pg_type t WHERE t.oid = p.prorettype AND t.typrelid <> 0),
           CASE WHEN l.lanname = 'sql' THEN COALESCE(
               (SELECT array_agg(a.atttypid ORDER BY a.attnum)
                FROM pg_catalog.pg_type t JOIN pg_catalog.pg_attribute a ON a.attrelid = t.typrelid
                WHERE t.oid = p.prorettype AND a.attnum > 0 AND NOT a.attisdropped),
               (SELECT array_agg(o.type ORDER BY o.place)
                FROM unnest(p.proallargtypes, p.proargmodes) WITH ORDINALITY o (type, mode, place)
                WHERE o.mode IN ('o', 'b', 't')),
               ARRAY[p.prorettype]) ELSE '{}' END,
           p.prosqlbody::text,
           CASE WHEN p.proargnames IS NULL THEN '{}' ELSE
               ARRAY(SELECT i.name FROM unnest(p.proargnames, p.proargmodes) WITH ORDINALITY i (name, mode, place)
                     WHERE COALESCE(i.mode, 'i') IN ('i', 'b', 'v') ORDER BY i.place) END,
           p.pronargs::int4, p.proargdefaults::text
    FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_language l ON l.oid = p.prolang
    WHERE p.oid = ANY ($1)";

const OPERATORS: &str = "
    SELECT o.oid, o.oprname::text, o.oprcode::oid
    FROM pg_catalog.pg_operator o
    WHERE o.oid = ANY ($1)";

/// Each domain with the domains that it is made of.
const DOMAINS: &str = "
    WITH RECURSIVE made_of (root, oid) AS (
        SELECT oid, oid FROM pg_catalog.pg_type WHERE oid = ANY ($1) AND typtype = 'd'
        UNION
        SELECT m.root, t.typbasetype FROM made_of m JOIN pg_catalog.pg_type t USING (oid) WHERE t.typtype = 'd')
    SELECT m.root, bool_or(t.typnotnull),
           ARRAY(SELECT k.conbin::text FROM pg_catalog.pg_constraint k JOIN made_of n ON n.oid = k.contypid
                 WHERE n.root = m.root AND k.contype = 'c' AND k.convalidated)
    FROM made_of m JOIN pg_catalog.pg_type t USING (oid)
    GROUP BY m.root";

/// Catalog facts, by OID.
#[derive(Debug, Default)]
pub(crate) struct Catalog {
    pub relations: HashMap<u32, Relation>,
    pub functions: HashMap<u32, Function>,
    pub operators: HashMap<u32, Operator>,
    pub domains: HashMap<u32, Domain>,
    /// Whether some query casts a column that it compares, so that columns which lead indexes were looked up.
    pub has_leading_columns: bool,
}

impl Catalog {
    /// The names of the user's relations that a statement touches, in its own text, in views and in functions in SQL;
    /// sorted.
    pub fn touched(&self, tree: &Value<'_>) -> Vec<String> {
        let mut names = BTreeSet::new();
        let mut functions = BTreeSet::new();
        let own = Mentioned::by(tree);
        let mut waiting = vec![&own];
        while let Some(mentioned) = waiting.pop() {
            let relations =
                mentioned.relations.iter().filter_map(|oid| self.relations.get(oid)?.qualified_name.clone());
            names.extend(relations);
            let new = mentioned.functions.iter().filter(|oid| functions.insert(**oid));
            waiting.extend(new.filter_map(|oid| self.functions.get(oid)).map(|function| &function.mentions));
        }
        names.into_iter().collect()
    }

    /// The operator of an expression that has one.
    pub fn operator_of(&self, expr: &Node<'_>) -> Option<&Operator> {
        self.operators.get(&expr.oid("opno")?)
    }

    /// The function that an expression calls, by itself or behind an operator.
    pub fn function_of(&self, expr: &Node<'_>) -> Option<&Function> {
        let function = match expr.oid("opno") {
            Some(_) => self.operator_of(expr)?.function,
            None => expr.oid("funcid")?,
        };
        self.functions.get(&function)
    }
}

/// A relation.
#[derive(Debug)]
pub(crate) struct Relation {
    /// Without its schema.
    pub name: String,
    /// `public.cars`; none for the system's own.
    pub qualified_name: Option<String>,
    /// `pg_class.relkind`.
    pub kind: String,
    pub columns: BTreeMap<i16, Column>,
    /// The tables that inherit from it, partitions and theirs among them.
    pub descendants: Vec<u32>,
    /// Whether a trigger may change a row before it is inserted, here or in a descendant.
    pub has_insert_triggers: bool,
    /// Whether a trigger may change a row before it is updated, here or in a descendant.
    pub has_update_triggers: bool,
    /// A materialized view's query, as node text.
    pub definition: Option<String>,
    /// When its row in `pg_class` was written.
    pub written: Written,
    /// The expressions of validated CHECK constraints, as node text.
    pub checks: Vec<String>,
    /// Sets of columns of which no two rows have the same values, the primary key first.
    pub unique_keys: Vec<UniqueKey>,
    /// The columns that indexes begin with; empty unless some query casts a column that it compares.
    pub leading_columns: Vec<LeadingColumn>,
    /// Filled by the analysis, once somebody asks.
    pub promises: OnceLock<Promises>,
}

impl Relation {
    /// The name of the column of this number.
    pub fn column_name(&self, number: i64) -> Option<String> {
        let column = i16::try_from(number).ok().and_then(|number| self.columns.get(&number));
        column.map(|column| column.name.clone())
    }
}

/// What is sure of a relation's columns in every row of it.
#[derive(Debug, Default)]
pub(crate) struct Promises {
    pub non_null: BTreeSet<i16>,
    /// Of arrays: those without NULL elements.
    pub elements_non_null: BTreeSet<i16>,
}

/// A unique key.
#[derive(Debug)]
pub(crate) struct UniqueKey {
    pub parts: Vec<KeyPart>,
    /// For each part the operators by which its values are told apart.
    pub equality: Vec<Vec<u32>>,
    /// What has to hold for a row to be in a partial index.
    pub predicate: Vec<Predicate>,
}

/// A column that an index begins with.
#[derive(Debug)]
pub(crate) struct LeadingColumn {
    pub number: i64,
    /// The operators that the index can be searched by.
    pub operators: Vec<u32>,
    /// Their names.
    pub operator_names: Vec<String>,
}

/// A column of an index.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum KeyPart {
    Column(i64),
    /// In the form of [`canonical`].
    Expression(String),
}

/// A condition of a partial index.
#[derive(Debug)]
pub(crate) struct Predicate {
    /// In the form of [`canonical`]; none if it cannot be compared.
    pub text: Option<String>,
    /// The column that it only wants to be non-null.
    pub non_null: Option<i64>,
}

/// A column of a relation.
#[derive(Debug)]
pub(crate) struct Column {
    pub name: String,
    /// Declared NOT NULL, and checked.
    pub not_null: bool,
    pub is_generated: bool,
    /// A generated column's expression, as node text.
    pub generated_as: Option<String>,
    /// When its row in `pg_attribute` was written.
    pub written: Written,
}

/// When a catalog row was written: transaction and command.
pub(crate) type Written = (i64, i64);

/// A function.
#[derive(Debug)]
pub(crate) struct Function {
    pub name: String,
    pub is_strict: bool,
    pub returns_set: bool,
    pub is_volatile: bool,
    /// `pg_language.lanname`.
    pub language: String,
    /// For a built-in the name of its C function.
    pub source: String,
    pub is_builtin: bool,
    /// The relation whose row type the result type is, a composite type among them.
    pub result_relation: Option<u32>,
    /// Empty where an argument has no name.
    pub argument_names: Vec<String>,
    /// How many arguments it takes, OUT parameters aside.
    pub arguments: usize,
    /// Of its last arguments: the expressions that stand for those that are left out, as node text.
    pub defaults: Option<String>,
    /// Of a function in SQL: the types of the columns that it gives, or of its one value.
    pub result_columns: Vec<u32>,
    /// The statement that gives the result of a function in SQL, as node text with its views rewritten in.
    pub body: Option<String>,
    /// What the body mentions.
    pub mentions: Mentioned,
    /// The transition function of an aggregate that starts from a value and ends with the last state.
    pub transition: Option<u32>,
}

/// An operator.
#[derive(Debug)]
pub(crate) struct Operator {
    pub name: String,
    pub function: u32,
}

/// A domain.
#[derive(Debug)]
pub(crate) struct Domain {
    pub not_null: bool,
    /// The expressions of its CHECK constraints, as node text.
    pub checks: Vec<String>,
}

/// Loads the facts about everything that `trees` mention, and everything that those facts mention.
///
/// # Errors
/// The connection fails.
pub(crate) fn load<'t>(
    session: &mut Session,
    trees: impl Iterator<Item = &'t Value<'t>>,
) -> Result<Catalog, SessionError> {
    let mut catalog = Catalog::default();
    let mut mentioned = Mentioned::default();
    trees.for_each(|tree| tree.walk(&mut |node| mentioned.note(node)));
    let has_casts = mentioned.casts;
    while !mentioned.is_empty() {
        let mut round = std::mem::take(&mut mentioned);
        let mut texts = Vec::new();
        load_relations(&mut session.client, &round.relations, &mut catalog, &mut mentioned, &mut texts)?;
        load_operators(&mut session.client, &mut round, &mut catalog)?;
        load_functions(session, &round.functions, &mut catalog, &mut mentioned, &mut texts)?;
        load_domains(&mut session.client, &round.domains, &mut catalog, &mut texts)?;
        let trees = texts.iter().filter_map(|text| node::parse(text));
        trees.for_each(|tree| tree.walk(&mut |node| mentioned.note(node)));
        mentioned.forget_known(&catalog);
    }
    if has_casts {
        load_leading_columns(&mut session.client, &mut catalog)?;
        catalog.has_leading_columns = true;
    }
    Ok(catalog)
}

fn load_relations(
    client: &mut Client,
    oids: &BTreeSet<u32>,
    catalog: &mut Catalog,
    mentioned: &mut Mentioned,
    texts: &mut Vec<String>,
) -> Result<(), postgres::Error> {
    let mut columns: HashMap<u32, BTreeMap<i16, Column>> = HashMap::new();
    for row in rows_of(client, COLUMNS, oids)? {
        let column = Column {
            name: row.get(2),
            not_null: row.get(3),
            is_generated: row.get(5),
            generated_as: row.get(4),
            written: (row.get(6), row.get(7)),
        };
        texts.extend(column.generated_as.clone());
        columns.entry(row.get(0)).or_default().insert(row.get(1), column);
    }
    let mut with_keys = BTreeSet::new();
    for row in rows_of(client, RELATIONS, oids)? {
        let oid = row.get(0);
        if row.get(9) {
            with_keys.insert(oid);
        }
        let relation = Relation {
            name: row.get(10),
            qualified_name: row.get(11),
            kind: row.get(1),
            columns: columns.remove(&oid).unwrap_or_default(),
            descendants: row.get(2),
            has_insert_triggers: row.get(3),
            has_update_triggers: row.get(4),
            definition: row.get(5),
            written: (row.get(6), row.get(7)),
            checks: row.get(8),
            unique_keys: Vec::new(),
            leading_columns: Vec::new(),
            promises: OnceLock::new(),
        };
        mentioned.relations.extend(&relation.descendants);
        texts.extend(relation.checks.iter().chain(&relation.definition).cloned());
        catalog.relations.insert(oid, relation);
    }
    let mut index = None;
    for row in rows_of(client, UNIQUE_KEYS, &with_keys)? {
        let Some(relation) = catalog.relations.get_mut(&row.get(0)) else { continue };
        if index.replace(row.get::<_, u32>(1)) != Some(row.get(1)) {
            let predicate = row.get::<_, Option<&str>>(5).map(predicate).unwrap_or_default();
            relation.unique_keys.push(UniqueKey { parts: Vec::new(), equality: Vec::new(), predicate });
        }
        let Some(key) = relation.unique_keys.last_mut() else { continue };
        let expressions = key.parts.iter().filter(|part| matches!(part, KeyPart::Expression(_))).count();
        key.parts.push(match row.get(2) {
            0_i16 => KeyPart::Expression(expression(row.get(4), expressions).unwrap_or_default()),
            number => KeyPart::Column(number.into()),
        });
        key.equality.push(row.get(3));
    }
    Ok(())
}

fn load_leading_columns(client: &mut Client, catalog: &mut Catalog) -> Result<(), postgres::Error> {
    let relations = catalog.relations.keys().copied().collect();
    for row in rows_of(client, LEADING_COLUMNS, &relations)? {
        let Some(relation) = catalog.relations.get_mut(&row.get(0)) else { continue };
        let number: i16 = row.get(1);
        relation.leading_columns.push(LeadingColumn {
            number: number.into(),
            operators: row.get(2),
            operator_names: row.get(3),
        });
    }
    Ok(())
}

/// One of an index's expressions.
fn expression(text: &str, index: usize) -> Option<String> {
    match node::parse(text)? {
        Value::List(expressions) => canonical(expressions.get(index)?.as_node()?, 1),
        _ => None,
    }
}

/// The conditions of a partial index.
fn predicate(text: &str) -> Vec<Predicate> {
    let tree = node::parse(text);
    let Some(whole) = tree.as_ref().and_then(Value::as_node) else {
        // One that cannot be read is met by nothing.
        return vec![Predicate { text: None, non_null: None }];
    };
    let is_and = whole.name == "BOOLEXPR" && whole.word("boolop") == Some("and");
    let conditions: Vec<&Node<'_>> = if is_and { whole.nodes("args").collect() } else { vec![whole] };
    let read = |condition: &Node<'_>| {
        let tested = condition.node("arg").filter(|arg| is_not_null_test(condition) && arg.name == "VAR");
        Predicate {
            text: canonical(condition, 1),
            non_null: tested.and_then(|column| column.number("varattno")),
        }
    };
    conditions.into_iter().map(read).collect()
}

/// Their functions are looked up in the same round.
fn load_operators(
    client: &mut Client,
    round: &mut Mentioned,
    catalog: &mut Catalog,
) -> Result<(), postgres::Error> {
    for row in rows_of(client, OPERATORS, &round.operators)? {
        let operator = Operator { name: row.get(1), function: row.get(2) };
        round.functions.insert(operator.function);
        catalog.operators.insert(row.get(0), operator);
    }
    Ok(())
}

fn load_functions(
    session: &mut Session,
    oids: &BTreeSet<u32>,
    catalog: &mut Catalog,
    mentioned: &mut Mentioned,
    texts: &mut Vec<String>,
) -> Result<(), SessionError> {
    for row in rows_of(&mut session.client, FUNCTIONS, oids)? {
        let (oid, is_builtin, is_in_sql) = (row.get(0), row.get(7), row.get(8));
        let body = match (is_in_sql, is_builtin) {
            // They mention no views, and not everybody may create them anew.
            (true, true) => row.get(12),
            (true, false) => session.function_body(oid)?,
            (false, _) => None,
        };
        let function = Function {
            name: row.get(1),
            is_strict: row.get(2),
            returns_set: row.get(3),
            is_volatile: row.get(4),
            language: row.get(5),
            source: row.get(6),
            is_builtin,
            mentions: body
                .as_deref()
                .and_then(node::parse)
                .map(|tree| Mentioned::by(&tree))
                .unwrap_or_default(),
            result_relation: row.get(10),
            body,
            transition: row.get(9),
            result_columns: row.get(11),
            argument_names: row.get(13),
            arguments: usize::try_from(row.get::<_, i32>(14)).unwrap_or(0),
            defaults: row.get(15),
        };
        mentioned.functions.extend(function.transition);
        mentioned.relations.extend(function.result_relation);
        texts.extend(function.body.clone());
        catalog.functions.insert(oid, function);
    }
    Ok(())
}

fn load_domains(
    client: &mut Client,
    oids: &BTreeSet<u32>,
    catalog: &mut Catalog,
    texts: &mut Vec<String>,
) -> Result<(), postgres::Error> {
    for row in rows_of(client, DOMAINS, oids)? {
        let domain = Domain { not_null: row.get(1), checks: row.get(2) };
        texts.extend(domain.checks.iter().cloned());
        catalog.domains.insert(row.get(0), domain);
    }
    Ok(())
}

fn rows_of(client: &mut Client, sql: &str, oids: &BTreeSet<u32>) -> Result<Vec<Row>, postgres::Error> {
    if oids.is_empty() {
        return Ok(Vec::new());
    }
    let oids: Vec<u32> = oids.iter().copied().collect();
    client.query(sql, &[&oids as &(dyn ToSql + Sync)])
}

/// OIDs of what node text mentions.
#[derive(Debug, Default)]
pub(crate) struct Mentioned {
    relations: BTreeSet<u32>,
    functions: BTreeSet<u32>,
    operators: BTreeSet<u32>,
    domains: BTreeSet<u32>,
    /// Whether a column is cast where it is compared.
    casts: bool,
}

impl Mentioned {
    fn by(tree: &Value<'_>) -> Self {
        let mut mentioned = Self::default();
        tree.walk(&mut |node| mentioned.note(node));
        mentioned
    }

    fn note(&mut self, node: &Node<'_>) {
        match node.name {
            "RANGETBLENTRY" => self.relations.extend(node.oid("relid")),
            "FUNCEXPR" => self.functions.extend(node.oid("funcid")),
            "AGGREF" => self.functions.extend(node.oid("aggfnoid")),
            "WINDOWFUNC" => self.functions.extend(node.oid("winfnoid")),
            "OPEXPR" | "DISTINCTEXPR" | "NULLIFEXPR" | "SCALARARRAYOPEXPR" => {
                self.operators.extend(node.oid("opno"));
                self.casts |= node.nodes("args").any(|arg| cast_column(arg).is_some());
            }
            "COERCETODOMAIN" => self.domains.extend(node.oid("resulttype")),
            _ => {}
        }
    }

    fn is_empty(&self) -> bool {
        [&self.relations, &self.functions, &self.operators, &self.domains].iter().all(|oids| oids.is_empty())
    }

    fn forget_known(&mut self, catalog: &Catalog) {
        self.relations.retain(|oid| !catalog.relations.contains_key(oid));
        self.functions.retain(|oid| !catalog.functions.contains_key(oid));
        self.operators.retain(|oid| !catalog.operators.contains_key(oid));
        self.domains.retain(|oid| !catalog.domains.contains_key(oid));
    }
}
