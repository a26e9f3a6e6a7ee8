//! Explain: why a user can or cannot see and edit a record. The org's own answer first, then everything that decides, link
//! by link in the order in which the platform decides, then what the manifest asks of the record.

mod asked;
mod links;
mod owning;
mod permitted;
mod rules;
mod whose;

use crate::criteria::Verdict;
use crate::diagnostic::{Exit, Failure};
use crate::failure::{self, NOTHING_CHANGED};
use crate::live::{Columns, Granted, HoldingNeed, Live, LiveRecord, Need, SharingNeed, short_id};
use crate::manifest::Manifest;
use crate::org::{OrgError, Reader};
use crate::verify::subject::{Subject, read_records};
use crate::verify::{given, owners_are_known};
pub use asked::{AskedRecords, RecordName};
pub use links::Link;
pub use rules::{ConditionTold, RuleTold};
use serde::Serialize;
use std::collections::BTreeSet;
use whose::Sight;
pub use whose::nobody;

/// What there is to say about one record and one user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// Record id as it was asked, or found.
    pub id: String,
    /// The object's API name.
    pub object: String,
    /// The user's name.
    pub user: String,
    /// Whether the user sees it, by the org's own word.
    pub readable: bool,
    /// Whether the user can edit it, by the org's own word.
    pub editable: bool,
    /// Whether the manifest wants it seen; `None` where the documentation leaves it open, or no manifest speaks of it.
    pub wanted: Option<bool>,
    /// How the org's word stands to the manifest's.
    pub judgement: Judgement,
    /// Everything that decides, in the order in which it does.
    pub links: Vec<Link>,
    /// The org's own word, in a sentence.
    #[serde(skip)]
    pub verdict: String,
    /// What the links do not explain.
    pub contradiction: Option<String>,
    /// The same in sentences.
    pub reasons: Vec<String>,
}

/// How the org's word about a record stands to the manifest's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Judgement {
    /// No manifest says what it should be.
    NotStated,
    /// As the manifest asks.
    AsAsked,
    /// The documentation leaves open what the manifest asks.
    EitherIsRight,
    /// It is visible, or can be edited, and the manifest does not ask for that.
    Leak,
    /// It is hidden, and the manifest asks for it.
    Missing,
    /// It is visible and cannot be edited, and the manifest asks for that.
    NotEditable,
}

impl Judgement {
    /// Whether the org is otherwise than the manifest asks.
    pub fn is_wrong(self) -> bool {
        matches!(self, Self::Leak | Self::Missing | Self::NotEditable)
    }
}

/// What an explanation has to know besides what the manifests make necessary: whose access anybody has, and what makes
/// void what the users are assigned.
pub fn needs(manifests: &[Manifest], user: Option<&str>) -> BTreeSet<Need> {
    let users = whose::usernames(manifests, user).into_iter();
    let assigned = users.flat_map(|name| {
        let name = name.to_lowercase();
        let needs = [
            HoldingNeed::Assigned(name.clone()),
            HoldingNeed::Revoked(name),
        ];
        needs.map(Need::Holding)
    });
    let of_all = [
        Need::Sharing(SharingNeed::People),
        Need::Sharing(SharingNeed::Groups),
        Need::Sharing(SharingNeed::Members),
        Need::Roles(Columns::All),
    ];
    assigned.chain(of_all).collect()
}

/// Explains records, each for every user that is meant: the one that is named, else the users of the manifests.
///
/// # Errors
/// An id of no object (64), nobody whose sight is meant (64), a record or user that is not there, and what the org or the
/// way to it made impossible.
pub async fn explain(
    manifests: &[Manifest],
    live: &Live,
    reader: &Reader,
    asked: &AskedRecords<'_>,
) -> Result<Vec<Explanation>, Failure> {
    for manifest in manifests {
        owners_are_known(manifest, live)?;
    }
    let records = asked::records(asked.records, live, reader).await?;
    let sights = whose::sights(manifests, &records, asked.user)?;
    let live = &whose::learn(&sights, live, reader).await?;
    let mut explanations = Vec::new();
    for sight in &sights {
        let subject = sight.subject(live)?;
        let explained = explain_one(sight, &subject, reader).await;
        let explanation = explained.map_err(failed)?;
        explanations.push(explanation.ok_or_else(|| asked::not_there(&sight.record))?);
    }
    Ok(explanations)
}

