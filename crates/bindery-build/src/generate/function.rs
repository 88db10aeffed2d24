//! One query: its statement, its parameters, its row and its function.

mod dynamic;

use crate::copy;
use crate::description::{Description, Field};
use crate::expand;
use crate::names;
use crate::query::{Command, Query, SharedRow};
use crate::settings::{Derives, Via};
use crate::types::{self, Resolved, Scope, Types};

use super::embed::Shape;
use super::row::{self, RowStruct};
use super::text::{Argument, Text, sql_literal};
use super::{derives, doc, table_struct};

/// As many parameters are passed one by one; more go into a struct, where a call names them.
const MOST_ARGUMENTS: usize = 3;

/// A query on its way to Rust.
pub(super) struct Function<'i> {
    query: &'i Query,
    description: &'i Description,
    types: Types<'i>,
    /// `find_car`
    name: String,
    /// `FIND_CAR`
    statement: String,
    args: Vec<Arg<'i>>,
    shape: Shape<'i>,
    row: Option<Row>,
}

/// A method of a query struct and its trait.
struct Method {
    name: String,
    /// `fn find_car`, with its generic parameters.
    head: String,
    arguments: Vec<String>,
    /// What its future gives.
    output: String,
}

/// What a generated function runs on.
#[derive(Clone, Copy, PartialEq)]
enum On {
    /// The connection that it is given.
    Connection,
    /// One that it takes for itself.
    Client,
}

/// A parameter in Rust.
struct Arg<'i> {
    param: &'i Field,
    name: String,
    /// As an argument's, without lifetimes.
    ty: String,
    resolved: Resolved,
}

/// What a row becomes.
enum Row {
    /// A single column is its bare value, and none is `()`.
    Value(String),
    /// A struct of the whole table, at the root.
    Table(String),
    /// The same, if an outer join finds a row.
    TableOrNone(String),
    /// A struct of this query.
    Own(String),
    /// A struct that the query names, at the root.
    Shared(String),
}

impl<'i> Function<'i> {
    pub fn new(query: &'i Query, description: &'i Description, types: Types<'i>) -> Self {
        let args = args(query, &description.params, types);
        let shape = Shape::of(query, description, types, Scope::Module);
        let row = row(query, description, &shape);
        // `new` would collide with the query struct's constructor.
        let name = match names::snake(&query.name) {
            name if name == "new" => "new_".to_owned(),
            name => name,
        };
        let statement = names::shouty(&query.name);
        Self { query, description, types, name, statement, args, shape, row }
    }

    /// Writes the query's items, in the order of the file.
    pub fn write(&self, text: &mut Text) {
        match &self.query.dynamic {
            Some(dynamic) => self.write_choices(dynamic, text),
            None if self.takes_struct() => text.item(|text| self.write_params_struct(text)),
            None => {}
        }
        if let Some(Row::Own(name)) = &self.row {
            let title = format!("A row of [`{}`].", self.name);
            let said = self.types.settings.derives(Some(&self.query.file.path), name);
            let (Shape { columns, embeds }, scope) = (&self.shape, Scope::Module);
            RowStruct { name, title: &title, columns, embeds, said: &said, scope }.write(text);
        }
        text.item(|text| self.write_function(text));
        if self.query.command == Command::CopyFrom {
            text.item(|text| self.write_copy_of_stream(text));
        }
        text.item(|text| match &self.query.dynamic {
            Some(dynamic) => self.write_statements(dynamic, text),
            None => self.write_statement(text),
        });
    }

    /// Writes the methods of the query.
    pub fn write_methods(&self, name: &str, text: &mut Text) {
        text.method(name, |text| self.write_method(text));
        if self.query.command == Command::CopyFrom {
            text.method(name, |text| self.write_method_of_stream(text));
        }
    }

    /// Writes the function as a method that takes a connection for itself.
    fn write_method(&self, text: &mut Text) {
        text.write(format_args!(
            "    /// See [`{}`], which this calls on a connection of its own.\n",
            self.name
        ));
        self.write_signature("    ", On::Client, text);
        let connection = if self.description.read_only { "read_connection" } else { "connection" };
        text.write(format_args!("        let conn = self.client.{connection}().await?;\n"));
        if self.query.command == Command::Stream {
            // The rows keep the connection.
            self.write_call("        ", "conn.into_stream", text);
            return text.write(format_args!("    }}\n"));
        }
        let mut passed = vec![Argument::One("&conn")];
        match self.whole_argument() {
            Some(name) => passed.push(Argument::One(name)),
            None => passed.extend(self.args.iter().map(|arg| Argument::One(&arg.name))),
        }
        // An argument of the function's name would be called in its place.
        let is_hidden =
            passed.iter().any(|argument| matches!(argument, Argument::One(name) if *name == self.name));
        let function = if is_hidden { format!("self::{}", self.name) } else { self.name.clone() };
        text.awaited_call("        ", &function, &passed, ".await");
        text.write(format_args!("    }}\n"));
    }

