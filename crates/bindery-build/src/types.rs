//! From PostgreSQL's types to Rust's: settings first, then what a type is made of, then the table.

mod table;

use std::borrow::Cow;

use crate::description::{Attribute, Field, Schema, UserType, UserTypeKind};
use crate::names;
use crate::query::{Query, Target};
use crate::settings::{DateTime, RustType, Settings, Via};
use table::{MAPPINGS, Mapping, NO_BINARY, Origin, RANGES, REFUSED, Rust};

/// Why nothing stands for a type, and what to write instead.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Refusal {
    pub reason: String,
    /// Whether a Rust type could be named for it.
    pub can_be_named: bool,
}

/// A type in Rust.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Resolved {
    Scalar {
        owned: Cow<'static, str>,
        param: Cow<'static, str>,
        element: Cow<'static, str>,
    },
    /// A generated enum, composite or newtype at the root.
    Generated {
        name: String,
        is_copy: bool,
        holds_given: bool,
    },
    /// As a `Vec`, or as a `bindery::Array`.
    Array {
        element: Box<Resolved>,
        is_vec: bool,
    },
    Range(Box<Resolved>),
    Multirange(Box<Resolved>),
    /// A type of the user's.
    Given {
        rust: RustType,
        base: Option<Box<Resolved>>,
    },
}

/// Where the text that names a type stands: generated types are at the root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    Root,
    Module,
}

/// What is known when types are looked up.
#[derive(Clone, Copy)]
pub(crate) struct Types<'s> {
    pub schema: &'s Schema,
    pub settings: &'s Settings,
}

