//! A connection that speaks the protocol itself: many statements parsed and described without waiting for each.
//!
//! The driver waits a round trip for each statement and looks up each type it has not seen by three queries more. Here all
//! statements are sent in one go, by a thread of its own, and the answers are read as they come: as many messages as
//! statements, in their order, each with the notices that the server sent while it parsed it
//! (PostgreSQL's manual, "Message Flow", extended query).

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::thread;

use bytes::BytesMut;
use fallible_iterator::FallibleIterator;
use postgres::config::Host;
use postgres::error::SqlState;
use postgres::types::Oid;
use postgres_protocol::authentication::md5_hash;
use postgres_protocol::authentication::sasl::{ChannelBinding, SCRAM_SHA_256, ScramSha256};
use postgres_protocol::message::backend::{ErrorFields, Message};
use postgres_protocol::message::frontend;

use crate::server_error::ServerError;

/// What the server says of a statement that it accepts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Statement {
    /// The types of its parameters, `$1` first.
    pub params: Vec<Oid>,
    /// Those of its result; empty for one that returns no rows.
    pub columns: Vec<Column>,
    /// Whether it returns rows: they may be without columns, as those of `SELECT FROM cars`.
    pub returns_rows: bool,
}

/// A column of a statement's result.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub name: String,
    /// The relation and the number of the column that it is, if it is one as it stands.
    pub origin: Option<(Oid, i16)>,
    /// A domain's base type.
    pub ty: Oid,
    /// As in `pg_attribute.atttypmod`; -1 is none.
    pub modifier: i32,
}

/// Why nothing was answered.
#[derive(Debug)]
pub(crate) enum WireError {
    /// The connection failed.
    Io(io::Error),
    /// The server refused it.
    Server(ServerError),
}

/// An open connection.
pub(crate) struct Wire {
    socket: Socket,
    received: BytesMut,
    /// What one read is put into: filling it with zeros for each would take longer than reading.
    chunk: Box<[u8]>,
}

/// As much as a socket holds.
const CHUNK: usize = 128 << 10;

enum Socket {
    Unix(UnixStream),
    Tcp(TcpStream),
}

impl Wire {
    /// Connects as the user that `config` names, without TLS.
    ///
    /// # Errors
    /// No host of `config` answers, or the server refuses.
    pub fn connect(config: &postgres::Config) -> Result<Self, WireError> {
        let mut outcome = Err(WireError::Io(io::Error::other("no host is named")));
        for (index, host) in config.get_hosts().iter().enumerate() {
            let ports = config.get_ports();
            let port = ports.get(index).or_else(|| ports.first()).copied().unwrap_or(5432);
            outcome = Socket::connect(host, port).map_err(WireError::Io).and_then(|socket| {
                let chunk = vec![0; CHUNK].into_boxed_slice();
                let mut wire = Self { socket, received: BytesMut::new(), chunk };
                wire.start(config)?;
                Ok(wire)
            });
            if outcome.is_ok() {
                break;
            }
        }
        outcome
    }

    /// Runs SQL for its effect. `heard` gets each notice's detail.
    ///
    /// # Errors
    /// The server refuses it, or the connection fails.
    pub fn run(&mut self, sql: &str, heard: impl FnMut(String)) -> Result<(), WireError> {
        self.send(|out| frontend::query(sql, out))?;
        self.answer(heard)?.map(|_| ()).map_err(WireError::Server)
    }

    /// Parses and describes `statements`; nothing is planned or run.
    ///
    /// `heard` gets each notice's detail with the number of the statement that it belongs to, at once.
    ///
    /// # Errors
    /// The connection fails. What the server refuses is an answer.
    pub fn describe(
        &mut self,
        statements: &[&str],
        mut heard: impl FnMut(usize, String),
    ) -> Result<Vec<Result<Statement, ServerError>>, WireError> {
        let mut out = BytesMut::new();
        for sql in statements {
            frontend::parse("", sql, [], &mut out)?;
            frontend::describe(b'S', "", &mut out)?;
            // One each: after an error the server passes over everything up to the next.
            frontend::sync(&mut out);
        }
        let mut sender = self.socket.try_clone()?;
        thread::scope(|scope| {
            // The server stops reading while nobody reads what it has to say.
            let sending = scope.spawn(move || sender.write_all(&out));
            let answers = (0..statements.len()).map(|index| self.answer(|detail| heard(index, detail)));
            let answers = answers.collect();
            sending.join().expect("sending does not panic")?;
            answers
        })
    }

