//! What to measure, and for how long.

use std::env;
use std::path::PathBuf;
use std::time::Duration;

use crate::PEERS;
use crate::measure::{Mode, Operation, Until};

pub struct Arguments {
    pub rounds: usize,
    pub until: Until,
    pub json: Option<PathBuf>,
    only: Vec<String>,
}

impl Arguments {
    pub fn read() -> Self {
        let mut read = Self {
            rounds: 9,
            until: Until::Elapsed(Duration::from_millis(400)),
            json: None,
            only: Vec::new(),
        };
        let mut arguments = env::args().skip(1);
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().unwrap_or_else(|| panic!("{argument} needs a value"));
            match argument.as_str() {
                "--quick" => (read.rounds, read.until) = (3, Until::Elapsed(Duration::from_millis(100))),
                "--rounds" => read.rounds = value().parse().unwrap(),
                "--count" => (read.rounds, read.until) = (1, Until::Operations(value().parse().unwrap())),
                "--only" => read.only.push(value()),
                "--json" => read.json = Some(value().into()),
                _ => panic!(
                    "--quick, --rounds N, --count N, --only NAME and --json FILE are known, not {argument}"
                ),
            }
        }
        read
    }

    pub fn wants_peer(&self, name: &str) -> bool {
        self.wants_one_of(PEERS.iter().map(|(name, _)| *name), name)
    }

    pub fn wants_mode(&self, mode: Mode) -> bool {
        self.wants_one_of(Mode::ALL.iter().map(|mode| mode.name()), mode.name())
    }

    pub fn wants(&self, operation: Operation) -> bool {
        self.wants_one_of(Operation::ALL.iter().map(|operation| operation.name()), operation.name())
    }

    /// Whether `name` was asked for, or none of its kind was.
    fn wants_one_of<'n>(&self, mut kind: impl Iterator<Item = &'n str>, name: &str) -> bool {
        let is_asked_for = |name: &str| self.only.iter().any(|only| name.contains(only.as_str()));
        is_asked_for(name) || !kind.any(is_asked_for)
    }
}
