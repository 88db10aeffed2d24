//! A query with optional parts: its parameters, of which some are filters, its orderings, and its statements.

use crate::dynamic::{Dynamic, Sent};
use crate::generate::text::{Argument, Text, sql_literal};
use crate::generate::{derives, row};
use crate::names;
use crate::settings::Derives;
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
    /// Writes the types that the struct of parameters is made of, and it.
    pub(super) fn write_choices(&self, dynamic: &Dynamic, text: &mut Text) {
        if !dynamic.orders.is_empty() {
            text.item(|text| self.write_orders(dynamic, text));
        }
        for (index, filter) in dynamic.filters.iter().enumerate() {
            if let Filter::Several(args) = self.filter(dynamic, index) {
                text.item(|text| {
                    let title =
                        format!("The parameters of the filter `{}` of [`{}`].", filter.name, self.name);
                    self.open_struct(
                        &title,
                        &self.filter_type(dynamic, index),
                        &["Clone", "Copy", "Debug"],
                        &args,
                        text,
                    );
                    for arg in args {
                        self.write_arg(arg, text);
                    }
                    text.write(format_args!("}}\n"));
                });
            }
        }
        text.item(|text| self.write_dynamic_params(dynamic, text));
        self.write_params_impl(dynamic, text);
    }

    fn write_orders(&self, dynamic: &Dynamic, text: &mut Text) {
        text.write(format_args!("/// How the rows of [`{}`] are ordered.\n", self.name));
        text.write(format_args!("#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]\n"));
        text.line(format_args!("pub enum {} {{\n", self.order_name()));
        for (index, order) in dynamic.orders.iter().enumerate() {
            let default = if index == 0 { "    #[default]\n" } else { "" };
            text.doc("    ", format_args!("`{order}`"));
            text.write(format_args!("{default}"));
            text.line(format_args!("    {},\n", names::camel(order)));
        }
        text.write(format_args!("}}\n"));
    }

    fn open_struct(&self, title: &str, name: &str, derive: &[&str], args: &[&Arg<'_>], text: &mut Text) {
        text.doc("", format_args!("{title}"));
        // Types of the user's may not print.
        let derive: Vec<&str> = match args.iter().any(|arg| arg.resolved.holds_given()) {
            true => derive.iter().copied().filter(|name| *name != "Debug").collect(),
            false => derive.to_vec(),
        };
        derives::write_above(&derive, false, &Derives::default(), text);
        text.line(format_args!("pub struct {} {{\n", name.replace("<'_>", "<'a>")));
    }

    fn write_arg(&self, arg: &Arg<'_>, text: &mut Text) {
        row::write_field(arg.param, &[], &arg.name, &arg.ty.replace('&', "&'a "), text);
    }

    fn write_dynamic_params(&self, dynamic: &Dynamic, text: &mut Text) {
        let title = format!("The parameters of [`{}`].", self.name);
        let mut derive = vec!["Clone", "Copy", "Debug"];
        if self.required(dynamic).is_empty() {
            derive.push("Default");
        }
        let name = format!("{}{}", self.params_name(), if self.borrows() { "<'_>" } else { "" });
        self.open_struct(&title, &name, &derive, &self.args.iter().collect::<Vec<_>>(), text);
        for arg in self.required(dynamic) {
            self.write_arg(arg, text);
        }
        for (index, filter) in dynamic.filters.iter().enumerate() {
            let field = names::snake(&filter.name);
            match self.filter(dynamic, index) {
                Filter::Bare => {
                    text.doc("    ", format_args!("Whether the filter `{}` is sent.", filter.name));
                    text.line(format_args!("    pub {field}: bool,\n"));
                }
                Filter::One(arg) => {
                    let null = if arg.param.nullable { "nullable" } else { "not null" };
                    let ty = &arg.param.ty;
                    text.doc(
                        "    ",
                        format_args!("`{}` of type `{ty}`, {null}; a filter if it is given.", filter.name),
                    );
                    let ty = arg.ty.replace('&', "&'a ");
                    text.line(format_args!("    pub {field}: Option<{ty}>,\n"));
                }
                Filter::Several(_) => {
                    text.doc("    ", format_args!("The filter `{}`, if it is given.", filter.name));
                    let ty = self.filter_type(dynamic, index).replace("'_", "'a");
                    text.line(format_args!("    pub {field}: Option<{ty}>,\n"));
                }
            }
        }
        if !dynamic.orders.is_empty() {
            text.write(format_args!("    /// How the rows are ordered.\n"));
            text.line(format_args!("    pub order: {},\n", self.order_name()));
        }
        text.write(format_args!("}}\n"));
    }

    fn write_params_impl(&self, dynamic: &Dynamic, text: &mut Text) {
        let lifetime = if self.borrows() { "<'a>" } else { "" };
        let name = format!("{}{lifetime}", self.params_name());
        text.write(format_args!("\nimpl{lifetime} {name} {{"));
        if !self.required(dynamic).is_empty() {
            text.method(&name, |text| self.write_new(dynamic, text));
        }
        text.method(&name, |text| self.write_choice(dynamic, text));
        text.write(format_args!("}}\n"));
    }

    /// Which of the statements it is: a bit for each filter, and the number of the ordering above them.
    fn write_choice(&self, dynamic: &Dynamic, text: &mut Text) {
        let given = |(index, filter): (usize, &crate::dynamic::Filter)| {
            let field = names::snake(&filter.name);
            let is_some = match self.filter(dynamic, index) {
                Filter::Bare => "",
                Filter::One(_) | Filter::Several(_) => ".is_some()",
            };
            let times = if index == 0 { String::new() } else { format!("{} * ", 1_usize << index) };
            format!("{times}usize::from(self.{field}{is_some})")
        };
        let mut parts: Vec<String> = dynamic.filters.iter().enumerate().map(given).collect();
        if !dynamic.orders.is_empty() {
            let times = if parts.is_empty() { String::new() } else { format!("{} * ", dynamic.whole() + 1) };
            parts.push(format!("{times}self.order as usize"));
        }
        let (mut table, mut index) = (String::new(), "choice");
        if dynamic.variants.len() < dynamic.statements.len() {
            // Some choices come to the same text.
            let statements: Vec<String> = dynamic.statements.iter().map(ToString::to_string).collect();
            let list = statements.join(", ");
            (table, index) = (
                format!("const STATEMENTS: [usize; {}] = [{list}];\n", statements.len()),
                "STATEMENTS[choice]",
            );
        }
        text.write(format_args!(
            "    /// The statement for what is given.
    fn statement(&self) -> &'static bindery::Query {{
        {table}let choice = {};
        &{}[{index}]
    }}
",
            parts.join(" + "),
            self.statement
        ));
        text.leave_to_prettyplease();
    }

    /// What is always given is asked for; the rest is for struct update syntax.
    fn write_new(&self, dynamic: &Dynamic, text: &mut Text) {
        text.write(format_args!(
            "    /// Without any filter{}.\n",
            match dynamic.orders.is_empty() {
                true => "",
                false => ", in the default order",
            }
        ));
        let required = self.required(dynamic);
        if required.len() > 7 {
            text.write(format_args!("    #[allow(clippy::too_many_arguments)]\n"));
        }
        let arguments: Vec<String> =
            required.iter().map(|arg| format!("{}: {}", arg.name, arg.ty.replace('&', "&'a "))).collect();
        let mut fields: Vec<String> = required.iter().map(|arg| arg.name.clone()).collect();
        for (index, filter) in dynamic.filters.iter().enumerate() {
            let value = if matches!(self.filter(dynamic, index), Filter::Bare) { "false" } else { "None" };
            fields.push(format!("{}: {value}", names::snake(&filter.name)));
        }
        if !dynamic.orders.is_empty() {
            fields.push(format!("order: {}::default()", self.order_name()));
        }
        text.write(format_args!(
            "    pub fn new({}) -> Self {{ Self {{ {} }} }}\n",
            arguments.join(", "),
            fields.join(", ")
        ));
        text.leave_to_prettyplease();
    }

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
            let sql = sql_literal(&variant.query.sql);
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
