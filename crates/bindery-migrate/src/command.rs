//! What can be done with migrations.

/// What a run does. All but the last are goose's, by their names there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Applies all that are pending.
    Up,
    /// Applies the next one. That there is none is an error.
    UpByOne,
    /// Applies those that are pending up to this version, itself included.
    UpTo(i64),
    /// Undoes the one that was applied last. That there is none is an error.
    Down,
    /// Undoes all that are newer than this version, the one that was applied last first; 0 undoes all.
    DownTo(i64),
    /// Undoes the one that was applied last, and applies it again.
    Redo,
    /// Undoes all that have files, the highest version first.
    Reset,
    /// Runs nothing, and notes all up to this version, itself included, as applied: for a database that another tool has
    /// kept until now.
    Baseline(i64),
}
