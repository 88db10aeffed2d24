//! Which joins can leave a relation's columns NULL, and what ON and WHERE make sure of.
//!
//! An outer join is an inner join where a condition above it rejects the rows that it makes up, as in PostgreSQL's
//! `reduce_outer_joins`.

use std::collections::{BTreeSet, HashMap};

use super::at_least_one::always_holds;
use super::fact::{Fact, Facts};
use super::join_type;
use super::key::Key;
use super::level::{Env, Level, Nullability};
use super::node::Node;

/// One side of an outer join, which a row can be without.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Nuller {
    /// The join, by its place in the range table.
    pub join: i64,
    pub is_left: bool,
    is_full: bool,
}

impl Nuller {
    /// MERGE reaches rows of its target that have no partner in its source.
    pub const MERGE: Self = Self { join: 0, is_left: false, is_full: false };

    /// The side that is there where this one is not; only a FULL JOIN makes sure of it.
    pub fn other_side(self) -> Option<Self> {
        self.is_full.then_some(Self { is_left: !self.is_left, ..self })
    }
}

/// By relation.
pub(super) type Nullers = HashMap<i64, BTreeSet<Nuller>>;

/// Takes every outer join for one.
pub(super) fn pessimistic(tree: &Node<'_>) -> Nullers {
    let mut nullers = Nullers::new();
    tree.walk_query(&mut |node| {
        let (Some(join), Some(kind)) = (node.number("rtindex"), node.number("jointype")) else { return };
        for (field, is_left) in [("larg", true), ("rarg", false)] {
            let outer_kind = if is_left { join_type::RIGHT } else { join_type::LEFT };
            if kind == join_type::FULL || kind == outer_kind {
                let nuller = Nuller { join, is_left, is_full: kind == join_type::FULL };
                let side = node.node(field).map(relations).unwrap_or_default();
                for relation in side {
                    nullers.entry(relation).or_default().insert(nuller);
                }
            }
        }
    });
    nullers
}

/// Reads a join tree of whose rows only those are kept for which `kept` holds.
pub(super) fn read<'n>(
    nullability: &Nullability<'_>,
    tree: &'n Node<'n>,
    kept: Facts,
    level: &Level<'_, 'n>,
) -> (Nullers, Facts) {
    let env = level.rows();
    let mut reader = Reader { nullability, env, nullers: Nullers::new(), facts: kept.clone() };
    reader.read(tree, &kept);
    (reader.nullers, reader.facts)
}

struct Reader<'r, 'l, 'n> {
    nullability: &'r Nullability<'r>,
    env: Env<'l, 'n>,
    nullers: Nullers,
    /// What holds of every row of the result.
    facts: Facts,
}

impl<'n> Reader<'_, '_, 'n> {
    /// `above` holds of every row in which this part of the tree is there.
    fn read(&mut self, node: &'n Node<'n>, above: &Facts) {
        match node.name {
            "FROMEXPR" => {
                let mut facts = above.clone();
                facts.extend(self.told_by(node.node("quals")));
                facts.extend(node.nodes("fromlist").flat_map(|item| self.told_by_lateral(item)));
                self.facts.extend(facts.iter().cloned());
                node.nodes("fromlist").for_each(|item| self.read(item, &facts));
            }
            "JOINEXPR" => self.read_join(node, above),
            _ => {}
        }
    }

