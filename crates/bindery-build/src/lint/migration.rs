//! The rules over migrations: what rewrites a table that is there already, reads all of it, or keeps others from it.
//!
//! Tables that the same migration creates are empty, or as good as; so is the database of the migrations before the first
//! table.

use std::collections::{BTreeMap, BTreeSet};

use bindery_migrate::Migration;

use super::ddl::{self, Action, ActionKind, Column, Placed, Statement, Type};
use super::{Finding, Rule};

/// What a rule found in a migration.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct MigrationFinding {
    /// The migration's.
    pub path: String,
    /// Where it stands in the file, in bytes.
    pub offset: usize,
    /// The table that is rewritten or locked, without the schema `public`: how many rows it has, a database knows.
    pub table: String,
    /// Without a position.
    pub finding: Finding,
}

/// What is found in those of `all` migrations, which are in order, that `look_at` picks.
pub(crate) fn in_migrations(
    all: &[Migration],
    look_at: impl Fn(&Migration) -> bool,
) -> Vec<MigrationFinding> {
    let mut schema = Schema::default();
    let mut findings = Vec::new();
    for migration in all {
        let found =
            Reader { migration, schema: &mut schema, created: BTreeSet::new(), is_first: false }.read();
        if look_at(migration) {
            findings.extend(found);
        }
    }
    findings
}

/// What the migrations so far have made, by table.
#[derive(Default)]
struct Schema {
    columns: BTreeMap<String, BTreeMap<String, Type>>,
    /// Columns that a CHECK wants to be non-null.
    checked: BTreeSet<(String, String)>,
}

struct Reader<'r> {
    migration: &'r Migration,
    schema: &'r mut Schema,
    /// The tables that this migration has made.
    created: BTreeSet<String>,
    /// Whether there was no table before it.
    is_first: bool,
}

/// A rule with where it applies in its statement, and what it is about.
struct Hit {
    rule: Rule,
    at: usize,
    subject: String,
}

