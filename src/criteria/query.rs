//! What a rule asks of a record, asked of the org: as a condition of a query.

use super::path;
use crate::manifest::{Criterion, Logic, Operator, Rule, Scalar, UserRef, Value};
use crate::soql;

/// What every record meets.
const EVERY_RECORD: &str = "Id != null";

/// The rule as a SOQL condition. References are asked by name, so that it can be written before any id is known.
/// `username` is this manifest's user. Criteria that are `open` are left to every record: such as `notEqual` on text,
/// by which sharing, with regard to case, shares records that SOQL, without it, leaves out.
pub fn soql(
    rule: &Rule,
    username: Option<&str>,
    open: &dyn Fn(&Criterion) -> bool,
) -> Option<String> {
    let each = rule.criteria.iter().map(|criterion| match open(criterion) {
        true => Some(EVERY_RECORD.to_owned()),
        false => comparison(criterion, username),
    });
    let each: Vec<String> = each.collect::<Option<_>>()?;
    match &rule.logic {
        Some(logic) => Some(nested(logic, &each)),
        None => Some(
            each.iter()
                .map(|part| format!("({part})"))
                .collect::<Vec<_>>()
                .join(" AND "),
        ),
    }
}

fn nested(logic: &Logic, each: &[String]) -> String {
    let join = |parts: &[Logic], word: &str| {
        let inner: Vec<String> = parts.iter().map(|part| nested(part, each)).collect();
        format!("({})", inner.join(word))
    };
    match logic {
        Logic::Item(number) => {
            let part = number
                .checked_sub(1)
                .and_then(|i| each.get(i))
                .map_or("", String::as_str);
            format!("({part})")
        }
        Logic::And(parts) => join(parts, " AND "),
        Logic::Or(parts) => join(parts, " OR "),
    }
}

fn comparison(criterion: &Criterion, username: Option<&str>) -> Option<String> {
    let field = criterion.field.as_str();
    let any = |parts: Vec<String>| parts.join(" OR ");
    let operands = criterion.value.each();
    let operands: Vec<(String, String)> = operands
        .map(|value| operand(field, value, username))
        .collect::<Option<_>>()?;
    let compare = |sign: &str| {
        operands
            .iter()
            .map(|(path, text)| format!("{path} {sign} {text}"))
            .collect::<Vec<_>>()
    };
    let like = |before: &str| {
        let bodies = criterion.value.each().filter_map(plain);
        bodies
            .map(|text| format!("{field} LIKE '{before}{}%'", soql::like(&text)))
            .collect::<Vec<_>>()
    };
    Some(match criterion.operator.value {
        Operator::Equals => any(compare("=")),
        Operator::NotEqual => compare("!=").join(" AND "),
        Operator::Contains => any(like("%")),
        Operator::StartsWith => any(like("")),
        // Whether NOT keeps blank fields is not documented; counts are to be upper bounds.
        Operator::NotContain => format!("(NOT ({})) OR {field} = null", any(like("%"))),
        Operator::LessThan => any(compare("<")),
        Operator::GreaterThan => any(compare(">")),
        Operator::LessOrEqual => any(compare("<=")),
        Operator::GreaterOrEqual => any(compare(">=")),
    })
}

/// Path and literal of one compared value.
fn operand(field: &str, value: &Value, username: Option<&str>) -> Option<(String, String)> {
    let parent = |name: &str| {
        let relation = field
            .strip_suffix("Id")
            .map(str::to_owned)
            .or_else(|| Some(field.replace("__c", "__r")));
        relation.map(|relation| format!("{relation}.{name}"))
    };
    match value {
        Value::Literal(Scalar::Bool(flag)) => Some((field.to_owned(), flag.to_string())),
        Value::Literal(Scalar::Number(text)) => Some((field.to_owned(), text.clone())),
        Value::Literal(Scalar::Text(text)) if text.is_empty() => {
            Some((field.to_owned(), "null".to_owned()))
        }
        Value::Literal(Scalar::Text(text)) if is_date(text) => {
            Some((field.to_owned(), text.clone()))
        }
        Value::Literal(Scalar::Text(text)) => Some((path(field), soql::literal(text))),
        Value::User(UserRef::This) => Some((parent("Username")?, soql::literal(username?))),
        Value::User(UserRef::Named(name)) => Some((parent("Username")?, soql::literal(name))),
        Value::Queue(name) => Some((parent("Name")?, soql::literal(name))),
        Value::RecordType(name) => Some(("RecordType.Name".to_owned(), soql::literal(name))),
        Value::List(_) => None,
    }
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::Literal(scalar) => Some(scalar.to_string()),
        _ => None,
    }
}

/// `2026-01-31`, which SOQL takes without quotes.
fn is_date(text: &str) -> bool {
    let shape = |(i, character): (usize, char)| match i {
        4 | 7 => character == '-',
        _ => character.is_ascii_digit(),
    };
    text.len() == 10 && text.chars().enumerate().all(shape)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::load;

    fn check(criteria: &str, open: Option<&str>, expected: &str) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.yaml");
        let text = format!(
            "apiVersion: orgwright/v1\nkind: IntegrationUser\nmetadata: {{name: m}}\nspec:\n  \
             user: {{username: me@acme.example, email: me@acme.example, lastName: Me}}\n  sharing:\n    - object: Lead\n      \
             rules:\n        - name: Mine\n          access: ReadOnly\n          sharedTo: allInternalUsers\n{criteria}"
        );
        std::fs::write(&path, text).unwrap();
        let manifest = load(&[path], &[], &[], &|_| None).unwrap().remove(0);
        let is_open = |criterion: &Criterion| open == Some(&criterion.field);
        let rule = &manifest.spec.sharing[0].rules[0];
        let condition = soql(rule, Some("me@acme.example"), &is_open);
        assert_eq!(condition.as_deref(), Some(expected), "{criteria}");
    }

    #[test]
    fn a_rule_is_asked_as_a_condition() {
        let one = |criterion: &str| format!("          criteria: [{criterion}]\n");
        let equals = one("{field: City, operator: equals, value: [\"O'Hare\", '']}");
        check(&equals, None, r"(City = 'O\'Hare' OR City = null)");
        let lacks = one("{field: City, operator: notContain, value: 50%}");
        check(&lacks, None, r"((NOT (City LIKE '%50\%%')) OR City = null)");
        let own = one("{field: CreatedById, operator: equals, value: {user: this}}");
        check(&own, None, "(CreatedBy.Username = 'me@acme.example')");
        let kind = one("{field: RecordTypeId, operator: notEqual, value: {recordType: Partner}}");
        check(&kind, None, "(RecordType.Name != 'Partner')");
    }

    #[test]
    fn what_is_open_is_left_to_every_record() {
        let several = "          criteria:\n            - {field: City, operator: notEqual, value: Bonn}\n            \
                       - {field: Rating, operator: equals, value: Hot}\n";
        check(several, Some("City"), "(Id != null) AND (Rating = 'Hot')");
        let either = format!("{several}          logic: 1 OR 2\n");
        check(
            &either,
            Some("Rating"),
            "((City != 'Bonn') OR (Id != null))",
        );
    }
}
