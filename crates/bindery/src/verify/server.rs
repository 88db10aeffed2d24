//! Asks what kind of server it is, on which the further questions depend.

use tokio_postgres::types::{ToSql, Type};

use crate::error::Error;
use crate::session::Session;
use crate::verify::statements::Plan;

/// As for goose, the version table is found through the search_path unless its name has a schema.
const SERVER: &str = "
    SELECT pg_catalog.current_setting('server_version_num')::pg_catalog.int4 >= 160000,
           pg_catalog.to_regclass($1) IS NOT NULL";

/// The server and database.
#[derive(Debug)]
pub(crate) struct Server {
    pub plan: Plan,
    pub has_version_table: bool,
}

/// Asks for it.
pub(crate) async fn server(session: &Session, version_table: &str) -> Result<Server, Error> {
    let table: (&(dyn ToSql + Sync), Type) = (&version_table, Type::TEXT);
    let row = session.client.query_typed_one(SERVER, &[table]).await.map_err(Error::server)?;
    let flag = |index| row.try_get::<_, bool>(index).map_err(Error::server);
    let plan = if flag(0)? { Plan::Generic } else { Plan::Nulls };
    Ok(Server { plan, has_version_table: flag(1)? })
}
