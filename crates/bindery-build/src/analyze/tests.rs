//! The rules against a real server: every column claimed non-null is checked with rows that could show a NULL.

use bindery_postgres::{Database, Server};

mod builtins;
mod cost;
mod random;

use super::Analysis;
use crate::session::Session;

const SCHEMA: &str = include_str!("tests/schema.sql");

/// A file of rules: a line a query, after the letters that are expected: `N` nullable, `.` not.
struct Rules {
    file: &'static str,
    text: &'static str,
    /// The first major version that knows what is in it.
    since: u32,
}

const RULES: [Rules; 3] = [
    Rules { file: "rules.txt", text: include_str!("tests/rules.txt"), since: 14 },
    Rules { file: "rules_17.txt", text: include_str!("tests/rules_17.txt"), since: 17 },
    Rules { file: "rules_18.txt", text: include_str!("tests/rules_18.txt"), since: 18 },
];

impl Rules {
    /// Expected letters and query of each line.
    fn lines(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let lines = self.text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
        lines.map(|line| line.split_once(' ').expect("letters and a query"))
    }

    /// Writes what is found in place of what is expected.
    fn accept(&self, fixture: &mut Fixture) {
        let accepted = self.text.lines().map(|line| match line.split_once(' ') {
            Some((_, sql)) if !line.starts_with('#') => format!("{} {sql}\n", fixture.letters(sql)),
            _ => format!("{line}\n"),
        });
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/analyze/tests");
        std::fs::write(folder.join(self.file), accepted.collect::<String>()).unwrap();
    }
}

struct Fixture {
    session: Session,
    major: u32,
    _database: Database,
}

impl Fixture {
    fn new(schema: &str) -> Self {
        let server = Server::start().unwrap();
        let database = server.create_database().unwrap();
        database.connect().unwrap().batch_execute(schema).unwrap();
        Self {
            session: Session::open(database.config()).unwrap(),
            major: server.major(),
            _database: database,
        }
    }

    fn analyze(&mut self, sql: &str) -> Analysis {
        let prepared = self.session.prepare(sql).unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        let text = super::node::unwrapped(&prepared.tree.unwrap());
        let tree = super::node::parse(&text);
        let catalog = crate::catalog::load(&mut self.session, tree.iter()).unwrap();
        super::analyze(
            tree.as_ref(),
            &catalog,
            &vec![super::Given::default(); prepared.statement.params().len()],
        )
    }

    /// A letter a column: `N` nullable, `.` not.
    fn letters(&mut self, sql: &str) -> String {
        self.analyze(sql).columns.iter().map(|nulls| if nulls.value { 'N' } else { '.' }).collect()
    }
}

#[test]
fn each_rule_holds() {
    let mut fixture = Fixture::new(SCHEMA);
    for rules in RULES {
        if fixture.major < rules.since {
            println!("left out: {} needs PostgreSQL {}, this is {}", rules.file, rules.since, fixture.major);
        } else if std::env::var_os("BINDERY_ACCEPT").is_some() {
            rules.accept(&mut fixture);
        } else {
            for (expected, sql) in rules.lines() {
                assert_eq!(fixture.letters(sql), expected, "{sql}");
            }
        }
    }
}

#[test]
fn no_column_claimed_non_null_returns_null() {
    let mut fixture = Fixture::new(SCHEMA);
    let major = fixture.major;
    for rules in RULES.iter().filter(|rules| major >= rules.since) {
        for (_, sql) in rules.lines().filter(|(_, sql)| !sql.contains('$') || sql.contains("'$")) {
            let letters = fixture.letters(sql);
            fixture.check_rows(sql, &letters);
        }
    }
}

impl Fixture {
    /// Runs the query, undoes it, and looks for a NULL where none is claimed to come.
    fn check_rows(&mut self, sql: &str, letters: &str) {
        let mut transaction = self.session.client.transaction().unwrap();
        let messages = transaction.simple_query(sql).unwrap();
        transaction.rollback().unwrap();
        for message in messages {
            let postgres::SimpleQueryMessage::Row(row) = message else { continue };
            for (index, letter) in letters.chars().enumerate() {
                assert!(letter == 'N' || row.get(index).is_some(), "column {index} is NULL: {sql}");
            }
        }
    }
}

