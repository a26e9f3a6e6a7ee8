//! Reports: plans, proofs and failures as people and machines read them.
//!
//! Everything here turns data into text and touches nothing; only `cli::output` prints. All foreign text
//! passes [`text::printable`], so nothing an org or a manifest holds reaches a terminal as it is.

mod annotations;
mod capable;
mod checked;
mod expected;
mod folded;
pub mod html;
pub mod human;
mod inventory;
pub mod json;
mod junit;
mod losing;
pub mod markdown;
mod results;
mod sarif;
pub mod saved;
pub mod schema;
pub mod style;
pub mod text;
mod written;

pub use annotations::annotations;
pub use written::{ReportFormat, Reported, written};

use crate::access::{ByWay, Bypass, Impact};
use crate::address::Address;
use crate::code::Code;
use crate::count::{count, number, plural};
use crate::diagnostic::{Diagnostic, Exit, Place, Severity};
use crate::laws::Way;
use crate::live::OrgIdentity;
use crate::manifest::Manifest;
use crate::plan::{Allowed, HeldLimit, LimitVerdict, Plan, Summary};
use crate::tally::Tally;
use crate::verify::is_about_numbers;

/// The one sentence that names the embedded org: first and last line of every run against it.
pub const EMBEDDED_ORG: &str = "embedded demo org, no Salesforce org was touched";

/// What this program calls itself, with its version.
pub const TOOL: &str = concat!("orgwright ", env!("CARGO_PKG_VERSION"));

/// How a run ended, and when: what every report for machines says beside its data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// The class of the outcome.
    pub exit: Exit,
    /// When, where that was asked for: without it, equal inputs give equal bytes.
    pub at: Option<String>,
}

/// What a report says besides its data: which org, which files, and what to run next.
#[derive(Clone, Debug, Default)]
pub struct Frame {
    /// Whose sight it is about.
    pub user: String,
    /// Every resource that the manifests name, with the line that names it, where that is known.
    pub resources: Vec<(Address, Option<Place>)>,
    /// When it was made, where that was asked for.
    pub at: Option<String>,
    /// The manifests' names, joined.
    pub name: String,
    /// The line that names the org.
    pub org: String,
    /// The manifests as they were named.
    pub files: Vec<String>,
    /// The command to copy, word by word, quoted for a shell.
    pub next: Vec<String>,
    /// Why `apply` would refuse the plan, where it would; `None` where nobody asked.
    pub refusals: Option<Vec<Diagnostic>>,
}

impl Frame {
    /// Why `apply` would refuse the plan, as far as that was asked.
    fn refused(&self) -> &[Diagnostic] {
        self.refusals.as_deref().unwrap_or_default()
    }

    /// Which program made the report, and when where that is to be said.
    fn made_by(&self) -> String {
        match &self.at {
            Some(at) => format!("{TOOL} \u{b7} {at}"),
            None => TOOL.to_owned(),
        }
    }
}

/// The line that names a Salesforce org: its name, id, what it is, and where.
pub fn org_line(org: &OrgIdentity) -> String {
    let kind = if org.sandbox { "sandbox" } else { "production" };
    text::printable(&format!(
        "org {} ({}, {kind}) {}",
        org.name, org.id, org.instance_url
    ))
    .into_owned()
}

/// Whose sight the manifests are about: their users, or the manifests' names where they state none.
pub fn user(manifests: &[Manifest]) -> String {
    let name = |manifest: &Manifest| {
        manifest.spec.user.as_ref().map_or_else(
            || manifest.name.value.clone(),
            |user| user.username.value.clone(),
        )
    };
    manifests.iter().map(name).collect::<Vec<_>>().join(", ")
}

/// The manifests' names, joined.
pub fn names(manifests: &[Manifest]) -> String {
    let names = manifests
        .iter()
        .map(|manifest| manifest.name.value.as_str());
    names.collect::<Vec<_>>().join(", ")
}

/// What comes first in a report: what makes a plan pointless, and what has to be done before it.
fn urgent(plan: &Plan) -> impl Iterator<Item = &Diagnostic> {
    let findings = plan.findings.iter();
    let is_urgent = |finding: &&Diagnostic| {
        is_about_numbers(finding) || matches!(finding.code, Code::TickFirst | Code::GapOpen)
    };
    findings.filter(is_urgent)
}

