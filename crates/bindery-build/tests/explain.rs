//! The plans of the queries of `explain/`, on the usual server and on those that `BINDERY_MAJORS` lists, the folders of their
//! programs, one a line, as `scripts/postgres.sh` prints them.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::env;
use std::path::Path;
use std::time::Duration;

use bindery_build::{Config, ExplainOptions, Plan, PlanFormat, PlanOutcome};
use bindery_postgres::{Database, Installation, Server};

fn config() -> Config {
    Config::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/explain"))
}

fn options(queries: &[&str], params: &[(&str, Option<&str>)]) -> ExplainOptions {
    let mut options = ExplainOptions::default();
    options.queries = queries.iter().map(|&name| name.to_owned()).collect();
    options.params =
        params.iter().map(|(name, value)| ((*name).to_owned(), value.map(str::to_owned))).collect();
    options.analyze = !params.is_empty();
    options
}

/// The text of a plan, or what is said in place of it.
fn shown(plan: &Plan) -> String {
    match &plan.outcome {
        PlanOutcome::Text(text) => text.clone(),
        PlanOutcome::Refused(diagnostic) => diagnostic.to_string(),
        PlanOutcome::Utility => "no plan".to_owned(),
        other => panic!("{other:?}"),
    }
}

/// A migrated database on each server at hand.
fn databases() -> Vec<Database> {
    let majors = env::var("BINDERY_MAJORS").unwrap_or_default();
    let others = majors.lines().filter(|line| !line.trim().is_empty());
    let others = others.map(|bin| Server::temporary(&Installation::at(bin).unwrap()).unwrap());
    let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/explain/migrations");
    let migrations = bindery_migrate::read_dir(migrations).unwrap();
    let servers = std::iter::once(Server::start().unwrap()).chain(others);
    servers
        .map(|server| {
            println!("on PostgreSQL {}", server.major());
            let database = server.create_database().unwrap();
            bindery_migrate::up(&mut database.connect().unwrap(), &migrations).unwrap();
            database
        })
        .collect()
}

#[test]
fn each_query_has_a_generic_plan() {
    let mut places = vec![None];
    let databases = databases();
    places.extend(databases.iter().map(|database| Some(database.url().to_owned())));
    for url in places {
        let mut options = options(&[], &[]);
        options.url = url;
        let plans = config().explain(&options).unwrap();
        let places: Vec<_> =
            plans.iter().map(|plan| format!("{}:{} {}", plan.file, plan.line, plan.query)).collect();
        assert_eq!(
            places,
            [
                "queries/cars.sql:1 FindCar",
                "queries/cars.sql:5 AddCar",
                "queries/cars.sql:8 CountCars",
                "queries/cars.sql:11 Truncate",
                "queries/other.sql:1 Wait",
                "queries/other.sql:4 ToPlate"
            ]
        );
        let count = plans[2].to_string();
        assert!(count.starts_with("CountCars (queries/cars.sql:8)\n    Aggregate  (cost="), "{count}");
        assert!(count.contains("\n      ->  Seq Scan on cars  (cost="), "{count}");
        let shown: Vec<String> = plans.iter().map(shown).collect();
        assert!(shown[0].starts_with("Index Scan using cars_plate_key on cars"), "{}", shown[0]);
        assert!(shown[0].contains("= $1)"), "{}", shown[0]);
        assert!(shown[1].starts_with("Insert on cars"), "{}", shown[1]);
        assert!(shown[2].starts_with("Aggregate"), "{}", shown[2]);
        assert_eq!(shown[3], "no plan");
        assert!(shown[4].starts_with("Result"), "{}", shown[4]);
        assert!(shown[5].starts_with("Result"), "{}", shown[5]);
    }
}

