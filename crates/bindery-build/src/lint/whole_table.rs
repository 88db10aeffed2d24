//! `update-without-where`, `delete-without-where`: statements that change a whole table.

use crate::analyze::level::entry_kind;
use crate::analyze::node::Node;
use crate::analyze::{command, range_table_entry};
use crate::lex::TokenKind;

use super::tree::{Place, entry_name, is_written};
use super::{Finding, Rule};

/// UPDATE or DELETE, with the rule that looks at it.
struct Kind {
    command: i64,
    keyword: &'static str,
    rule: Rule,
}

const KINDS: [Kind; 2] = [
    Kind { command: command::UPDATE, keyword: "UPDATE", rule: Rule::UpdateWithoutWhere },
    Kind { command: command::DELETE, keyword: "DELETE", rule: Rule::DeleteWithoutWhere },
];

pub(super) fn find(place: &Place<'_>, query: &Node<'_>) -> Vec<Finding> {
    // In the order of the text: statements that change data stand in WITH of the outermost query, before it.
    let with = query.nodes("cteList").filter_map(|cte| cte.node("ctequery"));
    let statements: Vec<&Node<'_>> = with.chain([query]).collect();
    KINDS.iter().flat_map(|kind| kind.find(place, &statements)).collect()
}

impl Kind {
    fn find(&self, place: &Place<'_>, statements: &[&Node<'_>]) -> Vec<Finding> {
        let of_kind = |query: &&&Node<'_>| query.number("commandType") == Some(self.command);
        let statements: Vec<&&Node<'_>> = statements.iter().filter(of_kind).collect();
        if !statements.iter().any(|query| changes_every_row(query)) {
            return Vec::new();
        }
        let mut places = self.places(place);
        if places.len() != statements.len() {
            // Something else is called so.
            places = vec![None; statements.len()];
        }
        let paired = statements.iter().zip(places);
        let whole = paired.filter(|(query, _)| changes_every_row(query));
        let finding = |(query, at): (&&&Node<'_>, _)| Finding { at, rule: self.rule, subject: target(query) };
        whole.map(finding).collect()
    }

    /// Where such statements begin: at the start, or in or after the brackets of WITH.
    fn places(&self, place: &Place<'_>) -> Vec<Option<u32>> {
        let tokens = place.tokens();
        let begins = |index: usize| match index.checked_sub(1).map(|before| &tokens[before].kind) {
            None => true,
            Some(TokenKind::Open | TokenKind::Close) => {
                matches!(tokens.get(index + 1), Some(next) if matches!(next.kind, TokenKind::Word { .. }))
            }
            Some(_) => false,
        };
        let found = (0..tokens.len()).filter(|index| place.is(*index, self.keyword) && begins(*index));
        found.map(|index| place.character(tokens[index].range.start)).collect()
    }
}

/// Whether the user wrote no condition; that of a view, which the server has added, does not count.
fn changes_every_row(query: &Node<'_>) -> bool {
    let Some(tree) = query.node("jointree") else { return false };
    tree.node("quals").is_none_or(|quals| !is_written(quals) && quals.name != "CURRENTOFEXPR")
}

/// The table, or the view that was rewritten to its table.
fn target(query: &Node<'_>) -> String {
    let is_view = |entry: &&Node<'_>| {
        entry.number("rtekind") == Some(entry_kind::RELATION) && entry.word("relkind") == Some("v")
    };
    let view = query.nodes("rtable").find(is_view);
    let table = || range_table_entry(query, query.number("resultRelation")?);
    view.or_else(table).map(entry_name).unwrap_or_default()
}
