//! Many documents by one retrieve, where a read for every ten of them would take more requests.

use crate::live::{Answer, Asked, Question};
use crate::org::{OrgError, Reader, Retrieved};
use crate::xml;
use std::collections::{BTreeMap, HashSet};

/// Types whose documents a retrieve gives as whole as `readMetadata` does, with folder and suffix of their files (Metadata
/// API guide, Deploying and Retrieving Metadata with the Zip File). What a profile holds depends on what is retrieved
/// beside it.
const WHOLE: [(&str, &str, &str); 2] = [
    ("CustomObject", "objects", "object"),
    ("SharingRules", "sharingRules", "sharingRules"),
];

/// Up to so many are read: a retrieve has to be begun, looked at and fetched.
const FEW: usize = 50;

/// The questions that one retrieve answers, and those that are read.
pub(super) fn worth_a_retrieve(questions: Vec<Asked>) -> (Vec<Asked>, Vec<Asked>) {
    let (many, few): (Vec<_>, Vec<_>) = questions
        .into_iter()
        .partition(|asked| file_of(asked).is_some());
    match many.len() > FEW {
        true => (many, few),
        false => (Vec::new(), many.into_iter().chain(few).collect()),
    }
}

/// Answers the questions by one retrieve. What it does not tell of comes back, to be read.
pub(super) async fn retrieve(
    questions: Vec<Asked>,
    reader: &Reader,
) -> Result<(Vec<(Asked, Answer)>, Vec<Asked>), OrgError> {
    let mut types: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for asked in &questions {
        if let Question::Component(kind, name) = &asked.question {
            let members = types.entry((*kind).to_owned()).or_default();
            members.push(name.clone());
        }
    }
    if types.is_empty() {
        return Ok((Vec::new(), questions));
    }
    let retrieved = match reader.retrieve(&types).await {
        Err(OrgError::Refused { .. } | OrgError::Busy { .. }) => {
            return Ok((Vec::new(), questions));
        }
        retrieved => retrieved?,
    };
    let package = Package::of(&retrieved);
    let (mut told, mut left) = (Vec::new(), Vec::new());
    for asked in questions {
        match package.answer(&asked) {
            Some(answer) => told.push((asked, answer)),
            None => left.push(asked),
        }
    }
    Ok((told, left))
}

/// What was retrieved, by path below its root folder, and what was not, in the org's words.
struct Package<'a> {
    root: &'a str,
    files: &'a BTreeMap<String, Vec<u8>>,
    messages: HashSet<&'a str>,
}

impl<'a> Package<'a> {
    fn of(retrieved: &'a Retrieved) -> Self {
        let mut paths = retrieved.files.keys();
        Self {
            root: paths
                .find_map(|path| path.strip_suffix("package.xml"))
                .unwrap_or_default(),
            files: &retrieved.files,
            messages: retrieved.messages.iter().map(String::as_str).collect(),
        }
    }

    /// The document of a question, or that the org has none; `None` where the package says neither.
    fn answer(&self, asked: &Asked) -> Option<Answer> {
        let (kind, name, path) = file_of(asked)?;
        if let Some(bytes) = self.files.get(&format!("{}{path}", self.root)) {
            let document = xml::read_bytes(bytes).ok()?;
            // Orgs were seen to give files without content of objects that have some (issues 3300 and 2865 of the
            // Salesforce CLI).
            if document.children.is_empty() {
                return None;
            }
            return Some(Answer::Component(Some(Box::new(document))));
        }
        let words = format!("Entity of type '{kind}' named '{name}' cannot be found");
        let is_missing = self.messages.contains(words.as_str());
        is_missing.then_some(Answer::Component(None))
    }
}

/// Type and name of the component that is asked for, and where a package holds it.
fn file_of(asked: &Asked) -> Option<(&'static str, &str, String)> {
    let Question::Component(kind, name) = &asked.question else {
        return None;
    };
    let (kind, folder, suffix) = WHOLE.into_iter().find(|(whole, ..)| whole == kind)?;
    Some((kind, name, format!("{folder}/{name}.{suffix}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::{self, Need};

    fn asked(need: Need) -> Asked {
        live::questions([need]).remove(0)
    }

    #[test]
    fn only_many_documents_that_come_whole_are_retrieved() {
        let numbered = |number: usize| asked(Need::ObjectDocument(format!("Thing{number}__c")));
        let profile = || asked(Need::Profile("Standard".to_owned()));
        let sizes = |count: usize| {
            let questions = (0..count).map(numbered).chain([profile()]).collect();
            let (retrieved, read) = worth_a_retrieve(questions);
            (retrieved.len(), read.len())
        };
        assert_eq!(sizes(FEW), (0, FEW + 1));
        assert_eq!(sizes(FEW + 1), (FEW + 1, 1));
    }

    #[test]
    fn what_a_package_does_not_tell_of_is_left() {
        let file = b"<CustomObject xmlns=\"http://soap.sforce.com/2006/04/metadata\"><label>A</label></CustomObject>";
        let retrieved = Retrieved {
            files: [
                ("unpackaged/package.xml".to_owned(), Vec::new()),
                ("unpackaged/objects/A__c.object".to_owned(), file.to_vec()),
                (
                    "unpackaged/objects/E__c.object".to_owned(),
                    b"<CustomObject/>".to_vec(),
                ),
            ]
            .into(),
            messages: vec!["Entity of type 'CustomObject' named 'B__c' cannot be found".to_owned()],
            properties: Vec::new(),
        };
        let package = Package::of(&retrieved);
        let told = |name: &str| match package.answer(&asked(Need::ObjectDocument(name.to_owned())))
        {
            Some(Answer::Component(document)) => Some(document.is_some()),
            _ => None,
        };
        assert_eq!(
            ["A__c", "B__c", "_c", "C__c", "E__c"].map(told),
            [Some(true), Some(false), None, None, None]
        );
        let rules = asked(Need::SharingRules("B__c".to_owned()));
        assert!(package.answer(&rules).is_none());
    }
}
