//! Criteria as a rule stores them, asked of the org: as a condition that no record is left out by which the rule may share,
//! and whether it finds others besides. SOQL ignores case where sharing does not, and blanks and days are open.

use super::condition::RecordCondition;
use super::filter::Filter;
use crate::manifest::{Logic, Operator};
use crate::soql;

/// One condition of a rule, values as the platform stores them; empty text is a blank field.
#[derive(Clone, Copy, Debug)]
pub struct StoredCondition<'a> {
    /// API name of the field.
    pub field: &'a str,
    /// How it compares.
    pub operator: Operator,
    /// Any of these, or none of them.
    pub values: &'a [String],
}

/// A field as a condition looks at it.
#[derive(Clone, Copy, Debug)]
pub struct FieldFacts<'a> {
    /// Its describe type.
    pub kind: &'a str,
    /// Whether it may be blank.
    pub nillable: bool,
}

/// What a rule asks of a record, as a query can ask it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredMatch {
    /// Every record that the rule shares is among these.
    pub at_most: Filter,
    /// Whether it shares just these.
    pub exact: bool,
}

/// What every record meets.
const EVERY_RECORD: &str = "Id != null";

/// A condition, and whether it means the same as the rule.
struct AskedCondition {
    condition: String,
    exact: bool,
}

impl AskedCondition {
    fn exactly(condition: String) -> Self {
        let exact = true;
        Self { condition, exact }
    }

    fn at_most(condition: String) -> Self {
        let exact = false;
        Self { condition, exact }
    }

    fn anything() -> Self {
        Self::at_most(EVERY_RECORD.to_owned())
    }
}

impl Filter {
    /// Records that meet stored criteria. `facts` tells of a field; `None` where no query can ask for it.
    pub fn stored<'a>(
        conditions: &[StoredCondition],
        logic: Option<&Logic>,
        facts: &dyn Fn(&str) -> Option<FieldFacts<'a>>,
    ) -> StoredMatch {
        let each: Vec<AskedCondition> = conditions
            .iter()
            .map(|condition| match facts(condition.field) {
                Some(facts) => asked(condition, facts),
                None => AskedCondition::anything(),
            })
            .collect();
        let all = Logic::And((1..=each.len()).map(Logic::Item).collect());
        let condition = nested(logic.unwrap_or(&all), &each);
        StoredMatch {
            at_most: Self::new(RecordCondition::plain(condition), "the rules share"),
            exact: each.iter().all(|one| one.exact),
        }
    }
}

fn nested(logic: &Logic, each: &[AskedCondition]) -> String {
    let join = |parts: &[Logic], word: &str| {
        let inner: Vec<String> = parts.iter().map(|part| nested(part, each)).collect();
        format!("({})", inner.join(word))
    };
    match logic {
        Logic::Item(number) => {
            let part = number.checked_sub(1).and_then(|index| each.get(index));
            let part = part.map_or(EVERY_RECORD, |part| part.condition.as_str());
            format!("({part})")
        }
        Logic::And(parts) => join(parts, " AND "),
        Logic::Or(parts) => join(parts, " OR "),
    }
}

fn asked(condition: &StoredCondition, facts: FieldFacts) -> AskedCondition {
    let record_type = condition.field.eq_ignore_ascii_case("RecordTypeId");
    match (condition.operator, facts.kind) {
        (Operator::Equals, _) if record_type => by_name_of_type(condition),
        (_, _) if record_type => AskedCondition::anything(),
        (Operator::Equals, _) => equals(condition, facts),
        (Operator::NotEqual, _) => not_equal(condition, facts),
        (Operator::Contains | Operator::StartsWith, kind) if is_text(kind) => like(condition),
        (Operator::NotContain, _) => AskedCondition::anything(),
        (operator, "double" | "int" | "percent" | "currency") => compared(condition, operator),
        _ => AskedCondition::anything(),
    }
}

fn is_text(kind: &str) -> bool {
    matches!(
        kind,
        "string" | "textarea" | "email" | "phone" | "url" | "picklist"
    )
}

fn by_name_of_type(condition: &StoredCondition) -> AskedCondition {
    let names = condition.values.iter();
    let each = names.map(|name| format!("RecordType.Name = {}", soql::literal(name)));
    AskedCondition::at_most(each.collect::<Vec<_>>().join(" OR "))
}

/// A value as SOQL writes it, and whether case, or a locale, may make it mean something else.
fn literal(value: &str, kind: &str) -> Option<(String, bool)> {
    if value.is_empty() {
        return Some(("null".to_owned(), true));
    }
    match kind {
        "boolean" => {
            let flag = value.to_ascii_lowercase();
            matches!(flag.as_str(), "true" | "false").then_some((flag, true))
        }
        "double" | "int" | "percent" | "currency" => number(value),
        "picklist" | "combobox" => Some((soql::literal(value), true)),
        "string" | "textarea" | "email" | "phone" | "url" => {
            let same = value.to_lowercase() == value.to_uppercase();
            Some((soql::literal(value), same))
        }
        "reference" => soql::is_id(value).then(|| (soql::literal(value), true)),
        _ => None,
    }
}

/// Digits mean the same in every locale; with a point they may not.
fn number(value: &str) -> Option<(String, bool)> {
    value
        .parse::<f64>()
        .ok()
        .filter(|number| number.is_finite())?;
    let digits = value.strip_prefix('-').unwrap_or(value);
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| (value.to_owned(), true))
}

