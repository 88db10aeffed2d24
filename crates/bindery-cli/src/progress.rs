//! A line that says what a long run is at, rewritten in place; only where somebody watches.

use std::fmt::Display;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

/// Back to the line's start; empty the line; do not wrap at the right edge, however narrow the terminal is.
const BEGIN: &str = "\r\x1b[2K\x1b[?7l";
/// Wrap again.
const END: &str = "\x1b[?7h";
/// Takes the line away.
const CLEAR: &str = "\r\x1b[2K";

/// Clones share the line.
#[derive(Clone)]
pub struct Progress {
    line: Arc<Mutex<Line>>,
}

struct Line {
    /// None if nobody watches.
    to: Option<Box<dyn Write + Send>>,
    is_shown: bool,
}

impl Progress {
    /// On standard error.
    pub fn on_terminal() -> Self {
        Self::to(Some(Box::new(io::stderr())))
    }

    /// Nowhere.
    pub fn hidden() -> Self {
        Self::to(None)
    }

    fn to(to: Option<Box<dyn Write + Send>>) -> Self {
        Self { line: Arc::new(Mutex::new(Line { to, is_shown: false })) }
    }

    /// Shows what is being done, in place of what was done before: "applying migration 7 of 12".
    pub fn show(&self, step: impl Display) {
        self.write(true, &format!("{BEGIN}{step} ...{END}"));
    }

    /// Takes the line away, so that something else can be printed.
    pub fn clear(&self) {
        self.write(false, CLEAR);
    }

    fn write(&self, shows: bool, text: &str) {
        // Another thread's panic is told elsewhere, and a terminal that is gone needs no progress.
        let Ok(mut line) = self.line.lock() else { return };
        let Line { to: Some(to), is_shown } = &mut *line else { return };
        if shows || *is_shown {
            let _ = to.write_all(text.as_bytes()).and_then(|()| to.flush());
        }
        *is_shown = shows;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Default)]
    struct Screen(Arc<Mutex<Vec<u8>>>);

    impl Write for Screen {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_takes_the_place_of_the_last_one_and_goes() {
        let screen = Screen::default();
        let progress = Progress::to(Some(Box::new(screen.clone())));
        progress.clear();
        assert_eq!(*screen.0.lock().unwrap(), b"", "nothing is shown that could be cleared");
        let text = || String::from_utf8(std::mem::take(&mut *screen.0.lock().unwrap())).unwrap();
        progress.show("one");
        progress.clone().show(format_args!("t{}", "wo"));
        assert_eq!(text(), "\r\x1b[2K\x1b[?7lone ...\x1b[?7h\r\x1b[2K\x1b[?7ltwo ...\x1b[?7h");
        progress.clear();
        progress.clear();
        assert_eq!(text(), "\r\x1b[2K");
        Progress::hidden().show("nobody sees it");
    }
}
