//! What a rule asks of a record, asked of the org: as a condition of a query. SOQL ignores case where sharing does not.

use super::condition::RecordCondition;
use crate::manifest::{Criterion, Logic, Operator, Rule, Scalar, UserRef, Value};
use crate::soql;
use jiff::civil::Date;

/// What every record meets.
fn every_record() -> RecordCondition {
    RecordCondition::of("Id", " != null")
}

/// How a criterion is asked, so that no record is left out that it may share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AskedAs {
    /// By its own operator and values.
    Written,
    /// Not at all: every record counts.
    EveryRecord,
    /// Days of a field that holds moments: which time zone's days is not documented, so a day more on either side.
    Moments,
}

/// What is known of a rule's criteria, beyond what the manifest says.
pub struct CriteriaKnowledge<'a> {
    /// How each is asked.
    pub asked: &'a dyn Fn(&Criterion) -> AskedAs,
    /// The id of a record that a value names, where it is known.
    pub id: &'a dyn Fn(&Value) -> Option<String>,
}

impl CriteriaKnowledge<'_> {
    /// Before anything was read from the org.
    pub const NOTHING: CriteriaKnowledge<'static> = CriteriaKnowledge {
        asked: &|_| AskedAs::Written,
        id: &|_| None,
    };
}

/// Where a criterion's field is found in a query row. Record types are compared by name, as sharing rules store them.
pub fn criterion_path(field: &str) -> String {
    if field.eq_ignore_ascii_case("RecordTypeId") {
        "RecordType.Name".to_owned()
    } else {
        field.to_owned()
    }
}

/// The rule's criteria. References are asked by name where no id is known. `username` is this manifest's user.
pub(super) fn condition(
    rule: &Rule,
    username: Option<&str>,
    known: &CriteriaKnowledge,
) -> Option<RecordCondition> {
    let each = rule
        .criteria
        .iter()
        .map(|criterion| match (known.asked)(criterion) {
            AskedAs::Written => comparison(criterion, username, known),
            AskedAs::EveryRecord => Some(every_record()),
            AskedAs::Moments => moments(criterion),
        });
    let each: Vec<RecordCondition> = each.collect::<Option<_>>()?;
    match &rule.logic {
        Some(logic) => Some(nested(logic, &each)),
        None => {
            let each = each.into_iter().map(|part| part.within("(", ")"));
            Some(RecordCondition::joined(each, " AND "))
        }
    }
}

fn nested(logic: &Logic, each: &[RecordCondition]) -> RecordCondition {
    let join = |parts: &[Logic], word: &str| {
        let inner = parts.iter().map(|part| nested(part, each));
        RecordCondition::joined(inner, word).within("(", ")")
    };
    match logic {
        Logic::Item(number) => {
            let part = number.checked_sub(1).and_then(|i| each.get(i));
            part.cloned().unwrap_or_default().within("(", ")")
        }
        Logic::And(parts) => join(parts, " AND "),
        Logic::Or(parts) => join(parts, " OR "),
    }
}

fn comparison(
    criterion: &Criterion,
    username: Option<&str>,
    known: &CriteriaKnowledge,
) -> Option<RecordCondition> {
    let field = criterion.field.as_str();
    let any = |parts: Vec<RecordCondition>| RecordCondition::joined(parts, " OR ");
    let operands = criterion.value.each();
    let operands: Vec<(Vec<String>, String)> = operands
        .map(|value| match (known.id)(value) {
            Some(id) => Some((vec![field.to_owned()], soql::literal(&id))),
            None => operand(field, value, username),
        })
        .collect::<Option<_>>()?;
    let compare = |sign: &str| {
        operands
            .iter()
            .flat_map(|(paths, text)| {
                let of = move |path: &String| RecordCondition::of(path, format!(" {sign} {text}"));
                paths.iter().map(of)
            })
            .collect::<Vec<_>>()
    };
    let like = |before: &str| {
        let bodies = criterion.value.each().filter_map(plain);
        bodies
            .map(|text| {
                RecordCondition::of(field, format!(" LIKE '{before}{}%'", soql::like(&text)))
            })
            .collect::<Vec<_>>()
    };
    Some(match criterion.operator.value {
        Operator::Equals => any(compare("=")),
        Operator::NotEqual => RecordCondition::joined(compare("!="), " AND "),
        Operator::Contains => any(like("%")),
        Operator::StartsWith => any(like("")),
        // Whether NOT keeps blank fields is not documented; counts are to be upper bounds.
        Operator::NotContain => any(vec![
            any(like("%")).within("(NOT (", "))"),
            RecordCondition::of(field, " = null"),
        ]),
        Operator::LessThan => any(compare("<")),
        Operator::GreaterThan => any(compare(">")),
        Operator::LessOrEqual => any(compare("<=")),
        Operator::GreaterOrEqual => any(compare(">=")),
    })
}

