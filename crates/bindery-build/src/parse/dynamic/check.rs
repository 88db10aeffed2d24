//! What is wrong with filters and orderings before any server is asked.

use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::dynamic::{Dynamic, DynamicParam, MOST_STATEMENTS, Sent};
use crate::lex::{Token, TokenKind};
use crate::names;
use crate::parse::fragments::{Fragment, Kind, error};
use crate::parse::is_significant;
use crate::query::{Command, ParamSource};
use crate::source::SourceFile;

use super::{Place, Template, is_same};

/// Numbers would have gaps.
pub(super) fn numbered(file: &Arc<SourceFile>, tokens: &[Token], diagnostics: &mut Vec<Diagnostic>) {
    let numbered = tokens.iter().find(|token| matches!(token.kind, TokenKind::Placeholder(_)));
    diagnostics.extend(numbered.map(|token| {
        let message = "a statement with optional parts names its parameters";
        error(file, &token.range, message, "write `@name` in place of the number, as in `status = @status`")
    }));
}

/// Lists are run with one statement for all items.
pub(in crate::parse) fn refuse_items(
    file: &Arc<SourceFile>,
    command: Command,
    first: &Fragment,
) -> Diagnostic {
    let message = format!("a `:{}` has no optional parts", command.word());
    let help = "all its items are of one statement: write a query for each that there may be";
    error(file, &first.name_range, message, help)
}

impl Template<'_> {
    /// The alternatives stand one below the other.
    pub(super) fn check_orders(&self, significant: &[Token], diagnostics: &mut Vec<Diagnostic>) {
        let orders: Vec<&Fragment> =
            self.fragments.iter().filter(|fragment| fragment.kind == Kind::Order).collect();
        if let [only] = orders[..] {
            let help = "write another one below it, or remove the mark";
            let message = format!("`{}` is the only ordering", only.name);
            diagnostics.push(error(self.file, &only.name_range, message, help));
        }
        for (index, order) in orders.iter().enumerate() {
            if orders[..index].iter().any(|other| names::camel(&other.name) == names::camel(&order.name)) {
                let message = format!("there are two orderings named `{}`", order.name);
                diagnostics.push(error(self.file, &order.name_range, message, "rename one of them"));
            }
        }
        for pair in orders.windows(2) {
            let between = pair[0].lines.end..pair[1].lines.start;
            let mut code = significant.iter().filter(|token| is_significant(token));
            if code.any(|token| between.contains(&token.range.start)) {
                let message = format!("the ordering `{}` stands apart from `{}`", pair[1].name, pair[0].name);
                let help = "one of the orderings is sent in their place: write them one below the other";
                diagnostics.push(error(self.file, &pair[1].name_range, message, help));
            }
        }
    }

    /// How many choices there are, unless they are too many.
    pub(super) fn count(&self, diagnostics: &mut Vec<Diagnostic>) -> Option<usize> {
        let (filters, orders) = (self.filters.len(), self.orders.len());
        let count = Dynamic::choices(filters, orders);
        if let Some(count) = count.filter(|count| *count <= MOST_STATEMENTS) {
            return Some(count);
        }
        let count = count.map_or("countless".to_owned(), |count| count.to_string());
        let times = if orders > 1 { format!(" and {orders} orderings") } else { String::new() };
        let message =
            format!("{filters} filters{times} are {count} statements, and {MOST_STATEMENTS} is the most");
        let last = self.filters.last().or(self.orders.last())?;
        let help = "give conditions that come together one name; write a condition that needs no plan of its own as \
                    `(sqlc.narg(x)::int IS NULL OR seats >= sqlc.narg(x))`; or make two queries of it";
        diagnostics.push(
            error(self.file, &last.range, message, help).note("every one of them is prepared by the build"),
        );
        None
    }

    pub(super) fn shared(&self, source: &ParamSource, places: &[Place]) -> Diagnostic {
        let name = source.name.as_deref().unwrap_or_default();
        let places = places.iter().map(|place| match place {
            Place::Outside => String::new(),
            Place::Filter(filter) => format!("the filter `{}`", self.filters[*filter].name),
            Place::Order(order) => format!("the ordering `{}`", self.orders[*order].name),
        });
        let message = format!("`{name}` is a parameter of {}", places.collect::<Vec<_>>().join(" and of "));
        let help = "give the filters one name, so that they come and go together, or the parameter two names";
        error(self.file, &source.range, message, help)
    }

    /// Each name becomes a field of the struct of parameters.
    pub(super) fn check_names(&self, params: &[DynamicParam], diagnostics: &mut Vec<Diagnostic>) {
        let name_of = |param: &DynamicParam| param.source.name.clone().unwrap_or_default();
        let required = params.iter().filter(|param| !matches!(param.sent, Sent::With(_)));
        let mut fields: Vec<(String, &str)> = required
            .map(|param| (names::snake(&name_of(param)), "a parameter that is always given"))
            .collect();
        if !self.orders.is_empty() {
            fields.push(("order".to_owned(), "the choice of an ordering"));
        }
        for (index, filter) in self.filters.iter().enumerate() {
            let own: Vec<&DynamicParam> =
                params.iter().filter(|param| param.sent == Sent::With(index)).collect();
            let field = names::snake(&filter.name);
            if let [only] = own[..] {
                let name = name_of(only);
                if !is_same(&name, &filter.name) {
                    let message = format!("no parameter of these lines is called `{}`", filter.name);
                    let help = format!("`{name}` is in no other line: write `-- @if {name}`");
                    diagnostics.push(error(self.file, &filter.range, message, help));
                }
            }
            if let Some((_, what)) = fields.iter().find(|(other, _)| *other == field) {
                let message = format!("`{}` is the name of {what}", filter.name);
                let help = "call the filter by a parameter that is only in its lines; or, if it has none, by another name, \
                            which becomes a `bool`";
                diagnostics.push(error(self.file, &filter.range, message, help));
            }
            fields.push((field, "another filter"));
        }
        if let Some(param) = params.iter().find(|param| names::snake(&name_of(param)) == "order")
            && !self.orders.is_empty()
        {
            let message = "`order` is the choice of an ordering, and cannot be a parameter";
            diagnostics.push(error(self.file, &param.source.range, message, "rename the parameter"));
        }
    }
}
