//! What is optional in a query, and every statement that comes of it.

use std::ops::Range;

use crate::query::{ParamSource, Query};

/// As many statements one query may stand for: each of them is prepared by the build.
pub(crate) const MOST_STATEMENTS: usize = 64;

/// The optional parts of a query.
///
/// A choice, which is the number of the bits of the filters that are given, and above them of the ordering, picks a
/// statement.
#[derive(Debug)]
pub(crate) struct Dynamic {
    /// The statement in the file, with its marks.
    pub text: Range<usize>,
    /// In the order of the file.
    pub filters: Vec<Filter>,
    /// The default first; empty if there is nothing to choose.
    pub orders: Vec<String>,
    /// Those of the query itself, which has all filters and the first ordering, then those of other orderings.
    pub params: Vec<DynamicParam>,
    /// Each of another text.
    pub variants: Vec<Variant>,
    /// Which of them is sent, by choice.
    pub statements: Vec<usize>,
}

/// `-- @if status`
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Filter {
    pub name: String,
    /// Where the file first names it.
    pub range: Range<usize>,
}

/// A parameter of some of the statements.
#[derive(Debug)]
pub(crate) struct DynamicParam {
    pub source: ParamSource,
    pub sent: Sent,
}

/// When a parameter is sent.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Sent {
    Always,
    /// With the filter of this number.
    With(usize),
    /// With the orderings of these numbers.
    Ordered(Vec<usize>),
}

/// One of the statements.
#[derive(Debug)]
pub(crate) struct Variant {
    /// What is asked of the server.
    pub query: Query,
    /// Which of the [`Dynamic::params`] it has, `$1` first.
    pub params: Vec<usize>,
    /// The first choice that picks it.
    pub choice: usize,
}

impl Dynamic {
    /// How many choices there are.
    pub fn choices(filters: usize, orders: usize) -> Option<usize> {
        let filters = u32::try_from(filters).ok().and_then(|filters| 1_usize.checked_shl(filters))?;
        filters.checked_mul(orders.max(1))
    }

    pub fn has_filter(choice: usize, filter: usize) -> bool {
        choice >> filter & 1 == 1
    }

    pub fn order(&self, choice: usize) -> usize {
        choice >> self.filters.len()
    }

    /// All filters and the default ordering.
    pub fn whole(&self) -> usize {
        (1 << self.filters.len()) - 1
    }

    /// The filters that a choice leaves out.
    pub fn left_out(&self, choice: usize) -> Vec<usize> {
        (0..self.filters.len()).filter(|filter| !Self::has_filter(choice, *filter)).collect()
    }

    /// What sets a choice apart: ``without `status` and ordered by `plate` ``.
    pub fn told(&self, choice: usize) -> String {
        let left_out = self.left_out(choice);
        let without = match &left_out[..] {
            [] if self.filters.is_empty() => None,
            [] => Some("with all filters".to_owned()),
            all if all.len() == self.filters.len() && all.len() > 1 => Some("without any filter".to_owned()),
            some => {
                let names: Vec<String> =
                    some.iter().map(|filter| format!("`{}`", self.filters[*filter].name)).collect();
                Some(format!("without {}", names.join(", ")))
            }
        };
        let order = self.orders.get(self.order(choice)).map(|order| format!("ordered by `{order}`"));
        without.into_iter().chain(order).collect::<Vec<_>>().join(", ")
    }

    /// The parameters that are sent with a filter, by their numbers.
    pub fn params_of(&self, filter: usize) -> Vec<usize> {
        let sent = Sent::With(filter);
        (0..self.params.len()).filter(|param| self.params[*param].sent == sent).collect()
    }
}

impl DynamicParam {
    pub fn is_sent(&self, choice: usize, filters: usize) -> bool {
        match &self.sent {
            Sent::Always => true,
            Sent::With(filter) => Dynamic::has_filter(choice, *filter),
            Sent::Ordered(orders) => orders.contains(&(choice >> filters)),
        }
    }
}

impl Query {
    /// What is prepared for it: all of its statements.
    pub fn statements(&self) -> impl Iterator<Item = &Query> {
        let variants = self.dynamic.iter().flat_map(|dynamic| &dynamic.variants);
        let alone = self.dynamic.is_none().then_some(self);
        alone.into_iter().chain(variants.map(|variant| &variant.query))
    }
}
