//! What a run is at, for whoever waits for it: told to the listener of [`Config::on_progress`](crate::Config::on_progress).

use std::fmt;
use std::sync::Arc;

/// A step that may take long.
///
/// Its text is a line of progress, without an end: "applying migration 7 of 12".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// A temporary server starts, or the one that `BINDERY_DATABASE_URL` names is connected to.
    StartingServer,
    /// A migration runs.
    Migrating {
        /// Its place in the order, from 1.
        number: usize,
        /// How many there are.
        of: usize,
    },
    /// Queries are described.
    Describing {
        /// The one that the server has just answered, from 1; 0 before the first.
        number: usize,
        /// How many are described in this run.
        of: usize,
    },
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::StartingServer => f.write_str("starting PostgreSQL"),
            Self::Migrating { number, of } => {
                write!(f, "applying migration {} of {}", grouped(number), grouped(of))
            }
            Self::Describing { number, of } => {
                write!(f, "describing {} of {} queries", grouped(number), grouped(of))
            }
        }
    }
}

/// With commas: 1,000.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

type Listener = dyn Fn(&Step) + Send + Sync;

/// Who is told, if anybody.
#[derive(Clone, Default)]
pub(crate) struct Progress {
    listener: Option<Arc<Listener>>,
}

impl Progress {
    pub fn to(listener: impl Fn(&Step) + Send + Sync + 'static) -> Self {
        Self { listener: Some(Arc::new(listener)) }
    }

    /// Says that `step` begins.
    pub fn tell(&self, step: Step) {
        if let Some(listener) = &self.listener {
            listener(&step);
        }
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.listener.is_some() { "Progress(told)" } else { "Progress(nobody)" })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::Config;

    #[test]
    fn steps_are_told_in_words() {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&heard);
        let mut config = Config::new(".");
        config.progress.tell(Step::StartingServer);
        config.on_progress(move |step| sink.lock().unwrap().push(step.to_string()));
        for step in [
            Step::StartingServer,
            Step::Migrating { number: 7, of: 12 },
            Step::Describing { number: 312, of: 1_000 },
            Step::Describing { number: 1_000_000, of: 12_345_678 },
        ] {
            config.clone().progress.tell(step);
        }
        let words = [
            "starting PostgreSQL",
            "applying migration 7 of 12",
            "describing 312 of 1,000 queries",
            "describing 1,000,000 of 12,345,678 queries",
        ];
        assert_eq!(*heard.lock().unwrap(), words);
    }
}