impl Reader<'_> {
    fn read(mut self) -> Vec<MigrationFinding> {
        self.is_first = self.schema.columns.is_empty();
        let mut findings = Vec::new();
        for text in &self.migration.up.statements {
            for placed in ddl::statements(&text.sql) {
                let table = table(&placed.statement).to_owned();
                for hit in self.statement(placed) {
                    let position = text.sql[..hit.at].chars().count() + 1;
                    let position = u32::try_from(position).unwrap_or(u32::MAX);
                    findings.push(MigrationFinding {
                        path: self.migration.path.clone(),
                        offset: text.offset_in_file(position),
                        table: table.clone(),
                        finding: Finding { at: None, rule: hit.rule, subject: hit.subject },
                    });
                }
            }
        }
        findings
    }

    /// What is found in a statement, after which the schema is as it leaves it.
    fn statement(&mut self, placed: Placed) -> Vec<Hit> {
        let mut hits = Vec::new();
        match placed.statement {
            Statement::Create { table, columns } => {
                let columns = columns.into_iter().map(|column| (column.name, column.ty)).collect();
                self.schema.columns.insert(table.clone(), columns);
                self.created.insert(table);
            }
            Statement::Rename { table, to } => {
                if self.created.contains(&table) {
                    self.created.insert(to.clone());
                }
                let columns = self.schema.columns.remove(&table).unwrap_or_default();
                self.schema.columns.insert(to, columns);
            }
            Statement::CreateIndex { table, concurrently, only } => {
                if !concurrently && !only && self.has_rows(&table) {
                    hits.push(Hit { rule: Rule::IndexWithoutConcurrently, at: placed.at, subject: table });
                }
            }
            Statement::Alter { table, actions } => {
                for action in actions {
                    if self.has_rows(&table) {
                        hits.extend(self.action(&table, &action));
                    }
                    self.apply(&table, action.kind);
                }
            }
        }
        hits
    }

    /// Whether the table is older than this migration.
    fn has_rows(&self, table: &str) -> bool {
        !self.is_first && !self.created.contains(table)
    }

    fn action(&self, table: &str, action: &Action) -> Vec<Hit> {
        let hit = |rule, subject: &str| Hit { rule, at: action.at, subject: subject.to_owned() };
        let of_column = |name: &str| format!("{table}.{name}");
        match &action.kind {
            ActionKind::AddColumn(column) => {
                let rules = rules_of_column(column).into_iter();
                rules
                    .map(|rule| match rule {
                        Rule::AddColumnNotNull | Rule::AddColumnRewrites => {
                            hit(rule, &of_column(&column.name))
                        }
                        _ => hit(rule, table),
                    })
                    .collect()
            }
            ActionKind::AddCheck { is_valid: true, .. } | ActionKind::AddForeignKey { is_valid: true } => {
                vec![hit(Rule::ConstraintWithoutNotValid, table)]
            }
            ActionKind::AddUnique { uses_index: false } => vec![hit(Rule::UniqueWithoutIndex, table)],
            ActionKind::SetNotNull(column) => {
                let is_proven = self.schema.checked.contains(&(table.to_owned(), column.clone()));
                if is_proven { Vec::new() } else { vec![hit(Rule::SetNotNullScan, &of_column(column))] }
            }
            ActionKind::ChangeType { column, ty } => {
                let old = self.schema.columns.get(table).and_then(|columns| columns.get(column));
                let is_free = old.is_some_and(|old| is_free_widening(old, ty));
                if is_free { Vec::new() } else { vec![hit(Rule::ChangeTypeRewrites, &of_column(column))] }
            }
            _ => Vec::new(),
        }
    }

    fn apply(&mut self, table: &str, action: ActionKind) {
        let (name, ty) = match action {
            ActionKind::AddColumn(column) => (column.name, column.ty),
            ActionKind::ChangeType { column, ty } => (column, ty),
            ActionKind::AddCheck { non_null: Some(column), .. } => {
                self.schema.checked.insert((table.to_owned(), column));
                return;
            }
            _ => return,
        };
        self.schema.columns.entry(table.to_owned()).or_default().insert(name, ty);
    }
}

fn table(statement: &Statement) -> &str {
    match statement {
        Statement::Create { table, .. }
        | Statement::Rename { table, .. }
        | Statement::Alter { table, .. }
        | Statement::CreateIndex { table, .. } => table,
    }
}

/// What adding a column does to a table that has rows; a table that is rewritten is read anyway.
fn rules_of_column(column: &Column) -> Vec<Rule> {
    if column.not_null && !column.default {
        return vec![Rule::AddColumnNotNull];
    }
    if column.stored_in_each_row {
        return vec![Rule::AddColumnRewrites];
    }
    let mut rules = Vec::new();
    if column.unique {
        rules.push(Rule::UniqueWithoutIndex);
    }
    // A new column that is NULL everywhere refers to nothing, which PostgreSQL knows.
    if column.checked || column.references && column.default {
        rules.push(Rule::ConstraintWithoutNotValid);
    }
    rules
}

