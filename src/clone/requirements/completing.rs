//! What has to be granted along with something, downward.

use super::{Grant, Requirements};
use crate::clone::Right;
use std::collections::{BTreeMap, BTreeSet};

impl Requirements {
    /// What these grants cannot stand without and is not among them, each with why, for people.
    pub fn completing(&self, stated: &BTreeSet<Grant>) -> BTreeMap<Grant, String> {
        let mut completed: BTreeMap<Grant, String> = BTreeMap::new();
        let mut open: Vec<Grant> = stated.iter().cloned().collect();
        while let Some(grant) = open.pop() {
            for required in self.required_by(&grant) {
                if stated.contains(&required) || completed.contains_key(&required) {
                    continue;
                }
                completed.insert(required.clone(), format!("{grant} requires it"));
                open.push(required);
            }
        }
        completed
    }

    /// What a grant cannot stand without.
    fn required_by(&self, grant: &Grant) -> Vec<Grant> {
        let known = self.dependents.iter();
        let known = known.filter(|(_, dependents)| dependents.contains(grant));
        let mut required: Vec<Grant> = known.map(|(required, _)| required.clone()).collect();
        if let Grant::Object(object, right) = grant {
            let on_same = right.requires().iter();
            required.extend(on_same.map(|right: &Right| Grant::Object(object.clone(), *right)));
        }
        required
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completed(stated: &[Grant]) -> Vec<String> {
        let stated = stated.iter().cloned().collect();
        let completed = Requirements::built_in().completing(&stated);
        let each = completed.iter();
        each.map(|(grant, why)| format!("{grant}: {why}")).collect()
    }

    #[test]
    fn what_is_required_comes_along_to_the_end_and_is_said() {
        let quote = Grant::Object("Quote".to_owned(), Right::Edit);
        let along = [
            "Read on Account: Read on Opportunity requires it",
            "Read on Opportunity: Read on Quote requires it",
            "Read on Quote: Edit on Quote requires it",
        ];
        assert_eq!(completed(std::slice::from_ref(&quote)), along);
        let read = |object: &str| Grant::Object(object.to_owned(), Right::Read);
        let all = [quote, read("Quote"), read("Opportunity"), read("Account")];
        assert_eq!(completed(&all), [""; 0]);
        let convert = completed(&[Grant::User("ConvertLeads".to_owned())]);
        assert!(
            convert.contains(&"Create on Account: Convert Leads requires it".to_owned()),
            "{convert:?}"
        );
    }
}
