//! Reasons in words.

use super::{ParamReason, Part, Reason, RowsReason};

impl Reason {
    /// One sentence, in lower case and without a full stop, as it follows a colon. `line` has the line of a byte of the text
    /// that was sent.
    pub fn sentence(&self, line: &dyn Fn(usize) -> usize) -> String {
        let inner = |reason: &Self| reason.sentence(line);
        match self {
            Self::NoTree => "the server sends no query trees, so nothing is known of it".to_owned(),
            Self::TooDeep => "it comes from too far inside to be told".to_owned(),
            Self::NotUnderstood { what } => format!("nothing is known of {what}"),
            Self::OuterJoin { relation, join, at: Some(at) } => {
                format!("{relation} is on the nullable side of the {join} JOIN at line {}", line(*at))
            }
            Self::OuterJoin { relation, join, at: None } => {
                format!("{relation} is on the nullable side of a {join} JOIN")
            }
            Self::NotMatchedBySource { relation } => {
                format!("WHEN NOT MATCHED BY SOURCE gives rows without {relation}")
            }
            Self::Declared { column } => format!("{column} is declared without NOT NULL"),
            Self::DeclaredByDescendant { column, descendant } => {
                format!("{column} is declared without NOT NULL in {descendant}, whose rows are read too")
            }
            Self::Foreign { column } => {
                format!("{column} is in a foreign table, whose NOT NULL nobody checks")
            }
            Self::Stored { column } => {
                format!("{column} may have been NULL when the materialized view was filled")
            }
            Self::Trigger { column } => format!("a trigger may change {column} before it is written"),
            Self::NoSuchVersion { version: "OLD" } => "there is no OLD where a row is inserted".to_owned(),
            Self::NoSuchVersion { version } => format!("there is no {version} where a row is deleted"),
            Self::NullConstant => "NULL is written there".to_owned(),
            Self::Param { number } => format!("parameter ${number} is nullable"),
            Self::MayReturnNull { call, when: None } => format!("{call} may return NULL"),
            Self::MayReturnNull { call, when: Some(when) } => format!("{call} is NULL where {when}"),
            Self::NoRows { call } => format!("{call} is NULL where there are no rows"),
            Self::Filter { call } => format!("{call} is NULL where its FILTER lets no row through"),
            Self::NoSuchRow { call } => format!("{call} is NULL where there is no such row"),
            Self::EmptyFrame { call } => format!("{call} is NULL where its frame is empty"),
            Self::NoElement { element } => format!("{element} is NULL where there is no such element"),
            Self::Padding { call } => {
                format!("{call} is filled up with NULLs where the set beside it is longer")
            }
            Self::EmptySubquery => "the subquery may return no row".to_owned(),
            Self::NoBranch => "CASE gives NULL where none of its conditions holds".to_owned(),
            Self::GroupingSet { expr } => format!("a grouping set is without {expr}"),
            Self::Path { column } => format!("{column} is NULL where its path finds nothing"),
            Self::Recursion { column } => format!("{column} is nullable in the rows that it is made from"),
            Self::Elements { array } => format!("elements of {array} may be NULL: nothing rules it out"),
            Self::Fields { row } => format!("fields of {row} may be NULL: nothing rules it out"),
            Self::Default => "an argument is left to its default".to_owned(),
            Self::Argument { call, reason } => {
                format!("{call} is NULL where an argument is: {}", inner(reason))
            }
            Self::Values { call, reason } => {
                format!("{call} is NULL where every value is: {}", inner(reason))
            }
            Self::Every { call, reasons } => {
                let mut told: Vec<String> = reasons.iter().map(inner).collect();
                told.dedup();
                format!("{call} is NULL where all of its arguments are: {}", told.join("; "))
            }
            Self::Inside { what, reason } => {
                // A long way through views is told by its ends.
                const LONGEST_WAY: usize = 3;
                let way: Vec<(&String, &Self)> =
                    std::iter::successors(self.step(), |(_, next)| next.step()).collect();
                match way.last() {
                    Some((last, reason)) if way.len() > LONGEST_WAY => {
                        format!("{what} is nullable, as is {last} deep inside: {}", inner(reason))
                    }
                    _ => format!("{what} is nullable: {}", inner(reason)),
                }
            }
            Self::Part { part: Part::Branch, number, reason } => {
                format!("in branch {number} of the set operation, {}", inner(reason))
            }
            Self::Part { part: Part::Row, number, reason } => {
                format!("in row {number} of VALUES, {}", inner(reason))
            }
        }
    }
}

impl Reason {
    /// One step into a view, a subquery or a CTE: what it is, and the reason inside.
    fn step(&self) -> Option<(&String, &Self)> {
        match self {
            Self::Inside { what, reason } => Some((what, reason)),
            _ => None,
        }
    }
}

impl ParamReason {
    /// One sentence, in lower case and without a full stop.
    pub fn sentence(&self) -> String {
        match self {
            Self::Given => "the query file says so".to_owned(),
            Self::Assigned { column, nullable: true } => format!("assigned to {column}, which is nullable"),
            Self::Assigned { column, nullable: false } => format!("assigned to {column}, which is NOT NULL"),
            Self::Tested => "tested by IS NULL".to_owned(),
            Self::Replaced => {
                "used only where NULL is provided for: in COALESCE or IS DISTINCT FROM".to_owned()
            }
            Self::Compared { column } => format!("compared with {column}, which no NULL equals"),
            Self::Beside { column } => format!("used with {column}, where NULL gives NULL"),
            Self::Named { name } => format!("used as {name}, where NULL is hardly ever meant"),
            Self::Plain => "used where NULL is hardly ever meant".to_owned(),
            Self::Unknown => "nothing is known of its use".to_owned(),
        }
    }
}

impl RowsReason {
    /// One sentence, in lower case and without a full stop.
    pub fn sentence(&self) -> String {
        match self {
            Self::NoTree => "the server sends no query trees, so nothing is known of it".to_owned(),
            Self::Limit => "LIMIT allows no second row".to_owned(),
            Self::Total => "an aggregate without GROUP BY gives one row".to_owned(),
            Self::NoFrom => "there is no FROM clause to give more".to_owned(),
            Self::OneGroup => "all rows are in one group".to_owned(),
            Self::InsertedOne => "one row of VALUES is inserted".to_owned(),
            Self::Keys { keys } if keys.is_empty() => "each relation gives one row at most".to_owned(),
            Self::Keys { keys } if keys.len() == 1 => format!("the unique key {} is compared", keys[0]),
            Self::Keys { keys } => format!("the unique keys {} are compared", keys.join(" and ")),
            Self::Unmet { keys } if keys.is_empty() => "no unique key is compared".to_owned(),
            Self::Unmet { keys } => format!("none of these unique keys is compared: {}", keys.join(", ")),
            Self::SeveralStatements => "a rule adds statements, and the rows of all are counted".to_owned(),
        }
    }
}
