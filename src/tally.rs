//! Numbers of records and users, as far as they are known.

use serde::ser::{Serialize, SerializeMap, Serializer};

/// How many there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tally {
    /// Just so many.
    Exactly(u64),
    /// So many at least and at most.
    Between {
        /// Never fewer.
        at_least: u64,
        /// Never more.
        at_most: u64,
    },
    /// It is not known: why.
    Unknown(String),
}

impl Tally {
    /// Never more than this. What is not known has no bound.
    pub fn at_most(&self) -> Option<u64> {
        match self {
            Self::Exactly(number) => Some(*number),
            Self::Between { at_most, .. } => Some(*at_most),
            Self::Unknown(_) => None,
        }
    }

    /// Never fewer than this.
    pub fn at_least(&self) -> u64 {
        match self {
            Self::Exactly(number) => *number,
            Self::Between { at_least, .. } => *at_least,
            Self::Unknown(_) => 0,
        }
    }

    /// The number, where it is just one.
    pub fn exactly(&self) -> Option<u64> {
        match self {
            Self::Exactly(number) => Some(*number),
            Self::Between { .. } | Self::Unknown(_) => None,
        }
    }

    /// Why it is not known.
    pub fn unknown(&self) -> Option<&str> {
        match self {
            Self::Unknown(why) => Some(why),
            Self::Exactly(_) | Self::Between { .. } => None,
        }
    }

    /// Both together.
    pub fn plus(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Unknown(why), _) | (_, Self::Unknown(why)) => Self::Unknown(why.clone()),
            (Self::Exactly(one), Self::Exactly(two)) => Self::Exactly(one.saturating_add(*two)),
            (one, two) => Self::between(
                one.at_least().saturating_add(two.at_least()),
                one.at_most()
                    .unwrap_or(u64::MAX)
                    .saturating_add(two.at_most().unwrap_or(u64::MAX)),
            ),
        }
    }

    /// One or the other.
    pub fn or(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Unknown(why), _) | (_, Self::Unknown(why)) => Self::Unknown(why.clone()),
            (one, two) => Self::between(
                one.at_least().min(two.at_least()),
                one.at_most().max(two.at_most()).unwrap_or(u64::MAX),
            ),
        }
    }

    /// What is beyond another number.
    pub fn minus(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Unknown(why), _) => Self::Unknown(why.clone()),
            (Self::Exactly(one), Self::Exactly(two)) => Self::Exactly(one.saturating_sub(*two)),
            (one, two) => Self::between(
                one.at_least()
                    .saturating_sub(two.at_most().unwrap_or(u64::MAX)),
                one.at_most()
                    .unwrap_or(u64::MAX)
                    .saturating_sub(two.at_least()),
            ),
        }
    }

    fn between(at_least: u64, at_most: u64) -> Self {
        match at_least == at_most {
            true => Self::Exactly(at_most),
            false => Self::Between { at_least, at_most },
        }
    }
}

/// A number, `{"at_least": …, "at_most": …}`, or null.
impl Serialize for Tally {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Exactly(number) => serializer.serialize_u64(*number),
            Self::Between { at_least, at_most } => {
                let mut map = serializer.serialize_map(Some(2))?;
                map.serialize_entry("at_least", at_least)?;
                map.serialize_entry("at_most", at_most)?;
                map.end()
            }
            Self::Unknown(_) => serializer.serialize_none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A tally, and a number that it may be.
    fn tally() -> impl Strategy<Value = (Tally, u64)> {
        prop_oneof![
            (0_u64..50).prop_map(|number| (Tally::Exactly(number), number)),
            (0_u64..50, 1_u64..50, 0_u64..50).prop_map(|(at_least, more, number)| {
                let between = Tally::Between {
                    at_least,
                    at_most: at_least + more,
                };
                (between, at_least + number % (more + 1))
            }),
            (0_u64..100).prop_map(|number| (Tally::Unknown("refused".into()), number)),
        ]
    }

    proptest! {
        #![proptest_config(testing::law(256))]

        #[test]
        fn sums_and_differences_hold_every_number_that_may_be((one, a) in tally(), (two, b) in tally()) {
            let holds = |tally: &Tally, n: u64| tally.at_least() <= n && tally.at_most().is_none_or(|most| n <= most);
            prop_assert!(holds(&one.plus(&two), a + b));
            prop_assert!(holds(&one.minus(&two), a.saturating_sub(b)));
            let unknown = one.unknown().is_some() || two.unknown().is_some();
            prop_assert_eq!(one.plus(&two).unknown().is_some(), unknown);
        }
    }

    #[test]
    fn machines_read_a_number_bounds_or_null() {
        let json = |tally: &Tally| serde_json::to_string(tally).expect("JSON");
        assert_eq!(json(&Tally::Exactly(3)), "3");
        let between = Tally::Between {
            at_least: 0,
            at_most: 9,
        };
        assert_eq!(json(&between), r#"{"at_least":0,"at_most":9}"#);
        assert_eq!(json(&Tally::Unknown("why".into())), "null");
    }
}