    fn read_join(&mut self, node: &'n Node<'n>, above: &Facts) {
        let (Some(left), Some(right)) = (node.node("larg"), node.node("rarg")) else { return };
        let (in_left, in_right) = (relations(left), relations(right));
        let mut told = self.told_by(node.node("quals"));
        if node.number("jointype") == Some(join_type::INNER) {
            told.extend([left, right].into_iter().flat_map(|side| self.told_by_lateral(side)));
        }
        let always = always_holds(node);
        let join = node.number("rtindex").unwrap_or(0);
        let is_there = |side: &[i64]| above.iter().any(|fact| is_of(fact, side));
        let kind = match node.number("jointype") {
            Some(join_type::FULL) => match (is_there(&in_left), is_there(&in_right)) {
                (true, true) => join_type::INNER,
                (true, false) => join_type::LEFT,
                (false, true) => join_type::RIGHT,
                (false, false) => join_type::FULL,
            },
            Some(join_type::LEFT) if is_there(&in_right) || always && self.surely_has_rows(right) => {
                join_type::INNER
            }
            Some(join_type::RIGHT) if is_there(&in_left) || always && self.surely_has_rows(left) => {
                join_type::INNER
            }
            Some(kind) => kind,
            None => join_type::FULL,
        };
        let with = |more: &Facts| above.iter().chain(more.iter()).cloned().collect::<Facts>();
        let of = |side: &[i64]| told.iter().filter(|fact| is_of(fact, side)).cloned().collect::<Facts>();
        match kind {
            join_type::INNER => {
                let both = in_left.iter().chain(&in_right).copied();
                let (missing, there): (Vec<i64>, Vec<i64>) = both.partition(|r| self.nullers.contains_key(r));
                if missing.is_empty() {
                    self.facts.extend(told.iter().cloned());
                } else {
                    self.facts.extend(of(&there));
                }
                self.read(left, &with(&told));
                self.read(right, &with(&told));
            }
            join_type::LEFT => {
                self.add_nuller(&in_right, Nuller { join, is_left: false, is_full: false });
                self.facts.extend(of(&in_right).iter().filter_map(if_present));
                self.read(left, above);
                self.read(right, &with(&of(&in_right)));
            }
            join_type::RIGHT => {
                self.add_nuller(&in_left, Nuller { join, is_left: true, is_full: false });
                self.facts.extend(of(&in_left).iter().filter_map(if_present));
                self.read(left, &with(&of(&in_left)));
                self.read(right, above);
            }
            _ => {
                self.add_nuller(&in_left, Nuller { join, is_left: true, is_full: true });
                self.add_nuller(&in_right, Nuller { join, is_left: false, is_full: true });
                self.read(left, &Facts::new());
                self.read(right, &Facts::new());
            }
        }
    }

    fn told_by(&self, qual: Option<&'n Node<'n>>) -> Facts {
        qual.map(|qual| self.nullability.if_true(qual, &self.env)).unwrap_or_default()
    }

    /// What a LATERAL subquery that gives a row tells of what it looks at.
    fn told_by_lateral(&self, item: &'n Node<'n>) -> Facts {
        let number = item.number("rtindex").filter(|_| item.name == "RANGETBLREF");
        let entry =
            number.and_then(|number| self.env.level.entry(number)).filter(|entry| entry.is_true("lateral"));
        let query = entry.and_then(|entry| entry.node("subquery"));
        query.map(|query| self.nullability.if_has_row(query, &self.env)).unwrap_or_default()
    }

    fn surely_has_rows(&self, item: &'n Node<'n>) -> bool {
        self.nullability.item_has_rows(item, &self.env)
    }

    fn add_nuller(&mut self, side: &[i64], nuller: Nuller) {
        for relation in side {
            self.nullers.entry(*relation).or_default().insert(nuller);
        }
    }
}

/// The relations of a join tree, or of a part of it.
pub(super) fn relations(item: &Node<'_>) -> Vec<i64> {
    let mut relations = Vec::new();
    let mut note = |node: &Node<'_>| {
        if node.name == "RANGETBLREF" {
            relations.extend(node.number("rtindex"));
        }
    };
    note(item);
    item.walk_query(&mut |node| note(node));
    relations
}

/// Whether the fact is about a column of one of the relations: that one is not NULL, so the relation's row is there.
fn is_of(fact: &Fact, relations: &[i64]) -> bool {
    matches!(fact, Fact::NonNull(Key::Column(column)) if column.up == 0 && relations.contains(&column.relation))
}

fn if_present(fact: &Fact) -> Option<Fact> {
    match fact {
        Fact::NonNull(Key::Column(column)) => Some(Fact::NonNullIfPresent(*column)),
        _ => None,
    }
}
