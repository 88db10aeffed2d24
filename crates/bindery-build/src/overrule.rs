//! `@param` and `@column`: the user's word instead of what was found.

use crate::description::{Description, Field, Schema};
use crate::diagnostic::{Diagnostic, Span};
use crate::nearest::did_you_mean;
use crate::query::{Override, Query, Target};

/// Changes the description as `rule` says; what is wrong with it is a diagnostic.
pub(crate) fn overrule(
    query: &Query,
    rule: &Override,
    description: &mut Description,
    schema: &Schema,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let found = match rule.target {
        Target::Param => description.params.iter().position(|param| param.name == rule.name),
        Target::Column => {
            description.own_columns().find(|(_, column)| column.name == rule.name).map(|(index, _)| index)
        }
    };
    let fields = match rule.target {
        Target::Param => &mut description.params,
        Target::Column => &mut description.columns,
    };
    let Some(field) = found.map(|index| &mut fields[index]) else {
        diagnostics.extend(overrule_embed(query, rule, description));
        return;
    };
    field.nullable = rule.nullable.unwrap_or(field.nullable);
    if let Some(null_elements) = rule.null_elements {
        field.null_elements = null_elements;
        if !schema.is_array(&field.ty) {
            diagnostics.push(no_elements(query, rule, field));
        }
    }
}

/// An embedded row, of which only that it is there can be said; what is wrong with it, if anything.
fn overrule_embed(query: &Query, rule: &Override, description: &mut Description) -> Option<Diagnostic> {
    let error =
        |message: String| Diagnostic::error(message).at(Span::new(&query.file, rule.range.clone()), "");
    if rule.target == Target::Column
        && let Some(embed) = description.embeds.iter_mut().find(|embed| embed.name == rule.name)
    {
        embed.optional = rule.nullable.unwrap_or(embed.optional);
        let says_more = rule.null_elements.is_some() || rule.rust.is_some();
        return says_more.then(|| {
            error(format!("`{}` is an embedded row of `{}`", embed.name, embed.table))
                .help("say `nullable` or `not null` of it, or list its columns")
        });
    }
    let is_it = |field: &Field| field.name == rule.name;
    if rule.target == Target::Column && description.columns.iter().any(is_it) {
        let help =
            "its type is that of the table's struct: list the columns, or use `[columns]` of bindery.toml";
        return Some(error(format!("`{}` is a column of an embedded row", rule.name)).help(help));
    }
    let names: Vec<&str> = match rule.target {
        Target::Param => description.params.iter().map(|param| param.name.as_str()).collect(),
        Target::Column => {
            let own = description.own_columns().map(|(_, column)| column.name.as_str());
            own.chain(description.embeds.iter().map(|embed| embed.name.as_str())).collect()
        }
    };
    let error = error(format!("`{}` is not in query `{}`", rule.name, query.name));
    Some(error.help(match names.is_empty() {
        true => "there is none: remove this line".to_owned(),
        false => did_you_mean(&rule.name, names.iter().copied()).unwrap_or_else(|| {
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            format!("write one of {}", names.join(", "))
        }),
    }))
}

fn no_elements(query: &Query, rule: &Override, field: &Field) -> Diagnostic {
    let message = format!("`{}` has type `{}`, which has no elements", field.name, field.ty);
    let diagnostic = Diagnostic::error(message).at(Span::new(&query.file, rule.range.clone()), "");
    diagnostic.help("say `nullable` or `not null` of the value itself")
}
