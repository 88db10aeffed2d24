//! One query: its statement, its parameters, its row and its function.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use crate::description::{Description, Field, Schema};
use crate::names;
use crate::query::{Command, Query};
use crate::types::{self, Scope};

use super::item::{ident, multi_line, print, rust_type};
use super::{column_type, doc, table_struct};

/// As many parameters are passed one by one; more go into a struct, where a call names them.
const MOST_ARGUMENTS: usize = 3;

/// A query on its way to Rust.
pub(super) struct Function<'i> {
    query: &'i Query,
    description: &'i Description,
    schema: &'i Schema,
    args: Vec<Arg>,
}

/// A parameter in Rust.
struct Arg {
    name: String,
    /// With `'a` where it borrows.
    ty: String,
    is_domain: bool,
    doc: String,
}

/// What a row becomes.
enum Row {
    /// A single column is its bare value.
    Value(String),
    /// A struct of the whole table, at the root.
    Table(String),
    /// A struct of this query.
    Own(String),
}

impl<'i> Function<'i> {
    pub fn new(query: &'i Query, description: &'i Description, schema: &'i Schema) -> Self {
        let args = args(&description.params, schema);
        Self { query, description, schema, args }
    }

    /// The query's items, in the order of the file.
    pub fn items(&self) -> Vec<String> {
        let mut items = Vec::new();
        if self.takes_struct() {
            items.push(print(self.params_struct()));
        }
        if let Some(Row::Own(name)) = self.row() {
            items.push(print(self.row_struct(&name)));
            items.push(print(from_row(&name, &self.description.columns)));
        }
        items.push(print(self.function()));
        items.push(print(self.statement()));
        items
    }

    /// `find_car`; `new` would collide with the query struct's constructor.
    pub fn name(&self) -> String {
        match names::snake(&self.query.name) {
            name if name == "new" => "new_".to_owned(),
            name => name,
        }
    }