    fn write_function(&self, text: &mut Text) {
        match self.query.doc.is_empty() {
            true => text.write(format_args!("/// Runs `{}`.\n///\n", self.query.name)),
            false => {
                self.query.doc.iter().for_each(|line| text.doc("", format_args!("{line}")));
                text.write(format_args!("///\n"));
            }
        }
        match &self.query.dynamic {
            Some(dynamic) => {
                doc::write_sql_block(&self.query.file.text[dynamic.text.clone()], text);
                self.write_choices_doc(dynamic, text);
            }
            None => doc::write_sql_block(&self.query.sql, text),
        }
        self.write_signature("", On::Connection, text);
        self.write_call("    ", self.method(), text);
        text.write(format_args!("}}\n"));
    }

    /// `load_cars_stream`: as `load_cars`, of rows that are waited for.
    fn write_copy_of_stream(&self, text: &mut Text) {
        text.write(format_args!(
            "/// As [`{}`], of rows that are waited for. An error among them is returned, and nothing is loaded.\n",
            self.name
        ));
        self.write_signature_of_stream("", "conn: &bindery::Connection", text);
        self.write_call("    ", "conn.copy_from_stream", text);
        text.write(format_args!("}}\n"));
    }

    fn write_method_of_stream(&self, text: &mut Text) {
        let name = self.stream_name();
        text.write(format_args!("    /// See [`{name}`], which this calls on a connection of its own.\n"));
        self.write_signature_of_stream("    ", "&self", text);
        text.write(format_args!("        let conn = self.client.connection().await?;\n"));
        text.awaited_call("        ", &name, &[Argument::One("&conn"), Argument::One("rows")], ".await");
        text.write(format_args!("    }}\n"));
    }

    fn write_signature_of_stream(&self, indent: &str, first: &str, text: &mut Text) {
        let (head, arguments) = self.head_of_stream(first);
        // It has generic parameters, and a type for its error.
        text.leave_to_prettyplease();
        text.signature(indent, &format!("pub async {head}"), &arguments, " -> Result<u64, E> {");
    }

    fn head_of_stream(&self, first: &str) -> (String, Vec<String>) {
        let lifetime = if self.borrows() { "'a, " } else { "" };
        let head = format!("fn {}<{lifetime}E: From<bindery::Error> + Send>", self.stream_name());
        let rows = format!("rows: impl bindery::Stream<Item = Result<{}, E>> + Send", self.item());
        (head, vec![first.to_owned(), rows])
    }

    fn stream_name(&self) -> String {
        format!("{}_stream", self.name.trim_start_matches("r#"))
    }

    /// Declares the methods of [`write_methods`](Self::write_methods) in a trait.
    pub fn write_trait_methods(&self, text: &mut Text) {
        for Method { name, head, arguments, output } in self.methods() {
            text.write(format_args!("    /// See [`{name}`].\n"));
            let tail = format!(" -> impl ::std::future::Future<Output = {output}> + Send;");
            text.signature("    ", &head, &arguments, &tail);
        }
    }

    /// Implements them by the methods of the query struct.
    pub fn write_delegations(&self, query_struct: &str, text: &mut Text) {
        for Method { name, head, arguments, output } in self.methods() {
            let tail = format!(" -> impl ::std::future::Future<Output = {output}> + Send {{");
            text.signature("    ", &head, &arguments, &tail);
            let passed = arguments.iter().map(|argument| match argument.split_once(':') {
                Some((name, _)) => name,
                None => "self",
            });
            let passed: Vec<&str> = passed.collect();
            text.write(format_args!("        {query_struct}::{name}({})\n    }}\n", passed.join(", ")));
        }
    }

    fn methods(&self) -> Vec<Method> {
        let (generics, arguments) = self.arguments(On::Client);
        let output = format!("Result<{}, bindery::Error>", self.output(On::Client));
        let (name, head) = (self.name.clone(), format!("fn {}{generics}", self.name));
        let mut methods = vec![Method { name, head, arguments, output }];
        if self.query.command == Command::CopyFrom {
            let (head, arguments) = self.head_of_stream("&self");
            let (name, output) = (self.stream_name(), "Result<u64, E>".to_owned());
            methods.push(Method { name, head, arguments, output });
        }
        methods
    }

