//! The file as a tree: JSON or YAML, of which JSON's values are all that sqlc takes.

use std::fs;
use std::path::Path;

use saphyr::{LoadableYamlNode as _, Scalar, Yaml};
use serde_json::Value;

use crate::exit::Problem;
use crate::package::shown;

/// # Errors
/// The file cannot be read; or what is wrong in it, with line and column.
pub fn read(path: &Path) -> Result<Value, Problem> {
    let text = fs::read_to_string(path)
        .map_err(|error| Problem::new(format!("cannot read `{}`: {error}", shown(path))))?;
    let is_json = path.extension().is_some_and(|extension| extension == "json");
    let read = if is_json { from_json(&text) } else { from_yaml(&text) };
    read.map_err(|wrong| {
        Problem::new(format!("{}:{}:{}: {}", shown(path), wrong.line, wrong.column, wrong.message))
    })
}

/// What is no YAML or no JSON; lines and columns count from 1.
#[derive(Debug, PartialEq)]
struct Wrong {
    line: usize,
    column: usize,
    message: String,
}

fn from_json(text: &str) -> Result<Value, Wrong> {
    serde_json::from_str(text).map_err(|error| {
        let message = error.to_string();
        let place = format!(" at line {} column {}", error.line(), error.column());
        Wrong { line: error.line(), column: error.column(), message: message.replace(&place, "") }
    })
}

fn from_yaml(text: &str) -> Result<Value, Wrong> {
    let documents = Yaml::load_from_str(text).map_err(|error| Wrong {
        line: error.marker().line(),
        column: error.marker().col() + 1,
        message: error.info().to_owned(),
    })?;
    Ok(documents.into_iter().next().map_or(Value::Null, value))
}

fn value(node: Yaml<'_>) -> Value {
    match node {
        Yaml::Value(Scalar::Boolean(is)) => is.into(),
        Yaml::Value(Scalar::Integer(number)) => number.into(),
        Yaml::Value(Scalar::FloatingPoint(number)) => number.into_inner().into(),
        Yaml::Value(Scalar::String(text)) => text.into_owned().into(),
        Yaml::Sequence(nodes) => nodes.into_iter().map(value).collect(),
        Yaml::Mapping(nodes) => {
            nodes.into_iter().map(|(key, node)| (as_key(&value(key)), value(node))).collect()
        }
        Yaml::Tagged(_, node) => value(*node),
        _ => Value::Null,
    }
}

/// A key that is no text, `1:`, goes by how it is written.
fn as_key(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yaml_and_json_give_the_same_tree() {
        let json =
            r#"{"version": "2", "sql": [{"schema": ["a", "b"], "on": true, "limit": 3, "none": null}]}"#;
        let yaml =
            "version: '2'\nsql:\n- &one\n  schema: [a, \"b\"] # why\n  on: true\n  limit: 3\n  none:\n";
        assert_eq!(from_yaml(yaml).unwrap(), from_json(json).unwrap());
        // JSON is YAML too, and sqlc.yaml may be written in it.
        assert_eq!(from_yaml(json).unwrap(), from_json(json).unwrap());
        assert_eq!(from_yaml("a: &x [1]\nb: *x").unwrap(), from_json(r#"{"a": [1], "b": [1]}"#).unwrap());
    }

    #[test]
    fn what_cannot_be_read_has_a_line_and_a_column() {
        let place = |wrong: Wrong| (wrong.line, wrong.column);
        assert_eq!(place(from_yaml("a: 1\nb: [1\nc: 2\n").unwrap_err()).0, 3);
        assert_eq!(place(from_yaml("a: 1\na: 2\n").unwrap_err()), (2, 1));
        assert_eq!(place(from_json("{\n  \"a\": }").unwrap_err()), (2, 8));
    }
}