    /// What comes up to the next ReadyForQuery.
    fn answer(&mut self, mut heard: impl FnMut(String)) -> Result<Result<Statement, ServerError>, WireError> {
        let mut statement = Ok(Statement::default());
        loop {
            match self.receive()? {
                Message::NoticeResponse(body) => {
                    let mut fields = body.fields();
                    while let Some(field) = fields.next()? {
                        if field.type_() == b'D' {
                            heard(String::from_utf8_lossy(field.value_bytes()).into_owned());
                        }
                    }
                }
                Message::ParameterDescription(body) => {
                    if let Ok(statement) = &mut statement {
                        statement.params = body.parameters().collect()?;
                    }
                }
                Message::RowDescription(body) => {
                    let columns = body.fields().map(|field| {
                        let origin = (field.table_oid(), field.column_id());
                        Ok(Column {
                            name: field.name().to_owned(),
                            origin: (origin.0 != 0).then_some(origin),
                            ty: field.type_oid(),
                            modifier: field.type_modifier(),
                        })
                    });
                    if let Ok(statement) = &mut statement {
                        statement.columns = columns.collect()?;
                        statement.returns_rows = true;
                    }
                }
                Message::ErrorResponse(body) => statement = Err(server_error(body.fields())?),
                Message::ReadyForQuery(_) => return Ok(statement),
                _ => {}
            }
        }
    }

    /// The start of a session, up to its first ReadyForQuery.
    fn start(&mut self, config: &postgres::Config) -> Result<(), WireError> {
        let user = config.get_user().unwrap_or_default();
        let password = config.get_password().unwrap_or_default();
        let mut parameters = vec![("client_encoding", "UTF8"), ("user", user)];
        parameters.extend(config.get_dbname().map(|name| ("database", name)));
        parameters.extend(config.get_options().map(|options| ("options", options)));
        parameters.extend(config.get_application_name().map(|name| ("application_name", name)));
        self.send(|out| frontend::startup_message(parameters, out))?;
        let mut scram = None;
        loop {
            match self.receive()? {
                Message::AuthenticationCleartextPassword => {
                    self.send(|out| frontend::password_message(password, out))?;
                }
                Message::AuthenticationMd5Password(body) => {
                    let hash = md5_hash(user.as_bytes(), password, body.salt());
                    self.send(|out| frontend::password_message(hash.as_bytes(), out))?;
                }
                Message::AuthenticationSasl(_) => {
                    let started = ScramSha256::new(password, ChannelBinding::unsupported());
                    self.send(|out| frontend::sasl_initial_response(SCRAM_SHA_256, started.message(), out))?;
                    scram = Some(started);
                }
                Message::AuthenticationSaslContinue(body) => {
                    let scram = scram.as_mut().ok_or_else(unexpected)?;
                    scram.update(body.data())?;
                    self.send(|out| frontend::sasl_response(scram.message(), out))?;
                }
                Message::AuthenticationSaslFinal(body) => {
                    scram.as_mut().ok_or_else(unexpected)?.finish(body.data())?;
                }
                Message::ErrorResponse(body) => return Err(WireError::Server(server_error(body.fields())?)),
                Message::ReadyForQuery(_) => return Ok(()),
                Message::AuthenticationOk
                | Message::ParameterStatus(_)
                | Message::BackendKeyData(_)
                | Message::NoticeResponse(_) => {}
                _ => return Err(unexpected().into()),
            }
        }
    }

    fn send(&mut self, write: impl FnOnce(&mut BytesMut) -> io::Result<()>) -> io::Result<()> {
        let mut out = BytesMut::new();
        write(&mut out)?;
        self.socket.write_all(&out)
    }

    fn receive(&mut self) -> io::Result<Message> {
        loop {
            if let Some(message) = Message::parse(&mut self.received)? {
                return Ok(message);
            }
            match self.socket.read(&mut self.chunk)? {
                0 => {
                    return Err(io::Error::new(
                        io::ErrorKind::UnexpectedEof,
                        "the server closed the connection",
                    ));
                }
                read => self.received.extend_from_slice(&self.chunk[..read]),
            }
        }
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        // The server takes note of the end of the connection anyway.
        let _ = self.send(|out| {
            frontend::terminate(out);
            Ok(())
        });
    }
}

impl Socket {
    fn connect(host: &Host, port: u16) -> io::Result<Self> {
        match host {
            Host::Unix(folder) => {
                UnixStream::connect(folder.join(format!(".s.PGSQL.{port}"))).map(Self::Unix)
            }
            Host::Tcp(host) => {
                let stream = TcpStream::connect((host.as_str(), port))?;
                stream.set_nodelay(true)?;
                Ok(Self::Tcp(stream))
            }
        }
    }