#[test]
fn the_shared_corpus_is_never_unsound() {
    let folder =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance/nullability");
    let Ok(queries) = std::fs::read_to_string(folder.join("queries.txt")) else {
        println!("skipped: ../shared/conformance/nullability is not here");
        return;
    };
    let mut fixture = Fixture::new(&std::fs::read_to_string(folder.join("schema.sql")).unwrap());
    let (mut lines, mut unsound, mut imprecise) = (0, Vec::new(), Vec::new());
    for line in queries.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let mut parts = line.splitn(3, '|');
        let (Some(id), Some(truth), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
            continue;
        };
        let sql = rest.split("--@").next().unwrap_or(rest);
        let claimed = fixture.letters(sql);
        assert_eq!(claimed.len(), truth.len(), "{id}: {sql}");
        let differs = |claim, real| claimed.chars().zip(truth.chars()).any(|pair| pair == (claim, real));
        lines += 1;
        if differs('.', 'N') {
            unsound.push(id.to_owned());
        }
        if differs('N', '.') {
            imprecise.push(id.to_owned());
        }
    }
    println!(
        "{lines} queries, unsound: {}, imprecise: {} ({})",
        unsound.len(),
        imprecise.len(),
        imprecise.join(" ")
    );
    assert!(unsound.is_empty(), "{unsound:?}");
}

#[test]
fn parameters_take_the_names_of_their_columns() {
    let mut fixture = Fixture::new(SCHEMA);
    let params = |analysis: Analysis| -> Vec<String> {
        let shown = |param: super::ParamAnalysis| {
            format!("{}{}", param.name.unwrap_or_default(), if param.nullable { "?" } else { "" })
        };
        analysis.params.into_iter().map(shown).collect()
    };
    let cases: [(&str, &[&str]); 22] = [
        ("SELECT 1 FROM a WHERE id BETWEEN $1 AND $2", &["from_id", "to_id"]),
        ("SELECT 1 FROM a WHERE $1 > id AND id >= $2 AND name = $3", &["to_id", "from_id", "name"]),
        ("SELECT 1 FROM a WHERE lower(name) = lower($1)", &["name"]),
        ("SELECT 1 FROM a WHERE (id, name) > ($1, $2)", &["id", "name"]),
        ("SELECT 1 FROM a WHERE id IN ($1, $2)", &["id", "id"]),
        ("SELECT 1 FROM a WHERE $1::int IS NULL OR id = $1", &["id?"]),
        ("SELECT 1 FROM a WHERE note IS NOT DISTINCT FROM $1", &["note?"]),
        ("SELECT 1 FROM a WHERE note IS NOT DISTINCT FROM $1 AND name = $1", &["note"]),
        ("UPDATE a SET name = coalesce($1, name)", &["name?"]),
        ("UPDATE a SET name = $1, note = $1", &["name"]),
        ("UPDATE a SET note = $1 WHERE name = $1", &["note?"]),
        ("INSERT INTO a (id, name, note) SELECT $1, $2, $3 FROM b", &["id", "name", "note?"]),
        ("UPDATE a SET b_id = b_id + $1 WHERE id = $2", &["b_id", "id"]),
        (
            "INSERT INTO a (id, name) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET note = $1 WHERE a.name = $2",
            &["note?", "name"],
        ),
        ("SELECT make_interval(days => $1), plus(y => $2, x => 1)", &["days", "y"]),
        ("SELECT 1 FROM a WHERE name = $1 AND $2 < id", &["name", "id"]),
        ("INSERT INTO a (id, name, note) VALUES ($1, $2, $3)", &["id", "name", "note?"]),
        ("INSERT INTO a (id, name, note) VALUES ($1, 'x', NULL), ($2, 'y', $3)", &["id", "id", "note?"]),
        ("UPDATE a SET note = $1::text WHERE id = ANY ($2)", &["note?", "id"]),
        ("SELECT 1 FROM a LIMIT $1 OFFSET $2", &["limit", "offset"]),
        ("SELECT 1 FROM b WHERE EXISTS (SELECT 1 FROM a WHERE a.note = $1)", &["note"]),
        ("SELECT $1::int", &[""]),
    ];
    for (sql, expected) in cases {
        assert_eq!(params(fixture.analyze(sql)), expected, "{sql}");
    }
}

#[test]
fn row_counts_are_proven_by_keys_limits_and_aggregates() {
    let mut fixture = Fixture::new(SCHEMA);
    let mut wrong = Vec::new();
    for line in include_str!("tests/rows.txt").lines().filter(|line| !line.starts_with('#')) {
        let (expected, sql) = line.split_once(' ').unwrap();
        if fixture.analyze(sql).at_most_one_row != (expected == "1") {
            wrong.push(line);
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_tree_that_cannot_be_read_proves_nothing() {
    let analysis = super::analyze(
        super::node::parse("{NONSENSE").as_ref(),
        &crate::catalog::Catalog::default(),
        &[super::Given::default(), super::Given { nullable: Some(true), null_elements: false }],
    );
    assert!(analysis.columns.is_empty());
    assert_eq!(analysis.params.iter().map(|param| param.nullable).collect::<Vec<_>>(), [false, true]);
}
