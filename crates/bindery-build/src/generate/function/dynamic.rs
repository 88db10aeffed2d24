//! A query with optional parts: its statements, and what of its parameters is sent with each.

mod params;

use crate::dynamic::{Dynamic, Sent};
use crate::expand;
use crate::generate::text::{Argument, Text, sql_literal};
use crate::names;
use crate::types;

use super::{Arg, Function};

/// A filter in Rust.
enum Filter<'f, 'i> {
    /// It has no parameter of its own: a `bool`.
    Bare,
    /// An `Option` of its only parameter.
    One(&'f Arg<'i>),
    /// An `Option` of a struct of its parameters.
    Several(Vec<&'f Arg<'i>>),
}

impl<'i> Function<'i> {
    /// What the function's documentation says of its statements.
    pub(super) fn write_choices_doc(&self, dynamic: &Dynamic, text: &mut Text) {
        let filters: Vec<String> =
            dynamic.filters.iter().map(|filter| format!("`{}`", filter.name)).collect();
        text.doc("", format_args!(""));
        if !filters.is_empty() {
            text.doc(
                "",
                format_args!(
                    "What is marked with a filter that is not given is not sent: {}.",
                    filters.join(", ")
                ),
            );
        }
        if !dynamic.orders.is_empty() {
            text.doc("", format_args!("The rows are ordered as [`{}`] says.", self.order_name()));
        }
        text.doc(
            "",
            format_args!("These are {} statements, and the build has prepared each.", dynamic.variants.len()),
        );
    }

    /// `&bindery::generated::sent(&[(true, &params.owner_id), (params.status.is_some(), &params.status)])`
    pub(super) fn sent_values(&self, dynamic: &Dynamic) -> String {
        let pairs = self.args.iter().zip(&dynamic.params).map(|(arg, param)| match &param.sent {
            Sent::Always => format!("(true, {})", arg.encoded(&format!("params.{}", arg.name))),
            Sent::Ordered(orders) => {
                let name = self.order_name();
                let orders: Vec<String> = orders
                    .iter()
                    .map(|order| format!("{name}::{}", names::camel(&dynamic.orders[*order])))
                    .collect();
                let value = arg.encoded(&format!("params.{}", arg.name));
                format!("(matches!(params.order, {}), {value})", orders.join(" | "))
            }
            Sent::With(filter) => {
                let field = names::snake(&dynamic.filters[*filter].name);
                let value = match self.filter(dynamic, *filter) {
                    Filter::Several(_) => format!("params.{field}.map(|{field}| {field}.{})", arg.name),
                    Filter::Bare | Filter::One(_) => format!("params.{field}"),
                };
                format!("(params.{field}.is_some(), {})", arg.encoded_filter(&value))
            }
        });
        format!("&bindery::generated::sent(&[{}])", pairs.collect::<Vec<_>>().join(", "))
    }

    /// Writes the statements as the run time knows them: they differ in what is sent, and in the types of that.
    pub(super) fn write_statements(&self, dynamic: &Dynamic, text: &mut Text) {
        let count = dynamic.variants.len();
        text.doc("", format_args!("The statements of [`{}`].", self.name));
        text.line(format_args!("pub static {}: [bindery::Query; {count}] = {{\n", self.statement));
        text.write(format_args!(
            "    const fn statement(
        sql: &'static str,
        params: &'static [&'static str],
    ) -> bindery::Query {{
        bindery::Query {{
            name: {:?},
            file: {:?},
            sql,
            params,
",
            self.query.name, self.query.file.path,
        ));
        text.list("            ", "columns: ", &self.column_types(), true);
        text.write(format_args!("        }}\n    }}\n    [\n"));
        for (index, variant) in dynamic.variants.iter().enumerate() {
            let sql = sql_literal(&expand::sent(&variant.query, self.description));
            if !sql.is_ascii() {
                // It is wider in bytes than it is.
                text.leave_to_prettyplease();
            }
            let params = variant.params.iter().map(|param| &self.description.params[*param]);
            let params: Vec<String> =
                params.map(|param| format!("{:?}", types::without_modifier(&param.ty))).collect();
            let arguments = [Argument::One(&sql), Argument::List(&params)];
            text.call("        ", "statement", &arguments, index + 1 == count);
        }
        text.write(format_args!("    ]\n}};\n"));
    }

    /// The parameters that are no filter's.
    fn required(&self, dynamic: &Dynamic) -> Vec<&Arg<'i>> {
        let args = self.args.iter().zip(&dynamic.params);
        args.filter(|(_, param)| !matches!(param.sent, Sent::With(_))).map(|(arg, _)| arg).collect()
    }

    fn filter<'f>(&'f self, dynamic: &Dynamic, filter: usize) -> Filter<'f, 'i> {
        match &dynamic.params_of(filter)[..] {
            [] => Filter::Bare,
            [only] => Filter::One(&self.args[*only]),
            several => Filter::Several(several.iter().map(|param| &self.args[*param]).collect()),
        }
    }

    /// `SearchCarsFreeFilter<'_>`
    fn filter_type(&self, dynamic: &Dynamic, filter: usize) -> String {
        let args = dynamic.params_of(filter);
        let borrows = args.iter().any(|arg| self.args[*arg].ty.contains('&'));
        let query = names::camel(&self.query.name);
        let name = names::camel(&dynamic.filters[filter].name);
        format!("{query}{name}Filter{}", if borrows { "<'_>" } else { "" })
    }

    /// `SearchCarsOrder`
    fn order_name(&self) -> String {
        format!("{}Order", names::camel(&self.query.name))
    }
}
