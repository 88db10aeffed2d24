//! `cargo bindery describe`: what is known of queries, and why.

use std::fmt::Write as _;

use bindery_build::{FieldInfo, QueryInfo};
use clap::Args;
use serde_json::{Value, json};

use crate::context::Context;
use crate::exit::{Exit, Failure};

/// Show parameters, columns and row counts of queries, with the reasons
#[derive(Args)]
#[command(after_help = "Example:\n  cargo bindery describe FindCar cars/ListCars")]
pub struct Describe {
    /// Queries by name, or by file and name [default: all]
    queries: Vec<String>,
    /// Print JSON: an array of queries
    #[arg(long)]
    json: bool,
}

impl Describe {
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let queries = context.config()?.inspect(&self.queries)?;
        if self.json {
            let queries: Vec<Value> = queries.iter().map(json).collect();
            context.terminal.print(format_args!("{:#}\n", Value::Array(queries)));
        } else {
            let texts: Vec<String> = queries.iter().map(text).collect();
            context.terminal.print(texts.join("\n"));
        }
        Ok(Exit::Success)
    }
}

fn text(query: &QueryInfo) -> String {
    let QueryInfo { name, file, line, command, .. } = query;
    let mut text = format!("{name} :{command} ({file}:{line})\n");
    fields(&mut text, "parameters", &query.params);
    fields(&mut text, "columns", &query.columns);
    let rows = if query.at_most_one_row { "at most one" } else { "any number" };
    // Writing to a String cannot fail.
    let _ = writeln!(text, "  rows: {rows}: {}", query.rows_reason);
    if query.statements > 1 {
        let _ = writeln!(text, "  statements: {}, each for other filters or another order", query.statements);
    }
    if !query.relations.is_empty() {
        let _ = writeln!(text, "  touches: {}", query.relations.join(", "));
    }
    text
}

fn fields(text: &mut String, kind: &str, fields: &[FieldInfo]) {
    if fields.is_empty() {
        return;
    }
    let _ = writeln!(text, "  {kind}:");
    let width = |of: fn(&FieldInfo) -> &str| fields.iter().map(|field| of(field).chars().count()).max();
    let names = width(|field| &field.name).unwrap_or(0);
    let types = width(|field| &field.ty).unwrap_or(0);
    for FieldInfo { name, ty, nullable, reason, .. } in fields {
        let null = if *nullable { "nullable" } else { "not null" };
        let reason = reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        let _ = writeln!(text, "    {name:names$}  {ty:types$}  {null}{reason}");
    }
}

fn json(query: &QueryInfo) -> Value {
    let field = |field: &FieldInfo| {
        json!({
            "name": field.name, "type": field.ty, "nullable": field.nullable, "reason": field.reason,
        })
    };
    json!({
        "name": query.name,
        "file": query.file,
        "line": query.line,
        "command": query.command,
        "sql": query.sql,
        "statements": query.statements,
        "params": query.params.iter().map(field).collect::<Vec<_>>(),
        "columns": query.columns.iter().map(field).collect::<Vec<_>>(),
        "at_most_one_row": query.at_most_one_row,
        "rows_reason": query.rows_reason,
        "relations": query.relations,
    })
}
