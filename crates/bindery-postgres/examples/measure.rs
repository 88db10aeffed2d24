//! Prints what servers and databases cost here, in milliseconds: the least and the median of twenty runs each, on a warm cache.

#![allow(clippy::print_stdout, clippy::unit_arg)]

use std::time::Instant;

use bindery_postgres::{Error, Installation, Server};

const KEY: &str = "measure";

fn main() -> Result<(), Error> {
    drop(Server::start()?);
    measure("find the installation", Installation::find)?;
    let installation = Installation::find()?;
    measure("start a server", || Server::temporary(&installation))?;
    measure("start, first database, first connection, stop", || {
        Server::temporary(&installation)?.create_database()?.connect()
    })?;
    let keys = [KEY.to_owned()];
    keep_tables(&Server::temporary(&installation)?)?;
    measure("start from a kept state of 100 tables, first database, first connection", || {
        Server::start_from(&keys)?.0.create_database()?.connect()
    })?;
    let mut servers = Vec::new();
    measure("start only", || Ok(servers.push(Server::temporary(&installation)?)))?;
    stop(servers);
    let server = Server::temporary(&installation)?;
    let template = server.create_database()?;
    let mut databases = Vec::new();
    measure("create a further database", || Ok(databases.push(server.create_database()?)))?;
    measure("drop one", || Ok(drop(databases.pop())))?;
    measure("create a copy just after a connection to the template, and drop it", || {
        drop(template.connect()?);
        server.create_database_from(&template)
    })?;
    Ok(())
}

fn keep_tables(server: &Server) -> Result<(), Error> {
    let sql: String =
        (0..100).map(|n| format!("CREATE TABLE t{n} (id serial PRIMARY KEY, name text UNIQUE);")).collect();
    server.create_database()?.connect()?.batch_execute(&sql).expect("an empty database has none of them");
    measure("keep it with 100 tables", || server.keep(KEY))
}

fn stop(servers: Vec<Server>) {
    let (count, begin) = (servers.len(), Instant::now());
    drop(servers);
    println!("{:17.1}  stop only", begin.elapsed().as_secs_f64() * 1000.0 / count as f64);
}

fn measure<T>(what: &str, mut work: impl FnMut() -> Result<T, Error>) -> Result<(), Error> {
    let mut times = Vec::new();
    for _ in 0..20 {
        let begin = Instant::now();
        drop(work()?);
        times.push(begin.elapsed());
    }
    times.sort();
    let [least, median] = [0, times.len() / 2].map(|at| times[at].as_secs_f64() * 1000.0);
    println!("{least:8.1} {median:8.1}  {what}");
    Ok(())
}
