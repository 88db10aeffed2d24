//! A synthetic project of any size: ten queries a table, of the shapes that applications have.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// Queries a table.
const A_TABLE: usize = 10;

/// Writes `migrations/` and `queries/`, a file of each a table.
pub fn write(root: &Path, queries: usize) {
    for folder in ["migrations", "queries"] {
        fs::create_dir_all(root.join(folder)).unwrap();
    }
    for table in 0..tables(queries) {
        let migration = root.join(format!("migrations/{:05}_t{table}.sql", table + 1));
        fs::write(migration, self::migration(table)).unwrap();
        let file = root.join(format!("queries/things_{table}.sql"));
        fs::write(file, self::queries(table)).unwrap();
    }
}

/// How many tables hold so many queries.
pub fn tables(queries: usize) -> usize {
    (queries / A_TABLE).max(1)
}

fn migration(t: usize) -> String {
    let references = match t.checked_sub(1) {
        Some(before) => format!(" REFERENCES things_{before} (id)"),
        None => String::new(),
    };
    format!(
        "-- +goose Up
CREATE TABLE things_{t} (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    name text NOT NULL UNIQUE,
    owner_id bigint{references},
    amount numeric(10,2) NOT NULL DEFAULT 0,
    tags text[] NOT NULL DEFAULT '{{}}',
    note text,
    created_at timestamptz NOT NULL DEFAULT now()
);
-- +goose Down
DROP TABLE things_{t};
"
    )
}

fn queries(t: usize) -> String {
    let o = t.saturating_sub(1);
    format!(
        "-- name: FindThing{t} :opt
-- Looks one up.
SELECT * FROM things_{t} WHERE id = @id;

-- name: ListThings{t} :many
SELECT id, name, note, created_at FROM things_{t} WHERE created_at > @since AND name LIKE @pattern ORDER BY id;

-- name: InsertThing{t} :one
INSERT INTO things_{t} (name, owner_id, amount, tags, note) VALUES (@name, @owner_id, @amount, @tags, @note) RETURNING id;

-- name: UpdateNote{t} :execrows
UPDATE things_{t} SET note = @note WHERE id = @id;

-- name: DeleteThing{t} :exec
DELETE FROM things_{t} WHERE id = @id;

-- name: CountThings{t} :one
SELECT count(*) FROM things_{t} WHERE amount > @least;

-- name: ListWithOwner{t} :many
SELECT a.id, a.name, b.name AS owner_name, b.amount AS owner_amount
FROM things_{t} a LEFT JOIN things_{o} b ON b.id = a.owner_id
WHERE a.name = ANY(@names)
ORDER BY a.id;

-- name: SumByName{t} :many
SELECT name, sum(amount) AS total, max(created_at) AS latest FROM things_{t} GROUP BY name HAVING count(*) > @least;

-- name: FindByName{t} :opt
SELECT id, coalesce(note, '') AS note, amount FROM things_{t} WHERE name = @name;

-- name: Recent{t} :many
WITH recent AS (SELECT id, name FROM things_{t} ORDER BY created_at DESC LIMIT @most)
SELECT r.id, r.name, count(o.id) AS owned FROM recent r LEFT JOIN things_{o} o ON o.owner_id = r.id GROUP BY r.id, r.name;
"
    )
}

/// The same queries as one would write them by hand: a struct and a concrete function each, on the driver's client.
#[allow(dead_code, reason = "not every benchmark compares")]
pub fn hand_written(queries: usize) -> String {
    let mut text = String::new();
    for t in 0..tables(queries) {
        hand_written_table(t, &mut text);
    }
    text
}

/// A struct for rows, and how a function reads its columns.
struct ByHand<'h> {
    name: &'h str,
    sql: &'h str,
    params: &'h [(&'h str, &'h str)],
    columns: &'h [(&'h str, &'h str)],
    returns: Returns,
}

#[derive(Clone, Copy)]
enum Returns {
    One,
    Opt,
    Many,
    Affected,
}

