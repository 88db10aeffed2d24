//! Work on many files, on all cores.

use std::num::NonZero;
use std::thread;

/// More threads than this would wait for the disk or for each other.
const MOST_THREADS: usize = 8;

/// As few files are not worth another thread.
const FEWEST: usize = 8;

/// Does `work` for each item; the results are in the order of the items.
pub(crate) fn map<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get).min(MOST_THREADS);
    let share = items.len().div_ceil(cores).max(FEWEST);
    let work_share = |share: &[T]| share.iter().map(&work).collect::<Vec<R>>();
    let mut shares = items.chunks(share);
    // One is for this thread.
    let own = shares.next().unwrap_or_default();
    thread::scope(|scope| {
        let others: Vec<_> = shares.map(|share| scope.spawn(move || work_share(share))).collect();
        let mut results = work_share(own);
        for other in others {
            match other.join() {
                Ok(more) => results.extend(more),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        results
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_order() {
        for count in [0, 1, FEWEST, FEWEST + 1, 1_000] {
            let numbers: Vec<usize> = (0..count).collect();
            let expected: Vec<usize> = numbers.iter().map(|number| number * 2).collect();
            assert_eq!(map(&numbers, |number| number * 2), expected);
        }
    }
}