/// What a limit is about, its verdict, and the numbers in words.
fn limit_words(limit: &HeldLimit) -> [String; 3] {
    let verdict = match limit.verdict {
        LimitVerdict::Holds => "holds",
        LimitVerdict::Broken => "broken",
        LimitVerdict::NotKnown => "not known",
    };
    let about = match &limit.rule {
        Some(rule) => format!("{} of {}", limit.name, rule.name),
        None => limit.name.to_owned(),
    };
    let allowed = match limit.limit {
        Allowed::AtMost(most) => format!("at most {}", number(most)),
        Allowed::Expected(meant) => meant.to_string(),
    };
    let words = match &limit.planned {
        Tally::Unknown(why) => format!("not known ({why}); the manifest says {allowed}"),
        planned => {
            let exactly = match planned.exactly() {
                Some(_) => "",
                None => ", nobody can say exactly",
            };
            let planned = tally(planned);
            format!("{planned} planned{exactly}; the manifest says {allowed}")
        }
    };
    [about, verdict.to_owned(), words]
}

/// The counts in words: `6 to create, 1 to change, 0 to replace, 0 to delete`.
fn totals(plan: &Plan) -> String {
    let Summary {
        create,
        update,
        replace,
        delete,
    } = plan.summary();
    format!("{create} to create, {update} to change, {replace} to replace, {delete} to delete")
}

/// How many records the user will see, in words; `None` where that says nothing: it may be any number of them.
fn visible_after(impact: &Impact) -> Option<String> {
    match &impact.visible_after {
        Tally::Exactly(visible) => Some(number(*visible)),
        Tally::Between {
            at_least: 0,
            at_most,
        } if impact.records.exactly() == Some(*at_most) => None,
        Tally::Between { .. } => Some(tally(&impact.visible_after)),
        Tally::Unknown(_) => None,
    }
}

/// `311`, `at most 311`, `12 to 311`, or that it is not known.
fn tally(tally: &Tally) -> String {
    match tally {
        Tally::Exactly(exactly) => number(*exactly),
        Tally::Between {
            at_least: 0,
            at_most,
        } => format!("at most {}", number(*at_most)),
        Tally::Between { at_least, at_most } => {
            format!("{} to {}", number(*at_least), number(*at_most))
        }
        Tally::Unknown(_) => "not known".to_owned(),
    }
}

/// The same with its noun: `1 user`, `an unknown number of users`.
fn tally_of(tally: &Tally, noun: &str) -> String {
    match tally {
        Tally::Exactly(exactly) => count(*exactly, noun),
        Tally::Between { at_least, at_most } => {
            format!("{} to {}", number(*at_least), count(*at_most, noun))
        }
        Tally::Unknown(_) => format!("an unknown number of {}", plural(0, noun)),
    }
}

/// How many records there are, how many the user sees now, and how many after.
fn record_counts(impact: &Impact) -> [String; 3] {
    let now = impact.visible_now.as_ref();
    let after = match &impact.visible_after {
        Tally::Unknown(_) => "not known".to_owned(),
        _ => visible_after(impact).unwrap_or_else(|| "not known yet".to_owned()),
    };
    let after = match ways_words(impact) {
        Some(ways) => format!("{after}: {ways}"),
        None => after,
    };
    [
        tally(&impact.records),
        now.map_or_else(|| "no user yet".to_owned(), tally),
        after,
    ]
}

/// What the user will see, told apart by way: `202 by rule, 69 more read-only as accounts of shared contacts`; `None` where
/// there is but one way.
fn ways_words(impact: &Impact) -> Option<String> {
    let several = impact.ways_after.len() > 1;
    let along = |way: &ByWay| way.way == Way::ParentOfGiven;
    if !several && !impact.ways_after.iter().any(along) {
        return None;
    }
    let mut parts = Vec::new();
    for way in &impact.ways_after {
        let more = if parts.is_empty() { "" } else { " more" };
        parts.push(format!("{}{more} {}", number(way.records), way_words(way)));
    }
    Some(parts.join(", "))
}

fn way_words(way: &ByWay) -> String {
    match (way.way, way.through) {
        (Way::ParentOfGiven, Some(object)) => {
            let children = plural(2, &object.to_lowercase());
            format!("read-only as accounts of shared {children}")
        }
        (Way::Owned, _) => "that it owns or stands above".to_owned(),
        (Way::ChildOfOwned, _) => "under accounts that it owns or stands above".to_owned(),
        (Way::Row, _) => "shared by people".to_owned(),
        (Way::Default, _) => "by default".to_owned(),
        (Way::Permission, _) => "by a permission over all records".to_owned(),
        _ => "by rule".to_owned(),
    }
}