impl Types<'_> {
    /// What stands for a column: what its annotation, `columns` and `types` say, in this order, else the table.
    pub fn column(&self, query: &Query, column: &Field) -> Result<Resolved, Refusal> {
        let named = query.rust_type(Target::Column, &column.name).or(column.rust.as_ref());
        match self.table_rows(column).filter(|_| named.is_none()) {
            Some(rows) => Ok(rows),
            None => self.resolve(&column.ty, named),
        }
    }

    /// The same for a parameter.
    pub fn param(&self, query: &Query, param: &Field) -> Result<Resolved, Refusal> {
        let named = query.rust_type(Target::Param, &param.name).or(param.rust.as_ref());
        self.resolve(param.domain.as_ref().unwrap_or(&param.ty), named)
    }

    /// The struct of a table's rows for a column of such; not where a type of the user's is inside, which is read in a way of
    /// its own.
    fn table_rows(&self, column: &Field) -> Option<Resolved> {
        let name = column.ty.trim_end_matches("[]");
        let table = self.schema.table(name).filter(|_| column.whole_rows && !self.is_given(name))?;
        let is_plain = |field: &Field| self.field(field).is_ok_and(|resolved| !resolved.is_wrapped());
        if !table.columns.iter().all(is_plain) {
            return None;
        }
        let holds_given =
            table.columns.iter().any(|field| self.field(field).is_ok_and(|resolved| resolved.holds_given()));
        let name = rust_name(&names::singular(name));
        let row = Resolved::Generated { name, is_copy: false, holds_given };
        match column.ty.ends_with("[]") {
            true => Some(Resolved::Array { element: Box::new(row), is_vec: self.settings.one_dimension }),
            false => Some(row),
        }
    }

    /// Whether a column is read as rows of its table.
    pub fn has_table_rows(&self, query: &Query, column: &Field) -> bool {
        query.rust_type(Target::Column, &column.name).or(column.rust.as_ref()).is_none()
            && self.table_rows(column).is_some()
    }

    /// What stands for a field of no query's: a table's column, a composite's attribute.
    pub fn field(&self, field: &Field) -> Result<Resolved, Refusal> {
        self.resolve(&field.ty, field.rust.as_ref())
    }

    /// What stands for the type `ty`, or for a column or parameter of it that a Rust type is named for.
    pub fn resolve(&self, ty: &str, named: Option<&RustType>) -> Result<Resolved, Refusal> {
        let Some(rust) = named else { return self.resolve_type(ty) };
        let via = rust.via(self.is_json(ty));
        let base = match self.without_override(ty) {
            Ok(base) => Some(Box::new(base)),
            Err(refusal) if refusal.can_be_named && via != Via::TryFrom => None,
            Err(refusal) => return Err(refusal),
        };
        Ok(Resolved::Given { rust: RustType { path: spaced(&rust.path), via: Some(via) }, base })
    }

    /// By the section `types` of the settings, else by the table.
    fn resolve_type(&self, ty: &str) -> Result<Resolved, Refusal> {
        let name = without_modifier(ty);
        match self.settings.of_type(&name).and_then(|settings| settings.rust.as_ref()) {
            Some(rust) => self.resolve(ty, Some(rust)),
            None => self.without_override(ty),
        }
    }

    fn without_override(&self, ty: &str) -> Result<Resolved, Refusal> {
        if let Some(element) = ty.strip_suffix("[]") {
            let element = Box::new(self.resolve_type(element)?);
            return Ok(Resolved::Array { element, is_vec: self.settings.one_dimension });
        }
        if let Some(user_type) = self.schema.user_type(ty) {
            return self.user_type(user_type);
        }
        let name = without_modifier(ty);
        if let Some(mapping) = table::builtin_mapping(&name) {
            return Ok(self.scalar(mapping, ty));
        }
        for (range, multirange, subtype) in RANGES {
            if name == range {
                return self.resolve_type(subtype).map(|subtype| Resolved::Range(Box::new(subtype)));
            }
            if name == multirange {
                return self.resolve_type(subtype).map(|subtype| Resolved::Multirange(Box::new(subtype)));
            }
        }
        Err(builtin_refusal(&name))
    }

    fn user_type(&self, user_type: &UserType) -> Result<Resolved, Refusal> {
        let generated = |is_copy, holds_given| {
            Ok(Resolved::Generated { name: self.rust_name(user_type), is_copy, holds_given })
        };
        match &user_type.kind {
            UserTypeKind::Enum(_) => generated(!self.keeps_unknown_labels(user_type), false),
            UserTypeKind::Composite { attributes, .. } => {
                let mut holds_given = false;
                for attribute in attributes {
                    let resolved =
                        self.field(&self.attribute(user_type, attribute)).map_err(|refusal| Refusal {
                            reason: format!(
                                "its attribute `{}` has type `{}`: {}",
                                attribute.name, attribute.ty, refusal.reason
                            ),
                            can_be_named: false,
                        })?;
                    holds_given |= resolved.holds_given();
                }
                generated(false, holds_given)
            }
            UserTypeKind::Domain { base, .. } if self.is_newtype(user_type) => {
                generated(false, self.resolve_type(base)?.holds_given())
            }
            UserTypeKind::Domain { base, .. } => self.resolve_type(base),
            UserTypeKind::Range(subtype) => {
                self.resolve_type(subtype).map(|subtype| Resolved::Range(Box::new(subtype)))
            }
            UserTypeKind::Multirange(subtype) => match self.reads_without_type(subtype) {
                true => self.resolve_type(subtype).map(|subtype| Resolved::Multirange(Box::new(subtype))),
                false => Err(Refusal {
                    reason: format!(
                        "ranges of `{subtype}` cannot be read inside of a multirange of one's own"
                    ),
                    can_be_named: false,
                }),
            },
            UserTypeKind::Base { is_binary: false, .. } => {
                Err(Refusal { reason: NO_BINARY.to_owned(), can_be_named: false })
            }
            UserTypeKind::Base { extension, .. } => {
                let name = user_type.name.rsplit('.').next().unwrap_or_default();
                let mapping = MAPPINGS.iter().find(|mapping| {
                    mapping.postgres == name
                        && matches!(mapping.origin, Origin::Extension(of) if Some(of) == extension.as_deref())
                });
                mapping.map(|mapping| self.scalar(mapping, name)).ok_or_else(|| Refusal {
                    reason: match extension {
                        Some(extension) => format!("{NOT_KNOWN} (extension {extension})"),
                        None => NOT_KNOWN.to_owned(),
                    },
                    can_be_named: true,
                })
            }
        }
    }

    /// An attribute of a composite type as a field, which `columns` may name a Rust type for.
    pub fn attribute(&self, composite: &UserType, attribute: &Attribute) -> Field {
        let Attribute { name, ty } = attribute.clone();
        let null_elements = self.null_elements(&ty);
        let rust = self.settings.columns.get(&format!("{}.{name}", composite.name)).cloned();
        // A composite type cannot forbid NULL.
        Field { name, ty, nullable: true, null_elements, domain: None, rust, whole_rows: false }
    }

    /// Whether elements can be NULL where nothing more is said or proven; false for what has none.
    pub fn null_elements(&self, ty: &str) -> bool {
        self.settings.null_elements && self.schema.is_array(ty)
    }

    /// The driver does not look up what a user's multirange is made of, and these have to know.
    fn reads_without_type(&self, ty: &str) -> bool {
        match self.schema.user_type(ty).map(|user_type| &user_type.kind) {
            None => !ty.ends_with("[]"),
            Some(UserTypeKind::Domain { base, .. }) => self.reads_without_type(base),
            Some(_) => false,
        }
    }

    fn scalar(&self, mapping: &Mapping, ty: &str) -> Resolved {
        let (owned, param, element) = match mapping.rust {
            Rust::Fixed { owned, param, element } => (owned.into(), param.into(), element.into()),
            Rust::Calendar(calendar) => {
                let plain = calendar.of(self.settings.date_time);
                let keeps = calendar.infinite
                    && self.settings.infinities
                    && self.settings.date_time != DateTime::Bindery;
                let rust: Cow<'static, str> =
                    if keeps { format!("bindery::OrInfinity<{plain}>").into() } else { plain.into() };
                (rust.clone(), rust.clone(), rust)
            }
            Rust::Numeric if self.settings.rust_decimal && fits_decimal(ty) => {
                let decimal = "bindery::rust_decimal::Decimal";
                (decimal.into(), decimal.into(), decimal.into())
            }
            Rust::Numeric => {
                ("bindery::Numeric".into(), "&bindery::Numeric".into(), "bindery::Numeric".into())
            }
        };
        Resolved::Scalar { owned, param, element }
    }

    fn is_json(&self, ty: &str) -> bool {
        matches!(self.schema.base_type(ty), "json" | "jsonb")
    }

    /// Whether a type of the user's stands for every value of a type.
    pub fn is_given(&self, name: &str) -> bool {
        self.settings.of_type(name).is_some_and(|settings| settings.rust.is_some())
    }

    /// Whether an enum keeps labels that were not there at build time.
    pub fn keeps_unknown_labels(&self, user_type: &UserType) -> bool {
        self.settings.of_type(&user_type.name).is_some_and(|settings| settings.unknown_labels)
    }

    pub fn is_newtype(&self, user_type: &UserType) -> bool {
        self.settings.of_type(&user_type.name).is_some_and(|settings| settings.newtype)
    }

    /// The Rust name of a user's type: `CarStatus` for `public.car_status`, `AuditLevel` for `audit.level`, `CarRecord`
    /// for the row type of `public.cars`.
    pub fn rust_name(&self, user_type: &UserType) -> String {
        if let Some(name) = self.settings.of_type(&user_type.name).and_then(|settings| settings.name.clone())
        {
            return name;
        }
        match user_type.kind {
            UserTypeKind::Composite { of_table: true, .. } => {
                format!("{}Record", rust_name(&names::singular(&user_type.name)))
            }
            _ => rust_name(&user_type.name),
        }
    }
}

