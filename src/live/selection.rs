//! Rows of one table that are asked for together: one query for many needs, as far as the length of a query allows.

use super::need::Need;
use crate::soql::{self, ConditionOf};
use std::collections::{BTreeMap, BTreeSet};

/// The rows of one table where every term holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Selection(Vec<Term>);

/// Something that holds of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Term {
    /// A column has this value.
    Is(&'static str, String),
    /// A checkbox is ticked.
    Ticked(&'static str),
}

/// A selection, as it goes together with others.
enum Split {
    /// Terms, and a column with the value that it has to have.
    Listed(Selection, &'static str, String),
    /// One that stands by itself.
    Whole(Selection),
}

impl Selection {
    /// The rows whose column has this value.
    pub(super) fn of(column: &'static str, value: impl Into<String>) -> Self {
        Self(Vec::new()).and(column, value)
    }

    /// The rows where this checkbox is ticked.
    pub(super) fn ticked(column: &'static str) -> Self {
        Self(vec![Term::Ticked(column)])
    }

    /// Those of them whose column has this value.
    pub(super) fn and(mut self, column: &'static str, value: impl Into<String>) -> Self {
        self.0.push(Term::Is(column, value.into()));
        self
    }

    /// Those of them where this checkbox is ticked.
    pub(super) fn and_ticked(mut self, column: &'static str) -> Self {
        self.0.push(Term::Ticked(column));
        self
    }

    /// The terms before the last, and the value of the last, where it has one: selections that differ in this value
    /// alone are one list.
    fn split(mut self) -> Split {
        match self.0.pop() {
            Some(Term::Is(column, value)) => Split::Listed(self, column, value),
            last => {
                self.0.extend(last);
                Split::Whole(self)
            }
        }
    }

    fn condition(&self) -> String {
        let terms: Vec<String> = self.0.iter().map(Term::condition).collect();
        terms.join(" AND ")
    }
}

impl Term {
    fn condition(&self) -> String {
        match self {
            Self::Is(column, value) => format!("{column} = {}", soql::literal(value)),
            Self::Ticked(column) => format!("{column} = true"),
        }
    }
}

/// A value of a list, with the need that its rows meet.
struct ValueOf {
    value: String,
    need: Need,
}

impl AsRef<str> for ValueOf {
    fn as_ref(&self) -> &str {
        &self.value
    }
}

/// What stands behind `WHERE`, with the needs that its rows meet: as few conditions as their lengths allow. `before` is
/// the length of what stands in front.
pub(super) fn conditions(
    selections: Vec<(Selection, Need)>,
    before: usize,
) -> Vec<ConditionOf<Need>> {
    let most = soql::MOST_CHARACTERS.saturating_sub(before + " WHERE ".len());
    let mut whole = Vec::new();
    let mut lists: BTreeMap<(String, &'static str), Vec<ValueOf>> = BTreeMap::new();
    for (selection, need) in selections {
        match selection.split() {
            Split::Listed(rest, column, value) => {
                let alike = lists.entry((rest.condition(), column)).or_default();
                alike.push(ValueOf { value, need });
            }
            Split::Whole(selection) => whole.push((selection.condition(), vec![need])),
        }
    }
    let listed = lists
        .into_iter()
        .flat_map(|((rest, column), values)| list_conditions(&rest, column, values, most));
    soql::any_of(whole.into_iter().chain(listed), most)
}

/// Conditions on the values of one column beside the same terms: as few lists as their lengths allow.
fn list_conditions(
    rest: &str,
    column: &'static str,
    values: Vec<ValueOf>,
    most: usize,
) -> Vec<ConditionOf<Need>> {
    let rest = match rest {
        "" => String::new(),
        rest => format!("{rest} AND "),
    };
    let beside = rest.len() + column.len() + " IN ".len();
    let groups = soql::list_groups(values, most.saturating_sub(beside));
    let conditions = groups.into_iter().map(|group| {
        let values: BTreeSet<&str> = group.iter().map(|one| one.value.as_str()).collect();
        let term = match values.first() {
            Some(value) if values.len() == 1 => format!("{column} = {}", soql::literal(value)),
            _ => format!("{column} IN {}", soql::list(values)),
        };
        let needs = group.into_iter().map(|one| one.need);
        (format!("{rest}{term}"), needs.collect())
    });
    conditions.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::question::{Question, questions};
    use proptest::prelude::*;

    fn texts(needs: Vec<Need>) -> Vec<String> {
        let asked = questions(needs).into_iter();
        let text = |question| match question {
            Question::Query(text) => text,
            other => panic!("{other:?}"),
        };
        asked.map(|asked| text(asked.question)).collect()
    }

    fn conditions_of(needs: Vec<Need>) -> Vec<String> {
        let texts = texts(needs).into_iter();
        texts
            .map(|text| text.split_once(" WHERE ").map(|(_, rest)| rest.to_owned()))
            .map(Option::unwrap_or_default)
            .collect()
    }

    #[test]
    fn what_differs_in_one_value_is_one_list_and_the_rest_is_joined() {
        let field = |name: &str| Need::FieldViewers("Lead".into(), name.into());
        let profile = |object: &str| Need::ProfileFields("Admin".into(), object.into());
        assert_eq!(
            conditions_of(vec![
                field("A"),
                field("B"),
                profile("Lead"),
                profile("Case")
            ]),
            [
                "(Parent.IsOwnedByProfile = true AND SobjectType = 'Lead' AND Field IN ('Lead.A','Lead.B')) OR \
                 (Parent.Profile.Name = 'Admin' AND SobjectType IN ('Case','Lead'))"
            ]
        );
        let object = |name: &str| Need::DefaultInForce(name.into());
        assert_eq!(
            conditions_of(vec![object("B__c"), object("A'__c")]),
            ["QualifiedApiName IN ('A\\'__c','B__c')"]
        );
        assert_eq!(
            conditions_of(vec![Need::Administrators]),
            ["IsActive = true AND Profile.PermissionsViewAllData = true"]
        );
    }

    proptest! {
        #![proptest_config(testing::law(64))]

        #[test]
        fn no_query_is_too_long_and_every_need_is_met_once(
            count in 1_usize..3_000, length in 1_usize..60, objects in 1_usize..4,
        ) {
            let needs: Vec<Need> = (0..count)
                .map(|n| Need::FieldViewers(format!("O{}", n % objects), format!("{n}{}", "x".repeat(length))))
                .collect();
            let asked = questions(needs.clone());
            for one in &asked {
                let Question::Query(text) = &one.question else { panic!("{one:?}") };
                prop_assert!(text.len() <= soql::MOST_CHARACTERS, "{}", text.len());
            }
            let mut met: Vec<Need> = asked.into_iter().flat_map(|asked| asked.needs).collect();
            met.sort();
            let mut all = needs;
            all.sort();
            prop_assert_eq!(met, all);
        }
    }
}
