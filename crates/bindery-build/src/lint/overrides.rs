//! `unused-override`: annotations that say what the analysis says too.

use crate::analyze::Analysis;
use crate::description::{Description, Field};
use crate::query::{Override, Query, Target};

use super::{Finding, Rule};

/// The annotations of a query that change nothing; `inferred` is its description without those of columns.
pub(crate) fn unused(query: &Query, analysis: &Analysis, inferred: &Description) -> Vec<Finding> {
    // A tree that was not sent, or not read, says nothing.
    if analysis.columns.is_empty() && query.command.returns_rows() {
        return Vec::new();
    }
    let unused = query.overrides.iter().filter(|rule| match rule.target {
        Target::Param => is_unused_param(query, analysis, inferred, rule),
        Target::Column => {
            let embeds = inferred.embeds.iter().filter(|embed| embed.name == rule.name);
            inferred.own_columns().any(|(_, column)| is_unused_column(column, rule))
                || embeds.into_iter().any(|embed| rule.nullable == Some(embed.optional))
        }
    });
    unused.map(|rule| Finding { at: None, rule: Rule::UnusedOverride, subject: subject(rule) }).collect()
}

/// How a finding names an annotation: `@param plate`.
pub(crate) fn subject(rule: &Override) -> String {
    match rule.target {
        Target::Param => format!("@param {}", rule.name),
        Target::Column => format!("@column {}", rule.name),
    }
}

fn is_unused_param(query: &Query, analysis: &Analysis, inferred: &Description, rule: &Override) -> bool {
    let Some(index) = inferred.params.iter().position(|param| param.name == rule.name) else { return false };
    let narg = query.params.get(index).is_some_and(|param| param.narg);
    let Some(param) = analysis.params.get(index) else { return false };
    let nullable = rule.nullable.map(|nullable| nullable == (narg || param.inferred_nullable));
    // Elements of a slice are never NULL; what a type of the user's holds is not known.
    let elements = rule.null_elements.map(|nulls| !nulls && rule.rust.is_none());
    is_unused([nullable, elements])
}

fn is_unused_column(column: &Field, rule: &Override) -> bool {
    column.name == rule.name
        && is_unused([
            rule.nullable.map(|nullable| nullable == column.nullable),
            rule.null_elements.map(|nulls| nulls == column.null_elements),
        ])
}

/// Whether something is said, and all that is said is so anyway.
fn is_unused(parts: [Option<bool>; 2]) -> bool {
    parts.contains(&Some(true)) && !parts.contains(&Some(false))
}
