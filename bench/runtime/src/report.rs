//! The figures of all rounds, as a table and as JSON.

use serde_json::{Value, json};

use crate::measure::{Mode, Operation, Sample};

/// What a figure is of.
#[derive(Clone, Copy, PartialEq)]
pub struct Figure {
    pub peer: &'static str,
    pub mode: Mode,
    pub operation: Operation,
}

/// In the order in which they came.
#[derive(Default)]
pub struct Report {
    figures: Vec<(Figure, Vec<Sample>)>,
}

/// The medians of the rounds.
#[derive(Clone, Copy)]
struct Medians {
    per_second: f64,
    cpu_ms: f64,
}

impl Report {
    pub fn add(&mut self, figure: Figure, sample: Sample) {
        match self.figures.iter_mut().find(|(known, _)| *known == figure) {
            Some((_, samples)) => samples.push(sample),
            None => self.figures.push((figure, vec![sample])),
        }
    }

    /// A table a mode: operations a second, in brackets CPU milliseconds an operation; then both as multiples of the
    /// first peer's.
    pub fn print(&self) {
        for mode in Mode::ALL {
            for operation in Operation::ALL {
                self.print_operation(mode, operation);
            }
        }
    }

    fn print_operation(&self, mode: Mode, operation: Operation) {
        let rows: Vec<_> = self.rows(mode, operation).collect();
        let Some((_, first)) = rows.first() else { return };
        println!("\n{}: {}", mode.name(), operation.name());
        for (peer, medians) in &rows {
            println!(
                "  {peer:34} {:>9.1} ops/s {:>5.2}  {:>8.4} ms CPU {:>5.2}",
                medians.per_second,
                medians.per_second / first.per_second,
                medians.cpu_ms,
                medians.cpu_ms / first.cpu_ms,
            );
        }
    }

    fn rows(&self, mode: Mode, operation: Operation) -> impl Iterator<Item = (&'static str, Medians)> {
        let is_row = move |figure: &Figure| figure.mode == mode && figure.operation == operation;
        let rows = self.figures.iter().filter(move |(figure, _)| is_row(figure));
        rows.map(|(figure, samples)| (figure.peer, medians(samples)))
    }

    pub fn json(&self) -> String {
        let rows = self.figures.iter().map(|(figure, samples)| {
            let Medians { per_second, cpu_ms } = medians(samples);
            json!({
                "peer": figure.peer,
                "mode": figure.mode.name(),
                "operation": figure.operation.name(),
                "operations_per_second": per_second,
                "cpu_ms_per_operation": cpu_ms,
                "rounds": samples.len(),
            })
        });
        format!("{:#}\n", Value::Array(rows.collect()))
    }
}

fn medians(samples: &[Sample]) -> Medians {
    let median = |value: &dyn Fn(&Sample) -> f64| {
        let mut values: Vec<f64> = samples.iter().map(value).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    Medians {
        per_second: median(&|sample| sample.operations as f64 / sample.elapsed.as_secs_f64()),
        cpu_ms: median(&|sample| sample.cpu.as_secs_f64() * 1000.0 / sample.operations as f64),
    }
}
