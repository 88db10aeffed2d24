//! What PostgreSQL said about a query: plain data, written to the lock and read by the generator.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::lint::Finding;
use crate::settings::RustType;

/// A type's name as the lock shows it: `int8`, `text[]`, `numeric(10,2)`, `public.car_status`.
///
/// Types of `pg_catalog` go by their name alone, all others by schema and name; an array is its element's name and
/// `[]`. `numeric` is the only one with its modifier. `bindery::generated::type_name` renders the types of a live statement
/// by the same rule, but for modifiers.
pub(crate) type TypeName = String;

/// Types, NULLs and names of one query.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Description {
    /// `$1` first; where parts are optional, those of the whole statement and then those of other orderings.
    pub params: Vec<Field>,
    /// In order of the select list; empty for a command that returns no rows.
    pub columns: Vec<Field>,
    /// The rows of tables among the columns, in their order.
    pub embeds: Vec<Embed>,
    /// Whether `cars.*` is what the program sends for them, since the columns cannot be named.
    pub keeps_stars: bool,
    /// Whether more than one row is impossible.
    pub at_most_one_row: bool,
    /// Whether a standby can answer it: it writes nothing, locks no row, and calls no function that may.
    pub read_only: bool,
    /// For a command that wants one row of a query that may return more: the unique keys that would have to be met,
    /// `cars (id)`.
    pub unmet_keys: Vec<String>,
    /// The relation whose rows these are, `public.cars`: the columns are its columns, all of them and in order.
    pub table: Option<String>,
    /// The tables and views that it touches, through views and functions too, `public.cars`; sorted.
    pub relations: Vec<String>,
    /// What the lint found, whether or not it is to be told.
    pub findings: Vec<Finding>,
    /// How many statements it stands for, if parts of it are optional; else 0.
    pub statements: usize,
}

/// A parameter or a column.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Field {
    pub name: String,
    pub ty: TypeName,
    pub nullable: bool,
    /// Whether elements can be NULL, if it is an array; false for everything else.
    pub null_elements: bool,
    /// The domain of the column that a parameter meets, where the server takes the type under it.
    pub domain: Option<TypeName>,
    /// The Rust type that `[columns]` of bindery.toml names for the column, or for the column that a parameter meets.
    pub rust: Option<RustType>,
    /// Whether its values, or its elements, are rows of a table, and not just any values of the table's row type.
    pub whole_rows: bool,
}

/// A row of a table among the columns: `sqlc.embed(owners)`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Embed {
    /// `owner`
    pub name: String,
    /// `public.owners`
    pub table: String,
    /// The numbers of its columns, from 0: those of the table, all of them and in order.
    pub columns: Range<usize>,
    /// Whether there may be none: it is on the optional side of an outer join.
    pub optional: bool,
}

impl Description {
    /// The columns that belong to no embedded row, with their numbers from 0.
    pub fn own_columns(&self) -> impl Iterator<Item = (usize, &Field)> {
        self.columns.iter().enumerate().filter(|(index, _)| !self.is_embedded(*index))
    }

    pub fn is_embedded(&self, column: usize) -> bool {
        self.embeds.iter().any(|embed| embed.columns.contains(&column))
    }

    /// The embedded row that is all there is.
    pub fn only_embed(&self) -> Option<&Embed> {
        self.embeds.first().filter(|embed| embed.columns == (0..self.columns.len()))
    }
}

/// A table or view whose rows some query returns whole.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Table {
    /// `public.cars`
    pub name: String,
    pub columns: Vec<Field>,
}

/// A table or view that some query touches.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Relation {
    /// `public.cars`
    pub name: String,
    /// The columns that are declared NOT NULL, in their order: what is claimed non-null may rest on them.
    pub not_null: Vec<String>,
}

/// A type that the migrations made and some query uses.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct UserType {
    /// `public.car_status`
    pub name: TypeName,
    pub kind: UserTypeKind,
}

/// What kind of type it is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum UserTypeKind {
    /// With its labels in their order.
    Enum(Vec<String>),
    Domain {
        /// The type it is over, which may be a domain too.
        base: TypeName,
        /// Its constraints as the server prints them, `CHECK ((VALUE > 0))`, sorted.
        checks: Vec<String>,
    },
    Composite {
        attributes: Vec<Attribute>,
        /// Whether it is the type of a relation's rows.
        of_table: bool,
    },
    /// With the type of its bounds.
    Range(TypeName),
    /// With the type of its ranges' bounds.
    Multirange(TypeName),
    /// A type in C, of an extension as a rule.
    Base {
        extension: Option<String>,
        /// Whether it can be sent and received in binary form.
        is_binary: bool,
    },
}

