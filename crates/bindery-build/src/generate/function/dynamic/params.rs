//! The types that a call chooses by: the struct of parameters, what it is made of, and how it picks a statement.

use crate::dynamic::Dynamic;
use crate::generate::text::Text;
use crate::generate::{derives, row};
use crate::names;
use crate::settings::Derives;

use super::super::{Arg, Function};
use super::Filter;

impl Function<'_> {
    /// Writes the types that the struct of parameters is made of, and it.
    pub(in crate::generate::function) fn write_choices(&self, dynamic: &Dynamic, text: &mut Text) {
        if !dynamic.orders.is_empty() {
            text.item(|text| self.write_orders(dynamic, text));
        }
        for index in 0..dynamic.filters.len() {
            if let Filter::Several(args) = self.filter(dynamic, index) {
                text.item(|text| self.write_filter(dynamic, index, &args, text));
            }
        }
        text.item(|text| self.write_dynamic_params(dynamic, text));
        self.write_params_impl(dynamic, text);
    }

    fn write_filter(&self, dynamic: &Dynamic, filter: usize, args: &[&Arg<'_>], text: &mut Text) {
        let title =
            format!("The parameters of the filter `{}` of [`{}`].", dynamic.filters[filter].name, self.name);
        let name = self.filter_type(dynamic, filter);
        self.open_struct(&title, &name, &["Clone", "Copy", "Debug"], args, text);
        for arg in args {
            self.write_arg(arg, text);
        }
        text.write(format_args!("}}\n"));
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
        for index in 0..dynamic.filters.len() {
            self.write_filter_field(dynamic, index, text);
        }
        if !dynamic.orders.is_empty() {
            text.write(format_args!("    /// How the rows are ordered.\n"));
            text.line(format_args!("    pub order: {},\n", self.order_name()));
        }
        text.write(format_args!("}}\n"));
    }

    fn write_filter_field(&self, dynamic: &Dynamic, filter: usize, text: &mut Text) {
        let name = &dynamic.filters[filter].name;
        let (said, ty) = match self.filter(dynamic, filter) {
            Filter::Bare => (format!("Whether the filter `{name}` is sent."), "bool".to_owned()),
            Filter::One(arg) => {
                let null = if arg.param.nullable { "nullable" } else { "not null" };
                let said = format!("`{name}` of type `{}`, {null}; a filter if it is given.", arg.param.ty);
                (said, format!("Option<{}>", arg.ty.replace('&', "&'a ")))
            }
            Filter::Several(_) => {
                let ty = self.filter_type(dynamic, filter).replace("'_", "'a");
                (format!("The filter `{name}`, if it is given."), format!("Option<{ty}>"))
            }
        };
        text.doc("    ", format_args!("{said}"));
        text.line(format_args!("    pub {}: {ty},\n", names::snake(name)));
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
}
