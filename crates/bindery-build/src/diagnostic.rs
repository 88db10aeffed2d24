//! Errors and warnings in the user's files: data here, text in one place.
//!
//! Every stage pushes [`Diagnostic`]s and goes on; the driver renders all of them at the end of a run.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::lex::{is_operator, is_word};
use crate::source::SourceFile;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing is generated.
    Error,
    /// The code is generated all the same.
    Warning,
}

/// One thing that is wrong in a file of the user's, or in the build's surroundings.
#[derive(Clone, PartialEq)]
pub struct Diagnostic {
    severity: Severity,
    message: String,
    span: Option<Span>,
    label: String,
    notes: Vec<String>,
    help: Vec<String>,
}

/// A place in a source file, in bytes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Span {
    pub file: Arc<SourceFile>,
    pub range: Range<usize>,
}

impl Span {
    pub fn new(file: &Arc<SourceFile>, range: Range<usize>) -> Self {
        Self { file: Arc::clone(file), range }
    }

    /// What begins at `offset`: a word, a parameter, a quoted name or text up to the end of its line, an operator, or
    /// one character. At the end of the text, the last thing before it.
    pub fn point(file: &Arc<SourceFile>, offset: usize) -> Self {
        let start = offset.min(file.text.len());
        let width = width(&file.text[start..]);
        Self::new(file, start..start + width)
    }

    /// Line and column of its start, both from 1, the column in characters.
    fn line_and_column(&self) -> (usize, usize) {
        let before = &self.file.text[..self.range.start];
        let line = before.matches('\n').count() + 1;
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (line, before[line_start..].chars().count() + 1)
    }
}

/// How long the first thing in `text` is.
fn width(text: &str) -> usize {
    let Some(first) = text.chars().next() else { return 0 };
    let run = |belongs: fn(char) -> bool| text.find(|c| !belongs(c)).unwrap_or(text.len());
    match first {
        '"' | '\'' => {
            let line = text.lines().next().unwrap_or_default();
            line[1..].find(first).map_or(line.len(), |end| end + 2)
        }
        '$' => 1 + text[1..].find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len() - 1),
        _ if is_word(first) => run(is_word),
        _ if is_operator(first) => run(is_operator),
        _ => first.len_utf8(),
    }
}

impl Diagnostic {
    pub(crate) fn error(message: impl Into<String>) -> Self {
        Self::new(Severity::Error, message.into())
    }

    pub(crate) fn warning(message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, message.into())
    }

    fn new(severity: Severity, message: String) -> Self {
        let (label, notes, help) = Default::default();
        Self { severity, message, span: None, label, notes, help }
    }

    /// Points at `span`, with a word on what is there (may be empty).
    pub(crate) fn at(mut self, span: Span, label: impl Into<String>) -> Self {
        self.span = Some(span);
        self.label = label.into();
        self
    }

    /// Adds a fact, such as the server's own detail.
    pub(crate) fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Adds what to do about it.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// Whether it keeps code from being generated.
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// Whether it is an error, not a warning.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// What is wrong, in one line, without its place.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// `queries/cars.sql:4:12`, if it has a place; line and column count from 1, the column in characters.
    pub fn location(&self) -> Option<String> {
        let span = self.span.as_ref()?;
        let (line, column) = span.line_and_column();
        Some(format!("{}:{line}:{column}", span.file.path))
    }

    /// Whether its place is in one of `files`.
    pub(crate) fn is_in(&self, files: &[Arc<SourceFile>]) -> bool {
        self.span.as_ref().is_some_and(|span| files.iter().any(|file| file.path == span.file.path))
    }

    /// The text that is underlined.
    #[cfg(test)]
    pub(crate) fn marked(&self) -> Option<&str> {
        self.span.as_ref().map(|span| &span.file.text[span.range.clone()])
    }

    /// The whole report: message, the line with a caret, notes and help, over several lines, without colour.
    pub fn render(&self) -> String {
        self.render_with(Renderer::plain())
    }

    /// The same with ANSI colours, for a terminal.
    pub fn render_colored(&self) -> String {
        self.render_with(Renderer::styled())
    }

    fn render_with(&self, renderer: Renderer) -> String {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let notes = self.notes.iter().map(|note| Level::NOTE.message(note));
        let helps = self.help.iter().map(|help| Level::HELP.message(help));
        let title = level.primary_title(&self.message);
        let group = match &self.span {
            Some(span) => title.element(self.snippet(span)).elements(notes.chain(helps)),
            None => Group::with_title(title).elements(notes.chain(helps)),
        };
        renderer.decor_style(DecorStyle::Ascii).render(&[group])
    }

    /// The report without `error: ` or `warning: ` in front, for where cargo or rustc write it themselves.
    pub(crate) fn untitled(&self) -> String {
        let report = self.render();
        report.split_once(": ").map(|(_, untitled)| untitled.to_owned()).unwrap_or(report)
    }

    fn snippet<'d>(&'d self, span: &'d Span) -> Snippet<'d, annotate_snippets::Annotation<'d>> {
        let label = (!self.label.is_empty()).then_some(self.label.as_str());
        let annotation = AnnotationKind::Primary.span(span.range.clone()).label(label);
        Snippet::source(span.file.text.as_str()).path(span.file.path.as_str()).annotation(annotation)
    }

    /// Files in order of name, places in order of line; what has no place comes first.
    pub(crate) fn sort(diagnostics: &mut [Self]) {
        diagnostics.sort_by(|a, b| a.order().cmp(&b.order()));
    }

    fn order(&self) -> (Option<(&str, usize)>, &str) {
        let place = self.span.as_ref().map(|span| (span.file.path.as_str(), span.range.start));
        (place, &self.message)
    }
}