    fn write_signature(&self, indent: &str, on: On, text: &mut Text) {
        let (generics, arguments) = self.arguments(on);
        let head = format!("pub async fn {}{generics}", self.name);
        let tail = format!(" -> Result<{}, bindery::Error> {{", self.output(on));
        text.signature(indent, &head, &arguments, &tail);
    }

    fn output(&self, on: On) -> String {
        let lifetime = self.rows_lifetime(on).unwrap_or_default();
        output(self.query.command, self.row.as_ref(), lifetime)
    }

    /// What stands behind the name of the function, and its arguments.
    fn arguments(&self, on: On) -> (&'static str, Vec<String>) {
        let mut arguments = Vec::with_capacity(1 + MOST_ARGUMENTS);
        let lifetime = self.rows_lifetime(on);
        arguments.push(match (on, lifetime) {
            (On::Client, _) => "&self".to_owned(),
            (On::Connection, Some("'c")) => "conn: &'c bindery::Connection".to_owned(),
            (On::Connection, _) => "conn: &bindery::Connection".to_owned(),
        });
        let mut generics = if lifetime == Some("'c") { "<'c>" } else { "" };
        if self.query.command.takes_items() {
            arguments.push(self.items());
            generics = if self.borrows() { "<'a>" } else { "" };
        } else if self.takes_struct() {
            let lifetime = if self.borrows() { "<'_>" } else { "" };
            arguments.push(format!("params: {}{lifetime}", self.params_name()));
        } else {
            arguments.extend(self.args.iter().map(Arg::declared));
        }
        (generics, arguments)
    }

