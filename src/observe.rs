//! Observe: everything a plan has to know of the org, asked in one wave of parallel reads.

mod wave;

use crate::access;
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Exit, Failure};
use crate::facts::{
    Answer, CONTAINERS, Facts, ORGANIZATION, ORGANIZATION_LEAST, OrgFacts, Question, ROLES,
    ROLES_LEAST, Row,
};
use crate::failure::{self, NOTHING_CHANGED};
use crate::findings;
use crate::kinds::{
    KINDS, administrators, ask_more, entity_definition, role_by_itself, user_question,
};
use crate::manifest::Manifest;
use crate::org::{OrgError, Reader};
use std::collections::BTreeSet;

/// Waves after the first, where answers lead to further questions: chains of dependencies end long before.
const MOST_WAVES: usize = 8;

/// Reads what these manifests make necessary. Nothing waits for anything else: all questions are known beforehand.
///
/// # Errors
/// What the org or the way to it made impossible.
pub async fn observe(manifests: &[Manifest], reader: &Reader) -> Result<Facts, Failure> {
    observe_with(manifests, BTreeSet::new(), reader).await
}

/// Reads the same, and answers more questions in the same wave.
///
/// # Errors
/// As [`observe`].
pub async fn observe_with(
    manifests: &[Manifest],
    more: BTreeSet<Question>,
    reader: &Reader,
) -> Result<Facts, Failure> {
    let facts = first_wave(manifests, more, reader).await.map_err(failed)?;
    completed(facts, manifests, reader).await
}

/// Asks everything that is known beforehand to be worth asking.
///
/// # Errors
/// What the org or the way to it made impossible.
pub async fn first_wave(
    manifests: &[Manifest],
    more: BTreeSet<Question>,
    reader: &Reader,
) -> Result<Facts, OrgError> {
    let mut facts = Facts::default();
    let mut questions = questions(manifests);
    questions.extend(more);
    questions.insert(Question::Rows(match &reader.identity().username {
        Some(running) => user_question(running),
        // Who that is, is asked at the same time; one of these, as a rule.
        None => administrators(),
    }));
    counted(questions, reader, &mut facts).await?;
    Ok(facts)
}

/// Asks what the first answers show to be worth asking: nothing, in most orgs.
///
/// # Errors
/// What the org or the way to it made impossible.
pub async fn completed(
    mut facts: Facts,
    manifests: &[Manifest],
    reader: &Reader,
) -> Result<Facts, Failure> {
    let lacking = lacking_columns(manifests, &facts);
    counted(lacking, reader, &mut facts).await.map_err(failed)?;
    least(ORGANIZATION, ORGANIZATION_LEAST, &mut facts);
    least(ROLES, ROLES_LEAST, &mut facts);
    readable(&facts)?;
    facts.know_profiles();
    know_running_user(&mut facts, reader);
    for manifest in manifests {
        access::know_populations(manifest, &mut facts);
    }
    for _ in 0..MOST_WAVES {
        let rare = unanswered(manifests, &facts, reader);
        if rare.is_empty() {
            break;
        }
        counted(rare, reader, &mut facts).await.map_err(failed)?;
    }
    facts.org = which_org(facts.organization(), reader);
    Ok(facts)
}

/// What only the answers show to be necessary; in most orgs nothing.
fn unanswered(manifests: &[Manifest], facts: &Facts, reader: &Reader) -> BTreeSet<Question> {
    let more = manifests.iter().flat_map(|manifest| {
        let rare = access::ask_more(manifest, facts).into_iter();
        rare.chain(findings::ask_more(manifest, facts))
            .chain(ask_more(manifest, facts))
    });
    more.chain(running_user(reader))
        .filter(|question| !facts.asked(question))
        .collect()
}

/// Asks, and adds up what it took.
async fn counted(
    questions: BTreeSet<Question>,
    reader: &Reader,
    facts: &mut Facts,
) -> Result<(), OrgError> {
    let before = reader.usage();
    wave::answer(questions, reader, facts).await?;
    let used = reader.usage();
    facts.requests += used.requests - before.requests;
    facts.api_calls += used.api_calls - before.api_calls;
    Ok(())
}