/// A part of a composite type.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Attribute {
    pub name: String,
    pub ty: TypeName,
}

/// All that the server was asked.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Schema {
    /// Sorted by name.
    pub tables: Vec<Table>,
    /// Sorted by name.
    pub relations: Vec<Relation>,
    /// Sorted by name.
    pub types: Vec<UserType>,
}

impl Schema {
    pub fn table(&self, name: &str) -> Option<&Table> {
        let found = self.tables.binary_search_by(|table| table.name.as_str().cmp(name));
        found.ok().map(|index| &self.tables[index])
    }

    pub fn relation(&self, name: &str) -> Option<&Relation> {
        let found = self.relations.binary_search_by(|relation| relation.name.as_str().cmp(name));
        found.ok().map(|index| &self.relations[index])
    }

    pub fn user_type(&self, name: &str) -> Option<&UserType> {
        let found = self.types.binary_search_by(|user_type| user_type.name.as_str().cmp(name));
        found.ok().map(|index| &self.types[index])
    }

    /// Takes over what another one has, which may be the same.
    pub fn merge(&mut self, other: Self) {
        self.tables.retain(|table| other.table(&table.name).is_none());
        self.relations.retain(|relation| other.relation(&relation.name).is_none());
        self.types.retain(|user_type| other.user_type(&user_type.name).is_none());
        self.tables.extend(other.tables);
        self.relations.extend(other.relations);
        self.types.extend(other.types);
        self.sort();
    }

    pub fn sort(&mut self) {
        self.tables.sort_by(|a, b| a.name.cmp(&b.name));
        self.relations.sort_by(|a, b| a.name.cmp(&b.name));
        self.types.sort_by(|a, b| a.name.cmp(&b.name));
    }

    /// Leaves what the descriptions use, and what that is made of.
    pub fn keep_used<'d>(&mut self, descriptions: impl Iterator<Item = &'d Description> + Clone) {
        let embedded = descriptions.clone().flat_map(|d| &d.embeds).map(|embed| &embed.table);
        let whole = descriptions.clone().filter_map(|d| d.table.as_ref());
        let columns = descriptions.clone().flat_map(|d| &d.columns).filter(|column| column.whole_rows);
        let values = columns.map(|column| column.ty.trim_end_matches("[]"));
        let tables: BTreeSet<&str> = whole.chain(embedded).map(String::as_str).chain(values).collect();
        self.tables.retain(|table| tables.contains(table.name.as_str()));
        let touched: BTreeSet<&String> = descriptions.clone().flat_map(|d| &d.relations).collect();
        self.relations.retain(|relation| touched.contains(&relation.name));
        let fields =
            descriptions.flat_map(|description| description.params.iter().chain(&description.columns));
        let fields = fields.chain(self.tables.iter().flat_map(|table| &table.columns));
        let mut used = BTreeSet::new();
        for field in fields {
            self.use_type(&field.ty, &mut used);
            field.domain.iter().for_each(|domain| self.use_type(domain, &mut used));
        }
        self.types.retain(|user_type| used.contains(&user_type.name));
    }

    fn use_type(&self, ty: &str, used: &mut BTreeSet<TypeName>) {
        let Some(user_type) = self.user_type(ty.trim_end_matches("[]")) else { return };
        if !used.insert(user_type.name.clone()) {
            return;
        }
        match &user_type.kind {
            UserTypeKind::Domain { base: part, .. }
            | UserTypeKind::Range(part)
            | UserTypeKind::Multirange(part) => self.use_type(part, used),
            UserTypeKind::Composite { attributes, .. } => {
                attributes.iter().for_each(|attribute| self.use_type(&attribute.ty, used));
            }
            UserTypeKind::Enum(_) | UserTypeKind::Base { .. } => {}
        }
    }

    /// Whether values of the type have elements, be it a domain over an array.
    pub fn is_array(&self, ty: &str) -> bool {
        self.base_type(ty).ends_with("[]")
    }

    /// The type under all domains.
    pub fn base_type<'t>(&'t self, ty: &'t str) -> &'t str {
        match self.user_type(ty).map(|user_type| &user_type.kind) {
            Some(UserTypeKind::Domain { base, .. }) => self.base_type(base),
            _ => ty,
        }
    }
}