/// The paths of which any may hold the value, and its literal. Users and record types go by two names.
fn operand(field: &str, value: &Value, username: Option<&str>) -> Option<(Vec<String>, String)> {
    let own = || vec![field.to_owned()];
    let relation = match field.strip_suffix("Id") {
        Some(relation) => relation.to_owned(),
        None => field.replace("__c", "__r"),
    };
    let of_parent = |names: &[&str]| {
        names
            .iter()
            .map(|name| format!("{relation}.{name}"))
            .collect()
    };
    Some(match value {
        Value::Literal(Scalar::Bool(flag)) => (own(), flag.to_string()),
        Value::Literal(Scalar::Number(text)) => (own(), text.clone()),
        Value::Literal(Scalar::Text(text)) if text.is_empty() => (own(), "null".to_owned()),
        Value::Literal(Scalar::Text(text)) if is_date(text) => (own(), text.clone()),
        Value::Literal(Scalar::Text(text)) => (vec![criterion_path(field)], soql::literal(text)),
        Value::User(UserRef::This) => (of_parent(&["Username"]), soql::literal(username?)),
        Value::User(UserRef::Named(name)) => {
            (of_parent(&["Username", "Name"]), soql::literal(name))
        }
        Value::Queue(name) => (of_parent(&["Name"]), soql::literal(name)),
        Value::RecordType(name) => {
            let names = ["RecordType.Name", "RecordType.DeveloperName"];
            (names.map(str::to_owned).into(), soql::literal(name))
        }
        Value::List(_) => return None,
    })
}

/// Days of a field that holds moments.
fn moments(criterion: &Criterion) -> Option<RecordCondition> {
    let field = criterion.field.as_str();
    let each = criterion.value.each().map(|value| match plain(value)? {
        blank if blank.is_empty() => Some(RecordCondition::of(field, " = null")),
        day => around(field, criterion.operator.value, day.parse().ok()?),
    });
    Some(RecordCondition::joined(
        each.collect::<Option<Vec<_>>>()?,
        " OR ",
    ))
}

fn around(field: &str, operator: Operator, day: Date) -> Option<RecordCondition> {
    let from = RecordCondition::of(field, format!(" >= {}T00:00:00Z", day.yesterday().ok()?));
    let after = day.tomorrow().ok()?.tomorrow().ok()?;
    let until = RecordCondition::of(field, format!(" < {after}T00:00:00Z"));
    Some(match operator {
        Operator::Equals => RecordCondition::joined([from, until], " AND ").within("(", ")"),
        Operator::LessThan | Operator::LessOrEqual => until,
        Operator::GreaterThan | Operator::GreaterOrEqual => from,
        _ => every_record(),
    })
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::Literal(scalar) => Some(scalar.to_string()),
        _ => None,
    }
}

