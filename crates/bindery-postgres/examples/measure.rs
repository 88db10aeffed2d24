//! Prints what servers and databases cost here, in milliseconds: the median of ten runs each, on a warm cache.

#![allow(clippy::print_stdout, clippy::unit_arg)]

use std::time::Instant;

use bindery_postgres::{Error, Installation, Server};

fn main() -> Result<(), Error> {
    drop(Server::start()?);
    measure("find the installation", Installation::find)?;
    let installation = Installation::find()?;
    measure("start a server, and stop it", || Server::temporary(&installation))?;
    measure("start, first database, first connection, stop", || {
        Server::temporary(&installation)?.create_database()?.connect()
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

fn stop(servers: Vec<Server>) {
    let (count, begin) = (servers.len(), Instant::now());
    drop(servers);
    println!("{:8.1}  stop only", begin.elapsed().as_secs_f64() * 1000.0 / count as f64);
}

fn measure<T>(what: &str, mut work: impl FnMut() -> Result<T, Error>) -> Result<(), Error> {
    let mut times = Vec::new();
    for _ in 0..10 {
        let begin = Instant::now();
        drop(work()?);
        times.push(begin.elapsed());
    }
    times.sort();
    println!("{:8.1}  {what}", times[times.len() / 2].as_secs_f64() * 1000.0);
    Ok(())
}
