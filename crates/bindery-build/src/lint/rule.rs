//! The rules: their names, what they say, why, and what to write instead.

use super::Finding;

/// A rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rule {
    UpdateWithoutWhere,
    DeleteWithoutWhere,
    SelectStar,
    NotInNullable,
    NullComparison,
    ImplicitCastIndex,
    SeveralRows,
    UnusedOverride,
    UnusedAllow,
    SequentialScan,
    AddColumnNotNull,
    AddColumnRewrites,
    ChangeTypeRewrites,
    SetNotNullScan,
    ConstraintWithoutNotValid,
    UniqueWithoutIndex,
    IndexWithoutConcurrently,
}

/// What a rule says; `{}` is what it is about.
struct Words {
    name: &'static str,
    message: &'static str,
    reason: &'static str,
    help: &'static str,
}

impl Rule {
    pub const ALL: [Self; 17] = [
        Self::UpdateWithoutWhere,
        Self::DeleteWithoutWhere,
        Self::SelectStar,
        Self::NotInNullable,
        Self::NullComparison,
        Self::ImplicitCastIndex,
        Self::SeveralRows,
        Self::UnusedOverride,
        Self::UnusedAllow,
        Self::SequentialScan,
        Self::AddColumnNotNull,
        Self::AddColumnRewrites,
        Self::ChangeTypeRewrites,
        Self::SetNotNullScan,
        Self::ConstraintWithoutNotValid,
        Self::UniqueWithoutIndex,
        Self::IndexWithoutConcurrently,
    ];

    /// As it is switched off: `not-in-nullable`.
    pub fn name(self) -> &'static str {
        self.words().name
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.name() == name)
    }

    /// What is wrong, in one line.
    pub fn message(self, finding: &Finding) -> String {
        self.words().message.replace("{}", &finding.subject)
    }

    /// Why it is.
    pub fn reason(self) -> &'static str {
        self.words().reason
    }

    /// What to write instead.
    pub fn help(self) -> &'static str {
        self.words().help
    }

    fn words(self) -> Words {
        match self {
            Self::UpdateWithoutWhere => Words {
                name: "update-without-where",
                message: "UPDATE without WHERE changes every row of `{}`",
                reason: "a forgotten WHERE is not noticed before the data is gone",
                help: "add a WHERE clause, or `WHERE true` if every row is meant",
            },
            Self::DeleteWithoutWhere => Words {
                name: "delete-without-where",
                message: "DELETE without WHERE deletes every row of `{}`",
                reason: "a forgotten WHERE is not noticed before the data is gone",
                help: "add a WHERE clause, or `WHERE true` if every row is meant",
            },
            Self::SelectStar => Words {
                name: "select-star",
                message: "`*` gives whatever columns {} has when the query runs",
                reason: "a migration that adds a column breaks the programs that are running: their statement has other \
                         columns than it was compiled for, or INSERT has more values than columns",
                help: "list the columns",
            },
            Self::NotInNullable => Words {
                name: "not-in-nullable",
                message: "NOT IN is never true once `{}` is NULL in one row",
                reason: "`x NOT IN (1, NULL)` is NULL, so a single NULL takes every row away",
                help: "use NOT EXISTS (SELECT ... WHERE ...), or add `WHERE ... IS NOT NULL` to the subquery",
            },
            Self::NullComparison => Words {
                name: "null-comparison",
                message: "a comparison with NULL by `{}` is NULL, never true",
                reason: "NULL equals nothing and differs from nothing",
                help: "use IS NULL or IS NOT NULL, and IS [NOT] DISTINCT FROM for what may be NULL",
            },
            Self::ImplicitCastIndex => Words {
                name: "implicit-cast-index",
                message: "`{}` is cast in each row, so that its index is of no use",
                reason: "PostgreSQL casts the column to the type of what it is compared with; the index holds the values \
                         that are not cast",
                help: "cast the other side to the type of the column",
            },
            Self::SeveralRows => Words {
                name: "several-rows",
                message: "`{}` can return more than one row",
                reason: "a second row is an error when the query runs",
                help: "compare every column of a unique key, add LIMIT 1, use `:many`, or write `-- @rows: at most one` if \
                       you know better",
            },
            Self::UnusedOverride => Words {
                name: "unused-override",
                message: "`{}` says what is so anyway",
                reason: "it would hide that the answer changes with a later migration",
                help: "remove it",
            },
            Self::UnusedAllow => Words {
                name: "unused-allow",
                message: "`{}` is allowed here, but finds nothing",
                reason: "it would hide what the rule finds later",
                help: "remove it",
            },
            Self::SequentialScan => Words {
                name: "sequential-scan",
                message: "every row of {} is read to find some",
                reason: "it takes the longer, the more rows there are",
                help: "add an index on the columns that the filter compares",
            },
            Self::AddColumnNotNull => Words {
                name: "add-column-not-null",
                message: "column `{}` is added as NOT NULL without a DEFAULT",
                reason: "it fails on a table that has rows",
                help: "give it a constant DEFAULT, or add it as nullable, fill it, and set NOT NULL in a later migration",
            },
            Self::AddColumnRewrites => Words {
                name: "add-column-rewrites",
                message: "adding column `{}` rewrites the whole table",
                reason: "a value has to be stored in each row, and nobody reads or writes the table meanwhile",
                help: "add the column without it, set its DEFAULT in a statement of its own, and fill the rows in batches",
            },
            Self::ChangeTypeRewrites => Words {
                name: "change-type-rewrites",
                message: "changing the type of column `{}` may rewrite the whole table and its indexes",
                reason: "nobody reads or writes the table meanwhile",
                help: "add a column of the new type, fill it in batches, and change over; making varchar longer or text, \
                       and raising numeric's precision, are free",
            },
            Self::SetNotNullScan => Words {
                name: "set-not-null-scan",
                message: "SET NOT NULL on column `{}` reads the whole table",
                reason: "nobody reads or writes the table meanwhile",
                help: "add `CHECK (... IS NOT NULL) NOT VALID`, VALIDATE it in a later migration, then SET NOT NULL, which \
                       takes the CHECK for proof, and drop the CHECK",
            },
            Self::ConstraintWithoutNotValid => Words {
                name: "constraint-without-not-valid",
                message: "a constraint is added to `{}` and checked at once",
                reason: "the whole table is read, and nobody writes to it meanwhile",
                help: "add it as NOT VALID, and VALIDATE CONSTRAINT in a later migration, which blocks nobody",
            },
            Self::UniqueWithoutIndex => Words {
                name: "unique-without-index",
                message: "a unique constraint is added to `{}`, which builds its index",
                reason: "nobody reads or writes the table meanwhile",
                help: "CREATE UNIQUE INDEX CONCURRENTLY first, then ADD CONSTRAINT ... UNIQUE USING INDEX",
            },
            Self::IndexWithoutConcurrently => Words {
                name: "index-without-concurrently",
                message: "an index on `{}` is built without CONCURRENTLY",
                reason: "nobody writes to the table meanwhile",
                help: "use CREATE INDEX CONCURRENTLY, alone in a migration with `-- +goose NO TRANSACTION`",
            },
        }
    }
}
