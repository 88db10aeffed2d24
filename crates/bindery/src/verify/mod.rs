//! Whether a live database still fits the generated code: [`DatabaseClient::verify`](crate::DatabaseClient::verify).
//!
//! `queries` is what the code was generated with, `drift` the differences. Everything is asked on one connection without
//! waiting for an answer before the next question, but for what depends on it:
//!
//! ```text
//! server, relations, types, Parse and Describe of each query
//!     then EXPLAIN of each query, migrations
//! ```
//!
//! There is no transaction around it, since a statement that is refused would end it. Nothing is written, and the
//! statements are closed again: they tell how things are now, where those that calls have prepared may be older, and to keep
//! hundreds on one connection of many would warm up little and hold much.

mod catalog;
mod compare;
mod drift;
mod migrations;
mod queries;
mod server;
mod statements;

use futures_util::future;

use crate::error::Error;
use crate::session::Session;

pub use drift::{Drift, DriftKind, Drifts};
pub use queries::{LockedComposite, LockedDomain, LockedEnum, LockedRelation, Queries};
pub(crate) use statements::differences;

/// Asks, and compares.
pub(crate) async fn verify(session: &Session, queries: &Queries) -> Result<Drifts, Error> {
    // What the driver knows of types may be older than they are.
    session.client.clear_type_cache();
    let (server, relations, types, prepared) = future::join4(
        server::server(session, queries.migration_table),
        catalog::relations(session, queries),
        catalog::type_drifts(session, queries),
        statements::prepare(session, queries.queries),
    )
    .await;
    let (server, relations) = (server?, relations?);
    let (refused, described) = statements::judge(prepared)?;
    let (migrations, privileges) = future::join(
        migrations::drifts(session, &server, queries),
        statements::missing_privileges(session, &described, server.plan),
    )
    .await;
    let mut drifts = migrations?;
    drifts.extend(relations.iter().flat_map(|relation| relation.drifts()));
    drifts.extend(types?);
    drifts.extend(relations.iter().flat_map(|relation| relation.hidden_from(queries)));
    drifts.extend(refused);
    drifts.extend(privileges?);
    Ok(Drifts::new(drifts))
}
