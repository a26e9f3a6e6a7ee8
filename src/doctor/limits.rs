//! Limits of the org, as the resource of that name tells them (REST API guide, Limits).

use serde::Serialize;
use serde_json::Value;

use crate::live::{Known, Refused};
use crate::org::{OrgError, Reader};

/// A limit of the org.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Limit {
    /// The platform's name for it.
    pub name: String,
    /// How much there is.
    pub max: u64,
    /// How much is left.
    pub remaining: u64,
}

/// Asks for all limits. Not every user may see them, and nothing else depends on them: a refusal is an answer.
///
/// # Errors
/// What the way to the org made impossible.
pub(super) async fn ask_limits(reader: &Reader) -> Result<Known<Vec<Limit>>, OrgError> {
    learnt(reader.get("limits").await)
}

fn learnt(answer: Result<Value, OrgError>) -> Result<Known<Vec<Limit>>, OrgError> {
    match answer {
        Ok(answer) => Ok(Known::Is(limits_of(&answer))),
        Err(OrgError::Refused { refusal, .. }) => Ok(Known::Refused(Refused {
            what: "its limits".to_owned(),
            status: refusal.status,
            code: refusal.code,
            message: refusal.message,
        })),
        Err(error) => Err(error),
    }
}

/// Limits by name.
fn limits_of(answer: &Value) -> Vec<Limit> {
    let limit = |(name, value): (&String, &Value)| {
        Some(Limit {
            name: name.clone(),
            max: value.get("Max")?.as_u64()?,
            remaining: value.get("Remaining")?.as_u64()?,
        })
    };
    let limits = answer.as_object().into_iter().flatten();
    let mut limits: Vec<Limit> = limits.filter_map(limit).collect();
    limits.sort_by(|one, other| one.name.cmp(&other.name));
    limits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::org::Refusal;
    use serde_json::json;

    #[test]
    fn a_refusal_of_the_limits_is_an_answer_and_no_answer_is_an_error() {
        let answer =
            json!({"B": {"Max": 5, "Remaining": 2}, "A": {"Max": 1, "Remaining": 1}, "C": {}});
        let told = learnt(Ok(answer)).expect("an answer").learnt();
        let names = told.map(|all| all.into_iter().map(|one| one.name).collect());
        assert_eq!(names, Some(vec!["A".to_owned(), "B".to_owned()]));
        let refusal = Refusal {
            status: 403,
            code: "INSUFFICIENT_ACCESS".into(),
            message: "no".into(),
            fields: Vec::new(),
        };
        let refused = learnt(Err(refusal.of("read limits"))).expect("an answer");
        let why = "the org refused to tell its limits: INSUFFICIENT_ACCESS: no";
        assert_eq!(refused.why_unknown().as_deref(), Some(why));
        let broken = OrgError::Unreachable {
            host: "acme".into(),
            reason: "reset".into(),
        };
        assert!(learnt(Err(broken)).is_err());
    }
}
