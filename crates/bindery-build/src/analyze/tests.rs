//! The rules against a real server: every column claimed non-null is checked with rows that could show a NULL.

use bindery_postgres::{Database, Server};
use postgres::error::SqlState;

mod builtins;
mod cost;
mod random;
mod reasons;

use super::{Analysis, Nulls};
use crate::catalog::Catalog;
use crate::session::Session;

const SCHEMA: &str = include_str!("tests/schema.sql");

/// A file of rules: a line a query, after the letters that are expected: `N` nullable, `.` not.
struct Rules {
    file: &'static str,
    text: &'static str,
    /// What the letters speak of.
    of: fn(Nulls) -> bool,
    /// The first major version that knows what is in it.
    since: u32,
}

const RULES: [Rules; 4] = [
    Rules { file: "rules.txt", text: include_str!("tests/rules.txt"), of: |nulls| nulls.value, since: 14 },
    Rules {
        file: "rules_17.txt",
        text: include_str!("tests/rules_17.txt"),
        of: |nulls| nulls.value,
        since: 17,
    },
    Rules {
        file: "rules_18.txt",
        text: include_str!("tests/rules_18.txt"),
        of: |nulls| nulls.value,
        since: 18,
    },
    Rules {
        file: "elements.txt",
        text: include_str!("tests/elements.txt"),
        of: |nulls| nulls.elements,
        since: 14,
    },
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
            Some((_, sql)) if !line.starts_with('#') => format!("{} {sql}\n", fixture.letters(sql, self.of)),
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
        self.look(sql, super::analyze)
    }

    /// What a function says of a statement's tree, of whose parameters nothing is said.
    fn look<T>(
        &mut self,
        sql: &str,
        say: impl FnOnce(Option<&super::Value<'_>>, &Catalog, &[super::Given]) -> T,
    ) -> T {
        let (statement, tree) = self.session.prepare(sql).unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        let text = super::node::unwrapped(&tree.unwrap());
        let tree = super::node::parse(&text);
        let catalog = crate::catalog::load(&mut self.session, tree.iter()).unwrap();
        say(tree.as_ref(), &catalog, &vec![super::Given::default(); statement.params.len()])
    }

    /// A letter a column: `N` nullable, `.` not.
    fn letters(&mut self, sql: &str, of: fn(Nulls) -> bool) -> String {
        self.analyze(sql).columns.iter().map(|nulls| if of(*nulls) { 'N' } else { '.' }).collect()
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
                assert_eq!(fixture.letters(sql, rules.of), expected, "{sql}");
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
            let nulls = fixture.analyze(sql).columns;
            for row in fixture.rows(sql) {
                for (index, (nulls, value)) in nulls.iter().zip(&row).enumerate() {
                    assert!(nulls.value || value.is_some(), "column {index} is NULL: {sql}");
                    // An array as text: `{a,NULL}`; no string of the data is like that.
                    let null_element = value.as_ref().is_some_and(|value| value.contains("NULL"));
                    assert!(nulls.elements || !null_element, "column {index} has a NULL element: {sql}");
                }
            }
        }
    }
}