impl fmt::Display for Diagnostic {
    /// `queries/cars.sql:4:12: column "plat" does not exist`, in one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.location() {
            Some(location) => write!(f, "{location}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl fmt::Debug for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters() {
        let text = "-- é\r\nSELECT 'ü🚗', plat FROM cars;\n";
        let file = Arc::new(SourceFile { path: "queries/cars.sql".into(), text: text.into() });
        let at = text.find("plat").unwrap();
        let error = Diagnostic::error("no such column").at(Span::point(&file, at), "");
        assert_eq!(error.location().as_deref(), Some("queries/cars.sql:2:14"));
        assert!(error.render().contains("plat"));
    }

    /// A tab is shown as four spaces, and a character as wide as terminals draw it, which leaves out what joins
    /// characters; the column counts each as one.
    #[test]
    fn the_caret_stands_under_the_place() {
        let lines = [
            ("a\t\tplat;", "1:4", "a        plat;", "         ^^^^"),
            ("\t-- é\tplat", "1:7", "    -- é    plat", "            ^^^^"),
            ("'ü🚗', plat", "1:7", "'ü🚗', plat", "       ^^^^"),
            ("'車', plat", "1:6", "'車', plat", "      ^^^^"),
            ("'u\u{308}', plat", "1:7", "'u\u{308}', plat", "     ^^^^"),
            ("'👩\u{200d}👧', plat", "1:8", "'👩👧', plat", "        ^^^^"),
            ("a\r\nplat\r\nb", "2:1", "plat", "^^^^"),
            ("a, plat", "1:4", "a, plat", "   ^^^^"),
        ];
        for (text, place, line, caret) in lines {
            let report = report(text, text.find("plat").unwrap());
            let number = &place[..1];
            let shown = format!("{number} | {line}\n  | {caret}");
            assert!(
                report.contains(&format!("q.sql:{place}\n")) && report.contains(&shown),
                "{report}\n{shown}"
            );
        }
    }

    #[test]
    fn the_end_of_a_text_can_be_pointed_at() {
        assert_eq!(report("SELECT (", 8), "error: x\n --> q.sql:1:9\n  |\n1 | SELECT (\n  |         ^");
        assert_eq!(report("SELECT (\n", 8), "error: x\n --> q.sql:1:9\n  |\n1 | SELECT (\n  |         ^");
        assert_eq!(report("SELECT (\r\n", 8), "error: x\n --> q.sql:1:9\n  |\n1 | SELECT (\n  |         ^");
        assert_eq!(report("", 0), "error: x\n --> q.sql:1:1\n  |\n1 |\n  | ^");
    }

    fn report(text: &str, at: usize) -> String {
        let file = Arc::new(SourceFile { path: "q.sql".into(), text: text.into() });
        Diagnostic::error("x").at(Span::point(&file, at), "").render()
    }
}
