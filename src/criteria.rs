//! Criteria: what a sharing rule asks of a record, in one canonical form.
//!
//! A manifest and a live rule are both brought into [`Criteria`], so that comparing them is comparing data; the same
//! form is written as metadata and evaluated on records. Where the documentation leaves the outcome open,
//! [`Verdict::Either`] says so instead of guessing.

mod evaluate;

use crate::live::criterion_path;
use crate::manifest::{Criterion, Field, Logic, Operator, Rule, Scalar, Value, Word};
use crate::soql::{self, Row};
use crate::xml::Element;
use serde_json::Value as Json;

/// The conditions of a rule and how they combine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Criteria {
    /// In the order written.
    pub conditions: Vec<Condition>,
    /// Absent: all of them.
    pub logic: Option<Logic>,
}

/// One condition: any of the values (or none of them, for a negative operator).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// API name of the field.
    pub field: String,
    /// How it compares.
    pub operator: Operator,
    /// Values as the platform writes them; empty text is a blank field.
    pub values: Vec<String>,
}

/// Whether a record meets the criteria.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// The documentation leaves it open; both outcomes are right.
    Either,
}

impl Criteria {
    /// The criteria of a manifest's rule; `resolve` turns a reference into the text the platform stores.
    pub fn of_manifest(rule: &Rule, resolve: &dyn Fn(&Value) -> String) -> Self {
        let conditions = rule.criteria.iter().map(|criterion| Condition {
            field: criterion.field.value.clone(),
            operator: criterion.operator.value,
            values: criterion.value.each().map(resolve).collect(),
        });
        Self {
            conditions: conditions.collect(),
            logic: rule.logic.as_ref().map(|logic| logic.value.clone()),
        }
    }

    /// The criteria of a live `SharingCriteriaRule`; `None` where it has an operator this version does not know, or a
    /// filter that does not name each condition and no other.
    pub fn of_element(rule: &Element) -> Option<Self> {
        let mut conditions = Vec::new();
        for item in rule.children_named("criteriaItems") {
            conditions.push(Condition {
                field: item.text_of("field")?.to_owned(),
                operator: Operator::of(item.text_of("operation")?)?,
                values: split_values(item.text_of("value").unwrap_or_default()),
            });
        }
        let logic = match rule.text_of("booleanFilter").map(str::trim) {
            None | Some("") => None,
            Some(text) => Some(Logic::parse(text)?),
        };
        let each = (1..=conditions.len()).collect();
        let complete = logic.as_ref().is_none_or(|logic| logic.items() == each);
        complete.then_some(Self { conditions, logic })
    }

    /// The same with every difference removed that means nothing: order and spelling of values, a logic that says
    /// what its absence says.
    pub fn canonical(&self) -> Self {
        let conditions = self.conditions.iter().map(|condition| {
            let mut values: Vec<String> = condition
                .values
                .iter()
                .map(|value| canonical_value(value))
                .collect();
            values.sort_unstable();
            values.dedup();
            Condition {
                values,
                ..condition.clone()
            }
        });
        let logic = self
            .logic
            .clone()
            .filter(|logic| !is_all(logic, self.conditions.len()));
        Self {
            conditions: conditions.collect(),
            logic,
        }
    }

    /// The same with days spelled as `live` spells them: the platform gives them back in the form of the org's locale.
    /// `is_day` tells fields of days and moments, `month_first` how the locale writes them.
    pub fn spelled_as(
        mut self,
        live: &Self,
        is_day: &dyn Fn(&str) -> bool,
        month_first: bool,
    ) -> Self {
        for condition in self.conditions.iter_mut().filter(|own| is_day(&own.field)) {
            let same = |other: &&Condition| {
                other.field == condition.field && other.operator == condition.operator
            };
            let spelled = live.conditions.iter().filter(same);
            let spelled: Vec<&String> = spelled.flat_map(|other| &other.values).collect();
            for value in &mut condition.values {
                let day = evaluate::day(value, month_first);
                let means = |text: &&&String| evaluate::day(text, month_first) == day;
                if let Some(text) = spelled.iter().find(means).filter(|_| day.is_some()) {
                    value.clone_from(text);
                }
            }
        }
        self
    }