    /// The lifetime of what a stream's rows are read from; one that is named where others could be meant.
    fn rows_lifetime(&self, on: On) -> Option<&'static str> {
        if self.query.command != Command::Stream {
            return None;
        }
        Some(match on {
            On::Client => "'static",
            On::Connection if self.borrows() => "'c",
            On::Connection => "'_",
        })
    }

    /// The argument that holds all parameters, or all items.
    fn whole_argument(&self) -> Option<&'static str> {
        match self.query.command {
            Command::CopyFrom => Some("rows"),
            command if command.takes_items() => Some("batch"),
            _ => self.takes_struct().then_some("params"),
        }
    }

    /// `batch: impl IntoIterator<Item = InsertCarsParams<'a>, IntoIter: Send> + Send`
    fn items(&self) -> String {
        let name = self.whole_argument().unwrap_or_default();
        format!("{name}: impl IntoIterator<Item = {}, IntoIter: Send> + Send", self.item())
    }

    /// `InsertCarsParams<'a>`, or the type of the only parameter.
    fn item(&self) -> String {
        match &self.args[..] {
            [arg] => arg.ty.replace('&', "&'a "),
            _ if self.borrows() => format!("{}<'a>", self.params_name()),
            _ => self.params_name(),
        }
    }

    fn method(&self) -> &'static str {
        match self.query.command {
            Command::One => "conn.fetch_one",
            Command::Opt => "conn.fetch_opt",
            Command::Many => "conn.fetch_many",
            Command::Exec | Command::ExecRows => "conn.exec",
            Command::Stream => "conn.stream",
            Command::CopyFrom => "conn.copy_from",
            Command::BatchExec => "conn.batch_exec",
            Command::BatchOne => "conn.batch_one",
            Command::BatchOpt => "conn.batch_opt",
            Command::BatchMany => "conn.batch_many",
        }
    }

    fn write_call(&self, indent: &str, method: &str, text: &mut Text) {
        let command = self.query.command;
        let mut statement = format!("&{}", self.statement);
        let mut sent = None;
        if let Some(dynamic) = &self.query.dynamic {
            (statement, sent) = ("params.statement()".to_owned(), Some(self.sent_values(dynamic)));
            text.leave_to_prettyplease();
        }
        let values: Vec<String> = self.args.iter().map(|arg| self.value(arg)).collect();
        let decode = match self.row {
            Some(Row::Value(_)) => {
                let column = self.shape.columns.first();
                column.map_or_else(|| "|_| Ok(())".to_owned(), row::Column::decode_value)
            }
            Some(Row::TableOrNone(_)) => {
                text.leave_to_prettyplease();
                let is_missing = self.shape.embeds[0].is_missing();
                format!(
                    "|row| if {is_missing} {{ Ok(None) }} else {{ bindery::FromRow::from_row(row).map(Some) }}"
                )
            }
            _ => "bindery::FromRow::from_row".to_owned(),
        };
        let mut arguments = vec![Argument::One(&statement)];
        let copy = (command == Command::CopyFrom).then(|| format!("{:?}", copy::statement(self.query)));
        arguments.extend(copy.as_deref().map(Argument::One));
        let item = if self.takes_struct() { "params" } else { "item" };
        let bind = format!("|{item}, bind| bind(&[{}])", values.join(", "));
        match self.whole_argument().filter(|_| command.takes_items()) {
            None if sent.is_some() => arguments.extend(sent.as_deref().map(Argument::One)),
            Some(items) => {
                arguments.extend([Argument::One(items), Argument::One(&bind)]);
                // A closure is broken in ways of its own.
                text.leave_to_prettyplease();
            }
            None => arguments.push(Argument::List(&values)),
        }
        if command.returns_rows() {
            arguments.push(Argument::One(&decode));
        }
        let tail = if command == Command::Exec { ".await?;" } else { ".await" };
        text.awaited_call(indent, method, &arguments, tail);
        if command == Command::Exec {
            text.write(format_args!("    Ok(())\n"));
        }
    }

    /// `&plate`, `&params.colour`
    fn value(&self, arg: &Arg<'_>) -> String {
        if self.takes_struct() {
            return arg.encoded(&format!("params.{}", arg.name));
        }
        if self.query.command.takes_items() {
            return arg.encoded("item");
        }
        match arg.borrows_as() {
            Some(part) => format!("&bindery::Borrowed::<_, {part}>::new({})", arg.name),
            None => arg.encoded(&arg.name),
        }
    }

    /// The name of the struct of this query's rows, if there is one.
    pub fn own_row(&self) -> Option<&String> {
        match self.row.as_ref()? {
            Row::Own(name) => Some(name),
            Row::Value(_) | Row::Table(_) | Row::TableOrNone(_) | Row::Shared(_) => None,
        }
    }

    fn takes_struct(&self) -> bool {
        let most = if self.query.command.takes_items() { 1 } else { MOST_ARGUMENTS };
        self.args.len() > most || self.query.dynamic.is_some()
    }

    fn borrows(&self) -> bool {
        self.args.iter().any(|arg| arg.ty.contains('&'))
    }

    fn params_name(&self) -> String {
        format!("{}Params", names::camel(&self.query.name))
    }

    fn write_params_struct(&self, text: &mut Text) {
        text.write(format_args!("/// The parameters of [`{}`].\n", self.name));
        // Types of the user's may not print.
        let holds_given = self.args.iter().any(|arg| arg.resolved.holds_given());
        let derive: &[&str] = if holds_given { &["Clone", "Copy"] } else { &["Clone", "Copy", "Debug"] };
        derives::write_above(derive, false, &Derives::default(), text);
        let lifetime = if self.borrows() { "<'a>" } else { "" };
        text.line(format_args!("pub struct {}{lifetime} {{\n", self.params_name()));
        for arg in &self.args {
            row::write_field(arg.param, &[], &arg.name, &arg.ty.replace('&', "&'a "), text);
        }
        text.write(format_args!("}}\n"));
    }

    /// Writes the statement as the run time knows it.
    fn write_statement(&self, text: &mut Text) {
        text.write(format_args!(
            "/// The statement of [`{}`].
pub static {}: bindery::Query = bindery::Query {{
    name: {:?},
    file: {:?},
    sql: {},
",
            self.name,
            self.statement,
            self.query.name,
            self.query.file.path,
            sql_literal(&expand::sent(self.query, self.description))
        ));
        let params = self.description.params.iter();
        let params: Vec<String> =
            params.map(|param| format!("{:?}", types::without_modifier(&param.ty))).collect();
        text.list("    ", "params: ", &params, false);
        text.list("    ", "columns: ", &self.column_types(), true);
        text.write(format_args!("}};\n"));
    }

    /// `("id", "int8")` of each column.
    fn column_types(&self) -> Vec<String> {
        let columns = self.description.columns.iter().map(|Field { name, ty, .. }| {
            // A column of a domain is described by what is under it.
            let ty = types::without_modifier(self.types.schema.base_type(ty));
            format!("({name:?}, {ty:?})")
        });
        columns.collect()
    }
}

/// `lifetime` is that of rows that are read one by one.
fn output(command: Command, row: Option<&Row>, lifetime: &str) -> String {
    let row = match row {
        Some(Row::Value(ty)) => ty.clone(),
        Some(Row::Table(name) | Row::Shared(name)) => format!("super::{name}"),
        Some(Row::TableOrNone(name)) => format!("Option<super::{name}>"),
        Some(Row::Own(name)) => name.clone(),
        None => String::new(),
    };
    match command {
        Command::One => row,
        Command::Opt => format!("Option<{row}>"),
        Command::Many | Command::BatchOne => format!("Vec<{row}>"),
        Command::Exec => "()".to_owned(),
        Command::ExecRows | Command::CopyFrom | Command::BatchExec => "u64".to_owned(),
        Command::Stream => format!("bindery::Rows<{lifetime}, {row}>"),
        Command::BatchOpt => format!("Vec<Option<{row}>>"),
        Command::BatchMany => format!("Vec<Vec<{row}>>"),
    }
}

fn row(query: &Query, description: &Description, shape: &Shape<'_>) -> Option<Row> {
    if let Some(SharedRow { name, .. }) = query.row.as_ref().filter(|_| !description.columns.is_empty()) {
        return Some(Row::Shared(name.clone()));
    }
    if let Some(embed) = description.only_embed() {
        // As a single column is its bare value.
        let name = table_struct(&embed.table);
        return Some(if embed.optional { Row::TableOrNone(name) } else { Row::Table(name) });
    }
    match &shape.columns[..] {
        [] if shape.embeds.is_empty() => query.command.returns_rows().then(|| Row::Value("()".to_owned())),
        [column] if shape.embeds.is_empty() => Some(Row::Value(column.ty.clone())),
        _ => Some(match &description.table {
            Some(table) => Row::Table(table_struct(table)),
            None => Row::Own(format!("{}Row", names::camel(&query.name))),
        }),
    }
}

impl Arg<'_> {
    /// What the elements of a list borrow as, where any type that does may be passed. Not where it may be NULL, since
    /// `None` would need a type, and not in a struct, which would need a parameter.
    fn borrows_as(&self) -> Option<&'static str> {
        match self.ty.as_str() {
            "&[&str]" => Some("str"),
            "&[&[u8]]" => Some("[u8]"),
            _ => None,
        }
    }

    /// `plate: &str`
    fn declared(&self) -> String {
        let Self { name, ty, .. } = self;
        match self.borrows_as() {
            Some(part) => format!("{name}: &[impl AsRef<{part}> + Sync]"),
            None => format!("{name}: {ty}"),
        }
    }

    /// `&plate`, with what writes it where that is not the value itself.
    fn encoded(&self, value: &str) -> String {
        self.encoded_as(value, self.param.nullable)
    }

    /// The same of an `Option`, which is of another one where NULL may be sent.
    fn encoded_filter(&self, value: &str) -> String {
        match (&self.resolved, self.param.nullable) {
            (Resolved::Given { .. }, true) => self.encoded_as(&format!("{value}.flatten()"), true),
            _ => self.encoded_as(value, true),
        }
    }

    fn encoded_as(&self, value: &str, is_optional: bool) -> String {
        let Resolved::Given { rust, base } = &self.resolved else { return format!("&{value}") };
        match (rust.via, base, is_optional) {
            (Some(Via::Serde), _, false) => format!("&bindery::Json({value})"),
            (Some(Via::Serde), _, true) => format!("&{value}.map(bindery::Json)"),
            (Some(Via::TryFrom), Some(_), nullable) => {
                let reader = self.resolved.reader(Scope::Module, false);
                if nullable {
                    format!("&{value}.cloned().map(<{reader}>::from)")
                } else {
                    format!("&<{reader}>::from({value}.clone())")
                }
            }
            (_, _, false) => format!("&bindery::Driver({value})"),
            (_, _, true) => format!("&{value}.map(bindery::Driver)"),
        }
    }
}

fn args<'i>(query: &Query, params: &'i [Field], types: Types<'_>) -> Vec<Arg<'i>> {
    // The connection's own name is taken.
    let taken = std::iter::once("conn".to_owned());
    let names = names::distinct(taken.chain(params.iter().map(|param| names::snake(&param.name))));
    let described = params.iter().zip(names.into_iter().skip(1));
    described
        .map(|(param, name)| {
            let resolved = types.param(query, param).expect("describing refused every other type");
            let ty = resolved.param(param.null_elements);
            let ty = if param.nullable { format!("Option<{ty}>") } else { ty };
            Arg { param, name, ty, resolved }
        })
        .collect()
}
