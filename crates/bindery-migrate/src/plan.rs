//! Which migrations a command runs: from the versions that there are files of and those that are applied. No server is
//! asked here.

use std::collections::HashSet;

use crate::command::Command;

/// What to do about files that are older than the newest version applied, and were never applied themselves: a branch with
/// an earlier number was merged later.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OutOfOrder {
    /// Refuse to apply any: nobody has tried them on top of what is there. The default, as goose's.
    #[default]
    Refuse,
    /// Apply them before the new ones, the lowest first: goose's `-allow-missing`.
    Apply,
}

/// Why there is no plan.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NoPlan {
    /// These were passed over, and the newest version applied is this one.
    OutOfOrder { missing: Vec<i64>, current: i64 },
    /// Up by one, and all are applied.
    NothingPending,
    /// Down, and none is applied.
    NothingApplied,
}

/// The versions to undo, those to apply and those to be noted as applied, each in order.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    pub down: Vec<i64>,
    pub up: Vec<i64>,
    pub noted: Vec<i64>,
}

/// `files` ascend; `applied` has what was applied last first, without version 0.
pub(crate) fn plan(
    command: Command,
    files: &[i64],
    applied: &[i64],
    out_of_order: OutOfOrder,
) -> Result<Plan, NoPlan> {
    let up = |up| Plan { up, ..Plan::default() };
    let down = |down| Plan { down, ..Plan::default() };
    match command {
        Command::Up => ups(files, applied, i64::MAX, out_of_order).map(up),
        Command::UpTo(version) => ups(files, applied, version, out_of_order).map(up),
        Command::UpByOne => {
            let next = ups(files, applied, i64::MAX, out_of_order)?.into_iter().next();
            next.map(|version| up(vec![version])).ok_or(NoPlan::NothingPending)
        }
        Command::Down => Ok(down(vec![last(applied)?])),
        Command::Redo => Ok(Plan { down: vec![last(applied)?], ..up(vec![last(applied)?]) }),
        Command::DownTo(version) => {
            Ok(down(applied.iter().copied().filter(|applied| *applied > version).collect()))
        }
        Command::Baseline(version) => {
            let noted = files.iter().copied().filter(|file| *file <= version && !applied.contains(file));
            Ok(Plan { noted: noted.collect(), ..Plan::default() })
        }
        Command::Reset => {
            Ok(down(files.iter().rev().copied().filter(|version| applied.contains(version)).collect()))
        }
    }
}

fn last(applied: &[i64]) -> Result<i64, NoPlan> {
    applied.first().copied().ok_or(NoPlan::NothingApplied)
}

/// goose 3.27, `internal/gooseutil/resolve.go`: of the files that were passed over only those up to the target count.
fn ups(files: &[i64], applied: &[i64], target: i64, out_of_order: OutOfOrder) -> Result<Vec<i64>, NoPlan> {
    let current = applied.iter().copied().max().unwrap_or(0);
    let applied: HashSet<i64> = applied.iter().copied().collect();
    let pending = files.iter().copied().filter(|version| *version <= target && !applied.contains(version));
    let (missing, new): (Vec<i64>, Vec<i64>) = pending.partition(|version| *version < current);
    match out_of_order {
        OutOfOrder::Refuse if !missing.is_empty() => Err(NoPlan::OutOfOrder { missing, current }),
        OutOfOrder::Refuse | OutOfOrder::Apply => Ok([missing, new].concat()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX: i64 = i64::MAX;

    /// Files, applied, target, what is refused for being out of order, what is applied where that is allowed: the cases of
    /// goose's own matrix (goose 3.27, `internal/gooseutil/resolve_test.go`).
    type Case<'c> = (&'c [i64], &'c [i64], i64, &'c [i64], &'c [i64]);

    #[test]
    fn goose_own_matrix_holds() {
        let cases: [Case<'_>; 14] = [
            (&[], &[], MAX, &[], &[]),
            (&[1, 2, 3], &[1, 2, 3], MAX, &[], &[]),
            (&[1, 2, 3], &[], MAX, &[], &[1, 2, 3]),
            (&[3], &[3], MAX, &[], &[]),
            (&[3, 4], &[3], MAX, &[], &[4]),
            (&[1, 2, 3, 4, 5], &[1, 2], 4, &[], &[3, 4]),
            (&[1, 2, 3, 4, 5], &[1, 2], 0, &[], &[]),
            (&[1, 2, 3, 4], &[1, 3], MAX, &[2], &[2, 4]),
            (&[1, 2, 3, 4, 5], &[2, 4, 5], MAX, &[1, 3], &[1, 3]),
            (&[1, 2, 3, 4, 5], &[2, 4], MAX, &[1, 3], &[1, 3, 5]),
            (&[1, 2, 3], &[1, 3], 1, &[], &[]),
            (&[1, 2, 3], &[1, 3], 2, &[2], &[2]),
            (&[1, 2, 3, 4, 5, 6], &[1, 3, 4, 6], 4, &[2], &[2]),
            (&[1, 2, 3, 4, 5, 6], &[1, 3, 4, 6], 6, &[2, 5], &[2, 5]),
        ];
        for (files, applied, target, missing, allowed) in cases {
            let mut newest_first = applied.to_vec();
            newest_first.reverse();
            let current = newest_first.first().copied().unwrap_or(0);
            let strict = ups(files, &newest_first, target, OutOfOrder::Refuse);
            let expected = match missing {
                [] => Ok(allowed.to_vec()),
                _ => Err(NoPlan::OutOfOrder { missing: missing.to_vec(), current }),
            };
            assert_eq!(strict, expected, "{files:?} on {applied:?} up to {target}");
            let lax = ups(files, &newest_first, target, OutOfOrder::Apply);
            assert_eq!(lax, Ok(allowed.to_vec()), "{files:?} on {applied:?} up to {target}");
        }
    }

    fn planned(command: Command, applied: &[i64]) -> Result<Plan, NoPlan> {
        plan(command, &[1, 2, 3, 4], applied, OutOfOrder::Apply)
    }

    #[test]
    fn what_was_applied_last_is_undone_first() {
        let down = |versions: &[i64]| Ok(Plan { down: versions.to_vec(), ..Plan::default() });
        assert_eq!(planned(Command::Down, &[2, 3, 1]), down(&[2]));
        assert_eq!(planned(Command::DownTo(1), &[2, 3, 1]), down(&[2, 3]));
        assert_eq!(planned(Command::DownTo(2), &[2, 3, 1]), down(&[3]));
        assert_eq!(planned(Command::DownTo(0), &[]), down(&[]));
        assert_eq!(planned(Command::Reset, &[2, 9, 3, 1]), down(&[3, 2, 1]));
        assert_eq!(planned(Command::Redo, &[2, 3]), Ok(Plan { down: vec![2], up: vec![2], noted: vec![] }));
        assert_eq!(planned(Command::Baseline(3), &[2]), Ok(Plan { noted: vec![1, 3], ..Plan::default() }));
    }

    #[test]
    fn a_single_step_that_is_none_is_told() {
        assert_eq!(planned(Command::UpByOne, &[1]), Ok(Plan { up: vec![2], ..Plan::default() }));
        assert_eq!(planned(Command::UpByOne, &[4, 3, 2, 1]), Err(NoPlan::NothingPending));
        assert_eq!(planned(Command::Down, &[]), Err(NoPlan::NothingApplied));
        assert_eq!(planned(Command::Redo, &[]), Err(NoPlan::NothingApplied));
    }
}