    /// One sentence a condition, for people: `Email contains "@"`.
    pub fn sentences(&self) -> Vec<String> {
        self.conditions.iter().map(Condition::sentence).collect()
    }

    /// The metadata elements, in the platform's order.
    pub fn elements(&self) -> Vec<Element> {
        let mut elements = Vec::new();
        if let Some(logic) = &self.logic {
            elements.push(Element::leaf("booleanFilter", logic.to_string()));
        }
        for condition in &self.conditions {
            let item = Element::new("criteriaItems")
                .with(Element::leaf("field", &condition.field))
                .with(Element::leaf("operation", condition.operator.word()))
                .with(Element::leaf("value", join_values(&condition.values)));
            elements.push(item);
        }
        elements
    }

    /// Whether a record meets the criteria. `kind` gives the describe type of a field.
    pub fn verdict(&self, row: &Row, kind: &dyn Fn(&str) -> Option<String>) -> Verdict {
        let each: Vec<Verdict> = self
            .conditions
            .iter()
            .map(|condition| condition.verdict(row, kind))
            .collect();
        evaluate::together(self.logic.as_ref(), &each)
    }

    /// Each condition in words, with the record's own value and whether it is met: for explaining.
    pub fn findings(
        &self,
        row: &Row,
        kind: &dyn Fn(&str) -> Option<String>,
    ) -> Vec<(String, String, Verdict)> {
        let each = self.conditions.iter().map(|condition| {
            let value = row
                .get(&criterion_path(&condition.field))
                .unwrap_or(&Json::Null);
            let shown = match value {
                Json::Null => "blank".to_owned(),
                Json::String(text) => format!("\"{text}\""),
                other => other.to_string(),
            };
            (condition.sentence(), shown, condition.verdict(row, kind))
        });
        each.collect()
    }

    /// The paths a query has to select so that [`Criteria::verdict`] can decide.
    pub fn paths(&self) -> Vec<String> {
        let mut paths: Vec<String> = self
            .conditions
            .iter()
            .map(|condition| criterion_path(&condition.field))
            .collect();
        paths.sort_unstable();
        paths.dedup();
        paths
    }
}

impl Condition {
    fn sentence(&self) -> String {
        let quoted: Vec<String> = self.values.iter().map(|value| spoken(value)).collect();
        format!(
            "{} {} {}",
            self.field,
            self.operator.word(),
            quoted.join(" or ")
        )
    }
}

impl From<bool> for Verdict {
    fn from(met: bool) -> Self {
        if met { Self::Yes } else { Self::No }
    }
}

/// Whether the logic is nothing but every item, ANDed.
fn is_all(logic: &Logic, count: usize) -> bool {
    match logic {
        Logic::Item(number) => count == 1 && *number == 1,
        Logic::And(parts) => {
            let items = parts
                .iter()
                .enumerate()
                .all(|(i, part)| *part == Logic::Item(i + 1));
            items && parts.len() == count
        }
        Logic::Or(_) => false,
    }
}

/// Checkbox values come back as `True` and `False`, however they were deployed.
fn canonical_value(value: &str) -> String {
    match value.to_ascii_lowercase().as_str() {
        "true" => "True".to_owned(),
        "false" => "False".to_owned(),
        _ if value.len() == 18 && soql::is_id(value) => value[..15].to_owned(),
        _ => value.to_owned(),
    }
}

fn spoken(value: &str) -> String {
    match value {
        "True" | "False" => value.to_lowercase(),
        _ => format!("\"{value}\""),
    }
}

/// Several values are one text, separated by commas; a value that holds a comma or a quote is quoted.
pub fn join_values(values: &[String]) -> String {
    let quoted = values.iter().map(|value| {
        if value.contains([',', '"']) {
            format!("\"{}\"", value.replace('"', "\"\""))
        } else {
            value.clone()
        }
    });
    quoted.collect::<Vec<_>>().join(",")
}

