//! Plans.

use bindery::{Error, PlanFormat, Query};

use crate::{INSERT, WORDS, client, database, insert, query, words};

static FIND: Query = Query {
    name: "Find",
    file: "queries/t.sql",
    sql: "-- by its number\nSELECT word FROM t WHERE id = $1",
    params: &["int8"],
    columns: &[("word", "text")],
};

#[tokio::test]
async fn a_plan_is_for_the_arguments_and_nothing_runs() {
    let database = database();
    let conn = client(&database, 1).await.connection().await.unwrap();
    let plan = FIND.explain(&conn, &[&7_i64], PlanFormat::Text).await.unwrap();
    assert!(plan.contains("t_pkey") && plan.contains("(id = '7'::bigint)"), "{plan}");
    assert!(plan.lines().count() > 1 && !plan.contains("actual"), "{plan}");
    let json = FIND.explain(&conn, &[&7_i64], PlanFormat::Json).await.unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert!(json[0]["Plan"]["Node Type"].is_string(), "{json}");
    let plan = INSERT.explain(&conn, &[&1_i64, &"a"], PlanFormat::Text).await.unwrap();
    assert!(plan.starts_with("Insert on t"), "{plan}");
    assert!(words(&conn).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_is_analyzed_is_run_and_undone() {
    let database = database();
    let client = client(&database, 1).await;
    let conn = client.connection().await.unwrap();
    insert(&conn, 1, "a").await.unwrap();
    let plan = INSERT.explain_analyze(&conn, &[&2_i64, &"b"], PlanFormat::Text).await.unwrap();
    assert!(plan.contains("actual") && plan.contains("Execution Time"), "{plan}");
    let json = WORDS.explain_analyze(&conn, &[], PlanFormat::Json).await.unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json[0]["Plan"]["Actual Rows"].as_f64(), Some(1.0), "{json}");
    // One that fails leaves nothing open: what comes next is committed by itself.
    let error = INSERT.explain_analyze(&conn, &[&1_i64, &"b"], PlanFormat::Text).await.unwrap_err();
    assert!(error.is_unique_violation() && error.query() == Some("Insert"), "{error}");
    insert(&conn, 3, "c").await.unwrap();
    drop(conn);
    assert_eq!(words(&client.connection().await.unwrap()).await.unwrap(), ["a", "c"]);
}

#[tokio::test]
async fn in_a_transaction_it_is_undone_alone() {
    let database = database();
    let client = client(&database, 1).await;
    let tx = client.begin().await.unwrap();
    insert(&tx, 1, "a").await.unwrap();
    INSERT.explain_analyze(&tx, &[&2_i64, &"b"], PlanFormat::Text).await.unwrap();
    INSERT.explain_analyze(&tx, &[&1_i64, &"b"], PlanFormat::Text).await.unwrap_err();
    insert(&tx, 3, "c").await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(words(&client.connection().await.unwrap()).await.unwrap(), ["a", "c"]);
}

#[tokio::test]
async fn what_is_analyzed_and_dropped_at_any_point_is_undone() {
    let database = database();
    let client = client(&database, 1).await;
    for polls in 0..6 {
        let conn = client.connection().await.unwrap();
        let params: [&dyn bindery::Param; 2] = [&9_i64, &"lost"];
        {
            let mut call = std::pin::pin!(INSERT.explain_analyze(&conn, &params, PlanFormat::Text));
            for _ in 0..polls {
                if futures_util::poll!(&mut call).is_ready() {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        insert(&conn, polls, "kept").await.unwrap();
        drop(conn);
        let kept = words(&client.connection().await.unwrap()).await.unwrap();
        assert_eq!(kept.len(), usize::try_from(polls + 1).unwrap(), "{polls} polls: {kept:?}");
        assert!(!kept.contains(&"lost".to_owned()), "{polls} polls");
    }
}

#[tokio::test]
async fn what_has_no_plan_is_refused() {
    static COPY: Query = query("Copy", "COPY t TO STDOUT", &[]);
    static SHOW: Query = query("Show", "/* a */ SHOW search_path", &[("search_path", "text")]);
    let database = database();
    let conn = client(&database, 1).await.connection().await.unwrap();
    let message = |error: Error| error.to_string();
    let error = message(COPY.explain(&conn, &[], PlanFormat::Text).await.unwrap_err());
    assert!(
        error.starts_with("query Copy (queries/t.sql): only SELECT,") && error.ends_with("COPY"),
        "{error}"
    );
    let error = message(SHOW.explain_analyze(&conn, &[], PlanFormat::Text).await.unwrap_err());
    assert!(error.ends_with("and this is SHOW"), "{error}");
    let error = message(FIND.explain(&conn, &[], PlanFormat::Text).await.unwrap_err());
    assert!(error.ends_with("there are 0 arguments, and the statement has 1 parameters"), "{error}");
}
