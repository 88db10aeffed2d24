//! `pg_snapshot` and `txid_snapshot`: which transactions were under way.

use std::fmt;

use bytes::BufMut;

use super::{Reader, codec};

/// Which transactions a statement sees: all below `xmin`, none from `xmax` on, and between them those not in progress.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct Snapshot {
    /// The lowest transaction that was under way.
    pub xmin: u64,
    /// One past the highest transaction that had ended.
    pub xmax: u64,
    /// Those under way between the two, in order.
    pub in_progress: Vec<u64>,
}

impl fmt::Display for Snapshot {
    /// As PostgreSQL prints it: `10:20:10,14,15`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list: Vec<String> = self.in_progress.iter().map(u64::to_string).collect();
        f.pad(&format!("{}:{}:{}", self.xmin, self.xmax, list.join(",")))
    }
}

codec!(
    Snapshot,
    [PG_SNAPSHOT, TXID_SNAPSHOT],
    |raw| {
        // The number comes first, and the two ends are not counted.
        let mut reader = Reader::new(raw);
        let count = reader.count(8)?;
        let (xmin, xmax) = (reader.u64()?, reader.u64()?);
        let in_progress = (0..count).map(|_| reader.u64()).collect::<Result<_, _>>()?;
        reader.end()?;
        Ok(Self { xmin, xmax, in_progress })
    },
    |value, out| {
        out.put_i32(i32::try_from(value.in_progress.len())?);
        out.put_u64(value.xmin);
        out.put_u64(value.xmax);
        value.in_progress.iter().for_each(|transaction| out.put_u64(*transaction));
    }
);

crate::driver_traits!(Snapshot);
