//! Explain: why the user can or cannot see and edit a record. The org's own answer first, then what the manifest asks
//! of the record, then what opens it.

use crate::code::Code;
use crate::criteria::Verdict;
use crate::diagnostic::{Diagnostic, Exit, Failure};
use crate::failure::{self, NOTHING_CHANGED};
use crate::kinds::rule_criteria;
use crate::live::{Live, LiveRecord, Reach, short_id};
use crate::manifest::{Manifest, Rule, Word};
use crate::org::{OrgError, Reader};
use crate::soql;
use crate::verify::granted::Granted;
use crate::verify::subject::{Subject, read_records};
use crate::verify::{cause, given, owners_are_known};
use serde::Serialize;

/// What there is to say about one record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// Record id as it was asked.
    pub id: String,
    /// The object's API name.
    pub object: String,
    /// Whether the user sees it, by the org's own word.
    pub readable: bool,
    /// Whether the user can edit it, by the org's own word.
    pub editable: bool,
    /// Whether the manifest wants it seen; `None` where the documentation leaves it open.
    pub wanted: Option<bool>,
    /// Why, in sentences.
    pub reasons: Vec<String>,
}

/// Explains records by id.
///
/// # Errors
/// An id that no object of the manifests has (64), a record that is not there, and what the org or the way to it made
/// impossible.
pub async fn explain(
    manifests: &[Manifest],
    live: &Live,
    reader: &Reader,
    ids: &[String],
) -> Result<Vec<Explanation>, Failure> {
    for manifest in manifests {
        owners_are_known(manifest, live)?;
    }
    let mut explanations = Vec::new();
    for id in ids {
        let (subject, username) = subject(manifests, live, id)?;
        let explanation = explain_one(&subject, reader, id, username)
            .await
            .map_err(failed)?;
        explanations.push(explanation.ok_or_else(|| not_there(id, &subject.sharing.object))?);
    }
    Ok(explanations)
}

fn failed(error: OrgError) -> Failure {
    failure::of_org(&error).state(NOTHING_CHANGED)
}

/// The object that an id belongs to, by its first three characters, among those the manifests share.
fn subject<'a>(
    manifests: &'a [Manifest],
    live: &'a Live,
    id: &str,
) -> Result<(Subject<'a>, &'a str), Failure> {
    let mut known = Vec::new();
    for manifest in manifests {
        let Some(user) = &manifest.spec.user else {
            continue;
        };
        let live_user = live.user_of(user);
        let live_user = live_user.ok_or_else(|| no_user(&user.username))?;
        for sharing in &manifest.spec.sharing {
            let described = live.object(&sharing.object).found();
            let prefix = described.and_then(|described| described.key_prefix.as_deref());
            if soql::is_id(id) && prefix.is_some_and(|prefix| id.starts_with(prefix)) {
                return Ok((
                    Subject {
                        manifest,
                        sharing,
                        live,
                        user: live_user,
                    },
                    &user.username,
                ));
            }
            known.push(format!("{} ({}…)", sharing.object, prefix.unwrap_or("?")));
        }
    }
    let message = format!("`{id}` is no record of an object under `sharing`");
    let help = format!(
        "ids of these objects can be explained: {}",
        known.join(", ")
    );
    Err(Failure::new(
        Exit::Usage,
        vec![Diagnostic::error(Code::NoObjectOfTheId, message).help(help)],
    ))
}

fn no_user(username: &str) -> Failure {
    let message = format!("the org has no user `{username}` yet");
    let diagnostic = Diagnostic::error(Code::UserNotThereYet, message)
        .help("apply the manifest first, then explain");
    Failure::new(Exit::Differences, vec![diagnostic]).state(NOTHING_CHANGED)
}

fn not_there(id: &str, object: &str) -> Failure {
    let message = format!("there is no {object} `{id}` that you can see");
    let diagnostic = Diagnostic::error(Code::RecordNotFound, message)
        .help("check the id, and that you may view all data");
    Failure::new(Exit::Failed, vec![diagnostic]).state(NOTHING_CHANGED)
}

