//! Random queries over adversarial data: whatever is claimed non-null must never be NULL.
//!
//! `BINDERY_RANDOM_QUERIES` says how many (300 by default), `BINDERY_RANDOM_SEED` which ones; the seed is printed. Each
//! query is analysed once and run on several databases: one with values at their extremes, an empty one, one that is NULL
//! wherever it may be, one in which nothing meets anything.

use std::fmt::Write as _;

use bindery_postgres::{Database, Server};
use postgres::{Client, SimpleQueryMessage};

use super::reasons::is_understood;
use crate::analyze::reason::{self, ColumnReasons};
use crate::analyze::{Analysis, Nulls, analyze, node};
use crate::catalog;
use crate::session::Session;

const SCHEMA: &str = "
    CREATE DOMAIN positive AS int CHECK (VALUE > 0);
    CREATE DOMAIN filled AS int CHECK (VALUE IS NOT NULL);
    CREATE TABLE a (
        id int PRIMARY KEY, n int, m int NOT NULL, s text, r text NOT NULL, b bool, t timestamp, j jsonb, xs int[],
        c int CHECK (c IS NOT NULL), g int GENERATED ALWAYS AS (m + 1) STORED, h int GENERATED ALWAYS AS (n + 1) STORED);
    CREATE TABLE b (
        id int PRIMARY KEY, a_id int, n int, m int NOT NULL DEFAULT 3, s text NOT NULL, r text, b bool NOT NULL,
        t timestamp NOT NULL, j jsonb NOT NULL, xs int[] NOT NULL);
    CREATE TABLE c (n int, m int, s text, r text, b bool, t timestamp, j jsonb, xs int[]);
    CREATE TABLE parent (id int NOT NULL, n int, s text);
    CREATE TABLE child (m int) INHERITS (parent);
    ALTER TABLE ONLY parent ALTER COLUMN n SET NOT NULL;
    CREATE TABLE part (id int NOT NULL, n int, s text NOT NULL) PARTITION BY LIST (id);
    CREATE TABLE part_1 PARTITION OF part FOR VALUES IN (1, 2, 3);
    CREATE TABLE part_2 (s text NOT NULL, id int NOT NULL, n int NOT NULL);
    ALTER TABLE part ATTACH PARTITION part_2 DEFAULT;
    CREATE TABLE touched (id int PRIMARY KEY, n int, s text);
    CREATE FUNCTION forget() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.n := NULL; RETURN NEW; END';
    CREATE TRIGGER forget BEFORE INSERT OR UPDATE ON touched FOR EACH ROW EXECUTE FUNCTION forget();
    CREATE VIEW v AS SELECT a.id, a.n, a.s, b.m, b.s AS title, b.b FROM a LEFT JOIN b ON b.a_id = a.id;
    CREATE VIEW w AS SELECT id, n, s FROM a WHERE s IS NOT NULL;
    CREATE MATERIALIZED VIEW mv AS SELECT id, n, m, s, r FROM a;
    CREATE FUNCTION all_a() RETURNS SETOF a LANGUAGE sql STABLE AS 'SELECT * FROM a';
    CREATE FUNCTION plus(x int, y int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT x + y';
    CREATE FUNCTION one_b(i int) RETURNS text LANGUAGE sql STABLE AS 'SELECT s FROM b WHERE id = i';
    CREATE FUNCTION pairs(OUT x int, OUT y int) RETURNS SETOF record LANGUAGE sql STABLE AS 'SELECT id, n FROM a';
    CREATE FUNCTION doubled(x int) RETURNS int LANGUAGE plpgsql IMMUTABLE STRICT AS 'BEGIN RETURN nullif(x, 2); END';";

const FULL: &str = r#"
    INSERT INTO a (id, n, m, s, r, b, t, j, xs, c) VALUES
        (1, 1, 1, 'x', 'y', true, 'infinity', '{"a": 1, "b": null}', '{1,NULL}', 1),
        (2, NULL, 2, NULL, '', NULL, NULL, 'null', NULL, 2),
        (3, 0, 0, '', 'z', false, '2020-01-01', '[]', '{}', 3),
        (4, 2, -1, 'x', 'x', NULL, '-infinity', NULL, '{{1,2},{3,4}}', 4);
    INSERT INTO b VALUES
        (1, 1, NULL, 1, 'x', NULL, true, 'infinity', '{}', '{}'), (2, 1, 2, 2, 'y', 'y', false, '2020-01-01', 'null', '{NULL}'),
        (3, NULL, 1, 3, 'z', 'x', true, '-infinity', '1', '{1}'), (5, 9, 0, 4, '', NULL, false, 'epoch', '{"a": null}', '{2,3}');
    INSERT INTO c VALUES (1, 1, 'x', NULL, true, NULL, '{"a": 2}', '{1}'), (NULL, 2, NULL, 'y', NULL, 'infinity', NULL, NULL);
    INSERT INTO parent VALUES (1, 1, 'x'), (2, 2, NULL);
    INSERT INTO child VALUES (3, NULL, NULL, 1), (4, 4, 'y', NULL);
    INSERT INTO part VALUES (1, NULL, 'x'), (2, 1, 'y'), (7, 1, 'z');
    INSERT INTO touched VALUES (1, 1, 'x'), (2, 2, NULL);"#;

const NULLS: &str = "
    INSERT INTO a (id, m, r, c) SELECT g, g, 'x', g FROM generate_series(1, 3) g;
    INSERT INTO b (id, s, b, t, j, xs) SELECT g, 'x', g > 1, 'infinity', 'null', '{NULL}' FROM generate_series(1, 3) g;
    INSERT INTO c DEFAULT VALUES;
    INSERT INTO c DEFAULT VALUES;
    INSERT INTO child (id) VALUES (1), (2);
    INSERT INTO part VALUES (1, NULL, 'x');
    INSERT INTO touched (id) VALUES (1), (2), (3);";

const ORPHANS: &str = "
    INSERT INTO a (id, n, m, s, r, c) SELECT g, g, g, 'x', 'y', g FROM generate_series(1, 3) g;
    INSERT INTO b (id, a_id, n, m, s, b, t, j, xs)
        SELECT g, g + 100, g + 50, g + 70, 'q', true, 'epoch', '{}', '{}' FROM generate_series(11, 13) g;
    INSERT INTO c (n, m, s) VALUES (31, 32, 'o');
    INSERT INTO part VALUES (40, 40, 'w');";

pub(super) struct Random(u64);

impl Random {
    /// Seeded by `BINDERY_RANDOM_SEED`, or by the time of day; the seed is printed.
    pub fn from_env() -> Self {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let seed = number("BINDERY_RANDOM_SEED").unwrap_or(now.as_nanos() as u64 | 1);
        println!("BINDERY_RANDOM_SEED={seed}");
        Self(seed)
    }

    pub fn below(&mut self, end: usize) -> usize {
        // xorshift64*
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % end
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub fn pick<'p, T>(&mut self, items: &'p [T]) -> &'p T {
        &items[self.below(items.len())]
    }
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().and_then(|value| value.parse().ok())
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Ty {
    Int,
    Text,
    Bool,
    Time,
    Json,
    Ints,
}

const TYPES: [Ty; 6] = [Ty::Int, Ty::Text, Ty::Bool, Ty::Time, Ty::Json, Ty::Ints];
const COMMON: [Ty; 8] = [Ty::Int, Ty::Int, Ty::Int, Ty::Text, Ty::Text, Ty::Bool, Ty::Time, Ty::Ints];

type Columns = Vec<(String, Ty)>;

#[derive(Clone)]
struct Item {
    alias: String,
    columns: Columns,
}

struct Generator {
    random: Random,
    aliases: usize,
    major: u32,
}

fn columns(text: &str) -> Columns {
    let ty = |name: &str| match name.trim_end_matches(|c: char| c.is_ascii_digit()) {
        "s" | "r" | "title" => Ty::Text,
        "b" => Ty::Bool,
        "t" => Ty::Time,
        "j" => Ty::Json,
        "xs" => Ty::Ints,
        _ => Ty::Int,
    };
    text.split(' ').map(|name| (name.to_owned(), ty(name))).collect()
}

fn table_columns(table: &str) -> Columns {
    columns(match table {
        "a" | "all_a()" => "id n m s r b t j xs c g h",
        "b" => "id a_id n m s r b t j xs",
        "c" => "n m s r b t j xs",
        "v" => "id n s m title b",
        "mv" => "id n m s r",
        _ => "id n s",
    })
}

impl Generator {
    fn alias(&mut self) -> String {
        self.aliases += 1;
        format!("q{}", self.aliases)
    }

    fn one_of(&mut self, choices: &[&str]) -> String {
        (*self.random.pick(choices)).to_owned()
    }

    fn literal(&mut self, ty: Ty) -> String {
        self.one_of(match ty {
            Ty::Int => &["0", "1", "2", "-1", "NULL::int"],
            Ty::Text => &["'x'", "''", "'y'", "NULL::text"],
            Ty::Bool => &["true", "false", "NULL::bool"],
            Ty::Time => &["timestamp '2020-01-01'", "timestamp 'infinity'", "NULL::timestamp"],
            Ty::Json => &["'{\"a\": 1}'::jsonb", "'null'::jsonb", "NULL::jsonb"],
            Ty::Ints => &["'{1,2}'::int[]", "'{NULL}'::int[]", "'{}'::int[]", "NULL::int[]"],
        })
    }

    fn column(&mut self, ty: Ty, scope: &[Item]) -> Option<String> {
        let fitting: Vec<String> = scope
            .iter()
            .flat_map(|item| {
                item.columns
                    .iter()
                    .filter(|(_, of)| *of == ty)
                    .map(|(name, _)| format!("{}.{name}", item.alias))
            })
            .collect();
        (!fitting.is_empty()).then(|| self.random.pick(&fitting).clone())
    }

    fn expr(&mut self, ty: Ty, scope: &[Item], depth: u32) -> String {
        if depth == 0 || self.random.chance(35) {
            let column = if self.random.chance(85) { self.column(ty, scope) } else { None };
            return column.unwrap_or_else(|| self.literal(ty));
        }
        let d = depth - 1;
        let general = self.random.below(10);
        match general {
            0 => return format!("coalesce({}, {})", self.expr(ty, scope, d), self.expr(ty, scope, d)),
            1 => return self.case(ty, scope, d),
            2 if ty != Ty::Json => {
                return format!("nullif({}, {})", self.expr(ty, scope, d), self.expr(ty, scope, d));
            }
            3 if ty != Ty::Json => {
                let name = self.one_of(&["greatest", "least"]);
                return format!("{name}({}, {})", self.expr(ty, scope, d), self.expr(ty, scope, d));
            }
            4 => return self.scalar_subquery(ty, scope, d),
            _ => {}
        }
        let choice = self.random.below(1_000);
        if choice < 40 && ty == Ty::Text && !scope.is_empty() {
            return format!("{}::text", self.random.pick(scope).alias);
        }
        let mut e = |ty| self.expr(ty, scope, d);
        match ty {
            Ty::Int => match choice % 16 {
                14 => format!("{}::positive::int", e(Ty::Int)),
                15 => format!("coalesce({}, 1)::filled", e(Ty::Int)),
                0 => format!("({} + {})", e(Ty::Int), e(Ty::Int)),
                1 => format!("length({})", e(Ty::Text)),
                2 => format!("abs({})", e(Ty::Int)),
                3 => format!("plus({}, {})", e(Ty::Int), e(Ty::Int)),
                4 => format!("doubled({})", e(Ty::Int)),
                5 => format!("({})[1]", e(Ty::Ints)),
                6 => format!("array_length({}, 1)", e(Ty::Ints)),
                7 => format!("cardinality({})", e(Ty::Ints)),
                8 => format!(
                    "extract(year FROM {})::numeric::text::float8::text::int",
                    "timestamp '2020-01-01'"
                ),
                9 => format!("num_nulls({}, {})", e(Ty::Int), e(Ty::Text)),
                10 => format!("array_position({}, {})", e(Ty::Ints), e(Ty::Int)),
                11 => format!("(ROW({}, {})).f1", e(Ty::Int), e(Ty::Text)),
                12 => format!("ascii({})", e(Ty::Text)),
                _ => format!("{}::int4::int8::int4", e(Ty::Int)),
            },
            Ty::Text => match choice % 20 {
                0 => format!("({} || {})", e(Ty::Text), e(Ty::Text)),
                1 => format!("lower({})", e(Ty::Text)),
                2 => format!("concat({}, {})", e(Ty::Text), e(Ty::Int)),
                3 => format!("concat_ws({}, {}, {})", e(Ty::Text), e(Ty::Text), e(Ty::Int)),
                4 => format!("substr({}, {})", e(Ty::Text), e(Ty::Int)),
                5 => format!("({} ->> 'a')", e(Ty::Json)),
                6 => format!("jsonb_typeof({})", e(Ty::Json)),
                7 => format!("one_b({})", e(Ty::Int)),
                8 => format!("array_to_string({}, ',')", e(Ty::Ints)),
                9 => format!("format('%s', {})", e(Ty::Int)),
                10 => format!("to_char({}, 'YYYY')", e(Ty::Time)),
                11 => format!("{}::text", e(Ty::Int)),
                12 => format!("{}::text::varchar::text", e(Ty::Time)),
                13 => format!("split_part({}, 'x', 1)", e(Ty::Text)),
                14 => format!("lpad({}, 3)", e(Ty::Text)),
                15 => format!("quote_nullable({})", e(Ty::Text)),
                16 => format!("{}::time::text", e(Ty::Time)),
                17 => format!("substring({} FROM 'x.')", e(Ty::Text)),
                18 => format!("left({}, {})", e(Ty::Text), e(Ty::Int)),
                _ => format!("date_trunc('day', {})::text", e(Ty::Time)),
            },
            Ty::Bool => self.condition(scope, d),
            Ty::Time => match choice % 4 {
                0 => format!("date_trunc('month', {})", e(Ty::Time)),
                1 => format!("({}::date)::timestamp", e(Ty::Time)),
                2 => format!("({} + interval '1 day')", e(Ty::Time)),
                _ => "now()::timestamp".to_owned(),
            },
            Ty::Json => match choice % 5 {
                0 => format!("jsonb_build_object('k', {})", e(Ty::Int)),
                1 => format!("({} -> 'a')", e(Ty::Json)),
                2 => format!("to_jsonb({})", e(Ty::Int)),
                3 => format!("jsonb_strip_nulls({})", e(Ty::Json)),
                _ => format!("jsonb_path_query_first({}, '$.a')", e(Ty::Json)),
            },
            Ty::Ints => match choice % 6 {
                0 => format!("ARRAY[{}, {}]", e(Ty::Int), e(Ty::Int)),
                1 => format!("array_append({}, {})", e(Ty::Ints), e(Ty::Int)),
                2 => format!("array_cat({}, {})", e(Ty::Ints), e(Ty::Ints)),
                3 => format!("array_remove({}, {})", e(Ty::Ints), e(Ty::Int)),
                4 => format!("({})[1:2]", e(Ty::Ints)),
                _ => format!("({})[{}:{}]", e(Ty::Ints), e(Ty::Int), e(Ty::Int)),
            },
        }
    }

    fn case(&mut self, ty: Ty, scope: &[Item], d: u32) -> String {
        let mut text = "CASE".to_owned();
        if self.random.chance(30) {
            write!(text, " {}", self.expr(Ty::Int, scope, d)).unwrap();
            for _ in 0..=self.random.below(2) {
                write!(text, " WHEN {} THEN {}", self.expr(Ty::Int, scope, d), self.expr(ty, scope, d))
                    .unwrap();
            }
        } else {
            for _ in 0..=self.random.below(2) {
                write!(text, " WHEN {} THEN {}", self.condition(scope, d), self.expr(ty, scope, d)).unwrap();
            }
        }
        if self.random.chance(70) {
            write!(text, " ELSE {}", self.expr(ty, scope, d)).unwrap();
        }
        text + " END"
    }

    fn scalar_subquery(&mut self, ty: Ty, scope: &[Item], d: u32) -> String {
        match self.random.below(4) {
            0 => format!(
                "(SELECT {} FROM b WHERE b.id = {})",
                self.expr_in_b(ty, scope, d),
                self.expr(Ty::Int, scope, d)
            ),
            1 if ty == Ty::Int => {
                let aggregate = self.one_of(&["count(*)", "count(b.n)", "max(b.id)", "sum(b.m)"]);
                let condition = self.condition(scope, d);
                format!("(SELECT {aggregate}::int FROM b WHERE {condition})")
            }
            2 => format!("(SELECT {})", self.expr(ty, scope, d)),
            _ => format!("(SELECT {} FROM b ORDER BY b.id LIMIT 1)", self.expr_in_b(ty, scope, d)),
        }
    }

    fn expr_in_b(&mut self, ty: Ty, scope: &[Item], d: u32) -> String {
        let mut inner = scope.to_vec();
        inner.push(Item { alias: "b".to_owned(), columns: table_columns("b") });
        self.expr(ty, &inner, d)
    }

    fn condition(&mut self, scope: &[Item], depth: u32) -> String {
        let d = depth.saturating_sub(1);
        if depth == 0 {
            let ty = *self.random.pick(&COMMON);
            let operand = self.column(ty, scope).unwrap_or_else(|| self.literal(ty));
            return match self.random.below(4) {
                0 => format!("{operand} IS NULL"),
                1 => format!("{operand} IS NOT NULL"),
                _ => {
                    let other = self.column(ty, scope).unwrap_or_else(|| self.literal(ty));
                    format!("{operand} {} {other}", self.one_of(&["=", "<>", "<", ">="]))
                }
            };
        }
        let ty = *self.random.pick(&COMMON);
        match self.random.below(21) {
            20 if !scope.is_empty() => {
                let item = self.random.pick(scope).alias.clone();
                format!(
                    "({item} {})",
                    self.one_of(&[
                        "IS NULL",
                        "IS NOT NULL",
                        "IS DISTINCT FROM NULL",
                        "IS NOT DISTINCT FROM NULL"
                    ])
                )
            }
            0 | 1 => format!("({} AND {})", self.condition(scope, d), self.condition(scope, d)),
            2 | 3 => format!("({} OR {})", self.condition(scope, d), self.condition(scope, d)),
            4 => format!("(NOT {})", self.condition(scope, d)),
            5 => format!("({} IS NULL)", self.expr(ty, scope, d)),
            6 | 7 => format!("({} IS NOT NULL)", self.expr(ty, scope, d)),
            8 => format!("({} IS DISTINCT FROM {})", self.expr(ty, scope, d), self.expr(ty, scope, d)),
            9 => format!("({} IS NOT DISTINCT FROM {})", self.expr(ty, scope, d), self.expr(ty, scope, d)),
            10 => format!(
                "(({}) {})",
                self.condition(scope, d),
                self.one_of(&[
                    "IS TRUE",
                    "IS NOT TRUE",
                    "IS FALSE",
                    "IS NOT FALSE",
                    "IS UNKNOWN",
                    "IS NOT UNKNOWN"
                ])
            ),
            11 => format!("({} = ANY ({}))", self.expr(Ty::Int, scope, d), self.expr(Ty::Ints, scope, d)),
            12 => format!("({} <> ALL ({}))", self.expr(Ty::Int, scope, d), self.expr(Ty::Ints, scope, d)),
            13 => format!(
                "({} IN ({}, {}))",
                self.expr(Ty::Int, scope, d),
                self.expr(Ty::Int, scope, 0),
                self.expr(Ty::Int, scope, 0)
            ),
            14 => {
                let inner = self.condition_in_b(scope, d);
                format!("{}EXISTS (SELECT 1 FROM b WHERE {inner})", self.one_of(&["", "NOT "]))
            }
            15 => {
                let operator = self.one_of(&["= ANY", "<> ALL", "< ANY"]);
                format!(
                    "({} {operator} (SELECT {} FROM b))",
                    self.expr(Ty::Int, scope, d),
                    self.expr_in_b(Ty::Int, scope, 0)
                )
            }
            16 => format!(
                "(({}, {}) < ({}, {}))",
                self.expr(Ty::Int, scope, d),
                self.expr(Ty::Text, scope, d),
                self.expr(Ty::Int, scope, d),
                self.expr(Ty::Text, scope, d)
            ),
            17 => format!(
                "(ROW({}, {}) {})",
                self.expr(Ty::Int, scope, d),
                self.expr(Ty::Text, scope, d),
                self.one_of(&["IS NULL", "IS NOT NULL"])
            ),
            _ => format!(
                "({} {} {})",
                self.expr(ty, scope, d),
                self.one_of(&["=", "<>", "<", ">="]),
                self.expr(ty, scope, d)
            ),
        }
    }

    fn condition_in_b(&mut self, scope: &[Item], d: u32) -> String {
        let mut inner = scope.to_vec();
        inner.push(Item { alias: "b".to_owned(), columns: table_columns("b") });
        self.condition(&inner, d)
    }

    /// An item of FROM; `outer` is what LATERAL sees.
    fn item(&mut self, outer: &[Item], depth: u32) -> (String, Item) {
        let alias = self.alias();
        let kind = if depth == 0 { 0 } else { self.random.below(12) };
        match kind {
            9 => {
                let (query, columns) = self.select(&[], depth - 1);
                (format!("({query}) {alias}"), Item { alias, columns })
            }
            10 => {
                let (query, columns) = self.select(outer, depth - 1);
                (format!("LATERAL ({query}) {alias}"), Item { alias, columns })
            }
            8 => {
                let (text, names) = self
                    .random
                    .pick(&[
                        ("generate_series(1, 3)", "n"),
                        ("unnest(ARRAY[1, NULL])", "n"),
                        ("unnest('{1,2}'::int[])", "n"),
                        ("pairs()", "n m"),
                        ("generate_series(1, 2) WITH ORDINALITY", "n m"),
                        ("plus(1, NULL)", "n"),
                        ("jsonb_each_text('{\"a\": null}')", "s r"),
                        ("one_b(99)", "s"),
                        ("ROWS FROM (generate_series(1, 2), generate_series(1, 3))", "n m"),
                        ("(VALUES (1, 'x'), (2, NULL))", "n s"),
                        ("(VALUES (1, 'x'), (2, 'y'))", "n s"),
                    ])
                    .to_owned();
                (
                    format!("{text} {alias} ({})", names.replace(' ', ", ")),
                    Item { alias, columns: columns(names) },
                )
            }
            _ => {
                let table = self.one_of(&[
                    "a",
                    "a",
                    "b",
                    "b",
                    "c",
                    "v",
                    "w",
                    "mv",
                    "parent",
                    "part",
                    "all_a()",
                    "touched",
                    "ONLY parent",
                ]);
                (format!("{table} {alias}"), Item { columns: table_columns(&table), alias })
            }
        }
    }

    fn from(&mut self, outer: &[Item], depth: u32) -> (String, Vec<Item>) {
        let (mut text, item) = self.item(&[], depth);
        let mut items = vec![item];
        for _ in 0..self.random.below(4) {
            let join =
                self.one_of(&["JOIN", "LEFT JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "CROSS JOIN"]);
            let sees: Vec<Item> = match join.as_str() {
                "JOIN" | "LEFT JOIN" | "CROSS JOIN" => outer.iter().chain(&items).cloned().collect(),
                _ => Vec::new(),
            };
            let nested = depth > 0 && self.random.chance(20);
            if nested {
                let (right, more) = self.from(&[], depth - 1);
                let both: Vec<Item> = items.iter().chain(&more).cloned().collect();
                let on = self.on(&both, &join);
                text = format!("({text}) {join} ({right}){on}");
                items = both;
                continue;
            }
            let (right, item) = self.item(&sees, depth);
            let shared = ["id", "n"].into_iter().find(|name| {
                let has =
                    |item: &Item| item.columns.iter().any(|(column, ty)| column == name && *ty == Ty::Int);
                items.iter().filter(|item| has(item)).count() == 1 && has(&item)
            });
            items.push(item);
            match shared.filter(|_| join != "CROSS JOIN" && self.random.chance(15)) {
                Some(name) => {
                    text = format!("{text} {join} {right} USING ({name})");
                    // The merged column is reached by its name alone: as an item of its own.
                    items.push(Item { alias: String::new(), columns: vec![(name.to_owned(), Ty::Int)] });
                    break;
                }
                None => {
                    let on = self.on(&items, &join);
                    text = format!("{text} {join} {right}{on}");
                }
            }
        }
        (text, items)
    }

    fn on(&mut self, items: &[Item], join: &str) -> String {
        let named: Vec<Item> = items.iter().filter(|item| !item.alias.is_empty()).cloned().collect();
        match join {
            "CROSS JOIN" => String::new(),
            // Only conditions that can be merged or hashed.
            "FULL JOIN" => {
                let column =
                    |generator: &mut Self, item: &Item| generator.column(Ty::Int, std::slice::from_ref(item));
                let (first, last) = (&named[0], &named[named.len() - 1]);
                match (column(self, first), column(self, last)) {
                    (Some(left), Some(right)) => format!(" ON {left} = {right}"),
                    _ => " ON true".to_owned(),
                }
            }
            _ if self.random.chance(10) => " ON true".to_owned(),
            _ => format!(" ON {}", self.condition(&named, 2)),
        }
    }

    fn select(&mut self, outer: &[Item], depth: u32) -> (String, Columns) {
        if depth > 0 && self.random.chance(12) {
            let (left, columns) = self.plain_select(outer, depth - 1, None);
            let types: Vec<Ty> = columns.iter().map(|(_, ty)| *ty).collect();
            let (right, _) = self.plain_select(outer, depth - 1, Some(&types));
            let operator = self.one_of(&["UNION", "UNION ALL", "INTERSECT", "EXCEPT"]);
            return (format!("({left}) {operator} ({right})"), columns);
        }
        self.plain_select(outer, depth, None)
    }

    fn plain_select(&mut self, outer: &[Item], depth: u32, types: Option<&[Ty]>) -> (String, Columns) {
        let (from, items) = self.from(outer, depth);
        // A merged column has no qualifier, and would be ambiguous inside a subquery: it stands for itself only.
        let merged: Vec<String> = items
            .iter()
            .filter(|item| item.alias.is_empty())
            .flat_map(|i| i.columns.iter().map(|c| c.0.clone()))
            .collect();
        let items: Vec<Item> = items.into_iter().filter(|item| !item.alias.is_empty()).collect();
        let scope: Vec<Item> = outer.iter().chain(&items).cloned().collect();
        let types: Vec<Ty> = match types {
            Some(types) => types.to_vec(),
            None => (0..=self.random.below(4)).map(|_| *self.random.pick(&COMMON)).collect(),
        };
        let where_clause = match self.random.chance(60) {
            true => format!(" WHERE {}", self.condition(&scope, 2)),
            false => String::new(),
        };
        let grouped = self.random.chance(20);
        let (mut list, mut tail) = (Vec::new(), String::new());
        if grouped {
            let keys: Vec<(String, Ty)> = (0..self.random.below(3))
                .map(|_| {
                    let ty = *self.random.pick(&[Ty::Int, Ty::Text, Ty::Bool]);
                    let depth = self.random.below(2) as u32;
                    (self.expr(ty, &items, depth), ty)
                })
                .filter(|(text, _)| {
                    items.iter().any(|item| text.contains(&format!("{}.", item.alias)))
                        && !text.contains("SELECT")
                })
                .collect();
            list.extend(types.iter().map(|ty| self.grouped_expr(*ty, &keys, &items)));
            if !keys.is_empty() {
                let names: Vec<&str> = keys.iter().map(|(text, _)| text.as_str()).collect();
                let names = names.join(", ");
                tail = match self.random.below(5) {
                    0 => format!(" GROUP BY ROLLUP ({names})"),
                    1 => format!(" GROUP BY GROUPING SETS (({names}), ())"),
                    2 => format!(" GROUP BY GROUPING SETS (({names}), ({}))", keys[0].0),
                    _ => format!(" GROUP BY {names}"),
                };
            }
            if self.random.chance(30) {
                let having = match self.random.below(3) {
                    0 => format!("count({}) > 0", self.expr(Ty::Int, &items, 1)),
                    1 => format!("max({}) IS NOT NULL", self.expr(Ty::Int, &items, 1)),
                    _ => keys.first().map_or("true".to_owned(), |(key, _)| format!("{key} IS NOT NULL")),
                };
                write!(tail, " HAVING {having}").unwrap();
            }
        } else {
            for ty in &types {
                let text = match self.random.below(12) {
                    0 => self.window(*ty, &scope),
                    1 if *ty == Ty::Int => self.one_of(&[
                        "generate_series(1, 2)",
                        "unnest(ARRAY[1, NULL])",
                        "unnest('{1,2,3}'::int[])",
                        "unnest('{}'::int[])",
                    ]),
                    2 if *ty == Ty::Int && !merged.is_empty() => merged[0].clone(),
                    _ => self.expr(*ty, &scope, 3),
                };
                list.push(text);
            }
        }
        let distinct = if self.random.chance(8) && !types.contains(&Ty::Json) { "DISTINCT " } else { "" };
        let columns: Columns = types.iter().enumerate().map(|(i, ty)| (format!("k{i}"), *ty)).collect();
        let list: Vec<String> =
            list.iter().zip(&columns).map(|(text, (name, _))| format!("{text} AS {name}")).collect();
        let limit = if self.random.chance(10) {
            self.one_of(&[" LIMIT 1", " LIMIT 0", " OFFSET 1", " LIMIT 2"])
        } else {
            String::new()
        };
        (format!("SELECT {distinct}{} FROM {from}{where_clause}{tail}{limit}", list.join(", ")), columns)
    }

    fn grouped_expr(&mut self, ty: Ty, keys: &[(String, Ty)], items: &[Item]) -> String {
        let fitting: Vec<&(String, Ty)> = keys.iter().filter(|(_, of)| *of == ty).collect();
        if !fitting.is_empty() && self.random.chance(50) {
            let key = self.random.pick(&fitting).0.clone();
            return match ty {
                Ty::Text if self.random.chance(30) => format!("({key} || 'x')"),
                Ty::Int if self.random.chance(30) => format!("({key} + 1)"),
                _ => key,
            };
        }
        let argument = self.expr(ty, items, 1);
        let filter = match self.random.chance(15) {
            true => format!(" FILTER (WHERE {})", self.condition(items, 1)),
            false => String::new(),
        };
        match ty {
            Ty::Int => {
                let name = self.one_of(&["count", "sum", "min", "max", "bit_or"]);
                format!("({name}({argument}){filter})::int")
            }
            Ty::Text => format!(
                "{}{filter}",
                self.one_of(&[&format!("max({argument})"), &format!("string_agg({argument}, ',')")])
            ),
            Ty::Bool => format!("{}({argument}){filter}", self.one_of(&["bool_and", "bool_or"])),
            Ty::Time => format!("max({argument}){filter}"),
            Ty::Json => format!("jsonb_agg({argument}){filter}"),
            Ty::Ints => format!("array_agg({}){filter}", self.expr(Ty::Int, items, 1)),
        }
    }

    fn window(&mut self, ty: Ty, scope: &[Item]) -> String {
        let argument = self.expr(ty, scope, 1);
        let order = self.expr(Ty::Int, scope, 1);
        let frame = self.one_of(&[
            "",
            "",
            " ROWS BETWEEN 1 PRECEDING AND CURRENT ROW",
            " ROWS BETWEEN 1 FOLLOWING AND 2 FOLLOWING",
            " ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING EXCLUDE CURRENT ROW",
            " GROUPS 1 PRECEDING",
        ]);
        let function = match (ty, self.random.below(4)) {
            (Ty::Int, 0) => {
                self.one_of(&["row_number()::int", "rank()::int", "count(*)::int"]).replace("::int", "")
            }
            (_, 1) => format!("lag({argument}, 1, {})", self.expr(ty, scope, 1)),
            (Ty::Int, 2) => format!("sum({argument})"),
            (_, 3) => format!("lead({argument})"),
            _ => format!("{}({argument})", self.one_of(&["first_value", "last_value"])),
        };
        let partition = if self.random.chance(30) {
            format!("PARTITION BY {} ", self.expr(Ty::Int, scope, 0))
        } else {
            String::new()
        };
        let call = format!("{function} OVER ({partition}ORDER BY {order}{frame})");
        if ty == Ty::Int { format!("({call})::int") } else { call }
    }

    fn statement(&mut self) -> String {
        match self.random.below(20) {
            0 => {
                let (cte, columns) = self.select(&[], 2);
                let alias = self.alias();
                let scope = [Item { alias: alias.clone(), columns }];
                let list: Vec<String> = (0..3)
                    .map(|_| {
                        let ty = *self.random.pick(&COMMON);
                        self.expr(ty, &scope, 2)
                    })
                    .collect();
                let join = self.one_of(&["", " LEFT JOIN a ON a.id = 99", " RIGHT JOIN a ON a.id = 1"]);
                format!("WITH {alias} AS ({cte}) SELECT {} FROM {alias}{join}", list.join(", "))
            }
            1 => {
                let scope = [Item { alias: "a".to_owned(), columns: table_columns("a") }];
                let (step, start) = (self.expr(Ty::Int, &scope, 1), self.expr(Ty::Int, &scope, 1));
                format!(
                    "WITH RECURSIVE r (k, l, d) AS (SELECT {start}, id, 1 FROM a UNION ALL SELECT l, {step}, d + 1 FROM r JOIN a ON a.id = r.d WHERE d < 4) SELECT k, l, d FROM r"
                )
            }
            2 | 3 => self.update(),
            4 => self.insert(),
            5 => {
                let (from, items) = self.from(&[], 1);
                let mut scope: Vec<Item> = items.into_iter().filter(|item| !item.alias.is_empty()).collect();
                scope.push(Item { alias: "b".to_owned(), columns: table_columns("b") });
                let condition = self.condition(&scope, 2);
                format!("DELETE FROM b USING {from} WHERE {condition} RETURNING {}", self.list(&scope))
            }
            6 if self.major >= 17 => self.merge(),
            7 => {
                // A data-modifying CTE, read by an outer join.
                let alias = self.alias();
                let scope = [Item { alias: "b".to_owned(), columns: table_columns("b") }];
                let (value, text, condition) = (
                    self.expr(Ty::Int, &scope, 1),
                    self.expr(Ty::Text, &scope, 1),
                    self.condition(&scope, 1),
                );
                let join = self.one_of(&["LEFT JOIN", "RIGHT JOIN", "JOIN", "FULL JOIN"]);
                format!(
                    "WITH {alias} (n, s) AS (UPDATE b SET n = {value} WHERE {condition} RETURNING {value}, {text}) \
                     SELECT {alias}.n, {alias}.s, a.id, a.n FROM {alias} {join} a ON a.id = {alias}.n"
                )
            }
            8 => {
                let (from, items) = self.from(&[], 1);
                let scope: Vec<Item> = items.into_iter().filter(|item| !item.alias.is_empty()).collect();
                let (key, list) = (self.expr(Ty::Int, &scope, 1), self.list(&scope));
                format!("SELECT DISTINCT ON ({key}) {list} FROM {from}")
            }
            9 if self.major >= 18 => {
                let scope = [Item { alias: "touched".to_owned(), columns: table_columns("touched") }];
                let condition = self.condition(&scope, 2);
                let what = self.one_of(&[
                    "UPDATE touched SET s = 'x' WHERE",
                    "DELETE FROM touched WHERE",
                    "INSERT INTO touched (id, n, s) SELECT id, 1, 'x' FROM touched WHERE id = 1 AND",
                ]);
                let conflict = if what.starts_with("INSERT") {
                    " ON CONFLICT (id) DO UPDATE SET s = excluded.s"
                } else {
                    ""
                };
                format!(
                    "{what} {condition}{conflict} RETURNING old.id, old.n, old.s, new.id, new.n, new.s, touched.s, old::text, new::text"
                )
            }
            _ => self.select(&[], 2).0,
        }
    }

    fn list(&mut self, scope: &[Item]) -> String {
        let entries: Vec<String> = (0..=self.random.below(4))
            .map(|_| {
                let ty = *self.random.pick(&TYPES);
                self.expr(ty, scope, 2)
            })
            .collect();
        entries.join(", ")
    }

    fn update(&mut self) -> String {
        let table = self.one_of(&["a", "b", "c", "touched", "part", "parent"]);
        let target = Item { alias: table.clone(), columns: table_columns(&table) };
        let (from, items) = self.from(&[], 1);
        let mut scope: Vec<Item> = items.into_iter().filter(|item| !item.alias.is_empty()).collect();
        scope.push(target);
        let (value, text) = (self.expr(Ty::Int, &scope, 1), self.expr(Ty::Text, &scope, 1));
        let assigned = self.one_of(&[
            &format!("n = {value}"),
            &format!("s = {text}"),
            &format!("n = {value}, s = {text}"),
        ]);
        let condition = self.condition(&scope, 2);
        format!("UPDATE {table} SET {assigned} FROM {from} WHERE {condition} RETURNING {}", self.list(&scope))
    }

    fn insert(&mut self) -> String {
        let scope = [Item { alias: "touched".to_owned(), columns: table_columns("touched") }];
        let (value, text) = (self.expr(Ty::Int, &[], 1), self.expr(Ty::Text, &[], 1));
        let table = self.one_of(&["touched", "b", "c", "part"]);
        let conflict = match (table.as_str(), self.random.below(3)) {
            ("touched", 0) => " ON CONFLICT (id) DO UPDATE SET n = excluded.n, s = 'z'",
            ("touched", 1) => " ON CONFLICT DO NOTHING",
            _ => "",
        };
        let returning = self.list(&scope).replace("touched.", &format!("{table}."));
        match table.as_str() {
            "c" => format!("INSERT INTO c (n, s) SELECT {value}, {text} RETURNING c.n, c.s, c.m"),
            "b" => format!(
                "INSERT INTO part (id, n, s) VALUES (1, {value}, 'x') RETURNING part.id, part.n, part.s"
            ),
            "part" => format!("INSERT INTO part (id, n, s) VALUES (9, 1, 'x') RETURNING {returning}"),
            _ => format!(
                "INSERT INTO touched (id, n, s) VALUES (1, {value}, {text}){conflict} RETURNING {returning}"
            ),
        }
    }

    fn merge(&mut self) -> String {
        let scope = [
            Item { alias: "a".to_owned(), columns: table_columns("a") },
            Item { alias: "b".to_owned(), columns: table_columns("b") },
        ];
        let by_source = self.one_of(&[
            "",
            " WHEN NOT MATCHED BY SOURCE THEN DELETE",
            " WHEN NOT MATCHED BY SOURCE THEN UPDATE SET n = 1",
        ]);
        let by_target =
            self.one_of(&["", " WHEN NOT MATCHED THEN INSERT (id, m, r, c) VALUES (b.id + 1000, 1, 'x', 1)"]);
        format!(
            "MERGE INTO a USING b ON a.id = b.a_id AND b.id < 2 WHEN MATCHED THEN {}{by_source}{by_target} RETURNING {}",
            self.one_of(&["UPDATE SET s = b.r", "DELETE"]),
            self.list(&scope)
        )
    }
}

struct World {
    session: Session,
    states: Vec<Client>,
    _databases: Vec<Database>,
}

impl World {
    fn new() -> (Self, u32) {
        let server = Server::start().unwrap();
        let databases: Vec<Database> = (0..4).map(|_| server.create_database().unwrap()).collect();
        let states = databases.iter().zip([FULL, "", NULLS, ORPHANS]).map(|(database, data)| {
            let mut client = database.connect().unwrap();
            client.batch_execute(SCHEMA).unwrap();
            client.batch_execute(data).unwrap();
            client
                .batch_execute("REFRESH MATERIALIZED VIEW mv; ANALYZE; SET statement_timeout = '5s'")
                .unwrap();
            client
        });
        let states = states.collect();
        let session = Session::open(databases[0].config()).unwrap();
        (Self { session, states, _databases: databases }, server.major())
    }

    /// None if the server refuses the query: the generator does not know every rule.
    fn tree(&mut self, sql: &str) -> Option<String> {
        Some(node::unwrapped(&self.session.prepare(sql).ok()?.1?))
    }

    fn analyze(&mut self, queries: &[String], trees: &[String]) -> Vec<(Analysis, Vec<ColumnReasons>)> {
        let trees: Vec<_> = trees.iter().map(|tree| node::parse(tree).unwrap()).collect();
        let catalog = catalog::load(&mut self.session, trees.iter()).unwrap();
        let look = |(sql, tree): (&String, &node::Value<'_>)| {
            (analyze(Some(tree), &catalog, &[]), reason::reasons(sql, Some(tree), &catalog, &[]))
        };
        queries.iter().zip(&trees).map(look).collect()
    }

    /// Runs a query on every database, and undoes it.
    fn run(&mut self, sql: &str, columns: usize) -> Shown {
        let mut shown = Shown { nulls: vec![Nulls::NOWHERE; columns], databases: 0, several_rows: false };
        for client in &mut self.states {
            let mut transaction = client.transaction().unwrap();
            let Ok(messages) = transaction.simple_query(sql) else { continue };
            transaction.rollback().unwrap();
            shown.databases += 1;
            let rows = messages.iter().filter_map(|message| match message {
                SimpleQueryMessage::Row(row) => Some(row),
                _ => None,
            });
            let rows: Vec<_> = rows.collect();
            shown.several_rows |= rows.len() > 1;
            for row in rows {
                for (index, nulls) in shown.nulls.iter_mut().enumerate() {
                    let value = row.get(index);
                    nulls.value |= value.is_none();
                    nulls.elements |=
                        value.is_some_and(|text| text.starts_with('{') && text.contains("NULL"));
                }
            }
        }
        shown
    }
}

/// What a query shows on all databases together.
struct Shown {
    nulls: Vec<Nulls>,
    /// On how many it ran without an error.
    databases: usize,
    several_rows: bool,
}

#[derive(Default)]
struct Count {
    queries: u64,
    refused: usize,
    ran_nowhere: usize,
    non_null: usize,
    nullable: usize,
    nullable_never_shown: usize,
    not_understood: usize,
    failures: Vec<String>,
}

impl Count {
    /// There is a reason for each NULL, and for nothing else.
    fn explain(&mut self, sql: &str, analysis: &Analysis, reasons: &[ColumnReasons]) {
        if analysis.columns.len() != reasons.len() {
            self.failures.push(format!("{} reasons: {sql}", reasons.len()));
        }
        for (index, (nulls, reasons)) in analysis.columns.iter().zip(reasons).enumerate() {
            if nulls.value != reasons.value.is_some() || nulls.elements != reasons.elements.is_some() {
                self.failures.push(format!("reason of column {}: {sql}", index + 1));
            }
            if let Some(reason) = reasons.value.as_ref().filter(|reason| !is_understood(reason)) {
                self.not_understood += 1;
                println!("{}: {sql}", reason.sentence(&|at| at));
            }
        }
    }

    fn compare(&mut self, sql: &str, analysis: &Analysis, shown: &Shown) {
        self.queries += 1;
        self.ran_nowhere += usize::from(shown.databases == 0);
        for (index, (claimed, shown)) in analysis.columns.iter().zip(&shown.nulls).enumerate() {
            self.non_null += usize::from(!claimed.value);
            self.nullable += usize::from(claimed.value);
            self.nullable_never_shown += usize::from(claimed.value && !shown.value);
            if shown.value && !claimed.value || shown.elements && !claimed.elements {
                self.failures.push(format!("column {}: {sql}", index + 1));
            }
        }
        if analysis.at_most_one_row && shown.several_rows {
            self.failures.push(format!("more than one row: {sql}"));
        }
    }
}

#[test]
fn random_queries_never_show_a_null_where_none_is_claimed() {
    let queries = number("BINDERY_RANDOM_QUERIES").unwrap_or(300);
    let random = Random::from_env();
    let seed = random.0;
    let (mut world, major) = World::new();
    let mut generator = Generator { random, aliases: 0, major };
    let mut count = Count::default();
    while count.queries < queries {
        let (mut batch, mut trees) = (Vec::new(), Vec::new());
        while batch.len() < 100 {
            generator.aliases = 0;
            let sql = generator.statement();
            match world.tree(&sql) {
                Some(tree) => {
                    batch.push(sql);
                    trees.push(tree);
                }
                None => count.refused += 1,
            }
        }
        for (sql, (analysis, reasons)) in batch.iter().zip(world.analyze(&batch, &trees)) {
            count.explain(sql, &analysis, &reasons);
            let shown = world.run(sql, analysis.columns.len());
            count.compare(sql, &analysis, &shown);
        }
    }
    let Count {
        queries,
        refused,
        ran_nowhere,
        non_null,
        nullable,
        nullable_never_shown,
        not_understood,
        failures,
    } = count;
    println!(
        "{queries} queries on PostgreSQL {major} ({refused} more refused by the server, {ran_nowhere} ran nowhere): \
         {non_null} columns claimed non-null; of {nullable} claimed nullable {nullable_never_shown} ({} %) never showed a NULL; \
         {not_understood} reasons not understood",
        nullable_never_shown * 100 / nullable.max(1)
    );
    let first: Vec<&String> = failures.iter().take(12).collect();
    assert!(failures.is_empty(), "seed {seed}, {} failures: {first:#?}", failures.len());
}
