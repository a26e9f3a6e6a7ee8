//! What was learnt of the org, and what was not: unknown is a value.

use crate::tally::Tally;
use std::fmt;

/// What was learnt of one thing. There is no default, and nothing empty stands in for what was not learnt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known<T> {
    /// The org told.
    Is(T),
    /// The org refused to tell.
    Refused(Refused),
    /// Nobody asked.
    NotAsked,
}

/// Why the org did not tell: it refused, in its own words, or its answer does not say.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Refused {
    /// What was asked for, for a sentence: `the users of each profile`.
    pub what: String,
    /// The HTTP status of the refusal: it tells a passing failure where the code is not known.
    pub status: u16,
    /// The platform's error code, such as `INSUFFICIENT_ACCESS`; empty where it answered and did not say.
    pub code: String,
    /// The platform's message, or what is wrong with its answer.
    pub message: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = &self.what;
        match self.code.as_str() {
            "" => write!(formatter, "the org did not tell {what}")?,
            code => write!(formatter, "the org refused to tell {what}: {code}")?,
        }
        match self.message.as_str() {
            "" => Ok(()),
            message => write!(formatter, ": {message}"),
        }
    }
}

impl Refused {
    /// That the org answered, and its answer does not say. `what` continues *the org did not tell …*.
    pub fn not_told(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            status: 200,
            code: String::new(),
            message: String::new(),
        }
    }
}

impl<T> Known<T> {
    /// The same, lent.
    pub fn as_ref(&self) -> Known<&T> {
        match self {
            Self::Is(value) => Known::Is(value),
            Self::Refused(refused) => Known::Refused(refused.clone()),
            Self::NotAsked => Known::NotAsked,
        }
    }

    /// What follows from it, where it was learnt.
    pub fn map<U>(self, follows: impl FnOnce(T) -> U) -> Known<U> {
        self.and_then(|value| Known::Is(follows(value)))
    }

    /// What follows from it, where both were learnt.
    pub fn and_then<U>(self, follows: impl FnOnce(T) -> Known<U>) -> Known<U> {
        match self {
            Self::Is(value) => follows(value),
            Self::Refused(refused) => Known::Refused(refused),
            Self::NotAsked => Known::NotAsked,
        }
    }

    /// Both, where both were learnt.
    pub fn and<U>(self, other: Known<U>) -> Known<(T, U)> {
        self.and_then(|one| other.map(|other| (one, other)))
    }

    /// What was learnt. Who calls this says what follows where nothing was.
    pub fn learnt(self) -> Option<T> {
        match self {
            Self::Is(value) => Some(value),
            Self::Refused(_) | Self::NotAsked => None,
        }
    }

    /// Whether the org was asked, however it answered.
    pub fn was_asked(&self) -> bool {
        !matches!(self, Self::NotAsked)
    }

    /// Why it is not known, for people.
    pub fn why_unknown(&self) -> Option<String> {
        match self {
            Self::Is(_) => None,
            Self::Refused(refused) => Some(refused.to_string()),
            Self::NotAsked => Some("nobody asked the org".to_owned()),
        }
    }

    /// The number that rests on it, where it is not known.
    pub fn unknown_tally(&self) -> Tally {
        Tally::Unknown(self.why_unknown().unwrap_or_default())
    }

    /// The refusal, where it is one.
    pub fn refused(&self) -> Option<&Refused> {
        match self {
            Self::Refused(refused) => Some(refused),
            Self::Is(_) | Self::NotAsked => None,
        }
    }
}

/// A number that was learnt is exact.
impl From<Known<u64>> for Tally {
    fn from(known: Known<u64>) -> Self {
        match known {
            Known::Is(number) => Self::Exactly(number),
            other => other.unknown_tally(),
        }
    }
}

impl<T> Known<Option<T>> {
    /// What there is, where the org told of it and has it.
    pub fn found(self) -> Option<T> {
        self.learnt().flatten()
    }
}

impl<T: Clone> Known<&T> {
    /// The same, kept.
    pub fn cloned(self) -> Known<T> {
        self.map(Clone::clone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused<T>() -> Known<T> {
        Known::Refused(Refused {
            what: "the roles".into(),
            status: 403,
            code: "INSUFFICIENT_ACCESS".into(),
            message: "no".into(),
        })
    }

    #[test]
    fn what_follows_from_a_refusal_is_the_same_refusal() {
        let both = Known::Is(1).and(refused::<u64>()).map(|(a, b)| a + b);
        assert_eq!(both, refused());
        assert_eq!(both.learnt(), None);
        assert_eq!(Known::Is(1).and(Known::Is(2)), Known::Is((1, 2)));
        assert_eq!(Known::<u64>::NotAsked.and(refused::<u64>()).refused(), None);
        let sentence = "the org refused to tell the roles: INSUFFICIENT_ACCESS: no";
        assert_eq!(
            refused::<u64>().refused().map(ToString::to_string),
            Some(sentence.into())
        );
        let not_told = Refused::not_told("the roles");
        assert_eq!(not_told.to_string(), "the org did not tell the roles");
        assert_eq!(
            Tally::from(refused::<u64>()),
            Tally::Unknown(sentence.into())
        );
    }
}