/// Whether PostgreSQL only changes the catalog.
fn is_free_widening(old: &Type, new: &Type) -> bool {
    let grows = match (old.modifiers.as_slice(), new.modifiers.as_slice()) {
        (_, []) => true,
        ([], _) => false,
        ([old, old_scale @ ..], [new, new_scale @ ..]) => old <= new && old_scale == new_scale,
    };
    match (old.name.as_str(), new.name.as_str()) {
        ("varchar" | "numeric" | "bit varying" | "timestamp" | "timestamptz", after) if old.name == after => {
            grows
        }
        ("varchar", "text") | ("cidr", "inet") => true,
        ("text", "varchar") => new.modifiers.is_empty(),
        (before, after) => before == after && old.modifiers == new.modifiers,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "CREATE TABLE cars (id int PRIMARY KEY, plate varchar(9), \"Odd\" text, price numeric, seen timestamp(3));\n\
                         CREATE TABLE shop.cars (id int);";

    /// What is found in a second migration: rule, table, and the text of its line from there on.
    fn found(text: &str) -> Vec<String> {
        let migrations = [("1_a.sql", FIRST), ("2_b.sql", text)]
            .map(|(path, text)| bindery_migrate::parse(path, &format!("-- +goose Up\n{text}")).unwrap());
        let file = format!("-- +goose Up\n{text}");
        let found = in_migrations(&migrations, |migration| migration.path == "2_b.sql");
        let shown = found.iter().map(|found| {
            let line = file[found.offset..].lines().next().unwrap();
            format!("{} {}: {line}", found.finding.rule.name(), found.table)
        });
        shown.collect()
    }

    #[test]
    fn rules_find_what_they_should_and_stand_where_it_is() {
        let cases: [(&str, &[&str]); 23] = [
            // Multi-byte text and line ends of Windows before it.
            (
                "-- ü🚗\r\nCOMMENT ON TABLE cars IS 'ö;';\r\nCREATE INDEX i ON cars (id);\r\n",
                &["index-without-concurrently cars: CREATE INDEX i ON cars (id);"],
            ),
            ("CREATE INDEX CONCURRENTLY i ON cars (id);", &[]),
            (
                "CREATE INDEX ON \"public\".\"cars\" (id);",
                &["index-without-concurrently cars: CREATE INDEX ON \"public\".\"cars\" (id);"],
            ),
            (
                "CREATE INDEX ON shop.cars (id);",
                &["index-without-concurrently shop.cars: CREATE INDEX ON shop.cars (id);"],
            ),
            ("CREATE TABLE other.cars (id int); CREATE INDEX ON other.cars (id);", &[]),
            ("CREATE UNLOGGED TABLE IF NOT EXISTS t (id int); CREATE INDEX ON t (id);", &[]),
            ("CREATE TABLE t AS SELECT 1 AS id; ALTER TABLE t ADD PRIMARY KEY (id);", &[]),
            ("CREATE MATERIALIZED VIEW v AS SELECT 1 AS id; CREATE UNIQUE INDEX ON v (id);", &[]),
            (
                "-- +goose StatementBegin\nDO $$ BEGIN CREATE INDEX ON cars (id); END $$;\n-- +goose StatementEnd",
                &[],
            ),
            (
                "ALTER TABLE IF EXISTS ONLY cars /* ; */ ADD x int NOT NULL;",
                &["add-column-not-null cars: ADD x int NOT NULL;"],
            ),
            ("ALTER TABLE cars ADD x int NOT NULL DEFAULT coalesce(1, 2);", &[]),
            (
                "ALTER TABLE cars ADD x int CHECK (x IS NOT NULL);",
                &["constraint-without-not-valid cars: ADD x int CHECK (x IS NOT NULL);"],
            ),
            ("ALTER TABLE cars ADD \"default\" text, ADD \"check\" text, DROP COLUMN id;", &[]),
            (
                "ALTER TABLE cars ADD x double precision DEFAULT 1 + random();",
                &["add-column-rewrites cars: ADD x double precision DEFAULT 1 + random();"],
            ),
            ("ALTER TABLE cars ADD x text DEFAULT 'random()', ADD random int;", &[]),
            (
                "ALTER TABLE cars ADD id2 int REFERENCES cars, ADD id3 int DEFAULT 1 REFERENCES cars;",
                &["constraint-without-not-valid cars: ADD id3 int DEFAULT 1 REFERENCES cars;"],
            ),
            ("ALTER TABLE cars ADD EXCLUDE USING gist (price WITH =);", &[]),
            ("ALTER TABLE cars ALTER COLUMN \"Odd\" TYPE varchar, ALTER price TYPE decimal;", &[]),
            (
                "ALTER TABLE cars ALTER COLUMN seen TYPE timestamptz USING seen AT TIME ZONE 'UTC';",
                &[
                    "change-type-rewrites cars: ALTER COLUMN seen TYPE timestamptz USING seen AT TIME ZONE 'UTC';",
                ],
            ),
            (
                "ALTER TABLE cars ALTER plate TYPE varchar(20); ALTER TABLE cars ALTER plate TYPE varchar(15);",
                &["change-type-rewrites cars: ALTER plate TYPE varchar(15);"],
            ),
            ("ALTER TABLE cars ALTER id TYPE integer, ALTER seen TYPE timestamp (6) without time zone;", &[]),
            ("ALTER TABLE cars RENAME TO autos; ALTER TABLE autos ALTER plate TYPE text;", &[]),
            (
                "ALTER TABLE cars ALTER id SET DEFAULT 1, ALTER id DROP NOT NULL, VALIDATE CONSTRAINT x; TRUNCATE cars;",
                &[],
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(found(text), expected, "{text}");
        }
    }

    #[test]
    fn everything_before_the_first_table_is_new() {
        let text = "-- +goose Up\nALTER TABLE cars ADD x int NOT NULL; CREATE INDEX ON cars (id);";
        let migrations = [bindery_migrate::parse("1_a.sql", text).unwrap()];
        assert_eq!(in_migrations(&migrations, |_| true), []);
    }

    /// PostgreSQL gives a table that it rewrites another file.
    #[test]
    fn what_is_said_to_rewrite_does_and_the_rest_does_not() {
        let first = "CREATE TABLE r (a varchar(9), b numeric(8, 2), c timestamp(3), d text, e cidr, f bit varying(3), g int);";
        let actions = [
            "ALTER a TYPE varchar(20)",
            "ALTER a TYPE character varying (10)",
            "ALTER a TYPE text",
            "ALTER a TYPE varchar",
            "ALTER b TYPE numeric(10, 2)",
            "ALTER b TYPE decimal(10, 3)",
            "ALTER b TYPE numeric",
            "ALTER c TYPE timestamp (6) without time zone",
            "ALTER c TYPE timestamp",
            "ALTER d TYPE varchar",
            "ALTER d TYPE varchar(9)",
            "ALTER e TYPE inet",
            "ALTER f TYPE bit varying (9)",
            "ALTER g TYPE int4",
            "ALTER g TYPE int8",
            "ADD h uuid DEFAULT gen_random_uuid()",
            "ADD i timestamptz NOT NULL DEFAULT now()",
            "ADD j int GENERATED BY DEFAULT AS IDENTITY",
            "ADD k int GENERATED ALWAYS AS (1) STORED",
            "ADD l smallserial",
            "ADD m int NOT NULL DEFAULT coalesce(1, 2)",
        ];
        let database = bindery_postgres::Server::start().unwrap().create_database().unwrap();
        let mut client = database.connect().unwrap();
        client.batch_execute(&format!("{first} INSERT INTO r (g) VALUES (1)")).unwrap();
        let mut texts = vec![("1_r.sql".to_owned(), format!("-- +goose Up\n{first}"))];
        for (number, action) in actions.iter().enumerate() {
            let file = |client: &mut postgres::Client| -> Option<u32> {
                client.query_one("SELECT pg_relation_filenode('r')", &[]).unwrap().get(0)
            };
            let before = file(&mut client);
            client.batch_execute(&format!("ALTER TABLE r {action}")).unwrap();
            let is_rewritten = file(&mut client) != before;
            let path = format!("{}_a.sql", number + 2);
            texts.push((path.clone(), format!("-- +goose Up\nALTER TABLE r {action};")));
            let parsed = texts.iter().map(|(path, text)| bindery_migrate::parse(path, text).unwrap());
            let all: Vec<Migration> = parsed.collect();
            let found = in_migrations(&all, |migration| migration.path == path);
            assert_eq!(!found.is_empty(), is_rewritten, "{action}");
        }
    }
}
