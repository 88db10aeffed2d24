//! One query: its statement, its parameters, its row and its function.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use crate::description::{Description, Field};
use crate::names;
use crate::query::{Command, Query};
use crate::settings::{Derives, Via};
use crate::types::{self, Resolved, Scope, Types};

use super::item::{ident, multi_line, print, rust_type};
use super::row::{self, Column, sql_type};
use super::{derives, doc, table_struct};

/// As many parameters are passed one by one; more go into a struct, where a call names them.
const MOST_ARGUMENTS: usize = 3;

/// A query on its way to Rust.
pub(super) struct Function<'i> {
    query: &'i Query,
    description: &'i Description,
    types: Types<'i>,
    args: Vec<Arg>,
    columns: Vec<Column>,
}

/// A parameter in Rust.
struct Arg {
    name: String,
    /// With `'a` where it borrows.
    ty: String,
    resolved: Resolved,
    nullable: bool,
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
    pub fn new(query: &'i Query, description: &'i Description, types: Types<'i>) -> Self {
        let args = args(query, &description.params, types);
        let columns = row::columns(&description.columns, Scope::Module, |column| types.column(query, column));
        Self { query, description, types, args, columns }
    }

    /// The query's items, in the order of the file.
    pub fn items(&self) -> Vec<String> {
        let mut items = Vec::new();
        if self.takes_struct() {
            items.push(print(self.params_struct()));
        }
        if let Some(Row::Own(name)) = self.row() {
            let title = format!("A row of [`{}`].", self.name());
            let said = self.types.settings.derives(Some(&self.query.file.path), &name);
            items.extend(row::items(&name, &title, &self.columns, &said, Scope::Module).map(print));
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
            Some(Row::Value(_)) => self.columns[0].decode_value(),
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
            if self.takes_struct() {
                return arg.encoded(quote!(params.#name));
            }
            match arg.borrows_as().map(rust_type) {
                Some(part) => quote!(&bindery::Borrowed::<_, #part>::new(#name)),
                None => arg.encoded(quote!(#name)),
            }
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
            let name = ident(&arg.name);
            let ty = match arg.borrows_as() {
                Some(part) => rust_type(&format!("&[impl AsRef<{part}> + Sync]")),
                None => rust_type(&arg.ty.replace("'a ", "")),
            };
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
            [_] => Some(Row::Value(self.columns[0].ty.clone())),
            _ => Some(match &self.description.table {
                Some(table) => Row::Table(table_struct(table)),
                None => Row::Own(format!("{}Row", names::camel(&self.query.name))),
            }),
        }
    }

    /// The name of the struct of this query's rows, if there is one.
    pub fn own_row(&self) -> Option<String> {
        match self.row()? {
            Row::Own(name) => Some(name),
            Row::Value(_) | Row::Table(_) => None,
        }
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
        // Types of the user's may not print.
        let holds_given = self.args.iter().any(|arg| arg.resolved.holds_given());
        let derive: &[&str] = if holds_given { &["Clone", "Copy"] } else { &["Clone", "Copy", "Debug"] };
        let derive = derives::above(derive, false, &Derives::default());
        quote! {
            #title
            #derive
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
        let params = self.description.params.iter().map(|param| types::without_modifier(&param.ty));
        let schema = self.types.schema;
        let columns = self.description.columns.iter().map(|Field { name, ty, .. }| {
            // A column of a domain is described by what is under it.
            let ty = types::without_modifier(schema.base_type(ty));
            quote!((#name, #ty))
        });
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

impl Arg {
    /// What the elements of a list borrow as, where any type that does may be passed. Not where it may be NULL, since
    /// `None` would need a type, and not in a struct, which would need a parameter.
    fn borrows_as(&self) -> Option<&'static str> {
        match self.ty.as_str() {
            "&'a [&'a str]" => Some("str"),
            "&'a [&'a [u8]]" => Some("[u8]"),
            _ => None,
        }
    }

    /// `&plate`, with what writes it where that is not the value itself.
    fn encoded(&self, value: TokenStream) -> TokenStream {
        let Resolved::Given { rust, base } = &self.resolved else { return quote!(&#value) };
        match (rust.via, base, self.nullable) {
            (Some(Via::Serde), _, false) => quote!(&bindery::Json(#value)),
            (Some(Via::Serde), _, true) => quote!(&#value.map(bindery::Json)),
            (Some(Via::TryFrom), Some(_), nullable) => {
                let reader = rust_type(&self.resolved.reader(Scope::Module, false));
                let converted = quote!(<#reader>::from);
                if nullable {
                    quote!(&#value.cloned().map(#converted))
                } else {
                    quote!(&#converted(#value.clone()))
                }
            }
            (_, _, false) => quote!(&bindery::Driver(#value)),
            (_, _, true) => quote!(&#value.map(bindery::Driver)),
        }
    }
}

fn args(query: &Query, params: &[Field], types: Types<'_>) -> Vec<Arg> {
    // The connection's own name is taken.
    let taken = std::iter::once("conn".to_owned());
    let names = names::distinct(taken.chain(params.iter().map(|param| names::snake(&param.name))));
    let described = params.iter().zip(names.into_iter().skip(1));
    described
        .map(|(param, name)| {
            let resolved = types.param(query, param).expect("describing refused every other type");
            let ty = resolved.param(param.null_elements).replace('&', "&'a ");
            let ty = if param.nullable { format!("Option<{ty}>") } else { ty };
            Arg { name, ty, resolved, nullable: param.nullable, doc: sql_type(param) }
        })
        .collect()
}
