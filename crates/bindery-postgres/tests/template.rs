//! Databases that others are copied from. What processes share on a given server is tested with the crate `bindery`.

#![allow(clippy::unwrap_used)]

use std::env;

use bindery_postgres::{Database, Error, Template};

fn with_cars(database: &Database) -> Result<(), Error> {
    database.connect()?.batch_execute("CREATE TABLE cars (plate text)").unwrap();
    Ok(())
}

fn count(database: &Database) -> i64 {
    database.connect().unwrap().query_one("SELECT count(*) FROM cars", &[]).unwrap().get(0)
}

#[test]
fn copies_hold_what_was_made_and_do_not_meet() {
    // The second time it comes from the cache, or is there still.
    for _ in 0..2 {
        let template = Template::open("templatetest", with_cars).unwrap();
        let [one, other] = [(); 2].map(|()| template.create_database().unwrap());
        one.connect().unwrap().batch_execute("INSERT INTO cars VALUES ('B-AB1')").unwrap();
        assert_eq!((count(&one), count(&other)), (1, 0));
    }
}

#[test]
fn the_last_copy_can_be_the_template_itself() {
    let mut template = Template::open("templatetest", with_cars).unwrap();
    let copy = template.create_database().unwrap();
    let last = template.create_last_database().unwrap();
    assert_eq!((count(&copy), count(&last)), (0, 0));
    if env::var_os("BINDERY_DATABASE_URL").is_none_or(|url| url.is_empty()) {
        assert_eq!(last.name(), "bindery");
        let error = template.create_database().unwrap_err();
        assert_eq!(error.to_string(), "the last copy of the template was made");
    }
}

#[test]
fn what_could_not_be_made_is_made_again() {
    #[derive(Debug)]
    struct Failed;
    impl From<Error> for Failed {
        fn from(_: Error) -> Self {
            Self
        }
    }
    let mut attempts = 0;
    for _ in 0..2 {
        let fail = |database: &Database| {
            attempts += 1;
            with_cars(database)?;
            Err(Failed)
        };
        assert!(Template::open("templatetestthatfails", fail).is_err());
    }
    assert_eq!(attempts, 2);
}
