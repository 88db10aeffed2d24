//! What a database has at one moment.

use std::collections::BTreeMap;

use postgres::{Client, SimpleQueryMessage};

use crate::drift::{Class, Drift, DriftChange, Facts, Uses, compare, load};

/// What `drift` leaves to each database: who may do what, comments, settings of tables, and objects that queries hardly
/// depend on. A kind, a name and a value each; names are as PostgreSQL identifies objects. Privileges that were never said
/// are those that each object has by default.
const OTHERS: &str = r#"
    SELECT 'the comment on ' || i.type, i.identity, d.description
    FROM pg_catalog.pg_description d, pg_catalog.pg_identify_object(d.classoid, d.objoid, d.objsubid) i
    WHERE d.objoid >= 16384 AND i.schema IS DISTINCT FROM 'pg_toast'
    UNION ALL
    SELECT 'the owner and the privileges of relation', c.oid::regclass::text,
           concat_ws(' ', pg_catalog.pg_get_userbyid(c.relowner), (SELECT pg_catalog.string_agg(item::text, ',' ORDER BY item::text)
            FROM unnest(coalesce(c.relacl, pg_catalog.acldefault(CASE c.relkind WHEN 'S' THEN 's'::"char" ELSE 'r' END, c.relowner))) item))
    FROM pg_catalog.pg_class c
    WHERE c.oid >= 16384 AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    UNION ALL
    SELECT 'the owner and the privileges of function', p.oid::regprocedure::text,
           concat_ws(' ', pg_catalog.pg_get_userbyid(p.proowner), (SELECT pg_catalog.string_agg(item::text, ',' ORDER BY item::text)
            FROM unnest(coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))) item))
    FROM pg_catalog.pg_proc p WHERE p.oid >= 16384
    UNION ALL
    SELECT 'the owner and the privileges of schema', n.oid::regnamespace::text,
           concat_ws(' ', pg_catalog.pg_get_userbyid(n.nspowner), (SELECT pg_catalog.string_agg(item::text, ',' ORDER BY item::text)
            FROM unnest(coalesce(n.nspacl, pg_catalog.acldefault('n', n.nspowner))) item))
    FROM pg_catalog.pg_namespace n WHERE n.nspname !~ '^pg_(toast|temp)'
    UNION ALL
    SELECT 'the owner and the privileges of type', t.oid::regtype::text,
           concat_ws(' ', pg_catalog.pg_get_userbyid(t.typowner), (SELECT pg_catalog.string_agg(item::text, ',' ORDER BY item::text)
            FROM unnest(coalesce(t.typacl, pg_catalog.acldefault('T', t.typowner))) item))
    FROM pg_catalog.pg_type t
    WHERE t.oid >= 16384 AND t.typtype IN ('e', 'd', 'r')
       OR EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid = t.typrelid AND c.relkind = 'c' AND c.oid >= 16384)
    UNION ALL
    SELECT 'the privileges on column', a.attrelid::regclass::text || '.' || a.attname,
           (SELECT pg_catalog.string_agg(item::text, ',' ORDER BY item::text) FROM unnest(a.attacl) item)
    FROM pg_catalog.pg_attribute a WHERE a.attrelid >= 16384 AND a.attacl IS NOT NULL
    UNION ALL
    SELECT 'the default privileges for', coalesce(d.defaclnamespace::regnamespace::text, 'all schemas') || ' '
               || pg_catalog.pg_get_userbyid(d.defaclrole) || ' ' || d.defaclobjtype::text,
           (SELECT pg_catalog.string_agg(item::text, ',' ORDER BY item::text) FROM unnest(d.defaclacl) item)
    FROM pg_catalog.pg_default_acl d
    UNION ALL
    SELECT 'the storage of relation', c.oid::regclass::text,
           concat_ws(' ', am.amname, c.relpersistence, c.relreplident, c.reloptions)
    FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_am am ON am.oid = c.relam
    WHERE c.oid >= 16384 AND c.relkind IN ('r', 'p', 'm', 'f', 'S')
    UNION ALL
    SELECT 'the storage of column', a.attrelid::regclass::text || '.' || a.attname,
           concat_ws(' ', a.attstorage, nullif(a.attcompression, ''), a.attoptions, nullif(a.attstattarget, -1))
    FROM pg_catalog.pg_attribute a
    JOIN pg_catalog.pg_class c ON c.oid = a.attrelid AND c.oid >= 16384 AND c.relkind IN ('r', 'p', 'm', 'f')
    WHERE a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT 'rule', r.rulename || ' on ' || r.ev_class::regclass, pg_catalog.pg_get_ruledef(r.oid)
    FROM pg_catalog.pg_rewrite r WHERE r.oid >= 16384 AND r.rulename <> '_RETURN'
    UNION ALL
    SELECT 'statistics object', s.stxnamespace::regnamespace || '.' || s.stxname,
           pg_catalog.pg_get_statisticsobjdef(s.oid)
    FROM pg_catalog.pg_statistic_ext s
    UNION ALL
    SELECT 'publication', p.pubname,
           concat_ws(' ', p.puballtables, p.pubinsert, p.pubupdate, p.pubdelete, p.pubtruncate,
                     (SELECT pg_catalog.string_agg(r.prrelid::regclass::text, ', ' ORDER BY r.prrelid::regclass::text)
                      FROM pg_catalog.pg_publication_rel r WHERE r.prpubid = p.oid))
    FROM pg_catalog.pg_publication p
    UNION ALL
    SELECT 'event trigger', e.evtname, concat_ws(' ', e.evtevent, e.evtfoid::regproc, e.evtenabled, e.evttags)
    FROM pg_catalog.pg_event_trigger e
    UNION ALL
    SELECT 'cast', c.castsource::regtype || ' AS ' || c.casttarget::regtype,
           concat_ws(' ', c.castfunc::regproc, c.castcontext, c.castmethod)
    FROM pg_catalog.pg_cast c WHERE c.oid >= 16384
    UNION ALL
    SELECT 'operator', o.oid::regoperator::text, o.oprcode::regproc::text
    FROM pg_catalog.pg_operator o WHERE o.oid >= 16384
    UNION ALL
    SELECT 'collation', c.oid::regcollation::text, concat_ws(' ', c.collprovider, c.collisdeterministic)
    FROM pg_catalog.pg_collation c WHERE c.oid >= 16384
    UNION ALL
    SELECT 'text search configuration', c.oid::regconfig::text, NULL
    FROM pg_catalog.pg_ts_config c WHERE c.oid >= 16384
    UNION ALL
    SELECT 'foreign server', s.srvname, s.srvoptions::text FROM pg_catalog.pg_foreign_server s
    UNION ALL
    SELECT 'setting of the database', s.setconfig::text, NULL
    FROM pg_catalog.pg_db_role_setting s
    WHERE s.setdatabase = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())"#;

