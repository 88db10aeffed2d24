//! Holds a temporary server until standard input ends, or is killed: prints the URL of a database on it.
//!
//! `--panic` and `--exit` end it in these ways instead.

#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::io::Read;

fn main() {
    let begin = std::time::Instant::now();
    let database = bindery_postgres::Server::start().and_then(|server| server.create_database());
    match database {
        Ok(database) => {
            println!("{}", database.url());
            eprintln!("ready after {} ms", begin.elapsed().as_millis());
            if std::env::args().any(|argument| argument == "--panic") {
                panic!("as asked");
            }
            if std::env::args().any(|argument| argument == "--exit") {
                std::process::exit(7);
            }
            let _ = std::io::stdin().read_to_end(&mut Vec::new());
        }
        Err(error) => {
            eprintln!("{error:?}");
            std::process::exit(1);
        }
    }
}
