//! Reasons: there is one for each NULL, and each says what is so.

use super::{Fixture, RULES, SCHEMA, shared_corpus};
use crate::analyze::reason::{self, ColumnReasons, Reason};
use crate::config::Config;
use crate::parse::{self, Unnamed};
use crate::source;

/// Statements, each followed by what is said of it: `= ` a line a column, `- ` where it is not nullable; `[] ` of the elements
/// of an array; `$ ` a line a parameter; `# ` of the row count.
const TABLES: [Table; 3] = [
    Table { file: "reasons.txt", text: include_str!("reasons.txt"), since: 14 },
    Table { file: "reasons_17.txt", text: include_str!("reasons_17.txt"), since: 17 },
    Table { file: "reasons_18.txt", text: include_str!("reasons_18.txt"), since: 18 },
];

struct Table {
    file: &'static str,
    text: &'static str,
    /// The first major version that knows what is in it.
    since: u32,
}

/// Whether the reason does not end in something that no rule knows.
pub(super) fn is_understood(reason: &Reason) -> bool {
    match reason {
        Reason::NotUnderstood { .. } | Reason::NoTree => false,
        Reason::Argument { reason, .. }
        | Reason::Values { reason, .. }
        | Reason::Inside { reason, .. }
        | Reason::Part { reason, .. } => is_understood(reason),
        Reason::Every { reasons, .. } => !reasons.is_empty() && reasons.iter().all(is_understood),
        _ => true,
    }
}

/// One case of the table.
struct Case {
    sql: String,
    said: Vec<String>,
}

impl Table {
    fn cases(&self) -> Vec<Case> {
        let blocks = self.text.split("\n\n");
        let cases = blocks.map(|block| {
            let lines = block.lines().filter(|line| !line.starts_with("--"));
            let (said, sql): (Vec<&str>, Vec<&str>) = lines.partition(|line| is_said(line));
            Case { sql: sql.join("\n"), said: said.into_iter().map(str::to_owned).collect() }
        });
        cases.filter(|case| !case.sql.is_empty()).collect()
    }

    /// Compares what is said, or with `BINDERY_ACCEPT` writes it in place of what is expected.
    fn check(&self, fixture: &mut Fixture) {
        let accepts = std::env::var_os("BINDERY_ACCEPT").is_some();
        let comments = self.text.lines().take_while(|line| line.starts_with("--"));
        let mut accepted: String = comments.map(|line| format!("{line}\n")).collect();
        for case in self.cases() {
            // The row count is told where the case asks for it.
            let asks = case.said.iter().any(|line| line.starts_with("# "));
            let mut said = fixture.said(&case.sql);
            said.retain(|line| asks || !line.starts_with("# "));
            assert!(
                accepts || said == case.said,
                "{}\nsaid: {said:#?}\nexpected: {:#?}",
                case.sql,
                case.said
            );
            accepted += &format!("\n{}\n{}\n", case.sql, said.join("\n"));
        }
        if accepts {
            let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/analyze/tests");
            std::fs::write(folder.join(self.file), accepted).unwrap();
        }
    }
}

fn is_said(line: &str) -> bool {
    ["= ", "-", "[] ", "$ ", "# "].iter().any(|mark| line.starts_with(mark))
}

impl Fixture {
    fn reasons(&mut self, sql: &str) -> Vec<ColumnReasons> {
        self.look(sql, |tree, catalog, given| reason::reasons(sql, tree, catalog, given))
    }

    fn said(&mut self, sql: &str) -> Vec<String> {
        let line = |at: usize| sql[..at].matches('\n').count() + 1;
        let columns = self.session.prepare(sql).unwrap().0.columns;
        let is_array = "SELECT typcategory = 'A' FROM pg_type WHERE oid = $1";
        let types = columns.iter().map(|column| column.ty);
        let are_arrays: Vec<bool> =
            types.map(|ty| self.session.client.query_one(is_array, &[&ty]).unwrap().get(0)).collect();
        let mut said = Vec::new();
        for (reasons, is_array) in self.reasons(sql).iter().zip(are_arrays) {
            let value = reasons.value.as_ref().map(|reason| format!("= {}", reason.sentence(&line)));
            said.push(value.unwrap_or("-".to_owned()));
            let elements = reasons.elements.as_ref().filter(|_| is_array);
            said.extend(elements.map(|reason| format!("[] {}", reason.sentence(&line))));
        }
        let params = self.look(sql, reason::param_reasons);
        said.extend(params.iter().map(|reason| format!("$ {}", reason.sentence())));
        let rows = self.look(sql, |tree, catalog, _| reason::rows_reason(tree, catalog));
        said.push(format!("# {}", rows.sentence()));
        said
    }
}

#[test]
fn each_reason_is_said() {
    let mut fixture = Fixture::new(SCHEMA);
    for table in TABLES {
        match fixture.major < table.since {
            true => println!("left out: {} needs PostgreSQL {}", table.file, table.since),
            false => table.check(&mut fixture),
        }
    }
}

/// Reasons that may end in something that no rule knows: a row of a join.
const NOT_UNDERSTOOD: [&str; 1] = ["nothing is known of a whole row or a system column"];

