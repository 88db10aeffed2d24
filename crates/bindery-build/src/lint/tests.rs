//! The rules over trees against a real server: a line a query in `tests/cases.txt`, after what is found in it.
//!
//! `BINDERY_ACCEPT=1` writes what is found; read it before committing.

use bindery_postgres::Server;

use super::{Finding, Rule};
use crate::analyze::Given;
use crate::analyze::node;
use crate::catalog;
use crate::lint;
use crate::session::Session;

const SCHEMA: &str = include_str!("tests/schema.sql");
const CASES: &str = include_str!("tests/cases.txt");

fn shown(findings: &[Finding]) -> String {
    let shown = findings.iter().map(|finding| {
        let at = finding.at.map_or("?".to_owned(), |at| at.to_string());
        format!("{}@{at} {}", finding.rule.name(), finding.subject)
    });
    match findings {
        [] => "-".to_owned(),
        _ => shown.collect::<Vec<_>>().join("; "),
    }
}

fn found(session: &mut Session, sql: &str) -> Vec<Finding> {
    let prepared = session.prepare(sql).unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    let text = node::unwrapped(&prepared.1.unwrap());
    let tree = node::parse(&text);
    let catalog = catalog::load(session, tree.iter()).unwrap();
    let given = vec![Given::default(); prepared.0.params.len()];
    lint::in_tree(sql, &tree.unwrap(), &catalog, &given)
}

#[test]
fn each_rule_finds_what_it_should_and_nothing_else() {
    let server = Server::start().unwrap();
    let database = server.create_database().unwrap();
    database.connect().unwrap().batch_execute(SCHEMA).unwrap();
    let mut session = Session::open(database.config()).unwrap();
    let mut accepted = String::new();
    let mut wrong = Vec::new();
    let mut fired = Vec::new();
    for line in CASES.lines() {
        let Some((expected, sql)) = line.split_once(" | ") else {
            accepted.push_str(&format!("{line}\n"));
            continue;
        };
        if sql.starts_with("MERGE") && server.major() < 15 {
            accepted.push_str(&format!("{line}\n"));
            continue;
        }
        let findings = found(&mut session, sql);
        fired.extend(findings.iter().map(|finding| finding.rule));
        let found = shown(&findings);
        accepted.push_str(&format!("{found} | {sql}\n"));
        if found != expected {
            wrong.push(format!("{sql}\n  expected {expected}\n  found    {found}"));
        }
    }
    if std::env::var_os("BINDERY_ACCEPT").is_some() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lint/tests/cases.txt");
        std::fs::write(path, accepted).unwrap();
        return;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for rule in Rule::ALL.into_iter().filter(|rule| *rule < Rule::SeveralRows) {
        assert!(fired.contains(&rule), "{rule:?} has no case");
    }
}

/// Looking at each twice would take longer than anybody waits.
#[test]
fn queries_inside_queries_are_looked_at_a_few_times_each() {
    let server = Server::start().unwrap();
    let database = server.create_database().unwrap();
    let mut session = Session::open(database.config()).unwrap();
    let (mut stars, mut not_ins) =
        ("WITH c0 AS (SELECT 1 AS id)".to_owned(), "WITH c0 AS (SELECT 1 AS id)".to_owned());
    for depth in 1..=30 {
        let below = format!("c{}", depth - 1);
        stars += &format!(", c{depth} AS (SELECT * FROM {below} UNION SELECT * FROM {below})");
        not_ins +=
            &format!(", c{depth} AS (SELECT id FROM {below} WHERE id NOT IN (SELECT id FROM {below}))");
    }
    assert_eq!(found(&mut session, &format!("{stars} SELECT * FROM c30")), []);
    assert_eq!(found(&mut session, &format!("{not_ins} SELECT id FROM c30")), []);
    let mut nested = "SELECT 1 AS id".to_owned();
    for depth in 1..=7 {
        nested = format!("SELECT id FROM ({nested}) x{depth} WHERE id NOT IN ({nested})");
    }
    assert_eq!(found(&mut session, &nested), []);
}

#[test]
fn a_misspelt_rule_is_recognised() {
    assert_eq!(super::rule_named("select-star"), Ok(Rule::SelectStar));
    assert_eq!(super::rule_named("select_stars"), Err("did you mean `select-star`?".to_owned()));
    assert_eq!(super::rule_named("x"), Err("docs/lint.md has the names of all rules".to_owned()));
}

#[test]
fn the_documentation_has_every_rule_and_no_other() {
    let page = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/lint.md");
    let page = std::fs::read_to_string(page).unwrap();
    let headings = page.lines().filter_map(|line| line.strip_prefix("## `")?.strip_suffix('`'));
    let documented: Vec<&str> = headings.collect();
    assert_eq!(documented, Rule::ALL.map(Rule::name));
    for rule in Rule::ALL {
        assert_eq!(Rule::from_name(rule.name()), Some(rule));
    }
}