    fn try_clone(&self) -> io::Result<Self> {
        match self {
            Self::Unix(stream) => stream.try_clone().map(Self::Unix),
            Self::Tcp(stream) => stream.try_clone().map(Self::Tcp),
        }
    }

    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Unix(stream) => stream.read(buffer),
            Self::Tcp(stream) => stream.read(buffer),
        }
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Unix(stream) => stream.write_all(bytes),
            Self::Tcp(stream) => stream.write_all(bytes),
        }
    }
}

/// The fields that diagnostics use (PostgreSQL's manual, "Error and Notice Message Fields").
fn server_error(mut fields: ErrorFields<'_>) -> io::Result<ServerError> {
    let mut error = ServerError::default();
    while let Some(field) = fields.next()? {
        let text = String::from_utf8_lossy(field.value_bytes()).into_owned();
        match field.type_() {
            b'C' => error.code = SqlState::from_code(&text),
            b'M' => error.message = text,
            b'D' => error.detail = Some(text),
            b'H' => error.hint = Some(text),
            b'P' => error.position = text.parse().ok(),
            b'W' => error.context = Some(text.into()),
            _ => {}
        }
    }
    Ok(error)
}

fn unexpected() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the server does not answer as PostgreSQL does")
}

impl From<io::Error> for WireError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl std::fmt::Display for WireError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Io(error) => write!(f, "the connection to the server failed: {error}"),
            Self::Server(error) => f.write_str(&error.message),
        }
    }
}

impl std::error::Error for WireError {}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::thread;
    use std::time::Duration;

    use bindery_postgres::{Database, Server};

    use super::*;

    fn database() -> Database {
        Server::start().unwrap().create_database().unwrap()
    }

    #[test]
    fn answers_come_in_order_however_much_is_said() {
        let database = database();
        let mut wire = Wire::connect(&database.config()).unwrap();
        let trees = "SET debug_print_rewritten = on; SET client_min_messages = log";
        wire.run(trees, drop).unwrap();
        // More than the sockets hold, in both directions.
        let long = "x".repeat(20_000);
        let statements: Vec<String> = (0..400)
            .map(|number| match number % 3 {
                0 => format!("SELECT {number} AS n, $1::text || '{long}'"),
                1 => format!("SELECT nothing_{number}"),
                _ => "CREATE TABLE t ()".to_owned(),
            })
            .collect();
        let texts: Vec<&str> = statements.iter().map(String::as_str).collect();
        let mut heard = vec![0; texts.len()];
        let answers = wire.describe(&texts, |number, _| heard[number] += 1).unwrap();
        for (number, answer) in answers.iter().enumerate() {
            match number % 3 {
                0 => {
                    let statement = answer.as_ref().unwrap();
                    assert_eq!((statement.params.as_slice(), statement.columns.len()), (&[25][..], 2));
                    assert_eq!(statement.columns[0].name, "n");
                }
                1 => {
                    let error = answer.as_ref().unwrap_err();
                    assert_eq!(error.message, format!("column \"nothing_{number}\" does not exist"));
                    assert_eq!((error.position, &error.code), (Some(8), &SqlState::UNDEFINED_COLUMN));
                }
                _ => assert_eq!(answer.as_ref().unwrap().columns.len(), 0),
            }
            assert_eq!(heard[number] > 0, number % 3 != 1, "the tree of {number}");
        }
    }

    #[test]
    fn passwords_are_sent_as_the_server_wants_them() {
        let database = database();
        let mut client = database.connect().unwrap();
        let roles = "SET password_encryption = 'scram-sha-256'; CREATE ROLE scram LOGIN PASSWORD 'right';
                     SET password_encryption = 'md5'; CREATE ROLE hashed LOGIN PASSWORD 'right';
                     CREATE ROLE plain LOGIN PASSWORD 'right'";
        client.batch_execute(roles).unwrap();
        let config = database.config();
        let Host::Unix(folder) = &config.get_hosts()[0] else { panic!("a temporary server") };
        let rules = "local all scram scram-sha-256\nlocal all hashed md5\nlocal all plain password\n\
                     local all all trust\n";
        fs::write(folder.join("pg_hba.conf"), rules).unwrap();
        client.batch_execute("SELECT pg_reload_conf()").unwrap();
        for user in ["scram", "hashed", "plain"] {
            let connect = |password: &str| Wire::connect(config.clone().user(user).password(password));
            // The server reads the rules when it gets round to it, and trusts until then.
            while connect("wrong").is_ok() {
                thread::sleep(Duration::from_millis(1));
            }
            let Err(WireError::Server(refused)) = connect("wrong") else { panic!("{user} is refused") };
            assert_eq!(refused.code, SqlState::INVALID_PASSWORD, "{user}: {}", refused.message);
            let mut wire = connect("right").unwrap();
            assert_eq!(wire.describe(&["SELECT 1"], |_, _| {}).unwrap().len(), 1, "{user}");
        }
    }
}
