//! Two who migrate one database.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use super::package::{Package, told};

const LOCK: &str = "SET application_name = 'somebody'; SELECT pg_advisory_lock(4097083626)";

#[test]
fn who_has_the_lock_is_told() {
    let package = Package::new("locked");
    let mut holder = package.connect();
    holder.batch_execute(LOCK).unwrap();
    let pid: i32 = holder.query_one("SELECT pg_backend_pid()", &[]).unwrap().get(0);
    let told = package.failed(&["up", "--wait", "50ms"]);
    assert!(told.starts_with("waiting for somebody else who migrates this database\n"), "{told}");
    assert!(
        told.contains(&format!("process {pid} of user ")) && told.contains("application somebody"),
        "{told}"
    );
    assert!(told.contains("= help: `--wait 10min` waits longer"), "{told}");
    assert_eq!(package.tables(), [""; 0]);
    // Who only looks waits for nobody.
    assert_eq!(package.done(&["version"]), "0\n");
    package.done(&["up", "--dry-run"]);
    package.done(&["up", "--no-lock"]);
}

#[test]
fn the_lock_is_waited_for() {
    let package = Package::new("waits");
    let mut holder = package.connect();
    holder.batch_execute(LOCK).unwrap();
    let mut up = package.on_database(&["up", "--wait", "1min"]);
    let mut up = up.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stderr = BufReader::new(up.stderr.take().unwrap());
    let mut line = String::new();
    stderr.read_line(&mut line).unwrap();
    assert_eq!(line, "waiting for somebody else who migrates this database\n");
    assert_eq!(package.tables(), [""; 0]);
    drop(holder);
    let told = told(&up.wait_with_output().unwrap());
    assert!(told.status == Some(0) && told.stdout.ends_with("3 done, version 3\n"), "{told:#?}");
}