async fn explain_one(
    subject: &Subject<'_>,
    reader: &Reader,
    id: &str,
    username: &str,
) -> Result<Option<Explanation>, OrgError> {
    let select = subject.query().of_ids([id]);
    let records = read_records(reader, &select).await?;
    let Some(record) = records.first() else {
        return Ok(None);
    };
    let answer = subject.granted(reader, &[id]).await?;
    let granted = *answer.get(&short_id(id)).ok_or_else(|| no_answer(id))?;
    let around = given::around_one(subject, record, reader).await?;
    let wanted = subject.wanted_access(record, &subject.grounds(), &around);
    let child = wanted.child.as_ref();
    let child = child.map_or_else(String::new, |child| format!(": {child}"));
    let mut reasons = vec![
        says(&granted, username),
        format!("the manifest: {}{child}", wanted.why),
    ];
    for rule in subject.sharing.rules.iter().filter(|rule| !rule.absent) {
        reasons.extend(conditions(subject, rule, record));
    }
    if granted.read {
        reasons.extend(others(subject));
        let causes = cause::causes(subject, &[id.to_owned()], &around, reader).await?;
        reasons.extend(
            causes
                .into_values()
                .flatten()
                .map(|cause| format!("in the org: {}", cause.words)),
        );
    }
    let wanted = match wanted.read {
        Verdict::Yes => Some(true),
        Verdict::No => Some(false),
        Verdict::Either => None,
    };
    let object = subject.sharing.object.value.clone();
    let (readable, editable) = (granted.read, granted.edit);
    Ok(Some(Explanation {
        id: id.to_owned(),
        object,
        readable,
        editable,
        wanted,
        reasons,
    }))
}

/// The org leaves out records that the asking user may not see, and this one it has just shown.
fn no_answer(id: &str) -> OrgError {
    OrgError::Garbled {
        what: format!("the org does not say what the user may do with `{id}`"),
        excerpt: "(nothing)".to_owned(),
    }
}

fn says(granted: &Granted, username: &str) -> String {
    match (granted.read, granted.edit) {
        (true, true) => format!("the org says that {username} can see and edit it: it syncs"),
        (true, false) => format!("the org says that {username} can see it and cannot edit it"),
        (false, _) => format!("the org says that {username} cannot see it: it does not sync"),
    }
}

/// Rules that no manifest names and that reach the user, or may.
fn others(subject: &Subject) -> Vec<String> {
    let rules = subject
        .live
        .foreign_rules(subject.sharing, subject.manifest);
    let rules = rules.into_iter();
    let told = rules.map(|(rule, reach)| {
        let reaches = match reach {
            Reach::Own | Reach::Everybody => "reaches the user",
            Reach::Possible => "reaches the user if it belongs to whom the rule shares with",
        };
        let (kind, name) = (rule.kind.noun(), rule.name);
        format!("the {kind} {name}, which no manifest names, {reaches}")
    });
    told.collect()
}

/// Each condition of a rule against the record's own value.
fn conditions(subject: &Subject, rule: &Rule, record: &LiveRecord) -> Vec<String> {
    let (criteria, _) = rule_criteria(
        rule,
        &subject.sharing.object,
        subject.manifest,
        subject.live,
    );
    let kind = |field: &str| {
        let kind = subject.live.field_type(&subject.sharing.object, field);
        kind.map(str::to_owned)
    };
    let word = |verdict: Verdict| match verdict {
        Verdict::Yes => "met",
        Verdict::No => "not met",
        Verdict::Either => "not documented either way",
    };
    let access = rule.access.word();
    let head = format!(
        "rule {} ({access}): {}",
        rule.name,
        word(criteria.verdict(record.row(), &kind))
    );
    let each = criteria.findings(record.row(), &kind).into_iter();
    let lines = each.map(|(sentence, value, verdict)| {
        format!("  {sentence}: {}, the record has {value}", word(verdict))
    });
    std::iter::once(head).chain(lines).collect()
}
