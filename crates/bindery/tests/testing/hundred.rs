//! A hundred tests, and how long they take.

use std::process::{Command, Stdio};
use std::time::Instant;

use bindery::DatabaseClient;

use crate::migrations::MIGRATIONS;
use crate::run::{Running, ignored, outcome};

/// Would fail if another test had the same database.
async fn is_alone(client: &DatabaseClient) {
    let conn = client.connection().await.unwrap();
    conn.execute("INSERT INTO owners (name) VALUES ('Ada')", &[]).await.unwrap();
    let owners: Vec<(String,)> = conn.query("SELECT name FROM owners", &[]).await.unwrap();
    assert_eq!(owners, [("Ada".to_owned(),)]);
}

macro_rules! tests {
    ($($name:ident)*) => {
        $(
            #[bindery::test]
            #[ignore = "run by another test"]
            async fn $name(client: DatabaseClient) {
                is_alone(&client).await;
            }
        )*
    };
}

tests! {
    n00 n01 n02 n03 n04 n05 n06 n07 n08 n09 n10 n11 n12 n13 n14 n15 n16 n17 n18 n19
    n20 n21 n22 n23 n24 n25 n26 n27 n28 n29 n30 n31 n32 n33 n34 n35 n36 n37 n38 n39
    n40 n41 n42 n43 n44 n45 n46 n47 n48 n49 n50 n51 n52 n53 n54 n55 n56 n57 n58 n59
    n60 n61 n62 n63 n64 n65 n66 n67 n68 n69 n70 n71 n72 n73 n74 n75 n76 n77 n78 n79
    n80 n81 n82 n83 n84 n85 n86 n87 n88 n89 n90 n91 n92 n93 n94 n95 n96 n97 n98 n99
}

/// Prints how long they take in one process, as `cargo test` runs them, and ten of them in a process each, as nextest
/// does.
#[test]
fn a_hundred_tests_do_not_meet() {
    let begin = Instant::now();
    let said = outcome(ignored(&["--test-threads=2", "hundred::n"]), true);
    assert!(said.contains("100 passed"), "{said}");
    println!("a hundred tests in one process, two at a time: {:?}", begin.elapsed());
    let begin = Instant::now();
    for pair in 0..5 {
        let mut tests = [0, 1].map(|odd| Running(of_nextest(2 * pair + odd).spawn().unwrap()));
        assert!(tests.iter_mut().all(|test| test.0.wait().unwrap().success()));
    }
    println!("ten tests in ten processes, two at a time: {:?}", begin.elapsed());
}

fn of_nextest(number: u32) -> Command {
    let mut command = ignored(&["--exact", &format!("hundred::n{number:02}")]);
    command.env("NEXTEST_EXECUTION_MODE", "process-per-test").stdout(Stdio::null());
    command
}