/// Takes [`join_values`] apart again. Blanks around a value mean nothing.
pub fn split_values(text: &str) -> Vec<String> {
    let mut values = Vec::new();
    let mut value = String::new();
    let mut quoted = false;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                value.push('"');
            }
            '"' if quoted || value.trim().is_empty() => quoted = !quoted,
            ',' if !quoted => values.push(std::mem::take(&mut value)),
            other => value.push(other),
        }
    }
    values.push(value);
    values.iter().map(|value| value.trim().to_owned()).collect()
}

/// The plain text of a manifest value, as sharing rules store it: `True` for a ticked checkbox.
pub fn stored_text(scalar: &Scalar) -> String {
    match scalar {
        Scalar::Bool(true) => "True".to_owned(),
        Scalar::Bool(false) => "False".to_owned(),
        other => other.to_string(),
    }
}

/// Whether records may meet a rule of whose criteria these are met by none.
pub fn may_be_met(rule: &Rule, unmet: impl Fn(&Criterion) -> bool) -> bool {
    let verdict = |criterion| match unmet(criterion) {
        true => Verdict::No,
        false => Verdict::Either,
    };
    let each: Vec<Verdict> = rule.criteria.iter().map(verdict).collect();
    let logic = rule.logic.as_ref().map(|logic| &logic.value);
    evaluate::together(logic, &each) != Verdict::No
}

/// Whether records may meet a criterion on a field that is still to be made: all of them will be blank in it, or not
/// ticked. What a checkbox that is ticked on new records is on those there are, the documentation does not say.
pub fn may_be_met_at_first(criterion: &Criterion, field: &Field) -> bool {
    let ticked = field.default.as_ref().is_some_and(|default| default.value);
    let is_first = |value: &Value| match value {
        Value::Literal(Scalar::Bool(flag)) => !flag,
        other => other.is_blank(),
    };
    ticked || criterion.value.each().any(is_first) != criterion.operator.value.is_negative()
}

/// Whether case tells a record that meets a criterion from one that does not: where the field is text and the value has
/// letters. For e-mail addresses, phone numbers and web addresses the documentation does not say. The values of a
/// picklist are a list in which no two differ by case alone. `kind` is the describe type of the field.
pub fn regards_case(criterion: &Criterion, kind: Option<&str>) -> Verdict {
    if !criterion
        .value
        .each()
        .any(|value| spelled_otherwise(value).is_some())
    {
        return Verdict::No;
    }
    match kind {
        Some("string" | "textarea") => Verdict::Yes,
        Some("email" | "phone" | "url") => Verdict::Either,
        _ => Verdict::No,
    }
}

/// A text, and the same in the other case; `None` where it has no letters.
pub fn spelled_otherwise(value: &Value) -> Option<(&str, String)> {
    let Value::Literal(Scalar::Text(text)) = value else {
        return None;
    };
    let spellings = [text.to_lowercase(), text.to_uppercase()];
    let other = spellings.into_iter().find(|other| other != text)?;
    Some((text, other))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn criteria(values: &[&str]) -> Criteria {
        let condition = Condition {
            field: "Due__c".to_owned(),
            operator: Operator::Equals,
            values: values.iter().map(|value| (*value).to_owned()).collect(),
        };
        Criteria {
            conditions: vec![condition],
            logic: None,
        }
    }

    #[test]
    fn a_day_is_spelled_as_the_org_spells_it() {
        let check = |live: &[&str], month_first: bool, expected: &[&str]| {
            let own = criteria(&["2026-02-01", ""]);
            let spelled = own.spelled_as(&criteria(live), &|field| field == "Due__c", month_first);
            assert_eq!(spelled, criteria(expected), "{live:?}");
        };
        check(&["2/1/2026"], true, &["2/1/2026", ""]);
        check(&["01/02/2026"], false, &["01/02/2026", ""]);
        check(&["01.02.2026"], false, &["01.02.2026", ""]);
        check(&["1/2/2026"], true, &["2026-02-01", ""]);
        check(&["soon", ""], true, &["2026-02-01", ""]);
        let text = criteria(&["2026-02-01"]);
        let live = criteria(&["2/1/2026"]);
        assert_eq!(text.clone().spelled_as(&live, &|_| false, true), text);
    }
}
