//! A query as it was written.

use super::parts::DatePart;

/// A name or dotted path, and where it stands in the query.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Name {
    /// As written.
    pub text: String,
    /// Byte offset.
    pub at: usize,
    /// The date function around it.
    pub part: Option<DatePart>,
}

/// A `SELECT`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Query {
    /// What is selected, in order.
    pub select: Vec<Selected>,
    /// The object, or the child relationship in a sub-query.
    pub from: Name,
    /// Its alias.
    pub alias: Option<String>,
    /// `WHERE`.
    pub filter: Option<Condition>,
    /// `GROUP BY`.
    pub group_by: Vec<Name>,
    /// `HAVING`.
    pub having: Option<Condition>,
    /// `ORDER BY`.
    pub order_by: Vec<Ordering>,
    /// `LIMIT`.
    pub limit: Option<usize>,
    /// `OFFSET`.
    pub offset: usize,
}

/// One thing in a `SELECT` list.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Selected {
    /// A field; an alias is allowed in grouped queries.
    Field(Name, Option<String>),
    /// An aggregate.
    Aggregate(Aggregate, Option<String>),
    /// A sub-query over children.
    Children(Box<Query>, usize),
    /// `FIELDS(ALL)` and the like.
    Fields(FieldGroup, usize),
}

/// `FIELDS(…)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FieldGroup {
    /// Every field.
    All,
    /// Standard fields.
    Standard,
    /// Custom fields.
    Custom,
}

/// An aggregate function over a field.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Aggregate {
    /// Which.
    pub function: Function,
    /// Over what; `None` in `COUNT()`.
    pub field: Option<Name>,
    /// Byte offset.
    pub at: usize,
}

/// Aggregate functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // named as in the language
pub(crate) enum Function {
    Count,
    CountDistinct,
    Sum,
    Avg,
    Min,
    Max,
}

/// What stands left of an operator.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Operand {
    /// A field.
    Field(Name),
    /// An aggregate, in `HAVING`.
    Aggregate(Aggregate),
}

/// A condition.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Condition {
    /// All of them.
    And(Vec<Condition>),
    /// One of them at least.
    Or(Vec<Condition>),
    /// Not so.
    Not(Box<Condition>),
    /// A comparison with one value.
    Compare(Operand, Operator, Literal),
    /// `IN` (or `NOT IN`, with `true`) a list.
    In(Operand, bool, Vec<Literal>),
    /// `IN` (or `NOT IN`, with `true`) what a query selects.
    InQuery(Operand, bool, Box<Query>),
    /// `INCLUDES` (or `EXCLUDES`, with `true`).
    Includes(Operand, bool, Vec<Literal>),
}

/// Comparisons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // named as in the language
pub(crate) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Like,
}

/// A value in a query.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Literal {
    /// Quoted; the second text keeps `\%` and `\_`.
    Text(String, String),
    /// A number.
    Number(f64),
    /// A boolean.
    Boolean(bool),
    /// A day, `YYYY-MM-DD`.
    Date(String),
    /// A moment, in milliseconds since 1970.
    DateTime(i64),
    /// A named range of days, and its number: `LAST_N_DAYS:3`.
    Range(String, i64),
    /// `null`.
    Null,
}

/// One term of `ORDER BY`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ordering {
    /// By what.
    pub by: Operand,
    /// `DESC`.
    pub descending: bool,
    /// `NULLS LAST`; the default is first.
    pub nulls_last: bool,
}
