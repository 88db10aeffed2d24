//! Runs queries of River on a temporary database.

#![deny(warnings, missing_docs)]

use std::error::Error;

use bindery::chrono::{TimeDelta, Utc};
use bindery::serde_json::json;
use bindery::{Config, DatabaseClient};
use db::river_job::{JobGetAvailableParams, JobInsertFastManyParams, JobInsertFullParams};
use db::river_job_copyfrom::JobInsertFastManyCopyFromParams;
use db::river_queue::QueueCreateOrSetUpdatedAtParams;
use db::{
    PgMiscQueries, RiverJobCopyfromQueries, RiverJobQueries, RiverJobState, RiverLeaderQueries, RiverMigrationQueries, RiverNotificationQueries,
    RiverQueueQueries, SchemaQueries,
};

/// What the build script made.
pub mod db {
    bindery::include_queries!();
}

/// The tables stand above the queries in River's files.
fn migrated() -> Result<bindery_postgres::Database, Box<dyn Error + Send + Sync>> {
    let database = bindery_postgres::Server::start()?.create_database()?;
    let mut client = database.connect()?;
    for name in ["river_job", "functions", "river_leader", "river_migration", "river_notification", "river_queue"] {
        let text = std::fs::read_to_string(format!("{}/sql/{name}.sql", env!("CARGO_MANIFEST_DIR")))?;
        client.batch_execute(text.split("-- name: ").next().unwrap_or_default())?;
    }
    Ok(database)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let database = tokio::task::spawn_blocking(migrated).await??;
    let client = DatabaseClient::create(Config::from_url(database.url())?).await?;
    jobs(&RiverJobQueries::new(client.clone())).await?;
    many_jobs(&client).await?;
    around(&client).await?;
    println!("the queries of River ran");
    Ok(())
}

async fn jobs(jobs: &RiverJobQueries) -> Result<(), bindery::Error> {
    let job = jobs
        .job_insert_full(JobInsertFullParams {
            args: &json!({"to": "ada"}),
            attempt: Some(0),
            attempted_at: None,
            attempted_by: None,
            created_at: None,
            errors: None,
            finalized_at: None,
            kind: "mail",
            max_attempts: 3,
            metadata: Some(&json!({})),
            priority: 1,
            queue: "default",
            scheduled_at: None,
            state: RiverJobState::Available,
            tags: Some(&["a", "b"]),
            unique_key: "once",
            unique_states: 0b1111_0101,
        })
        .await?;
    assert_eq!(job.tags, [Some("a".to_owned()), Some("b".to_owned())]);
    assert_eq!(job.unique_states.as_ref().map(|states| states.len()), Some(8));
    assert_eq!(jobs.job_get_by_id(job.id).await?, job);
    assert_eq!(jobs.job_count_by_state(RiverJobState::Available).await?, 1);
    let available = JobGetAvailableParams {
        queue: "default",
        now: None,
        max_to_lock: 10,
        max_attempted_by: 5,
        attempted_by: "worker-1",
    };
    let locked = jobs.job_get_available(available).await?;
    assert_eq!((locked.len(), locked[0].state), (1, RiverJobState::Running));
    let counts = jobs.job_count_by_queue_and_state(&["default", "other"]).await?;
    assert_eq!(counts.iter().map(|row| row.count_running).collect::<Vec<_>>(), [1, 0]);
    assert_eq!(jobs.job_get_stuck(0, Utc::now() + TimeDelta::hours(1), 10).await?.len(), 1);
    assert_eq!(jobs.job_list(10).await?.len(), 1);
    let many = JobInsertFastManyParams {
        id: &[0],
        args: &[json!({})],
        created_at: &[Utc::now()],
        kind: &["mail"],
        max_attempts: &[3],
        metadata: &[json!({})],
        priority: &[1],
        queue: &["default"],
        scheduled_at: &[Utc::now()],
        state: &["scheduled"],
        tags: &["a"],
        unique_key: &[b"twice"],
        unique_states: &[0],
    };
    let inserted = jobs.job_insert_fast_many(many).await?;
    assert_eq!((inserted[0].river_job.kind.as_str(), inserted[0].unique_skipped_as_duplicate), ("mail", false));
    let scheduled = jobs.job_schedule(Some(Utc::now() + TimeDelta::hours(1)), 10).await?;
    assert_eq!((scheduled[0].river_job.id, scheduled[0].conflict_discarded), (inserted[0].river_job.id, false));
    jobs.job_delete(inserted[0].river_job.id).await?;
    let missing = jobs.job_get_by_id(job.id + 1).await.expect_err("there is one job");
    assert!(missing.is_no_rows());
    Ok(())
}

async fn many_jobs(client: &DatabaseClient) -> Result<(), bindery::Error> {
    let (args, metadata, now) = (json!({}), json!({}), Utc::now());
    let job = JobInsertFastManyCopyFromParams {
        args: &args,
        created_at: now,
        kind: "report",
        max_attempts: 3,
        metadata: &metadata,
        priority: 1,
        queue: "default",
        scheduled_at: now,
        state: RiverJobState::Available,
        tags: &["a"],
        unique_key: None,
        unique_states: None,
    };
    let loaded = RiverJobCopyfromQueries::new(client.clone()).job_insert_fast_many_copy_from(vec![job; 1000]).await?;
    assert_eq!(loaded, 1000);
    assert_eq!(RiverJobQueries::new(client.clone()).job_count_by_state(RiverJobState::Available).await?, 1000);
    Ok(())
}

async fn around(client: &DatabaseClient) -> Result<(), bindery::Error> {
    let leaders = RiverLeaderQueries::new(client.clone());
    assert_eq!(leaders.leader_attempt_elect("one", None, 15.0).await?.leader_id, "one");
    assert!(leaders.leader_attempt_elect("two", None, 15.0).await.expect_err("one leads").is_no_rows());
    assert_eq!(leaders.leader_delete_expired(Some(Utc::now() + TimeDelta::hours(1))).await?, 1);
    let queues = RiverQueueQueries::new(client.clone());
    let queue = QueueCreateOrSetUpdatedAtParams {
        now: None,
        metadata: Some(&json!({})),
        name: "default",
        paused_at: None,
        updated_at: None,
    };
    assert_eq!(queues.queue_create_or_set_updated_at(queue).await?.paused_at, None);
    assert_eq!(queues.queue_pause(None, "*").await?, 1);
    let migrations = RiverMigrationQueries::new(client.clone());
    assert_eq!(migrations.river_migration_insert_many("main", &[1, 2, 3]).await?.len(), 3);
    assert_eq!(migrations.river_migration_delete_assuming_main_many(&[2]).await?[0].version, 2);
    let horizon = Utc::now();
    assert_eq!(RiverNotificationQueries::new(client.clone()).notification_delete_before(horizon).await?, 0);
    let schema = SchemaQueries::new(client.clone());
    assert!(schema.column_exists("river_job", "state").await?);
    assert!(!schema.table_exists("nothing").await?);
    let misc = PgMiscQueries::new(client.clone());
    misc.pg_advisory_xact_lock(7).await?;
    misc.pg_notify_many(None, "topic", &["hello"]).await
}
