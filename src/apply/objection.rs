//! What an org says against a deploy, told apart: the one place of `apply` where a decision hangs on the platform's
//! words.
//!
//! A deploy that fails as a whole has a status code. A component that is refused has none, only a text in the running
//! user's language (Metadata API guide, DeployMessage). So three things are looked at, the first that tells deciding:
//!
//! 1. the status code;
//! 2. what no language changes within a text: status codes, API names, the metadata's own words;
//! 3. English sentences, for what has neither.
//!
//! What none of them tells is a refusal: the run ends, and nothing of the deploy was saved.

use super::entry::{RefusedEntry, VERBS, after_verb, position_of};
use crate::change::Component;
use crate::manifest::{SharingModel, Word};
use crate::org::DeployStatus;
use crate::xml::Element;

/// Status codes for a lock that another operation holds; texts may carry them too.
const LOCK_CODES: [&str; 3] = [
    "ALREADY_IN_PROCESS",
    "ORG_ADMIN_LOCKED",
    "UNABLE_TO_LOCK_ROW",
];

/// The same in sentences, which is all that a component's refusal has: in English, and in French where one is on record.
const LOCK_SENTENCES: [&str; 7] = [
    "interferes with another operation already in progress",
    "sharing operation already in progress",
    "Group membership operation already in progress",
    "admin operation already in progress",
    "could not acquire lock",
    "administration setup has already been locked",
    "interfère avec une autre opération en cours",
];

/// Sentences that end in the name of a permission that nobody can be granted here.
const CANNOT_BE_GRANTED: [&str; 2] = [
    "Unknown user permission: ",
    "The user license doesn't allow the permission: ",
];

/// What stands around the name of a permission that the licence forces.
const FORCED: (&str, &str) = ("You may not turn off permission ", " for this License Type");

/// What a check-only deploy says of a change that only a real one can make.
const NOT_CHECKABLE: &str = "Test only deployment cannot";

/// Refusals of a profile that no entry is the cause of.
const NOT_ABOUT_ENTRIES: [&str; 3] = [
    "duplicate value found",
    "Cannot rename standard profile",
    "custom Guest profiles",
];

/// What the org says of a lock that another operation holds, if that is what keeps the deploy from going in: the same
/// deploy may go in later.
pub(super) fn lock(status: &DeployStatus) -> Option<&str> {
    let message = status.error_message.as_deref();
    let code = status.error_code.as_deref();
    if let Some(code) = code.filter(|code| LOCK_CODES.contains(code)) {
        return Some(message.unwrap_or(code));
    }
    let problems = status.failures.iter();
    let mut texts = problems
        .filter_map(|failure| failure.problem.as_deref())
        .chain(message);
    texts.find(|text| is_lock(text))
}

/// What the org says of a check-only deploy that it refuses only because it cannot check a change without saving it: a real
/// deploy would go in (`Test only deployment cannot update a field from a Lookup to MasterDetail`). Any other refusal beside
/// it counts.
pub(super) fn to_checking(status: &DeployStatus) -> Option<&str> {
    let mut problems = status
        .failures
        .iter()
        .map(|failure| failure.problem.as_deref());
    let first = problems.clone().next()??;
    let says_so = |problem: Option<&str>| problem.is_some_and(|text| text.contains(NOT_CHECKABLE));
    problems.all(says_so).then_some(first)
}

fn is_lock(text: &str) -> bool {
    let mut words = LOCK_CODES.iter().chain(&LOCK_SENTENCES);
    words.any(|words| text.contains(words))
}

/// What the org says, where it refuses components and nothing of what was deployed is named: no component, no text of its
/// document and no element. A lock names nothing, whatever the language.
pub(super) fn names_nothing_of<'a>(
    status: &'a DeployStatus,
    components: &[Component],
) -> Option<&'a str> {
    let problems = status
        .failures
        .iter()
        .map(|failure| failure.problem.as_deref());
    let problems: Vec<&str> = problems.collect::<Option<_>>()?;
    let names = |problem: &&str| {
        is_about_no_entry(problem)
            || !entries(problem).is_empty()
            || components.iter().any(|component| names(problem, component))
    };
    match problems.iter().any(names) {
        true => None,
        false => problems.first().copied(),
    }
}

fn names(problem: &str, component: &Component) -> bool {
    let mut own = component.full_name.split('.');
    let body = component.body.as_ref();
    own.any(|name| position_of(problem, name).is_some())
        || body.is_some_and(|body| names_a_part(problem, body))
}

fn names_a_part(problem: &str, element: &Element) -> bool {
    let text = element.text.as_str();
    let is_name = !text.is_empty() && !matches!(text, "true" | "false");
    // `enableHistory` is a name; `label` and `role` are words of sentences as well.
    let element_name = element.name.as_str();
    let is_telling = element_name.contains(|letter: char| letter.is_ascii_uppercase());
    (is_name && position_of(problem, text).is_some())
        || (is_telling && position_of(problem, element_name).is_some())
        || element
            .children
            .iter()
            .any(|child| names_a_part(problem, child))
}