fn hand_written_table(t: usize, text: &mut String) {
    let row = [
        ("id", "i64"),
        ("name", "String"),
        ("owner_id", "Option<i64>"),
        ("amount", "f64"),
        ("tags", "Vec<String>"),
        ("note", "Option<String>"),
        ("created_at", "std::time::SystemTime"),
    ];
    let params = [
        ("name", "&str"),
        ("owner_id", "Option<i64>"),
        ("amount", "f64"),
        ("tags", "&[&str]"),
        ("note", "Option<&str>"),
    ];
    let moment = "std::time::SystemTime";
    let by_hand = [
        ByHand {
            name: "FindThing",
            sql: "SELECT * FROM things WHERE id = $1",
            params: &[("id", "i64")],
            columns: &row,
            returns: Returns::Opt,
        },
        ByHand {
            name: "ListThings",
            sql: "SELECT id, name, note, created_at FROM things WHERE created_at > $1 AND name LIKE $2 ORDER BY id",
            params: &[("since", moment), ("pattern", "&str")],
            columns: &[("id", "i64"), ("name", "String"), ("note", "Option<String>"), ("created_at", moment)],
            returns: Returns::Many,
        },
        ByHand {
            name: "InsertThing",
            sql: "INSERT INTO things (name, owner_id, amount, tags, note) VALUES ($1, $2, $3, $4, $5) RETURNING id",
            params: &params,
            columns: &[("id", "i64")],
            returns: Returns::One,
        },
        ByHand {
            name: "UpdateNote",
            sql: "UPDATE things SET note = $1 WHERE id = $2",
            params: &[("note", "Option<&str>"), ("id", "i64")],
            columns: &[],
            returns: Returns::Affected,
        },
        ByHand {
            name: "DeleteThing",
            sql: "DELETE FROM things WHERE id = $1",
            params: &[("id", "i64")],
            columns: &[],
            returns: Returns::Affected,
        },
        ByHand {
            name: "CountThings",
            sql: "SELECT count(*) FROM things WHERE amount > $1",
            params: &[("least", "f64")],
            columns: &[("count", "i64")],
            returns: Returns::One,
        },
        ByHand {
            name: "ListWithOwner",
            sql: "SELECT a.id, a.name, b.name, b.amount FROM things a LEFT JOIN things b ON b.id = a.owner_id WHERE a.name = ANY($1)",
            params: &[("names", "&[&str]")],
            columns: &[
                ("id", "i64"),
                ("name", "String"),
                ("owner_name", "Option<String>"),
                ("owner_amount", "Option<f64>"),
            ],
            returns: Returns::Many,
        },
        ByHand {
            name: "SumByName",
            sql: "SELECT name, sum(amount) AS total, max(created_at) AS latest FROM things GROUP BY name HAVING count(*) > $1",
            params: &[("least", "i64")],
            columns: &[
                ("name", "String"),
                ("total", "Option<f64>"),
                ("latest", "Option<std::time::SystemTime>"),
            ],
            returns: Returns::Many,
        },
        ByHand {
            name: "FindByName",
            sql: "SELECT id, coalesce(note, '') AS note, amount FROM things WHERE name = $1",
            params: &[("name", "&str")],
            columns: &[("id", "i64"), ("note", "String"), ("amount", "f64")],
            returns: Returns::Opt,
        },
        ByHand {
            name: "Recent",
            sql: "WITH recent AS (SELECT id, name FROM things ORDER BY created_at DESC LIMIT $1) SELECT id, name, 1 AS owned FROM recent",
            params: &[("most", "i64")],
            columns: &[("id", "i64"), ("name", "String"), ("owned", "i64")],
            returns: Returns::Many,
        },
    ];
    for query in by_hand {
        query.write(t, text);
    }
}

impl ByHand<'_> {
    fn write(&self, t: usize, text: &mut String) {
        let Self { name, sql, params, columns, returns } = self;
        let is_row = !matches!(returns, Returns::Affected);
        if is_row {
            let _ = writeln!(
                text,
                "/// A row of it.\n#[derive(Clone, Debug, PartialEq)]\npub struct {name}{t}Row {{"
            );
            for (column, ty) in *columns {
                let _ = writeln!(text, "    /// `{column}`\n    pub {column}: {ty},");
            }
            text.push_str("}\n\n");
        }
        let function = snake(name);
        let _ = writeln!(
            text,
            "/// Runs `{name}{t}`.\npub async fn {function}{t}(\n    client: &tokio_postgres::Client,"
        );
        for (param, ty) in *params {
            let _ = writeln!(text, "    {param}: {ty},");
        }
        let output = match returns {
            Returns::One => format!("{name}{t}Row"),
            Returns::Opt => format!("Option<{name}{t}Row>"),
            Returns::Many => format!("Vec<{name}{t}Row>"),
            Returns::Affected => "u64".to_owned(),
        };
        let method = match returns {
            Returns::One => "query_one",
            Returns::Opt => "query_opt",
            Returns::Many => "query",
            Returns::Affected => "execute",
        };
        let values: Vec<String> = params.iter().map(|(param, _)| format!("&{param}")).collect();
        let _ = writeln!(text, ") -> Result<{output}, tokio_postgres::Error> {{\n    let sql = {sql:?};");
        let _ = writeln!(text, "    let found = client.{method}(sql, &[{}]).await?;", values.join(", "));
        let fields: String = (0..).zip(*columns).fold(String::new(), |fields, (index, (column, _))| {
            fields + &format!("        {column}: row.try_get({index})?,\n")
        });
        let made = format!("Ok({name}{t}Row {{\n{fields}    }})");
        let _ = match returns {
            Returns::One => writeln!(text, "    let row = found;\n    {made}\n}}\n"),
            Returns::Opt => writeln!(
                text,
                "    let Some(row) = found else {{ return Ok(None) }};\n    {made}.map(Some)\n}}\n"
            ),
            Returns::Many => writeln!(
                text,
                "    let mut rows = Vec::with_capacity(found.len());\n    for row in found {{\n        rows.push({name}{t}Row {{\n{fields}        }});\n    }}\n    Ok(rows)\n}}\n"
            ),
            Returns::Affected => writeln!(text, "    Ok(found)\n}}\n"),
        };
    }
}

fn snake(name: &str) -> String {
    let mut snake = String::new();
    for (index, letter) in name.char_indices() {
        if letter.is_uppercase() && index > 0 {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}