/// `2026-01-31`, which SOQL takes without quotes.
fn is_date(text: &str) -> bool {
    text.len() == 10 && text.parse::<Date>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::load;

    const WRITTEN: (&str, AskedAs) = ("", AskedAs::Written);

    fn check(criteria: &str, (field, asked): (&str, AskedAs), expected: &str) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.yaml");
        let text = format!(
            "apiVersion: orgwright/v1\nkind: IntegrationUser\nmetadata: {{name: m}}\nspec:\n  \
             user: {{username: me@acme.example, email: me@acme.example, lastName: Me}}\n  sharing:\n    - object: Lead\n      \
             rules:\n        - name: Mine\n          access: ReadOnly\n          sharedTo: allInternalUsers\n{criteria}"
        );
        std::fs::write(&path, text).unwrap();
        let manifest = load(&[path], &[], &[], &|_| None).unwrap().remove(0);
        let asked = |criterion: &Criterion| match *criterion.field == field {
            true => asked,
            false => AskedAs::Written,
        };
        let queue = |value: &Value| matches!(value, Value::Queue(_)).then(|| "00G1".to_owned());
        let known = CriteriaKnowledge {
            asked: &asked,
            id: &queue,
        };
        let rule = &manifest.spec.sharing[0].rules[0];
        let condition = condition(rule, Some("me@acme.example"), &known);
        let condition = condition.map(|condition| condition.text());
        assert_eq!(condition.as_deref(), Some(expected), "{criteria}");
    }

    #[test]
    fn a_rule_is_asked_as_a_condition() {
        let one = |criterion: &str| format!("          criteria: [{criterion}]\n");
        let equals = one("{field: City, operator: equals, value: [\"O'Hare\", '']}");
        check(&equals, WRITTEN, r"(City = 'O\'Hare' OR City = null)");
        let lacks = one("{field: City, operator: notContain, value: 50%}");
        check(
            &lacks,
            WRITTEN,
            r"((NOT (City LIKE '%50\%%')) OR City = null)",
        );
        let own = one("{field: CreatedById, operator: equals, value: {user: this}}");
        check(&own, WRITTEN, "(CreatedBy.Username = 'me@acme.example')");
        let kind = one("{field: RecordTypeId, operator: notEqual, value: {recordType: Partner}}");
        check(
            &kind,
            WRITTEN,
            "(RecordType.Name != 'Partner' AND RecordType.DeveloperName != 'Partner')",
        );
        let owner = one("{field: OwnerId, operator: equals, value: [{queue: Inbox}, {user: Ann}]}");
        check(
            &owner,
            WRITTEN,
            "(OwnerId = '00G1' OR Owner.Username = 'Ann' OR Owner.Name = 'Ann')",
        );
    }

    #[test]
    fn what_is_open_is_left_to_every_record() {
        let several = "          criteria:\n            - {field: City, operator: notEqual, value: Bonn}\n            \
                       - {field: Rating, operator: equals, value: Hot}\n";
        check(
            several,
            ("City", AskedAs::EveryRecord),
            "(Id != null) AND (Rating = 'Hot')",
        );
        let either = format!("{several}          logic: 1 OR 2\n");
        check(
            &either,
            ("Rating", AskedAs::EveryRecord),
            "((City != 'Bonn') OR (Id != null))",
        );
    }

    #[test]
    fn a_day_of_moments_is_asked_with_a_day_on_either_side() {
        let asked = |operator: &str, value: &str, expected: &str| {
            let one = format!(
                "          criteria: [{{field: Seen__c, operator: {operator}, value: {value}}}]\n"
            );
            check(&one, ("Seen__c", AskedAs::Moments), expected);
        };
        asked(
            "equals",
            "[2026-03-01, '']",
            "((Seen__c >= 2026-02-28T00:00:00Z AND Seen__c < 2026-03-03T00:00:00Z) OR Seen__c = null)",
        );
        asked("lessThan", "2026-12-31", "(Seen__c < 2027-01-02T00:00:00Z)");
        asked(
            "greaterOrEqual",
            "2026-01-01",
            "(Seen__c >= 2025-12-31T00:00:00Z)",
        );
        asked("notEqual", "2026-01-01", "(Id != null)");
    }
}