/// Whether the org refused the default of one of these objects because of another's: the text names the object and a
/// default, both by the metadata's words (`ControlledByParent is not a valid sharing model for Opportunity`).
pub(super) fn refuses_a_default(status: &DeployStatus, objects: &[String]) -> bool {
    let problems = status
        .failures
        .iter()
        .filter(|failure| failure.component_type == "CustomObject")
        .filter_map(|failure| failure.problem.as_deref());
    problems.into_iter().any(|problem| {
        let mut words = problem.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let (mut object, mut default) = (false, false);
        words.any(|word| {
            object |= objects.iter().any(|known| known == word);
            default |= SharingModel::of(word).is_some();
            object && default
        })
    })
}

/// The entries of a profile that a problem names in one of the platform's English sentences: `Unknown user permission: X`,
/// `The user license doesn't allow the permission: X`, `You may not turn off permission X for this License Type`,
/// `In field: application - no CustomApplication named X found`, `Permission X depends on permission(s): Y; …`. Other
/// sentences are left to the names in them ([`super::entry::first_entry_named_in`]).
pub(super) fn entries(problem: &str) -> Vec<RefusedEntry> {
    let problem = without_position(problem);
    if let Some(name) = name_that_cannot_be_granted(problem) {
        return vec![entry(name)];
    }
    if let Some(rest) = problem.strip_prefix(FORCED.0) {
        let name = rest.split(FORCED.1).next().unwrap_or(rest);
        return vec![RefusedEntry::Forced(name.to_owned())];
    }
    if let Some(rest) = problem.strip_prefix("In field: ") {
        return missing_component(rest).into_iter().collect();
    }
    let dependents = problem.split("; ").filter_map(|part| {
        let part = part.trim();
        let rest = part.strip_prefix("Permission ");
        let rest = rest.or_else(|| part.strip_prefix("Permissions "))?;
        Some(entry(rest.split_once(" depends on permission(s): ")?.0))
    });
    dependents.collect()
}

/// Whether nobody can be granted here what a problem names, so that an entry that takes it away says nothing.
pub(super) fn cannot_be_granted(problem: &str) -> bool {
    name_that_cannot_be_granted(problem).is_some()
}

/// Whether a problem is about the profile as a whole, whatever its entries are.
pub(super) fn is_about_no_entry(problem: &str) -> bool {
    NOT_ABOUT_ENTRIES
        .iter()
        .any(|words| problem.contains(words))
}

fn name_that_cannot_be_granted(problem: &str) -> Option<&str> {
    let mut sentences = CANNOT_BE_GRANTED.into_iter();
    let (_, name) = sentences.find_map(|sentence| problem.split_once(sentence))?;
    Some(name.lines().next().unwrap_or_default().trim())
}

/// `application - no CustomApplication named X found`; a name may hold blanks.
fn missing_component(text: &str) -> Option<RefusedEntry> {
    let (what, rest) = text.split_once(" named ")?;
    let name = rest.rsplit_once(" found")?.0.to_owned();
    match what.ends_with("no CustomObject") {
        true => Some(RefusedEntry::Object(name)),
        false => Some(RefusedEntry::Named(name)),
    }
}

/// A text without the `(line:column)` behind it.
fn without_position(problem: &str) -> &str {
    let text = problem.trim_end();
    let position = text.rsplit_once(" (").filter(|(_, position)| {
        let numbers = position
            .strip_suffix(')')
            .and_then(|inner| inner.split_once(':'));
        let is_number = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
        numbers.is_some_and(|(line, column)| is_number(line) && is_number(column))
    });
    position.map_or(text, |(text, _)| text)
}

