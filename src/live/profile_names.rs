//! Names of standard profiles in an org whose running user reads them in another language.
//!
//! `Profile.Name` of a standard profile follows the running user's language, also in a filter; its name in the Metadata
//! API does not, and neither does its id. Everything in this room goes by the English label: questions are put in the
//! org's words, and answers come back in ours.

use super::Live;
use super::need::Need;
use super::profile_name::profile_label;
use super::records::short_id;
use super::references::Reference;
use crate::soql::Row;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashMap};

/// The label of a profile that every org has and nobody can rename.
const IN_EVERY_ORG: &str = "System Administrator";

/// How the org calls profiles whose label it translates.
#[derive(Clone, Debug, Default)]
pub(super) struct ProfileNames {
    /// The org's words, by the label in English.
    spoken: BTreeMap<String, String>,
    /// The label in English, by the org's words.
    english: BTreeMap<String, String>,
}

impl ProfileNames {
    /// The names of an org that lists these profiles by API name and id, and calls them so by id.
    fn of(listed: &[(String, String)], labels: &HashMap<String, &str>) -> Self {
        let mut names = Self::default();
        for (full_name, id) in listed {
            let decoded = percent_decode_str(full_name).decode_utf8_lossy();
            let english = profile_label(&decoded);
            let spoken = labels.get(&short_id(id)).copied();
            if let Some(spoken) = spoken.filter(|spoken| **spoken != *english) {
                names.english.insert(spoken.to_owned(), english.clone());
                names.spoken.insert(english, spoken.to_owned());
            }
        }
        names
    }

    fn in_english(&self, label: &str) -> String {
        let label = profile_label(label);
        self.english.get(&label).cloned().unwrap_or(label)
    }

    fn as_spoken(&self, label: &str) -> String {
        self.spoken
            .get(label)
            .cloned()
            .unwrap_or_else(|| label.to_owned())
    }

    /// The need as its question is put to the org. Documents are asked for by API name.
    pub(super) fn need_as_spoken(&self, need: &Need) -> Need {
        match need {
            Need::Profile(_) => need.clone(),
            _ => with_profile(need, |label| self.as_spoken(label)),
        }
    }

    /// Puts labels of profiles into English wherever they stand in a row.
    pub(super) fn put_in_english(&self, row: &mut Row) {
        if !self.english.is_empty() {
            self.put_all_in_english(&mut row.0);
        }
    }

    fn put_all_in_english(&self, cells: &mut Map<String, Value>) {
        for (column, value) in cells {
            let Value::Object(related) = value else {
                continue;
            };
            if let (true, Some(Value::String(label))) =
                (column == "Profile", related.get_mut("Name"))
            {
                *label = self.in_english(label);
            }
            self.put_all_in_english(related);
        }
    }
}

/// The need with the label of its profile changed.
fn with_profile(need: &Need, change: impl Fn(&str) -> String) -> Need {
    match need {
        Need::Profile(label) => Need::Profile(change(label)),
        Need::Holders(label) => Need::Holders(change(label)),
        Need::ProfilePermissions(label) => Need::ProfilePermissions(change(label)),
        Need::ProfileObjects(label) => Need::ProfileObjects(change(label)),
        Need::ProfileFields(label, object) => Need::ProfileFields(change(label), object.clone()),
        Need::AllProfileFields(label) => Need::AllProfileFields(change(label)),
        Need::Reference(Reference::Profile(label)) => {
            Need::Reference(Reference::Profile(change(label)))
        }
        other => other.clone(),
    }
}

impl Live {
    /// Whether the org calls its standard profiles otherwise than in English.
    pub fn translates_profiles(&self) -> bool {
        let containers = self.containers().learnt();
        self.profile_names.spoken.is_empty()
            && containers.is_some_and(|containers| {
                containers.profiles().next().is_some() && containers.profile(IN_EVERY_ORG).is_none()
            })
    }

    /// An org of which nothing is known but how it calls these profiles, each given by API name and id; with it, what has
    /// to be asked again for that. `None` where it calls them as we do.
    pub fn with_profile_names(&self, listed: &[(String, String)]) -> Option<(Self, Vec<Need>)> {
        let containers = self.containers().learnt();
        let profiles = containers
            .into_iter()
            .flat_map(|containers| containers.profiles());
        let labels = profiles.map(|profile| (short_id(&profile.id), profile.label.as_str()));
        let profile_names = ProfileNames::of(listed, &labels.collect());
        if profile_names.spoken.is_empty() {
            return None;
        }
        let needs = self.outcomes.keys();
        let needs = needs.map(|need| with_profile(need, |label| profile_names.in_english(label)));
        let needs = needs.collect();
        let live = Self {
            profile_names,
            requests: self.requests,
            api_calls: self.api_calls,
            ..self.lasting()
        };
        Some((live, needs))
    }

    /// The label of a profile in English, given by its API name, by that label, or as the org calls it.
    pub fn profile_label(&self, name: &str) -> String {
        self.profile_names.in_english(name)
    }

    /// How the org calls a profile, given by its label in English.
    pub fn spoken_profile_label(&self, label: &str) -> String {
        self.profile_names.as_spoken(label)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn names() -> ProfileNames {
        let listed = [
            ("Admin".to_owned(), "00e000000000001AAA".to_owned()),
            (
                "Vertrieb %28Nord%29".to_owned(),
                "00e000000000002".to_owned(),
            ),
        ];
        let labels = [
            ("00e000000000001".to_owned(), "Systemadministrator"),
            ("00e000000000002".to_owned(), "Vertrieb (Nord)"),
        ];
        ProfileNames::of(&listed, &labels.into())
    }

    #[test]
    fn a_profile_goes_by_its_english_label_however_it_is_named() {
        for name in ["Admin", "System Administrator", "Systemadministrator"] {
            assert_eq!(names().in_english(name), "System Administrator");
        }
        assert_eq!(
            names().as_spoken("System Administrator"),
            "Systemadministrator"
        );
        assert_eq!(names().in_english("Vertrieb (Nord)"), "Vertrieb (Nord)");
        assert_eq!(names().spoken.len(), 1);
    }

    #[test]
    fn questions_are_put_in_the_orgs_words_and_documents_asked_for_by_api_name() {
        let admin = || "System Administrator".to_owned();
        let spoken = names().need_as_spoken(&Need::ProfileObjects(admin()));
        assert_eq!(spoken, Need::ProfileObjects("Systemadministrator".into()));
        let document = Need::Profile(admin());
        assert_eq!(names().need_as_spoken(&document), document);
    }

    #[test]
    fn labels_in_rows_are_put_into_english() {
        let mut row = Row::of(&json!({"Name": "Systemadministrator",
            "Parent": {"Profile": {"Name": "Systemadministrator"}}, "Profile": {"Name": "Vertrieb (Nord)"}}));
        names().put_in_english(&mut row);
        let expected = json!({"Name": "Systemadministrator",
            "Parent": {"Profile": {"Name": "System Administrator"}}, "Profile": {"Name": "Vertrieb (Nord)"}});
        assert_eq!(row, Row::of(&expected));
    }
}