    /// The function as a method that takes a connection for itself.
    pub fn method(&self) -> TokenStream {
        let name = ident(&self.name());
        let (arguments, output) = (self.arguments(), self.output());
        let passed = self.passed();
        let see = format!("See [`{}`], which this calls on a connection of its own.", self.name());
        let doc = doc::comment(&[see]);
        quote! {
            #doc
            pub async fn #name(&self #arguments) -> Result<#output, bindery::Error> {
                let conn = self.client.connection().await?;
                #name(&conn #passed).await
            }
        }
    }

    fn function(&self) -> TokenStream {
        let name = ident(&self.name());
        let (arguments, output) = (self.arguments(), self.output());
        let doc = doc::comment(&self.doc());
        let call = self.call();
        quote! {
            #doc
            pub async fn #name(conn: &bindery::Connection #arguments) -> Result<#output, bindery::Error> {
                #call
            }
        }
    }

    fn doc(&self) -> Vec<String> {
        let mut lines = match self.query.doc.is_empty() {
            true => vec![format!("Runs `{}`.", self.query.name)],
            false => self.query.doc.clone(),
        };
        lines.push(String::new());
        lines.extend(doc::sql_block(&self.query.sql));
        lines
    }

    fn call(&self) -> TokenStream {
        let statement = self.statement_name();
        let values = self.values();
        let decode = match self.row() {
            Some(Row::Value(_)) => quote!(|row| row.get(0)),
            _ => quote!(bindery::FromRow::from_row),
        };
        match self.query.command {
            Command::One => quote!(conn.fetch_one(&#statement, #values, #decode).await),
            Command::Opt => quote!(conn.fetch_opt(&#statement, #values, #decode).await),
            Command::Many => quote!(conn.fetch_many(&#statement, #values, #decode).await),
            Command::ExecRows => quote!(conn.execute(&#statement, #values).await),
            Command::Exec => quote! {
                conn.execute(&#statement, #values).await?;
                Ok(())
            },
        }
    }

    /// `&[&plate, &params.colour]`
    fn values(&self) -> TokenStream {
        let values = self.args.iter().map(|arg| {
            let name = ident(&arg.name);
            let value = if self.takes_struct() { quote!(params.#name) } else { quote!(#name) };
            if arg.is_domain { quote!(&bindery::Domain(#value)) } else { quote!(&#value) }
        });
        quote!(&[#(#values),*])
    }

    /// What follows the first argument of the signature, with its comma.
    fn arguments(&self) -> TokenStream {
        if self.takes_struct() {
            let name = ident(&self.params_name());
            let lifetime = self.borrows().then(|| quote!(<'_>));
            return quote!(, params: #name #lifetime);
        }
        let arguments = self.args.iter().map(|arg| {
            let (name, ty) = (ident(&arg.name), rust_type(&arg.ty.replace("'a ", "")));
            quote!(, #name: #ty)
        });
        quote!(#(#arguments)*)
    }

    /// The same arguments in a call.
    fn passed(&self) -> TokenStream {
        if self.takes_struct() {
            return quote!(, params);
        }
        let names = self.args.iter().map(|arg| ident(&arg.name));
        quote!(#(, #names)*)
    }

    fn output(&self) -> TokenStream {
        let row = match self.row() {
            Some(Row::Value(ty)) => rust_type(&ty),
            Some(Row::Table(name)) => {
                let name = ident(&name);
                quote!(super::#name)
            }
            Some(Row::Own(name)) => {
                let name = ident(&name);
                quote!(#name)
            }
            None => TokenStream::new(),
        };
        match self.query.command {
            Command::One => row,
            Command::Opt => quote!(Option<#row>),
            Command::Many => quote!(Vec<#row>),
            Command::Exec => quote!(()),
            Command::ExecRows => quote!(u64),
        }
    }

    fn row(&self) -> Option<Row> {
        match &self.description.columns[..] {
            [] => None,
            [column] => Some(Row::Value(column_type(column, self.schema, Scope::Module))),
            _ => Some(match &self.description.table {
                Some(table) => Row::Table(table_struct(table)),
                None => Row::Own(format!("{}Row", names::camel(&self.query.name))),
            }),
        }
    }

    fn row_struct(&self, name: &str) -> TokenStream {
        let title = format!("A row of [`{}`].", self.name());
        row_struct(name, &title, &self.description.columns, self.schema, Scope::Module)
    }

    fn takes_struct(&self) -> bool {
        self.args.len() > MOST_ARGUMENTS
    }

    fn borrows(&self) -> bool {
        self.args.iter().any(|arg| arg.ty.contains('&'))
    }

    fn params_name(&self) -> String {
        format!("{}Params", names::camel(&self.query.name))
    }

    fn params_struct(&self) -> TokenStream {
        let name = ident(&self.params_name());
        let lifetime = self.borrows().then(|| quote!(<'a>));
        let title = doc::comment(&[format!("The parameters of [`{}`].", self.name())]);
        let fields = self.args.iter().map(|arg| {
            let (name, ty) = (ident(&arg.name), rust_type(&arg.ty));
            let doc = doc::comment(std::slice::from_ref(&arg.doc));
            quote!(#doc pub #name: #ty)
        });
        quote! {
            #title
            #[derive(Clone, Copy, Debug)]
            pub struct #name #lifetime { #(#fields),* }
        }
    }

    fn statement_name(&self) -> proc_macro2::Ident {
        format_ident!("{}", names::shouty(&self.query.name))
    }

    /// The statement as the run time knows it.
    fn statement(&self) -> TokenStream {
        let static_name = self.statement_name();
        let name = &self.query.name;
        let file = &self.query.file.path;
        let sql = multi_line(&self.query.sql);
        let params = self.description.params.iter().map(|param| &param.ty);
        let columns = self.description.columns.iter().map(|Field { name, ty, .. }| quote!((#name, #ty)));
        let doc = doc::comment(&[format!("The statement of [`{}`].", self.name())]);
        quote! {
            #doc
            pub static #static_name: bindery::Query = bindery::Query {
                name: #name,
                file: #file,
                sql: #sql,
                params: &[#(#params),*],
                columns: &[#(#columns),*],
            };
        }
    }
}

fn args(params: &[Field], schema: &Schema) -> Vec<Arg> {
    // The connection's own name is taken.
    let taken = std::iter::once("conn".to_owned());
    let names = names::distinct(taken.chain(params.iter().map(|param| names::snake(&param.name))));
    let described = params.iter().zip(names.into_iter().skip(1));
    described
        .map(|(param, name)| {
            let resolved = types::resolve(&param.ty, schema).expect("describing refused every other type");
            let ty = resolved.param(param.null_elements).replace('&', "&'a ");
            let ty = if param.nullable { format!("Option<{ty}>") } else { ty };
            Arg { name, ty, is_domain: resolved.is_domain, doc: sql_type(param) }
        })
        .collect()
}

/// A row struct; used for the tables at the root too.
pub(super) fn row_struct(
    name: &str,
    title: &str,
    columns: &[Field],
    schema: &Schema,
    scope: Scope,
) -> TokenStream {
    let name = ident(name);
    let title = doc::comment(&[title.to_owned()]);
    // The modules allow it for all of theirs.
    let allow = (scope == Scope::Root).then(|| quote!(#[allow(dead_code)]));
    let fields = field_names(columns).into_iter().zip(columns).map(|(name, column)| {
        let (name, ty) = (ident(&name), rust_type(&column_type(column, schema, scope)));
        let doc = doc::comment(&[sql_type(column)]);
        quote!(#doc pub #name: #ty)
    });
    quote! {
        #title
        #allow
        #[derive(Clone, Debug, PartialEq)]
        pub struct #name { #(#fields),* }
    }
}

/// Decodes by position: the run time has compared names and types with the statement's before.
pub(super) fn from_row(name: &str, columns: &[Field]) -> TokenStream {
    let name = ident(name);
    let fields = field_names(columns).into_iter().enumerate().map(|(index, field)| {
        let (field, index) = (ident(&field), proc_macro2::Literal::usize_unsuffixed(index));
        quote!(#field: row.get(#index)?)
    });
    quote! {
        impl bindery::FromRow for #name {
            fn from_row(row: &bindery::Row) -> Result<Self, bindery::Error> {
                Ok(Self { #(#fields),* })
            }
        }
    }
}

fn field_names(columns: &[Field]) -> Vec<String> {
    names::distinct(columns.iter().enumerate().map(|(index, column)| {
        // PostgreSQL's name for an expression that has none.
        if column.name == "?column?" { format!("column_{}", index + 1) } else { names::snake(&column.name) }
    }))
}

/// `` `text`, not null ``
fn sql_type(field: &Field) -> String {
    let null = if field.nullable { "nullable" } else { "not null" };
    let elements = match (field.is_array(), field.null_elements) {
        (true, true) => ", elements nullable",
        (true, false) => ", elements not null",
        (false, _) => "",
    };
    format!("`{}` of type `{}`, {null}{elements}.", field.name, field.ty)
}
