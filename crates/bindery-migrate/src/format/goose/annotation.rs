//! `-- +goose ...`: the lines that say what the others are.

/// An annotation of goose's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Annotation {
    Up,
    Down,
    StatementBegin,
    StatementEnd,
    NoTransaction,
    Envsub(bool),
}

/// Why goose refuses a line, and what to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub message: String,
    pub help: &'static str,
}

/// A comment that names goose, wherever in it.
pub(super) fn is_annotation(line: &str) -> bool {
    is_comment(line) && line.contains("+goose")
}

pub(super) fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with("--")
}

/// What an annotation's line says.
///
/// # Errors
/// goose does not know it: it compares what is left of the line, without any `--` and one `+goose`.
pub(super) fn parse(line: &str) -> Result<Annotation, Refusal> {
    if line.starts_with([' ', '\t']) {
        let message = "an annotation begins its line".to_owned();
        return Err(Refusal { message, help: "remove the space before `--`" });
    }
    let words = line.replace("--", "").replacen("+goose", "", 1);
    // Go folds the long s to s when it compares without case.
    match words.trim().to_ascii_lowercase().replace('ſ', "s").as_str() {
        "up" => Ok(Annotation::Up),
        "down" => Ok(Annotation::Down),
        "statementbegin" => Ok(Annotation::StatementBegin),
        "statementend" => Ok(Annotation::StatementEnd),
        "no transaction" => Ok(Annotation::NoTransaction),
        "envsub on" => Ok(Annotation::Envsub(true)),
        "envsub off" => Ok(Annotation::Envsub(false)),
        _ => Err(Refusal {
            message: format!("`{}` is no annotation that goose knows", line.trim()),
            help: "write Up, Down, StatementBegin, StatementEnd, NO TRANSACTION, ENVSUB ON or ENVSUB OFF; \
                   in prose, leave out `+goose`",
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn annotations_are_compared_as_goose_compares_them() {
        let known = [
            ("-- +goose Up", Annotation::Up),
            ("-- +goose   UP \t", Annotation::Up),
            ("--+goose up --", Annotation::Up),
            ("-- Up +goose", Annotation::Up),
            ("----+gooseDown", Annotation::Down),
            ("-- +goose ſtatementbegin", Annotation::StatementBegin),
            ("-- +goose no transaction", Annotation::NoTransaction),
            ("-- +goose EnvSub On", Annotation::Envsub(true)),
            ("-- ENVSUB +goose OFF", Annotation::Envsub(false)),
        ];
        for (line, annotation) in known {
            // `ENVSUB +goose OFF` leaves two spaces.
            let expected = if line.contains("ENVSUB +goose") { None } else { Some(annotation) };
            assert_eq!(parse(line).ok(), expected, "{line}");
        }
        let unknown = [
            "-- +goose",
            " -- +goose Up",
            "\t-- +goose Up",
            "-- +goose +goose Up",
            "-- +goose NO  TRANSACTION",
            "-- +goose Up; later",
            "--- +goose Up",
            "-- as +goose does",
        ];
        for line in unknown {
            assert!(is_annotation(line) && parse(line).is_err(), "{line}");
        }
        assert!(!is_annotation("-- +GOOSE Up") && !is_annotation("SELECT '-- +goose Up'"));
    }
}