/// The same whatever `search_path` a migration would like to have.
const BEGIN: &str = "BEGIN READ ONLY; SET LOCAL search_path = ''";

#[derive(Debug)]
pub(super) struct Schema {
    facts: Facts,
    others: BTreeMap<(String, String), Option<String>>,
}

impl Schema {
    pub fn load(client: &mut Client) -> Result<Self, postgres::Error> {
        let facts = load(client)?;
        let mut others = BTreeMap::new();
        for message in client.simple_query(&format!("{BEGIN};{OTHERS};COMMIT"))? {
            if let SimpleQueryMessage::Row(row) = message {
                let text = |column| row.get(column).map(str::to_owned);
                others.insert((text(0).unwrap_or_default(), text(1).unwrap_or_default()), text(2));
            }
        }
        Ok(Self { facts, others })
    }

    /// How `now` differs from this one, a line of text each.
    pub fn differences(&self, now: &Self) -> Vec<String> {
        let drifts = compare(&self.facts, &now.facts, true, &Uses::default());
        let mut lines: Vec<String> = drifts
            .iter()
            .map(|drift| match drift.change {
                DriftChange::Missing => format!("{} is gone", drift.name()),
                DriftChange::Extra | DriftChange::Told(_) => format!("{} is there", drift.name()),
                DriftChange::Differs { .. } => drift.difference(),
            })
            .collect();
        lines.extend(self.other_orders(now));
        let told: Vec<String> = drifts.iter().filter(|drift| drift.is_whole()).map(Drift::path).collect();
        // An object that is gone has no owner and no comment either.
        let is_told = |name: &str| {
            let rests = told.iter().filter_map(|told| name.strip_prefix(told.as_str()));
            rests.into_iter().any(|rest| rest.is_empty() || rest.starts_with(['.', '(', ' ']))
        };
        lines.extend(self.other_differences(now, is_told));
        lines
    }

    /// Columns that are the same but for their places: `SELECT *` shows them.
    fn other_orders(&self, now: &Self) -> Vec<String> {
        let (was, is) = (columns(&self.facts), columns(&now.facts));
        let mut lines = Vec::new();
        for (table, was) in was {
            let Some(is) = is.get(table) else { continue };
            let both = |columns: &[&str], others: &[&str]| -> Vec<String> {
                columns.iter().filter(|name| others.contains(name)).map(|name| (*name).to_owned()).collect()
            };
            let (was, is) = (both(&was, is), both(is, &was));
            if was != is {
                let (was, is) = (was.join(", "), is.join(", "));
                lines.push(format!("table `{table}`: the order of its columns was {was}, is {is}"));
            }
        }
        lines
    }

    fn other_differences(&self, now: &Self, is_told: impl Fn(&str) -> bool) -> Vec<String> {
        let mut lines = Vec::new();
        for (key, was) in self.others.iter().filter(|((_, name), _)| !is_told(name)) {
            let (kind, name) = key;
            match now.others.get(key) {
                Some(is) if is == was => {}
                Some(is) => {
                    let shown = |value: &Option<String>| value.clone().unwrap_or_default();
                    lines.push(format!("{kind} `{name}` was `{}`, is `{}`", shown(was), shown(is)));
                }
                None => lines.push(format!("{kind} `{name}` is gone")),
            }
        }
        let new = now.others.keys().filter(|key| !self.others.contains_key(*key) && !is_told(&key.1));
        lines.extend(new.map(|(kind, name)| format!("{kind} `{name}` is there")));
        lines
    }
}

/// The columns of each table, in their order.
fn columns(facts: &Facts) -> BTreeMap<&str, Vec<&str>> {
    let mut columns: BTreeMap<&str, Vec<(i16, &str)>> = BTreeMap::new();
    for (key, fact) in &facts.0 {
        let part = key.part.as_ref().filter(|part| key.class == Class::Relation && part.kind == "column");
        if let Some((part, number)) = part.zip(fact.number()) {
            columns.entry(&key.object).or_default().push((number, &part.name));
        }
    }
    let sorted = columns.into_iter().map(|(table, mut columns)| {
        columns.sort_unstable();
        (table, columns.into_iter().map(|(_, name)| name).collect())
    });
    sorted.collect()
}