const NOT_KNOWN: &str = "Bindery knows no Rust type for it";

fn builtin_refusal(name: &str) -> Refusal {
    let known = REFUSED.iter().find(|(refused, _)| *refused == name);
    let reason = known.map_or(NOT_KNOWN, |(_, reason)| reason).to_owned();
    Refusal { reason, can_be_named: known.is_none() }
}

/// `numeric` for `numeric(10,2)`.
pub(crate) fn without_modifier(ty: &str) -> Cow<'_, str> {
    let modifier = ty.strip_prefix("numeric(").and_then(|rest| rest.split_once(')'));
    match modifier {
        Some((_, "")) => Cow::Borrowed("numeric"),
        Some((_, rest)) => Cow::Owned(format!("numeric{rest}")),
        None => Cow::Borrowed(ty),
    }
}

/// Whether every number of the declared precision and scale is a `rust_decimal::Decimal`, which has 28 digits, all of
/// which may be behind the point.
fn fits_decimal(ty: &str) -> bool {
    let modifier = ty.strip_prefix("numeric(").and_then(|rest| rest.strip_suffix(')'));
    let Some((precision, scale)) = modifier.and_then(|modifier| modifier.split_once(',')) else {
        return false;
    };
    let (Ok(precision), Ok(scale)) = (precision.parse::<i32>(), scale.parse::<i32>()) else { return false };
    precision.max(scale).max(precision - scale) <= 28
}