#[test]
fn each_nullable_column_of_the_rules_has_a_reason() {
    let mut fixture = Fixture::new(SCHEMA);
    let major = fixture.major;
    let mut wrong = Vec::new();
    for rules in RULES.iter().filter(|rules| major >= rules.since) {
        for (_, sql) in rules.lines() {
            wrong.extend(disagreement(&mut fixture, sql));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn each_nullable_column_of_the_shared_corpus_has_a_reason() {
    let Some((queries, mut fixture)) = shared_corpus() else { return };
    let mut wrong = Vec::new();
    for line in queries.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let Some(rest) = line.splitn(3, '|').nth(2) else { continue };
        wrong.extend(disagreement(&mut fixture, rest.split("--@").next().unwrap_or(rest)));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What differs between the analysis and the reasons of a statement, or is not understood.
fn disagreement(fixture: &mut Fixture, sql: &str) -> Option<String> {
    let columns = fixture.analyze(sql).columns;
    let reasons = fixture.reasons(sql);
    let agrees = columns.len() == reasons.len()
        && columns.iter().zip(&reasons).all(|(nulls, reasons)| {
            nulls.value == reasons.value.is_some() && nulls.elements == reasons.elements.is_some()
        });
    if !agrees {
        return Some(format!("another verdict: {sql}"));
    }
    let values = reasons.iter().filter_map(|reasons| reasons.value.as_ref());
    let unknown = values.filter(|reason| !is_understood(reason)).map(|reason| reason.sentence(&|at| at));
    let unknown: Vec<String> = unknown.filter(|said| !NOT_UNDERSTOOD.contains(&said.as_str())).collect();
    (!unknown.is_empty()).then(|| format!("{}: {sql}", unknown.join("; ")))
}

/// What refers to the layer below twice, or more often, is not followed everywhere.
#[test]
fn layers_of_views_are_explained_down_to_the_table() {
    let mut fixture = Fixture::new(SCHEMA);
    let mut views =
        "CREATE VIEW layer_0 AS SELECT id, note AS x, note AS y, b_id AS n, b_id AS m FROM a;".to_owned();
    for depth in 1..=25 {
        views += &format!(
            "CREATE VIEW layer_{depth} AS SELECT l.id, l.x, coalesce(l.x, l.y) AS y, plus(l.n, l.m) AS n, plus(l.m, l.n) AS m \
             FROM layer_{} l LEFT JOIN a ON a.id = l.id AND l.x IS NOT DISTINCT FROM a.note WHERE l.id > 0;",
            depth - 1
        );
    }
    fixture.session.client.batch_execute(&views).unwrap();
    let said = fixture.said("SELECT x, y FROM layer_25");
    assert_eq!(
        said[0],
        "= layer_25.x is nullable, as is layer_0.x deep inside: a.note is declared without NOT NULL"
    );
    assert!(
        said[1]
            .starts_with("= layer_25.y is nullable: coalesce(x, y) is NULL where all of its arguments are: ")
    );
    assert!(said[1].ends_with("a.note is declared without NOT NULL"), "{said:?}");
    let said = fixture.said("SELECT n FROM layer_10");
    assert!(said[0].starts_with("= layer_10.n is nullable: plus(n, m) is nullable: "), "{said:?}");
    assert!(said[0].ends_with("a.b_id is declared without NOT NULL"), "{said:?}");
}

/// Nothing in the queries of the example is beyond explanation; `-- --nocapture` shows what is said.
#[test]
fn the_example_is_explained() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut fixture = Fixture::new("");
    let migrations = bindery_migrate::read_dir(root.join("migrations")).unwrap();
    bindery_migrate::apply(&mut fixture.session.client, &migrations).unwrap();
    let mut diagnostics = Vec::new();
    let sources = source::read(&Config::new(&root), &mut diagnostics);
    let files = sources.queries.iter().map(|file| parse::parse(file, Unnamed::Mistake, &mut diagnostics));
    for query in files.flat_map(|file| file.queries).collect::<Vec<_>>() {
        let line = |at: usize| {
            let characters = query.sql[..at].chars().count();
            let span = query.span_of(u32::try_from(characters).unwrap() + 1);
            span.file.text[..span.range.start].matches('\n').count() + 1
        };
        let columns = fixture.session.prepare(&query.sql).unwrap().0.columns;
        let names: Vec<String> = columns.into_iter().map(|column| column.name).collect();
        println!("{} {}", query.file.path, query.name);
        for (reasons, name) in fixture.reasons(&query.sql).iter().zip(names) {
            let Some(reason) = &reasons.value else { continue };
            println!("    {name}: {}", reason.sentence(&line));
            assert!(is_understood(reason), "{} {name}: {}", query.name, reason.sentence(&line));
        }
        let params = fixture.look(&query.sql, reason::param_reasons);
        params
            .iter()
            .enumerate()
            .for_each(|(index, reason)| println!("    ${}: {}", index + 1, reason.sentence()));
        let rows = fixture.look(&query.sql, |tree, catalog, _| reason::rows_reason(tree, catalog));
        println!("    rows: {}", rows.sentence());
    }
}

/// Trees nest as deep as statements do.
#[test]
fn deep_expressions_are_explained() {
    let nested =
        |left: &str, right: &str| format!("SELECT {}note{} FROM a", left.repeat(400), right.repeat(400));
    let explain = move || {
        let mut fixture = Fixture::new(SCHEMA);
        let said = |sql: String| fixture.said(&sql).swap_remove(0);
        [nested("lower(", ")"), nested("(CASE WHEN id > 0 THEN '' ELSE ", " END)"), nested("('x' || ", ")")]
            .map(said)
    };
    let room = std::thread::Builder::new().stack_size(64 << 20).spawn(explain).unwrap();
    assert_eq!(
        room.join().unwrap(),
        [
            "= lower(lower(lower(lower(...)))) is NULL where an argument is: a.note is declared without NOT NULL",
            "= a.note is declared without NOT NULL",
            "= this expression is NULL where an argument is: a.note is declared without NOT NULL",
        ]
    );
}