/// How many the user will be able to edit, where that is not as many as it sees.
fn edited_words(impact: &Impact) -> Option<String> {
    let told = impact.editable_after != impact.visible_after;
    let told = told && impact.visible_after.unknown().is_none();
    told.then(|| match &impact.editable_after {
        Tally::Exactly(0) => "none of them editable".to_owned(),
        Tally::Unknown(_) => "how many of them editable is not known".to_owned(),
        editable => format!("{} of them editable", tally(editable)),
    })
}

/// How many accounts become readable along with an object's records, where the manifest says nothing of accounts.
fn opened_words(impact: &Impact) -> Option<String> {
    let accounts = impact.accounts_opened.as_ref()?;
    if accounts.at_most() == Some(0) {
        return None;
    }
    let children = plural(2, &impact.object.to_lowercase());
    let accounts = match accounts {
        Tally::Exactly(accounts) => count(*accounts, "account"),
        Tally::Between { at_most, .. } if *at_most < u64::MAX => {
            format!("at most {}", count(*at_most, "account"))
        }
        _ => "an unknown number of accounts".to_owned(),
    };
    Some(format!("{accounts}, read-only: those of shared {children}"))
}

/// Who loses sight, a profile each; `escape` writes names.
fn losing_words(impact: &Impact, escape: impl Fn(&str) -> String) -> Vec<String> {
    let Some(lost) = impact.sight_lost.as_ref().learnt() else {
        return vec!["not known".to_owned()];
    };
    let all = losing::who_loses(lost).into_iter();
    let unknown = (lost.cannot_tell > 0)
        .then(|| format!("cannot tell of {}", losing::people(lost.cannot_tell)));
    let each = lost.profiles.iter().map(|entry| {
        let records: Vec<&Tally> = entry.roles.iter().map(|role| &role.records).collect();
        let sights = records
            .iter()
            .fold(Tally::Exactly(0), |all, one| all.plus(one));
        match (records.is_empty(), &sights) {
            (true, _) | (_, Tally::Unknown(_)) => {
                format!("{} {}", number(entry.users), escape(&entry.profile))
            }
            _ => format!(
                "{} {} ({})",
                number(entry.users),
                escape(&entry.profile),
                tally(&sights)
            ),
        }
    });
    all.chain(unknown).chain(each).collect()
}

/// Who sees everything anyway; `escape` writes names.
fn bypass_words(impact: &Impact, escape: impl Fn(&str) -> String) -> Vec<String> {
    let Some(bypass) = impact.bypass.as_ref().learnt() else {
        return vec!["not known".to_owned()];
    };
    let users = |entry: &Bypass| match entry.users.exactly() {
        Some(users) => number(users),
        None => "?".to_owned(),
    };
    let each = bypass.iter();
    each.map(|entry| format!("{} {} ({})", users(entry), escape(&entry.name), entry.by))
        .collect()
}

/// What the plan does not touch, counted: `4 sharing rules`, `1 role`.
fn left_alone_counts(plan: &Plan) -> Vec<String> {
    let counted = plan.left_alone.iter().filter(|(_, found)| **found > 0);
    counted
        .map(|(nouns, found)| {
            let nouns = nouns.replace('_', " ");
            count(*found, nouns.strip_suffix('s').unwrap_or(&nouns))
        })
        .collect()
}

/// A kind in people's words: `organization-wide default`.
fn kind_words(address: &Address) -> String {
    match address.kind {
        "organization_wide_default" => "organization-wide default".to_owned(),
        kind => kind.replace('_', " "),
    }
}

/// A place as editors take it: `orgwright.yaml:28`.
fn place_words(place: &Place) -> String {
    text::printable(&format!("{}:{}", place.file, place.line)).into_owned()
}

/// The findings of a weight.
fn of_severity(findings: &[Diagnostic], severity: Severity) -> impl Iterator<Item = &Diagnostic> {
    findings
        .iter()
        .filter(move |finding| finding.severity == severity)
}

/// How many findings of each weight there are: `1 error, 2 warnings`; nothing where there are none.
fn finding_counts(findings: &[Diagnostic]) -> String {
    let weights = [Severity::Error, Severity::Warning, Severity::Note];
    let counts = weights.map(|severity| {
        (
            of_severity(findings, severity).count() as u64,
            severity.word(),
        )
    });
    let told = counts.iter().filter(|(number, _)| *number > 0);
    told.map(|(number, word)| count(*number, word))
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
pub(crate) mod samples;
