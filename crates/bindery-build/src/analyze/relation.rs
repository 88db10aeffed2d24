//! Columns of relations: what NOT NULL, CHECK and GENERATED promise, and what a materialized view has stored.

use std::collections::BTreeSet;

use crate::catalog::{Column, Relation, Written};

use super::fact::Fact;
use super::key::{self, Key};
use super::level::{Level, Nullability};
use super::node::{self, Node};
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
        // A partitioned table has no rows of its own.
        let own = relation.kind != "p" && !self.non_null_columns(relation).contains(&number);
        let with_descendants = entry.is_true("inh") || relation.kind == "p";
        if own || !with_descendants {
            return own;
        }
        let mut descendants = relation.descendants.iter();
        if relation.kind == "p" && relation.descendants.is_empty() {
            return !column.not_null;
        }
        descendants.any(|oid| {
            let Some(descendant) = self.catalog.relations.get(oid) else { return true };
            let same = descendant.columns.iter().find(|(_, other)| other.name == column.name);
            descendant.kind != "p" && same.is_none_or(|(number, _)| !self.non_null_columns(descendant).contains(number))
        })
    }

    /// The columns of this relation alone that hold no NULL.
    pub fn non_null_columns<'r>(&self, relation: &'r Relation) -> &'r BTreeSet<i16> {
        relation.non_null.get_or_init(|| match relation.kind.as_str() {
            "r" | "p" => self.promised_columns(relation),
            "m" => self.stored_columns(relation),
            // Nobody keeps a foreign table's promises.
            _ => BTreeSet::new(),
        })
    }

    fn promised_columns(&self, relation: &Relation) -> BTreeSet<i16> {
        let declared = relation.columns.iter().filter(|(_, column)| column.not_null);
        let mut promised: BTreeSet<i16> = declared.map(|(number, _)| *number).collect();
        let now = Nullability { null_params: &[], stored: None, caller: None, ..*self };
        for check in &relation.checks {
            let Some(check) = node::parse(check) else { continue };
            let Some(check) = check.as_node() else { continue };
            let query = Node::bare("QUERY");
            let level = Level::new(&now, &query, None, &[]);
            // A CHECK lets NULL pass.
            for fact in now.if_not_false(check, &level.rows()) {
                if let Fact::NonNull(Key::Column(column)) = fact {
                    promised.extend(i16::try_from(column.number));
                }
            }
        }
        for (number, column) in &relation.columns {
            let Some(text) = &column.generated_as else { continue };
            let tree = node::parse(text);
            if let Some(expr) = tree.as_ref().and_then(|tree| tree.as_node())
                && now.non_null_given(expr, &promised)
            {
                promised.insert(*number);
            }
        }
        promised
    }

    /// Whether an expression over the columns of one table is non-null where `columns` are.
    fn non_null_given(&self, expr: &Node<'_>, columns: &BTreeSet<i16>) -> bool {
        let query = Node::bare("QUERY");
        let level = Level::new(self, &query, None, &[]);
        let known = columns.iter().map(|number| {
            let number = i64::from(*number);
            Fact::NonNull(Key::Column(key::Column { up: 0, relation: 1, number, version: 0 }))
        });
        !self.nullable(expr, &level.rows().with(known.collect()))
    }

    fn stored_columns(&self, view: &Relation) -> BTreeSet<i16> {
        let tree = view.definition.as_deref().and_then(node::parse);
        let Some(query) = tree.as_ref().and_then(result_query) else { return BTreeSet::new() };
        let then = Nullability { null_params: &[], stored: Some(view.written), caller: None, ..*self };
        let columns = then.outputs(query, None);
        let numbered = view.columns.keys().zip(columns);
        numbered.filter(|(_, nullable)| !nullable).map(|(number, _)| *number).collect()
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
                    let facts = facts.map(|check| self.if_not_false(check, &level.rows())).unwrap_or_default();
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
