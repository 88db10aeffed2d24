//! sqlc's vet rules: the rules of Bindery's lint that come nearest.

use serde_json::Value;

use super::Object;
use super::findings::Findings;
use super::paths::listed;
use super::sets::Set;

/// Words of a rule in CEL, and what looks for the same here.
const NEAREST: [(&[&str], &str); 6] = [
    (
        &["explain", "total_cost", "node_type"],
        "nearest: `sequential-scan`, by `cargo bindery lint --database-url URL`; `cargo bindery explain` has costs",
    ),
    (&["delete"], "nearest: `delete-without-where`"),
    (&["update"], "nearest: `update-without-where`"),
    (&["select *", "select\\\\s+\\\\*", "\\\\*"], "nearest: `select-star`"),
    (&["not in"], "nearest: `not-in-nullable`"),
    (&["null"], "nearest: `null-comparison`"),
];

/// Tells the rules that none of the sets asks for.
pub fn tell_unused(sets: &[&Set<'_>], document: &Object, findings: &mut Findings) {
    let asked: Vec<&str> = sets.iter().filter_map(|set| set.value.get("rules")).flat_map(listed).collect();
    let rules = document.get("rules").and_then(Value::as_array).into_iter().flatten();
    let names = rules.filter_map(|rule| rule.get("name").and_then(Value::as_str));
    for name in names.filter(|name| !asked.contains(name)) {
        findings.none(&format!("rules: {name}"), "no set that is taken over asks for it");
    }
}

/// Tells the rules that the set asks for.
pub fn take(set: &Set<'_>, document: &Object, findings: &mut Findings) {
    let names = set.value.get("rules").map(listed).unwrap_or_default();
    for name in names {
        let key = format!("{}.rules: {name}", set.place);
        if name == "sqlc/db-prepare" {
            findings.taken(&key, "PostgreSQL prepares every query in every build");
            continue;
        }
        match text_of(name, document) {
            Some(rule) => findings.open(&key, nearest(rule)),
            None => findings.open(&key, "there is no such rule in the configuration"),
        }
    }
}

fn text_of<'v>(name: &str, document: &'v Object) -> Option<&'v str> {
    let rules = document.get("rules").and_then(Value::as_array).into_iter().flatten();
    let mut named = rules.filter(|rule| rule.get("name").and_then(Value::as_str) == Some(name));
    named.next().and_then(|rule| rule.get("rule")).and_then(Value::as_str)
}

fn nearest(rule: &str) -> &'static str {
    let rule = rule.to_lowercase();
    let near = NEAREST.iter().find(|(words, _)| words.iter().any(|word| rule.contains(word)));
    near.map_or("no rule of docs/lint.md is near; there are no rules of one's own", |(_, what)| what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_in_cel_has_a_nearest_rule() {
        assert!(nearest("postgresql.explain.plan.total_cost > 300.0").contains("`sequential-scan`"));
        assert!(nearest("query.sql.contains(\"DELETE\")").contains("`delete-without-where`"));
        assert!(nearest("query.sql.matches(\"SELECT *\")").contains("`select-star`"));
        assert!(nearest("query.params.size() > 1").starts_with("no rule"));
    }
}
