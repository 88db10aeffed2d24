//! `QUERIES`: all statements and what they rely on, for a look at a live database.

use crate::description::{Relation, UserTypeKind};
use crate::names;

use super::Input;
use super::module::Module;
use super::text::Text;

/// A struct literal.
struct Literal {
    head: &'static str,
    fields: Vec<(&'static str, Value)>,
}

enum Value {
    /// As it stands in the code.
    One(String),
    /// `&[a, b]`
    List(Vec<String>),
}

/// Writes the static.
pub(super) fn write(input: &Input<'_>, modules: &[Module<'_>], text: &mut Text) {
    text.write(format_args!(
        "/// All queries and what they rely on in the database, for `client.verify(&QUERIES)`.
#[allow(dead_code)]
pub static QUERIES: bindery::Queries = bindery::Queries {{
"
    ));
    let of_module = |module: &Module<'_>| -> Vec<String> {
        let statics = module.queries.iter().flat_map(|(query, _)| {
            let name = format!("&{}::{}", module.name, names::shouty(&query.name));
            match &query.dynamic {
                None => vec![name],
                Some(dynamic) => {
                    (0..dynamic.variants.len()).map(|index| format!("{name}[{index}]")).collect()
                }
            }
        });
        statics.collect()
    };
    let queries: Vec<String> = modules.iter().flat_map(of_module).collect();
    text.list("    ", "queries: ", &queries, false);
    let schema = input.types.schema;
    write_list("relations", &schema.relations.iter().map(relation).collect::<Vec<_>>(), text);
    let types = || schema.types.iter().map(|user_type| (&user_type.name, &user_type.kind));
    let named = |head, name: &String, fields: Vec<(&'static str, Value)>| {
        let name = ("name", Value::One(format!("{name:?}")));
        Literal { head, fields: [name].into_iter().chain(fields).collect() }
    };
    let enums = types().filter_map(|(name, kind)| {
        let UserTypeKind::Enum(labels) = kind else { return None };
        Some(named("bindery::LockedEnum", name, vec![("labels", list_of(labels))]))
    });
    write_list("enums", &enums.collect::<Vec<_>>(), text);
    let composites = types().filter_map(|(name, kind)| {
        let UserTypeKind::Composite { attributes, .. } = kind else { return None };
        let attributes =
            attributes.iter().map(|attribute| format!("({:?}, {:?})", attribute.name, attribute.ty));
        let attributes = Value::List(attributes.collect());
        Some(named("bindery::LockedComposite", name, vec![("attributes", attributes)]))
    });
    write_list("composites", &composites.collect::<Vec<_>>(), text);
    let domains = types().filter_map(|(name, kind)| {
        let UserTypeKind::Domain { base, checks } = kind else { return None };
        let base = ("base", Value::One(format!("{base:?}")));
        Some(named("bindery::LockedDomain", name, vec![base, ("checks", list_of(checks))]))
    });
    write_list("domains", &domains.collect::<Vec<_>>(), text);
    let migrations: Vec<String> = input.migrations.iter().map(ToString::to_string).collect();
    text.numbers("    ", "migrations: ", &migrations);
    text.line(format_args!("    migration_table: {:?},\n", input.carried.table));
    text.write(format_args!("}};\n"));
}

fn relation(relation: &Relation) -> Literal {
    let name = ("name", Value::One(format!("{:?}", relation.name)));
    Literal { head: "bindery::LockedRelation", fields: vec![name, ("not_null", list_of(&relation.not_null))] }
}

fn list_of(texts: &[String]) -> Value {
    Value::List(texts.iter().map(|text| format!("{text:?}")).collect())
}

/// `name: &[literal, literal],`, a field a line.
fn write_list(name: &str, literals: &[Literal], text: &mut Text) {
    let head = format!("{name}: ");
    if matches!(literals, [literal] if literal.is_short()) {
        // It may fit on the line of its list.
        text.leave_to_prettyplease();
    }
    if literals.is_empty() {
        return text.list("    ", &head, &[], false);
    }
    text.line(format_args!("    {head}&[\n"));
    for literal in literals {
        text.line(format_args!("        {} {{\n", literal.head));
        for (index, (name, value)) in literal.fields.iter().enumerate() {
            let is_last = index + 1 == literal.fields.len();
            match value {
                Value::One(value) => text.line(format_args!("            {name}: {value},\n")),
                Value::List(values) => text.list("            ", &format!("{name}: "), values, is_last),
            }
        }
        text.line(format_args!("        }},\n"));
    }
    text.line(format_args!("    ],\n"));
}

impl Literal {
    /// Whether it may fit on a line; generously, since only the time to print it depends on that.
    fn is_short(&self) -> bool {
        let width = |value: &Value| match value {
            Value::One(value) => value.len(),
            Value::List(values) => values.iter().map(String::len).sum(),
        };
        self.head.len() + self.fields.iter().map(|(_, value)| width(value)).sum::<usize>() < 90
    }
}
