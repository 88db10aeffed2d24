//! The lock's text, written by hand rather than by a serialiser, so that a column is a line and a nullable column that
//! appears is one changed line. It is TOML; the same lock gives the same bytes.

use crate::description::{Attribute, Embed, Field, Relation, UserTypeKind};

use crate::lint::Finding;

use super::{Lock, LockedQuery, VERSION};

const TITLE: &str =
    "# Written by Bindery: what PostgreSQL says of every query. Commit it; builds then need no server.";

impl Lock {
    /// The file's text.
    pub fn render(&self) -> String {
        let mut out = Text(format!("{TITLE}\n"));
        out.key("version", &VERSION.to_string());
        out.key("postgres", &self.postgres.to_string());
        out.list("migrations", &self.migrations, |out, migration| {
            out.part("{ file = ", &migration.file);
            out.part(", source = ", &migration.source);
            out.0.push_str(" }");
        });
        if !self.settings.null_elements {
            out.text("array_elements", "not null");
        }
        if let Some(named) = &self.settings.named {
            out.text("settings", named);
        }
        for query in &self.queries {
            out.query(query);
        }
        for table in &self.schema.tables {
            out.block("table", &table.name);
            out.fields("columns", &table.columns);
        }
        for Relation { name, not_null } in &self.schema.relations {
            out.block("relation", name);
            out.list("not_null", not_null, |out, column| out.part("", column));
        }
        for user_type in &self.schema.types {
            out.block("type", &user_type.name);
            out.kind(&user_type.kind);
        }
        out.0
    }
}

/// The text so far.
struct Text(String);

impl Text {
    /// `[[query]]` and its name.
    fn block(&mut self, kind: &str, name: &str) {
        self.0.push_str("\n[[");
        self.0.push_str(kind);
        self.0.push_str("]]\n");
        self.text("name", name);
    }

    fn query(&mut self, query: &LockedQuery) {
        let description = &query.description;
        self.block("query", &query.name);
        self.text("file", &query.file);
        self.text("command", query.command.word());
        self.text("source", &query.source);
        if description.statements > 0 {
            self.key("statements", &description.statements.to_string());
        }
        self.key("at_most_one_row", if description.at_most_one_row { "true" } else { "false" });
        if description.read_only {
            self.key("read_only", "true");
        }
        if !description.unmet_keys.is_empty() {
            self.texts("unmet_keys", &description.unmet_keys);
        }
        if let Some(table) = &description.table {
            self.text("table", table);
        }
        self.texts("relations", &description.relations);
        if !description.findings.is_empty() {
            self.findings(&description.findings);
        }
        self.fields("params", &description.params);
        self.fields("columns", &description.columns);
        if !description.embeds.is_empty() {
            self.embeds(&description.embeds);
        }
        if description.keeps_stars {
            self.key("keeps_stars", "true");
        }
    }

    fn embeds(&mut self, embeds: &[Embed]) {
        self.list("embeds", embeds, |out, Embed { name, table, columns, optional }| {
            out.part("{ name = ", name);
            out.part(", table = ", table);
            out.0.push_str(&format!(
                ", from = {}, to = {}, optional = {optional} }}",
                columns.start, columns.end
            ));
        });
    }

    fn findings(&mut self, findings: &[Finding]) {
        self.list("findings", findings, |out, Finding { at, rule, subject }| {
            out.part("{ rule = ", rule.name());
            if let Some(at) = at {
                out.0.push_str(", at = ");
                out.0.push_str(&at.to_string());
            }
            out.part(", subject = ", subject);
            out.0.push_str(" }");
        });
    }

    fn kind(&mut self, kind: &UserTypeKind) {
        match kind {
            UserTypeKind::Enum(labels) => self.list("labels", labels, |out, label| out.part("", label)),
            UserTypeKind::Domain { base, checks } => {
                self.text("domain_over", base);
                self.list("checks", checks, |out, check| out.part("", check));
            }
            UserTypeKind::Composite { attributes, of_table } => {
                if *of_table {
                    self.key("of_table", "true");
                }
                self.list("attributes", attributes, |out, Attribute { name, ty }| {
                    out.part("{ name = ", name);
                    out.part(", type = ", ty);
                    out.0.push_str(" }");
                });
            }
            UserTypeKind::Range(subtype) => self.text("range_of", subtype),
            UserTypeKind::Multirange(subtype) => self.text("multirange_of", subtype),
            UserTypeKind::Base { extension, is_binary } => {
                self.text("extension", extension.as_deref().unwrap_or_default());
                if !is_binary {
                    self.key("binary", "false");
                }
            }
        }
    }

    fn fields(&mut self, key: &str, fields: &[Field]) {
        self.list(key, fields, |out, field| {
            out.part("{ name = ", &field.name);
            out.part(", type = ", &field.ty);
            out.0.push_str(if field.nullable { ", nullable = true" } else { ", nullable = false" });
            if field.null_elements {
                out.0.push_str(", null_elements = true");
            }
            if let Some(domain) = &field.domain {
                out.part(", domain = ", domain);
            }
            if let Some(rust) = &field.rust {
                out.part(", rust = ", &rust.path);
                if let Some(via) = rust.via {
                    out.part(", via = ", via.word());
                }
            }
            if field.whole_rows {
                out.0.push_str(", rows = true");
            }
            out.0.push_str(" }");
        });
    }

    /// An array with a line an item.
    fn list<T>(&mut self, key: &str, items: &[T], mut item: impl FnMut(&mut Self, &T)) {
        self.0.push_str(key);
        if items.is_empty() {
            self.0.push_str(" = []\n");
            return;
        }
        self.0.push_str(" = [\n");
        for each in items {
            self.0.push_str("    ");
            item(self, each);
            self.0.push_str(",\n");
        }
        self.0.push_str("]\n");
    }

    /// An array of strings in one line.
    fn texts(&mut self, key: &str, items: &[String]) {
        self.0.push_str(key);
        self.0.push_str(" = [");
        let mut separator = "";
        for item in items {
            self.part(separator, item);
            separator = ", ";
        }
        self.0.push_str("]\n");
    }

    fn text(&mut self, key: &str, value: &str) {
        self.0.push_str(key);
        self.part(" = ", value);
        self.0.push('\n');
    }

    fn key(&mut self, key: &str, value: &str) {
        self.0.push_str(key);
        self.0.push_str(" = ");
        self.0.push_str(value);
        self.0.push('\n');
    }

    /// What comes before a string, and the string in TOML's quotes.
    fn part(&mut self, before: &str, text: &str) {
        self.0.push_str(before);
        self.0.push('"');
        if needs_escapes(text) {
            for c in text.chars() {
                match c {
                    '"' | '\\' => self.0.extend(['\\', c]),
                    c if c.is_control() => self.0.push_str(&format!("\\u{:04X}", u32::from(c))),
                    c => self.0.push(c),
                }
            }
        } else {
            self.0.push_str(text);
        }
        self.0.push('"');
    }
}

/// Asked of every string in the file, in a build script that is not optimised: by bytes. Control characters beyond ASCII
/// begin with the byte C2.
fn needs_escapes(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if matches!(bytes[at], b'"' | b'\\' | 0..=0x1f | 0x7f | 0xc2) {
            return true;
        }
        at += 1;
    }
    false
}