#[test]
fn queries_are_run_with_values_and_leave_nothing() {
    for database in databases() {
        let mut options =
            options(&["AddCar"], &[("plate", Some(r"K'\A")), ("status", Some("gone")), ("note", None)]);
        options.url = Some(database.url().to_owned());
        options.buffers = true;
        let shown_add = shown(&config().explain(&options).unwrap()[0]);
        assert!(shown_add.contains("actual") && shown_add.contains("Execution Time"), "{shown_add}");
        let mut client = database.connect().unwrap();
        assert_eq!(client.query_one("SELECT count(*) FROM cars", &[]).unwrap().get::<_, i64>(0), 0);

        // A value that is none of its type, one that is missing, and a query that needs none.
        options.queries = ["AddCar", "FindCar", "CountCars", "Wait"].map(str::to_owned).to_vec();
        options.params.retain(|(name, _)| name != "plate");
        options.params[0].1 = Some("lost".to_owned());
        let plans = config().explain(&options).unwrap();
        let told: Vec<String> = plans.iter().map(shown).collect();
        assert_eq!(told[0], "queries/cars.sql:1:10: `FindCar` needs a value for `plate` to be run");
        let PlanOutcome::Refused(diagnostic) = &plans[0].outcome else { panic!("{:?}", plans[0]) };
        assert!(diagnostic.render().contains("give each of them as `name=value`"), "{diagnostic:?}");
        assert_eq!(told[1], "queries/cars.sql:5:10: `AddCar` needs a value for `plate` to be run");
        assert!(told[2].contains("actual"), "{}", told[2]);
        assert_eq!(told[3], "queries/other.sql:1:10: `Wait` needs a value for `1` to be run");
        options.params.push(("plate".to_owned(), Some("KA-01".to_owned())));
        options.params.push(("1".to_owned(), Some("3600".to_owned())));
        options.timeout = Duration::from_millis(50);
        let plans = config().explain(&options).unwrap();
        let told: Vec<String> = plans.iter().map(shown).collect();
        assert_eq!(told[1], "queries/cars.sql:5:10: invalid input value for enum car_status: \"lost\"");
        assert!(told[0].contains("actual"), "{}", told[0]);
        assert_eq!(told[3], "queries/other.sql:1:10: canceling statement due to statement timeout");
    }
}

#[test]
fn what_one_server_refuses_is_told_beside_the_plans_of_the_others() {
    for database in databases() {
        database.connect().unwrap().batch_execute("ALTER TABLE cars DROP COLUMN note").unwrap();
        let mut options = options(&[], &[]);
        options.url = Some(database.url().to_owned());
        options.format = PlanFormat::Json;
        let plans = config().explain(&options).unwrap();
        assert_eq!(
            plans[0].to_string(),
            "FindCar (queries/cars.sql:1)\n    no plan: queries/cars.sql:3:12: column \"note\" does not exist"
        );
        assert!(shown(&plans[2]).starts_with("[\n"), "{}", shown(&plans[2]));
    }
}

#[test]
fn names_that_are_none_are_told_at_once() {
    let errors = |options: &ExplainOptions| config().explain(options).unwrap_err().to_string();
    let report = errors(&options(&["FindCra", "cars/CountCars", "other/FindCar"], &[]));
    assert!(report.contains("there is no query `FindCra`\n |\n = help: did you mean `FindCar`?"), "{report}");
    assert!(report.contains("there is no query `other/FindCar`"), "{report}");
    assert!(!report.contains("CountCars"), "{report}");
    let report = errors(&options(&["cars/CountCar"], &[]));
    assert!(report.contains("help: did you mean `CountCars`?"), "{report}");
    let report = errors(&options(&["FindCar"], &[("plat", Some("x"))]));
    assert!(report.contains("there is no parameter `plat`\n |\n = help: did you mean `plate`?"), "{report}");
    for name in ["CountCars", "cars/CountCars", "cars.sql/CountCars", "queries/cars.sql/CountCars"] {
        assert_eq!(config().explain(&options(&[name], &[])).unwrap()[0].query, "CountCars");
    }
    assert!(errors(&options(&["ars/CountCars"], &[])).contains("there is no query"));
}