impl Fixture {
    /// Runs a statement, undoes it, and gives its rows as text; none where a scalar subquery has too many.
    fn rows(&mut self, sql: &str) -> Vec<Vec<Option<String>>> {
        let mut transaction = self.session.client.transaction().unwrap();
        let messages = match transaction.simple_query(sql) {
            Err(error) if error.code() == Some(&SqlState::CARDINALITY_VIOLATION) => Vec::new(),
            messages => messages.unwrap(),
        };
        transaction.rollback().unwrap();
        let rows = messages.into_iter().filter_map(|message| match message {
            postgres::SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        rows.map(|row| (0..row.len()).map(|index| row.get(index).map(str::to_owned)).collect()).collect()
    }
}

/// Columns of the shared corpus that are called non-null there, and the way in which NULL comes all the same.
const DISPUTED: [(&str, &str, &str); 2] = [
    (
        "i14",
        "an empty scalar subquery stores NULL in a column of a NOT NULL domain (CREATE DOMAIN, notes)",
        "INSERT INTO dt SELECT 2, (SELECT x FROM dt WHERE false)",
    ),
    (
        "q31",
        "replication and pg_restore --disable-triggers do not check foreign keys",
        "SET LOCAL session_replication_role = replica; INSERT INTO b VALUES (99, 't', 99)",
    ),
];

/// The lines of the shared corpus, and a database with its schema; none where it is not.
fn shared_corpus() -> Option<(String, Fixture)> {
    let folder =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance/nullability");
    let Ok(queries) = std::fs::read_to_string(folder.join("queries.txt")) else {
        println!("skipped: ../shared/conformance/nullability is not here");
        return None;
    };
    Some((queries, Fixture::new(&std::fs::read_to_string(folder.join("schema.sql")).unwrap())))
}

#[test]
fn the_shared_corpus_is_never_unsound() {
    let Some((queries, mut fixture)) = shared_corpus() else { return };
    let (mut count, mut unsound, mut imprecise) = (0, 0, 0);
    println!("{:4} {:8} {:8}", "", "truth", "claimed");
    for line in queries.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let mut parts = line.splitn(3, '|');
        let (Some(id), Some(truth), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
            continue;
        };
        let sql = rest.split("--@").next().unwrap_or(rest);
        let claimed = fixture.letters(sql, |nulls| nulls.value);
        assert_eq!(claimed.len(), truth.len(), "{id}: {sql}");
        let differs = |claim, real| claimed.chars().zip(truth.chars()).any(|pair| pair == (claim, real));
        count += 1;
        unsound += usize::from(differs('.', 'N'));
        imprecise += usize::from(differs('N', '.'));
        let disputed = DISPUTED.iter().find(|(disputed, ..)| *disputed == id);
        println!("{id:4} {truth:8} {claimed:8} {}", disputed.map_or("", |(_, reason, _)| reason));
        assert!(!differs('.', 'N'), "unsound: {id}: {sql}");
        assert!(!differs('N', '.') || disputed.is_some(), "imprecise: {id}: {sql}");
        if let Some((_, _, spoil)) = disputed {
            let rows = fixture.rows(&format!("{spoil}; {sql}"));
            let shows = |index: usize| rows.iter().any(|row| row[index].is_none());
            let called_non_null = truth.chars().enumerate().filter(|(_, letter)| *letter == '.');
            assert!(called_non_null.into_iter().any(|(index, _)| shows(index)), "{id} shows no NULL");
        }
    }
    println!("{count} queries, unsound: {unsound}, imprecise: {imprecise}");
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
    let cases: [(&str, &[&str]); 24] = [
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
        ("SELECT words(name, $1 ORDER BY id) FILTER (WHERE id > $2) FROM a", &["separator", "id"]),
        (
            "SELECT words($2, $1) OVER (), string_agg(name, $3) FROM a GROUP BY name",
            &["separator", "word", ""],
        ),
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
fn what_only_reads_is_told_from_what_may_write() {
    let mut fixture = Fixture::new(&format!(
        "{SCHEMA} CREATE SEQUENCE numbers; CREATE RULE log AS ON INSERT TO a DO ALSO SELECT 1;
        CREATE FUNCTION writes() RETURNS int LANGUAGE sql AS 'DELETE FROM b; SELECT 1';
        CREATE VIEW writing AS SELECT writes() AS x;"
    ));
    let reads = [
        "SELECT name, count(*), max(id), rank() OVER (ORDER BY name) FROM a WHERE id = $1 GROUP BY name",
        "WITH c AS (SELECT * FROM all_a()) SELECT lower(c.name), note_of(c.id) FROM c JOIN b ON b.id = c.id",
        "SELECT now(), array_agg(id ORDER BY id), jsonb_build_object('a', 1) FROM a",
        "VALUES (1), (2)",
    ];
    let writes = [
        "INSERT INTO a (id, name) VALUES (1, 'x')",
        "DELETE FROM a",
        "WITH gone AS (DELETE FROM a RETURNING id) SELECT id FROM gone",
        "SELECT id FROM a FOR UPDATE",
        "SELECT 1 WHERE EXISTS (SELECT 1 FROM a FOR SHARE)",
        "SELECT nextval('numbers')",
        "SELECT writes()",
        "SELECT * FROM writing",
        "SELECT pg_advisory_lock(1)",
    ];
    for (expected, statements) in [(true, &reads[..]), (false, &writes[..])] {
        for sql in statements {
            assert_eq!(fixture.analyze(sql).read_only, expected, "{sql}");
        }
    }
}

#[test]
fn a_tree_that_cannot_be_read_proves_nothing() {
    let analysis = super::analyze(
        super::node::parse("{NONSENSE").as_ref(),
        &Catalog::default(),
        &[super::Given::default(), super::Given { nullable: Some(true), null_elements: false }],
    );
    assert!(analysis.columns.is_empty());
    assert_eq!(analysis.params.iter().map(|param| param.nullable).collect::<Vec<_>>(), [false, true]);
}

#[test]
fn mangled_trees_are_read_or_refused() {
    let mut fixture = Fixture::new(SCHEMA);
    let mut random = random::Random::from_env();
    let words = [
        "{",
        "}",
        "(",
        ")",
        ":args",
        "{VAR",
        "<>",
        "\\",
        "\n",
        " ",
        "ü",
        "-1",
        "true",
        "{QUERY :commandType 1}",
    ];
    for (_, sql) in RULES[0].lines().step_by(3) {
        let tree = fixture.session.prepare(sql).unwrap().1.unwrap();
        for _ in 0..20 {
            let mut mangled = tree.clone();
            for _ in 0..=random.below(4) {
                let at = mangled.floor_char_boundary(random.below(mangled.len()));
                let end = mangled.floor_char_boundary((at + random.below(30)).min(mangled.len()));
                let word: &&str = random.pick(&words);
                mangled.replace_range(at..end, word);
            }
            let text = super::node::unwrapped(&mangled);
            let _ = super::node::parse(&text);
        }
    }
}

/// Looking at each twice would take longer than anybody waits.
#[test]
fn queries_inside_queries_are_looked_at_a_few_times_each() {
    let mut fixture = Fixture::new(SCHEMA);
    let layer = |of: &str| {
        format!(
            "SELECT x.id, x.b_id, x.name, coalesce(x.note, y.note) AS note FROM {of} x \
             LEFT JOIN a y ON y.id = x.b_id AND x.note IS NOT DISTINCT FROM y.note WHERE x.name IS NOT NULL"
        )
    };
    let mut views = "CREATE VIEW layer_0 AS SELECT * FROM a;".to_owned();
    let mut ctes = "WITH c0 AS (SELECT * FROM a)".to_owned();
    let (mut exists, mut scalar) = ("true".to_owned(), "1".to_owned());
    for depth in 1..=25 {
        let below = depth - 1;
        views += &format!("CREATE VIEW layer_{depth} AS {};", layer(&format!("layer_{below}")));
        ctes += &format!(", c{depth} AS ({})", layer(&format!("c{below}")));
        exists = format!("EXISTS (SELECT FROM b x{depth} WHERE x{depth}.id > 0 AND {exists})");
        scalar = format!("(SELECT count(*) FROM b WHERE b.id IS NOT DISTINCT FROM {scalar})");
    }
    fixture.session.client.batch_execute(&views).unwrap();
    let cases = [
        ("..N", "SELECT id, name, note FROM layer_25".to_owned()),
        ("..N", format!("{ctes} SELECT id, name, note FROM c25")),
        (".", format!("SELECT id FROM a WHERE {exists}")),
        (".", format!("SELECT {scalar}")),
    ];
    for (expected, sql) in cases {
        assert_eq!(fixture.letters(&sql, |nulls| nulls.value), expected, "{sql}");
    }
}
