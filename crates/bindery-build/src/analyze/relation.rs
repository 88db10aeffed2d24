//! Columns of relations: what NOT NULL, CHECK and GENERATED promise, and what a materialized view has stored.

use std::collections::BTreeSet;

use crate::catalog::{Column, Promises, Relation, Written};

use super::fact::Fact;
use super::key::{self, Key};
use super::level::{Level, Nullability};
use super::node::{self, Node, Value};
use super::result_query;

impl Relation {
    /// An ordinary or a partitioned table.
    pub fn is_table(&self) -> bool {
        matches!(self.kind.as_str(), "r" | "p")
    }
}

impl Nullability<'_> {
    /// The catalog's relation of a range table entry.
    pub fn relation(&self, entry: &Node<'_>) -> Option<&Relation> {
        self.catalog.relations.get(&entry.oid("relid")?)
    }

    /// Whether a column of a relation can be NULL, in its descendants too if they are read with it.
    pub fn relation_column(&self, entry: &Node<'_>, number: i64) -> bool {
        let (Some(relation), Ok(number)) = (self.relation(entry), i16::try_from(number)) else { return true };
        let Some(column) = relation.columns.get(&number) else { return true };
        if let Some(when) = self.stored {
            return !was_non_null(relation, column, when);
        }
        !self.holds_everywhere(relation, entry, number, |promises| &promises.non_null)
    }

    /// Whether an array in a column of a relation can have NULL elements.
    pub fn relation_elements(&self, entry: &Node<'_>, number: i64) -> bool {
        let (Some(relation), Ok(number)) = (self.relation(entry), i16::try_from(number)) else { return true };
        self.stored.is_some()
            || !self.holds_everywhere(relation, entry, number, |promises| &promises.elements_non_null)
    }

    /// Whether every relation that is read through `entry` promises it of the column.
    ///
    /// A partitioned table's own promise binds partitions to come; a foreign table among them keeps none, and a child table
    /// can have dropped its parent's.
    fn holds_everywhere(
        &self,
        relation: &Relation,
        entry: &Node<'_>,
        number: i16,
        which: impl Fn(&Promises) -> &BTreeSet<i16>,
    ) -> bool {
        let Some(column) = relation.columns.get(&number) else { return false };
        let promised_by = |relation: &Relation, number| which(self.promises(relation)).contains(number);
        let reads_descendants = relation.kind == "p" || entry.is_true("inh");
        promised_by(relation, &number)
            && (!reads_descendants
                || relation.descendants.iter().all(|oid| {
                    let Some(descendant) = self.catalog.relations.get(oid) else { return false };
                    let mut same = descendant.columns.iter().filter(|(_, other)| other.name == column.name);
                    same.next().is_some_and(|(number, _)| promised_by(descendant, number))
                }))
    }

    /// What this relation alone promises.
    pub fn promises<'r>(&self, relation: &'r Relation) -> &'r Promises {
        relation.promises.get_or_init(|| match relation.kind.as_str() {
            "r" | "p" => self.of_table(relation),
            "m" => Promises { non_null: self.stored_columns(relation), ..Promises::default() },
            // Nobody keeps a foreign table's promises.
            _ => Promises::default(),
        })
    }

    fn of_table(&self, relation: &Relation) -> Promises {
        let declared = relation.columns.iter().filter(|(_, column)| column.not_null);
        let mut promises =
            Promises { non_null: declared.map(|(number, _)| *number).collect(), ..Promises::default() };
        let now = Nullability { params: &[], stored: None, caller: None, ..*self };
        // The expressions stand in no query; their columns are those of a first relation.
        let query = Node::bare("QUERY");
        for check in &relation.checks {
            let tree = node::parse(check);
            let Some(check) = tree.as_ref().and_then(Value::as_node) else { continue };
            let level = Level::new(&now, &query, None, &[]);
            // A CHECK lets NULL pass.
            for fact in now.if_not_false(check, &level.rows()) {
                match fact {
                    Fact::NonNull(Key::Column(column)) => {
                        promises.non_null.extend(i16::try_from(column.number))
                    }
                    Fact::ElementsNonNull(Key::Column(column)) => {
                        promises.elements_non_null.extend(i16::try_from(column.number));
                    }
                    _ => {}
                }
            }
        }
        for (number, column) in &relation.columns {
            let tree = column.generated_as.as_deref().and_then(node::parse);
            let Some(expr) = tree.as_ref().and_then(Value::as_node) else { continue };
            let level = Level::new(&now, &query, None, &[]);
            let known = promises.non_null.iter().map(|number| {
                let number = i64::from(*number);
                Fact::NonNull(Key::Column(key::Column { up: 0, relation: 1, number, version: 0 }))
            });
            if !now.nullable(expr, &level.rows().with(known.collect())) {
                promises.non_null.insert(*number);
            }
        }
        promises
    }

    fn stored_columns(&self, view: &Relation) -> BTreeSet<i16> {
        let tree = view.definition.as_deref().and_then(node::parse);
        let Some(query) = tree.as_ref().and_then(result_query) else { return BTreeSet::new() };
        let then = Nullability { params: &[], stored: Some(view.written), caller: None, ..*self };
        let columns = then.outputs(query, None);
        let numbered = view.columns.keys().zip(columns);
        numbered.filter(|(_, nulls)| !nulls.value).map(|(number, _)| *number).collect()
    }

    /// Whether a coercion leads to a domain that refuses NULL.
    pub fn is_non_null_domain(&self, coercion: &Node<'_>) -> bool {
        let domain = coercion.oid("resulttype").and_then(|oid| self.catalog.domains.get(&oid));
        domain.is_some_and(|domain| {
            domain.not_null
                || domain.checks.iter().any(|check| {
                    let check = node::parse(check);
                    let query = Node::bare("QUERY");
                    let level = Level::new(self, &query, None, &[]);
                    let facts = check.as_ref().and_then(|check| check.as_node());
                    let facts =
                        facts.map(|check| self.if_not_false(check, &level.rows())).unwrap_or_default();
                    facts.iter().any(|fact| matches!(fact, Fact::NonNull(key) if key.is_domain_value()))
                })
        })
    }
}

/// Whether the column was NOT NULL when the rows were stored: its catalog row is older than theirs.
///
/// The rows of a materialized view outlive what its tables hold. Where NOT NULL was declared before the view was made, no
/// NULL has ever been there to be stored; a table's descendants may have had their own.
fn was_non_null(relation: &Relation, column: &Column, when: Written) -> bool {
    relation.kind == "r" && relation.descendants.is_empty() && column.not_null && column.written < when
}