fn failed(error: OrgError) -> Failure {
    failure::of_org(&error).state(NOTHING_CHANGED)
}

async fn explain_one(
    sight: &Sight,
    subject: &Subject<'_>,
    reader: &Reader,
) -> Result<Option<Explanation>, OrgError> {
    let id = sight.record.id.as_str();
    let select = links::query(subject).of_ids([id]);
    let records = read_records(reader, &select).await?;
    let Some(record) = records.first() else {
        return Ok(None);
    };
    let answer = subject.granted(reader, &[id]).await?;
    let granted = *answer.get(&short_id(id)).ok_or_else(|| no_answer(id))?;
    let mut links = links::links(subject, record, sight.is_stated, reader).await?;
    let mut explanation = Explanation {
        id: id.to_owned(),
        object: sight.record.object.clone(),
        user: subject.user.username.clone(),
        readable: granted.read,
        editable: granted.edit,
        wanted: None,
        judgement: Judgement::NotStated,
        links: Vec::new(),
        verdict: says(&granted, &subject.user.username),
        contradiction: links::contradiction(&links, granted),
        reasons: Vec::new(),
    };
    if sight.is_stated {
        links.push(wished(subject, record, granted, reader, &mut explanation).await?);
    }
    let sentences = links.iter().flat_map(Link::sentences);
    let verdict = std::iter::once(explanation.verdict.clone());
    let reasons = verdict
        .chain(sentences)
        .chain(explanation.contradiction.clone());
    explanation.reasons = reasons.collect();
    explanation.links = links;
    Ok(Some(explanation))
}

/// What the manifest asks of the record, as the last link; how the org stands to it goes into the explanation.
async fn wished(
    subject: &Subject<'_>,
    record: &LiveRecord,
    granted: Granted,
    reader: &Reader,
    explanation: &mut Explanation,
) -> Result<Link, OrgError> {
    let around = given::around_one(subject, record, reader).await?;
    let wanted = subject.wanted_access(record, &subject.grounds(), &around);
    explanation.wanted = match wanted.read {
        Verdict::Yes => Some(true),
        Verdict::No => Some(false),
        Verdict::Either => None,
    };
    explanation.judgement = match (wanted.read, granted.read) {
        (Verdict::Either, _) => Judgement::EitherIsRight,
        (Verdict::No, true) => Judgement::Leak,
        (Verdict::Yes, false) => Judgement::Missing,
        (Verdict::Yes, true) if wanted.edit == Verdict::Yes && !granted.edit => {
            Judgement::NotEditable
        }
        (Verdict::Yes, true) if wanted.edit == Verdict::No && granted.edit => Judgement::Leak,
        _ => Judgement::AsAsked,
    };
    let child = wanted.child.as_ref();
    let child = child.map_or_else(String::new, |child| format!(": {child}"));
    let gives = match (wanted.read, wanted.edit) {
        (Verdict::Either, _) => None,
        (Verdict::No, _) => Some("none"),
        (Verdict::Yes, Verdict::Yes) => Some("edit"),
        (Verdict::Yes, _) => Some("read"),
    };
    let says = format!("the manifest: {}{child}", wanted.why);
    Ok(Link::new("manifest", gives, says))
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
        (true, true) => format!("the org says that {username} can see and edit it"),
        (true, false) => format!("the org says that {username} can see it and cannot edit it"),
        (false, _) => format!("the org says that {username} cannot see it"),
    }
}

impl Explanation {
    /// How a run ends that explained this.
    pub fn exit(explanations: &[Self]) -> Exit {
        match explanations.iter().any(|one| one.judgement.is_wrong()) {
            true => Exit::Differences,
            false => Exit::Done,
        }
    }
}
