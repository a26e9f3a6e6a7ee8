//! A condition on records, as text in which the paths that start at the record are known: so the same condition can be
//! asked of a record that refers to the one that is meant.

/// A condition of a query.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct RecordCondition(Vec<ConditionPart>);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum ConditionPart {
    /// As it is.
    Text(String),
    /// Where a value is found, from the record on.
    Path(String),
}

impl RecordCondition {
    /// A path, and what is asked of it: ` = 'Web'`.
    pub(super) fn of(path: impl Into<String>, asked: impl Into<String>) -> Self {
        Self(vec![
            ConditionPart::Path(path.into()),
            ConditionPart::Text(asked.into()),
        ])
    }

    /// A condition whose paths are not told apart: it can only be asked of the records themselves.
    pub(super) fn plain(text: String) -> Self {
        Self(vec![ConditionPart::Text(text)])
    }

    /// The conditions one after the other, with a word between.
    pub(super) fn joined(conditions: impl IntoIterator<Item = Self>, between: &str) -> Self {
        let mut pieces = Vec::new();
        for (index, condition) in conditions.into_iter().enumerate() {
            pieces.extend((index > 0).then(|| ConditionPart::Text(between.to_owned())));
            pieces.extend(condition.0);
        }
        Self(pieces)
    }

    /// The condition between two texts.
    pub(super) fn within(mut self, before: &str, after: &str) -> Self {
        self.0.insert(0, ConditionPart::Text(before.to_owned()));
        self.0.push(ConditionPart::Text(after.to_owned()));
        self
    }

    /// As it is asked of the records themselves.
    pub(super) fn text(&self) -> String {
        self.through("")
    }

    /// As it is asked of records that refer to them, by a relation with its dot: `Account.`.
    pub(super) fn through(&self, relation: &str) -> String {
        let mut text = String::new();
        for piece in &self.0 {
            match piece {
                ConditionPart::Text(piece) => text.push_str(piece),
                ConditionPart::Path(path) => {
                    text.push_str(relation);
                    text.push_str(path);
                }
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_is_asked_through_a_relation_by_its_paths_alone() {
        let rating = RecordCondition::of("Rating", " = 'Rating'");
        let owner = RecordCondition::of("Owner.Username", " = 'a'");
        let both = RecordCondition::joined([rating, owner], " OR ").within("(NOT (", "))");
        assert_eq!(
            both.text(),
            "(NOT (Rating = 'Rating' OR Owner.Username = 'a'))"
        );
        assert_eq!(
            both.through("Account."),
            "(NOT (Account.Rating = 'Rating' OR Account.Owner.Username = 'a'))"
        );
    }
}