impl Resolved {
    /// The type of a row's field. `null_elements` says whether elements of an array can be NULL.
    pub fn owned(&self, scope: Scope, null_elements: bool) -> String {
        match self {
            Self::Scalar { owned, .. } => owned.clone().into_owned(),
            Self::Generated { name, .. } => path(name, scope),
            Self::Array { element, is_vec } => {
                let element = optional(element.part(scope), null_elements);
                let list = if *is_vec { "Vec" } else { "bindery::Array" };
                format!("{list}<{element}>")
            }
            Self::Range(subtype) => format!("bindery::Range<{}>", subtype.part(scope)),
            Self::Multirange(subtype) => format!("bindery::Multirange<{}>", subtype.part(scope)),
            Self::Given { rust, .. } => rust.path.clone(),
        }
    }

    /// The type as a part of another, where a type of the user's keeps what reads and writes it.
    fn part(&self, scope: Scope) -> String {
        self.reader(scope, true)
    }

    /// The type that a column is read as, before what reads it is taken off.
    pub fn reader(&self, scope: Scope, null_elements: bool) -> String {
        let Self::Given { rust, base } = self else { return self.owned(scope, null_elements) };
        match (rust.via, base) {
            (Some(Via::Serde), _) => format!("bindery::Json<{}>", rust.path),
            (Some(Via::TryFrom), Some(base)) => {
                format!("bindery::Converted<{}, {}>", rust.path, base.owned(scope, null_elements))
            }
            _ => format!("bindery::Driver<{}>", rust.path),
        }
    }

    /// Whether a value has to be taken out of what reads it.
    pub fn is_wrapped(&self) -> bool {
        matches!(self, Self::Given { .. })
    }

    /// Whether it is, or holds, a type of the user's, of which nothing more is known.
    pub fn holds_given(&self) -> bool {
        match self {
            Self::Given { .. } => true,
            Self::Array { element: part, .. } | Self::Range(part) | Self::Multirange(part) => {
                part.holds_given()
            }
            Self::Generated { holds_given, .. } => *holds_given,
            Self::Scalar { .. } => false,
        }
    }

    /// The type of an argument, its references without lifetimes.
    pub fn param(&self, null_elements: bool) -> String {
        let scope = Scope::Module;
        match self {
            Self::Scalar { param, .. } => param.clone().into_owned(),
            Self::Generated { name, is_copy: true, .. } => path(name, scope),
            Self::Array { element, .. } => {
                let element = match &**element {
                    Self::Scalar { element, .. } => element.clone().into_owned(),
                    element => element.part(scope),
                };
                format!("&[{}]", optional(element, null_elements))
            }
            Self::Generated { .. } | Self::Range(_) | Self::Multirange(_) | Self::Given { .. } => {
                format!("&{}", self.owned(scope, null_elements))
            }
        }
    }
}

/// A type of the user's, spaced as prettyplease has it; one that is wider than a line stays as it is.
fn spaced(path: &str) -> String {
    if path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_:<>".contains(&byte)) {
        return path.to_owned();
    }
    let printed = syn::parse_file(&format!("type T = {path};")).map(|file| prettyplease::unparse(&file));
    let spaced =
        printed.ok().and_then(|text| Some(text.strip_prefix("type T = ")?.strip_suffix(";\n")?.to_owned()));
    spaced.filter(|spaced| !spaced.contains('\n')).unwrap_or_else(|| path.to_owned())
}

fn optional(ty: String, nullable: bool) -> String {
    if nullable { format!("Option<{ty}>") } else { ty }
}

/// The Rust name of what has this name in the database: `CarStatus` for `public.car_status`.
pub(crate) fn rust_name(qualified: &str) -> String {
    let name = match qualified.split_once('.') {
        Some(("public", name)) => names::camel(name),
        Some((schema, name)) => names::camel(&format!("{schema}_{name}")),
        None => names::camel(qualified),
    };
    // A type of this name at the root would hide the one that the generated code means.
    if PRELUDE.contains(&name.as_str()) { format!("{name}Type") } else { name }
}

/// Names that generated code uses without a path.
const PRELUDE: [&str; 9] =
    ["Clone", "Debug", "Option", "PartialEq", "Result", "Some", "String", "Vec", "Self_"];

/// How a generated type is named from `scope`.
fn path(name: &str, scope: Scope) -> String {
    match scope {
        Scope::Root => name.to_owned(),
        Scope::Module => format!("super::{name}"),
    }
}

#[cfg(test)]
mod tests;