fn equals(condition: &StoredCondition, facts: FieldFacts) -> AskedCondition {
    let values = condition.values.iter();
    let literals: Option<Vec<_>> = values.map(|value| literal(value, facts.kind)).collect();
    let Some(literals) = literals else {
        return AskedCondition::anything();
    };
    let exact = literals.iter().all(|(_, exact)| *exact);
    let each = literals
        .iter()
        .map(|(literal, _)| format!("{} = {literal}", condition.field));
    AskedCondition {
        condition: each.collect::<Vec<_>>().join(" OR "),
        exact,
    }
}

/// A blank field is asked for besides, unless the rule says itself what becomes of it: whether sharing takes it for another
/// value, nobody documents.
fn not_equal(condition: &StoredCondition, facts: FieldFacts) -> AskedCondition {
    let values = condition.values.iter();
    let literals: Option<Vec<_>> = values.map(|value| literal(value, facts.kind)).collect();
    let literals = literals.filter(|literals| literals.iter().all(|(_, exact)| *exact));
    let Some(literals) = literals else {
        return AskedCondition::anything();
    };
    let field = condition.field;
    let each = literals
        .iter()
        .map(|(literal, _)| format!("{field} != {literal}"));
    let others = each.collect::<Vec<_>>().join(" AND ");
    let stated = condition.values.iter().any(String::is_empty);
    match stated || !facts.nillable {
        true => AskedCondition::exactly(others),
        false => AskedCondition::at_most(format!("({others}) OR {field} = null")),
    }
}

fn like(condition: &StoredCondition) -> AskedCondition {
    if condition.values.iter().any(String::is_empty) {
        return AskedCondition::anything();
    }
    let before = match condition.operator {
        Operator::Contains => "%",
        _ => "",
    };
    let values = condition.values.iter();
    let same = |value: &String| value.to_lowercase() == value.to_uppercase();
    let exact = values.clone().all(same);
    let field = condition.field;
    let each = values.map(|value| format!("{field} LIKE '{before}{}%'", soql::like(value)));
    AskedCondition {
        condition: each.collect::<Vec<_>>().join(" OR "),
        exact,
    }
}

fn compared(condition: &StoredCondition, operator: Operator) -> AskedCondition {
    let sign = match operator {
        Operator::LessThan => "<",
        Operator::GreaterThan => ">",
        Operator::LessOrEqual => "<=",
        Operator::GreaterOrEqual => ">=",
        _ => return AskedCondition::anything(),
    };
    let numbers: Option<Vec<_>> = condition.values.iter().map(|value| number(value)).collect();
    let Some(numbers) = numbers else {
        return AskedCondition::anything();
    };
    let field = condition.field;
    let each = numbers
        .iter()
        .map(|(number, _)| format!("{field} {sign} {number}"));
    AskedCondition::exactly(each.collect::<Vec<_>>().join(" OR "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(
        operator: Operator,
        values: &[&str],
        (kind, nillable): (&str, bool),
        expected: (&str, bool),
    ) {
        let values: Vec<String> = values.iter().map(ToString::to_string).collect();
        let condition = StoredCondition {
            field: "F__c",
            operator,
            values: &values,
        };
        let found = Filter::stored(&[condition], None, &|_| Some(FieldFacts { kind, nillable }));
        let asked = (format!("(({}))", expected.0), expected.1);
        assert_eq!((found.at_most.condition().to_owned(), found.exact), asked);
    }

    #[test]
    fn no_record_is_left_out_and_what_is_open_is_said_to_be() {
        use Operator::{Contains, Equals, GreaterThan, NotContain, NotEqual, StartsWith};
        check(Equals, &["True"], ("boolean", false), ("F__c = true", true));
        check(
            Equals,
            &["Acme"],
            ("string", true),
            ("F__c = 'Acme'", false),
        );
        check(
            Equals,
            &["12", ""],
            ("string", true),
            ("F__c = '12' OR F__c = null", true),
        );
        check(Equals, &["Web"], ("picklist", true), ("F__c = 'Web'", true));
        check(
            Equals,
            &["@{the user}"],
            ("reference", true),
            (EVERY_RECORD, false),
        );
        check(Equals, &["1/2/2026"], ("date", true), (EVERY_RECORD, false));
        check(NotEqual, &[""], ("string", false), ("F__c != null", true));
        check(
            NotEqual,
            &["Web"],
            ("picklist", true),
            ("(F__c != 'Web') OR F__c = null", false),
        );
        check(
            NotEqual,
            &["acme"],
            ("string", false),
            (EVERY_RECORD, false),
        );
        check(Contains, &["@"], ("email", true), ("F__c LIKE '%@%'", true));
        check(
            StartsWith,
            &["Ac"],
            ("string", true),
            ("F__c LIKE 'Ac%'", false),
        );
        check(NotContain, &["@"], ("email", true), (EVERY_RECORD, false));
        check(GreaterThan, &["5"], ("double", true), ("F__c > 5", true));
        check(
            GreaterThan,
            &["1.500"],
            ("double", true),
            (EVERY_RECORD, false),
        );
    }

    #[test]
    fn logic_is_kept_and_what_no_query_can_ask_for_is_met_by_every_record() {
        let values = vec!["True".to_owned()];
        let condition = |field| StoredCondition {
            field,
            operator: Operator::Equals,
            values: &values,
        };
        let facts = |field: &str| {
            (field != "New__c").then_some(FieldFacts {
                kind: "boolean",
                nillable: false,
            })
        };
        let logic = Logic::Or(vec![Logic::Item(1), Logic::Item(2)]);
        let found = Filter::stored(&[condition("A"), condition("New__c")], Some(&logic), &facts);
        assert_eq!(found.at_most.condition(), "((A = true) OR (Id != null))");
        assert!(!found.exact);
    }
}
