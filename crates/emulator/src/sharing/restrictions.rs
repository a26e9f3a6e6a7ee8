//! Restriction rules: which of the records that somebody may read stay in sight (Metadata API guide, RestrictionRule).

use serde_json::Value;

use crate::store::{Fielded, ObjectSchema, Org, Restriction, Row, User};

/// The rules of an object that concern one user. The guide lets at most one apply; where several do, a record has to pass
/// each of them.
pub(super) struct Restrictions<'org>(Vec<Vec<(&'org str, String)>>);

impl<'org> Restrictions<'org> {
    pub(super) fn new(org: &'org Org, user: &User, object: &ObjectSchema) -> Restrictions<'org> {
        let rules = org.restrictions.values();
        let of_object = rules.filter(|rule| rule.object == object.name);
        let concerns = |rule: &&Restriction| {
            let mut columns = rule.users.iter();
            columns
                .all(|(column, wanted)| user.held(column).is_some_and(|value| is(&value, wanted)))
        };
        let stands_for = |wanted: &'org String| match wanted.strip_prefix("$User.") {
            Some(column) => {
                let value = user.held(column).unwrap_or_default();
                value.as_str().unwrap_or_default().to_owned()
            }
            None => wanted.clone(),
        };
        let fields = |rule: &'org Restriction| {
            let fields = rule.records.iter();
            fields.map(|(field, wanted)| (field.as_str(), stands_for(wanted)))
        };
        let concerning = of_object.filter(concerns);
        Restrictions(concerning.map(|rule| fields(rule).collect()).collect())
    }

    /// Whether they leave a record in sight.
    pub(super) fn leave(&self, row: &Row) -> bool {
        let mut fields = self.0.iter().flatten();
        fields.all(|(field, wanted)| is(row.get(field).unwrap_or(&Value::Null), wanted))
    }
}

/// Whether a value is what a criterion asks for. Ids go in either length.
fn is(value: &Value, wanted: &str) -> bool {
    match value {
        Value::String(text) => {
            let id = wanted.len() == 15 && text.len() == 18;
            text == wanted || id && text.starts_with(wanted)
        }
        Value::Bool(flag) => wanted.eq_ignore_ascii_case(if *flag { "true" } else { "false" }),
        Value::Number(number) => number.to_string() == wanted,
        _ => wanted.is_empty() || wanted.eq_ignore_ascii_case("false"),
    }
}