fn entry(name: &str) -> RefusedEntry {
    let right = VERBS
        .iter()
        .find_map(|verb| Some((*verb, after_verb(name, verb)?)));
    match right {
        Some((verb, object)) => RefusedEntry::Right(verb, object.to_owned()),
        None => RefusedEntry::Named(name.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::org::ComponentMessage;

    fn refused(component_type: &str, problem: &str) -> DeployStatus {
        let failure = ComponentMessage {
            component_type: component_type.to_owned(),
            problem: Some(problem.to_owned()),
            ..Default::default()
        };
        DeployStatus {
            failures: vec![failure],
            ..Default::default()
        }
    }

    #[test]
    fn locks_are_told_from_refusals() {
        let words = "The sharing calculation you requested can't be processed right now, because it interferes with \
                     another operation already in progress. Please try again later.";
        for (problem, expected) in [
            (words, Some(words)),
            (
                "Le calcul de partage demandé ne peut être traité maintenant car il interfère avec une autre opération en cours",
                Some(
                    "Le calcul de partage demandé ne peut être traité maintenant car il interfère avec une autre opération en cours",
                ),
            ),
            (
                "UNABLE_TO_LOCK_ROW: ligne",
                Some("UNABLE_TO_LOCK_ROW: ligne"),
            ),
            ("Required field is missing: label", None),
        ] {
            assert_eq!(lock(&refused("CustomObject", problem)), expected);
        }
    }

    #[test]
    fn what_cannot_be_checked_is_told_from_refusals() {
        let words = "Test only deployment cannot update a field from a Lookup to MasterDetail";
        let mut status = refused("CustomField", words);
        assert_eq!(to_checking(&status), Some(words));
        let other = refused("Profile", "duplicate value found").failures;
        status.failures.extend(other);
        assert_eq!(to_checking(&status), None);
        assert_eq!(to_checking(&DeployStatus::default()), None);
    }

    #[test]
    fn what_names_nothing_may_be_a_lock_and_what_names_something_is_none() {
        let body = Element::new("CustomObject").with(Element::leaf("sharingModel", "Private"));
        let components = [Component::new("CustomObject", "Visit__c", body)];
        let told = |problem: &str| {
            let status = refused("CustomObject", problem);
            names_nothing_of(&status, &components).map(str::to_owned)
        };
        let german = "Die Berechnung kann gerade nicht ausgeführt werden.";
        assert_eq!(told(german).as_deref(), Some(german));
        assert_eq!(told("Visit__c: geht nicht"), None);
        assert_eq!(told("Private は使えません"), None);
        assert_eq!(told("sharingModel: geht nicht"), None);
        assert_eq!(told("Unknown user permission: Fly"), None);
        assert_eq!(
            names_nothing_of(&DeployStatus::default(), &components),
            None
        );
    }

    #[test]
    fn a_status_code_tells_a_lock_in_any_language() {
        let whole = |code: &str| DeployStatus {
            error_code: Some(code.to_owned()),
            error_message: Some("Die Verwaltung ist gesperrt".to_owned()),
            ..Default::default()
        };
        let locked = whole("ALREADY_IN_PROCESS");
        assert_eq!(lock(&locked), Some("Die Verwaltung ist gesperrt"));
        assert_eq!(lock(&whole("UNKNOWN_EXCEPTION")), None);
    }

    #[test]
    fn a_default_refused_for_anothers_is_told_in_any_language() {
        let objects = ["Account".to_owned(), "Opportunity".to_owned()];
        let told = |component_type: &str, problem: &str| {
            refuses_a_default(&refused(component_type, problem), &objects)
        };
        let english = "ControlledByParent is not a valid sharing model for Opportunity";
        assert!(told("CustomObject", english));
        assert!(told(
            "CustomObject",
            "OpportunityにはControlledByParentを使えません"
        ));
        assert!(!told("SharingCriteriaRule", english));
        assert!(!told(
            "CustomObject",
            "Opportunity: Required field is missing"
        ));
        assert!(!told(
            "CustomObject",
            "Private is not a valid sharing model for Case"
        ));
    }

    #[test]
    fn the_entry_that_a_problem_names_is_found() {
        let named = |name: &str| RefusedEntry::Named(name.to_owned());
        for (problem, expected) in [
            (
                "Unknown user permission: ViewFlowUsage",
                vec![named("ViewFlowUsage")],
            ),
            (
                "The user license doesn't allow the permission: FreezeUsers",
                vec![named("FreezeUsers")],
            ),
            (
                "The user license doesn't allow the permission: Read All Asset",
                vec![RefusedEntry::Right("Read All", "Asset".into())],
            ),
            (
                "In field: field - no CustomField named Lead.X__c found",
                vec![named("Lead.X__c")],
            ),
            (
                "Permission Read All Asset depends on permission(s): Read All Account; \
                 Permission Convert Leads depends on permission(s): Create Account",
                vec![
                    RefusedEntry::Right("Read All", "Asset".into()),
                    named("Convert Leads"),
                ],
            ),
            (
                "In field: layout - no Layout named Case-Old Layout found (12:7)",
                vec![named("Case-Old Layout")],
            ),
            (
                "In field: field - no CustomObject named Visit__c found",
                vec![RefusedEntry::Object("Visit__c".into())],
            ),
            (
                "Permissions View All Asset depends on permission(s): View All Account",
                vec![RefusedEntry::Right("View All", "Asset".into())],
            ),
            (
                "Permission create Visit__c depends on permission(s): read Visit__c",
                vec![RefusedEntry::Right("Create", "Visit__c".into())],
            ),
            (
                "You may not turn off permission ActivitiesAccess for this License Type",
                vec![RefusedEntry::Forced("ActivitiesAccess".into())],
            ),
            ("sharedTo not allowed:role - CEO (8:19)", vec![]),
        ] {
            assert_eq!(entries(problem), expected, "{problem}");
        }
    }
}