/// Some columns depend on the org's features. Where one is lacking, the rows are asked for with the columns that every
/// org has, and what else would have told the same.
fn lacking_columns(manifests: &[Manifest], facts: &Facts) -> BTreeSet<Question> {
    let lacks = |query: &str| matches!(facts.refusal(query), Some(("INVALID_FIELD", _)));
    let mut questions = BTreeSet::new();
    if lacks(ORGANIZATION) {
        questions.insert(Question::Query(ORGANIZATION_LEAST.to_owned()));
        let sharing = manifests.iter().flat_map(|manifest| &manifest.spec.sharing);
        questions
            .extend(sharing.map(|sharing| Question::Query(entity_definition(&sharing.object))));
    }
    if lacks(ROLES) {
        questions.insert(Question::Query(ROLES_LEAST.to_owned()));
        questions.extend(manifests.iter().filter_map(role_by_itself));
    }
    questions
}

/// Files the rows with the least columns where those with all of them are asked for.
fn least(query: &str, least: &str, facts: &mut Facts) {
    if let Some(rows) = facts.answered(least).map(<[Row]>::to_vec) {
        facts.record(Question::Query(query.to_owned()), Answer::Rows(rows));
    }
}

/// What is asked about the running user, where it is known who that is.
fn running_user(reader: &Reader) -> Option<Question> {
    let running = reader.identity().username.as_deref()?;
    Some(Question::Rows(user_question(running)))
}

/// Finds the running user among the administrators.
fn know_running_user(facts: &mut Facts, reader: &Reader) {
    let Some(running) = reader.identity().username.as_deref().map(user_question) else {
        return;
    };
    let administrators = facts.selected(&administrators());
    let Some(row) = administrators
        .iter()
        .find(|row| running.holds(row))
        .cloned()
    else {
        return;
    };
    facts.record(Question::Rows(running), Answer::Rows(vec![row]));
}

/// The catalogues must be readable: an empty one would make everything in the manifest look unknown.
fn readable(facts: &Facts) -> Result<(), Failure> {
    for query in [ORGANIZATION, CONTAINERS, ROLES] {
        let Some((code, message)) = facts.refusal(query) else {
            continue;
        };
        let message = format!("the org does not let you read its setup: {code}: {message}");
        let help = "log in as an administrator with View Setup and Configuration and View Roles";
        let diagnostic = Diagnostic::error(Code::LogInOrPermission, message).help(help);
        return Err(Failure::new(Exit::Login, vec![diagnostic]).state(NOTHING_CHANGED));
    }
    Ok(())
}

fn failed(error: OrgError) -> Failure {
    failure::of_org(&error).state(NOTHING_CHANGED)
}

/// Everything the kinds, the impact and the findings ask, once each.
pub fn questions(manifests: &[Manifest]) -> BTreeSet<Question> {
    let mut questions = BTreeSet::from([Question::Query(ORGANIZATION.to_owned())]);
    for manifest in manifests {
        for kind in KINDS {
            questions.extend((kind.ask)(manifest));
        }
        questions.extend(access::ask(manifest));
        questions.extend(findings::ask(manifest));
    }
    questions
}

/// Which org it is, by its log-in and its `Organization` row.
pub(crate) fn which_org(row: Option<&Row>, reader: &Reader) -> OrgFacts {
    let identity = reader.identity();
    let text = |column: &str| {
        row.and_then(|row| row.text(column))
            .unwrap_or_default()
            .to_owned()
    };
    OrgFacts {
        id: identity.org_id.clone(),
        name: text("Name"),
        instance_url: identity.instance_url.clone(),
        edition: text("OrganizationType"),
        sandbox: row.is_some_and(|row| row.flag("IsSandbox")),
        api_version: identity.api_version.clone(),
        running_user: identity.username.clone(),
    }
}
