//! Observe: everything a plan has to know of the org, asked in one wave of parallel reads.

mod retrieved;
mod send;
mod sources;

pub use sources::complete_sources;

use crate::access;
use crate::diagnostic::Failure;
use crate::event::Emit;
use crate::failure::{self, NOTHING_CHANGED};
use crate::findings;
use crate::kinds::{self, KINDS};
use crate::live::{
    self, Answer, Asked, Columns, Integration, Live, Need, OrgIdentity, Organization, Question,
    Refused, SetupHistory, SetupTrail,
};
use crate::manifest::Manifest;
use crate::org::{OrgError, Reader, Refusal, query_path, tooling_query_path};
use crate::soql::Row;
use jiff::tz::TimeZone;
use std::collections::BTreeSet;

/// Waves after the first, where answers lead to further questions: chains of dependencies end long before.
const MOST_WAVES: usize = 8;

/// Needs that were asked together and are asked one by one where that is refused: more would be a flood.
const MOST_APART: usize = 25;

/// Reads what these manifests make necessary. Nothing waits for anything else: all questions are known beforehand.
///
/// # Errors
/// What the org or the way to it made impossible.
pub async fn observe(manifests: &[Manifest], reader: &Reader) -> Result<Live, Failure> {
    observe_again(&Live::default(), manifests, BTreeSet::new(), reader).await
}

/// Reads the same, but for what is known already, and meets more needs in the same wave.
///
/// # Errors
/// As [`observe`].
pub async fn observe_again(
    lasting: &Live,
    manifests: &[Manifest],
    more: BTreeSet<Need>,
    reader: &Reader,
) -> Result<Live, Failure> {
    let wave = Box::pin(wave(lasting.clone(), manifests, more, reader)).await;
    let wave = wave.map_err(failed)?;
    Box::pin(ask_further(wave, manifests, reader, &mut |_| ())).await
}

/// Asks everything that is known beforehand to be worth asking.
///
/// # Errors
/// What the org or the way to it made impossible.
pub async fn first_wave(
    manifests: &[Manifest],
    more: BTreeSet<Need>,
    reader: &Reader,
) -> Result<Live, OrgError> {
    wave(Live::default(), manifests, more, reader).await
}

/// Asks again what the limits of these manifests rest on, and more, in one wave, and keeps the rest as it was seen.
///
/// # Errors
/// What the org or the way to it made impossible; what it refuses to tell is not known then.
pub async fn look_again(
    manifests: &[Manifest],
    seen: &Live,
    more: BTreeSet<Need>,
    reader: &Reader,
) -> Result<Live, Failure> {
    let mut specs = manifests.iter().map(|manifest| &manifest.spec);
    let with_people = specs.any(|spec| spec.limits.users_losing_access.is_some());
    let mut needs = seen.asked_of_numbers(with_people);
    needs.extend(more);
    let mut live = seen.without_answers_to(&needs);
    ask_org(needs, reader, &mut live).await.map_err(failed)?;
    Ok(live)
}

async fn wave(
    mut live: Live,
    manifests: &[Manifest],
    more: BTreeSet<Need>,
    reader: &Reader,
) -> Result<Live, OrgError> {
    live.integrations = manifests.iter().map(Integration::of).collect();
    let mut needs = needs(manifests);
    needs.extend(more);
    needs.retain(|need| !live.was_asked(need));
    // Who it is that asks, is asked at the same time; one of the administrators, as a rule.
    needs.insert(running_user(reader).unwrap_or(Need::Administrators));
    ask_org(needs, reader, &mut live).await?;
    Ok(live)
}

/// Asks what the first answers show to be worth asking: nothing, in most orgs. What takes longer is told by events.
///
/// # Errors
/// What the org or the way to it made impossible, and what no true plan can do without and the org refused to tell.
pub async fn ask_further(
    mut live: Live,
    manifests: &[Manifest],
    reader: &Reader,
    emit: Emit<'_>,
) -> Result<Live, Failure> {
    live.org = which_org(live.organization().learnt(), reader);
    if live.translates_profiles() {
        live = Box::pin(in_english(&live, reader)).await.map_err(failed)?;
    }
    live.stand_in_for_profiles();
    for _ in 0..MOST_WAVES {
        let lacking = live.needs_in_place_of_refused(manifests);
        let more = if lacking.is_empty() {
            live.stand_in_for_objects(manifests);
            told_what_is_needed(&live)?;
            further_needs(manifests, &live, reader)
        } else {
            lacking
        };
        if more.is_empty() {
            break;
        }
        ask_org(more, reader, &mut live).await.map_err(failed)?;
    }
    told_what_is_needed(&live)?;
    live.org = which_org(live.organization().learnt(), reader);
    live.today = Some(reader.org_time().to_zoned(TimeZone::UTC).date());
    let completed = Box::pin(complete_sources(&mut live, manifests, reader, emit)).await;
    completed.map_err(failed)?;
    Ok(live)
}

/// The same org, read again by an org's own names for its profiles. An org may have no `Admin`; one that has it and does not
/// say which profile that is would make every profile look empty.
async fn in_english(live: &Live, reader: &Reader) -> Result<Live, OrgError> {
    let listed = reader.list_metadata("Profile").await?;
    let has_admin = listed.iter().any(|profile| profile.full_name == "Admin");
    let listed: Vec<(String, String)> = listed
        .into_iter()
        .filter_map(|profile| Some((profile.full_name, profile.id?)))
        .collect();
    let Some((mut again, needs)) = live.with_profile_names(&listed) else {
        let unknown = Refused::not_told("which of its profiles is the System Administrator");
        return match has_admin || listed.is_empty() {
            true => Err(failure::error_of(&unknown)),
            false => Ok(live.clone()),
        };
    };
    let needs = needs
        .into_iter()
        .filter(|need| !again.was_asked(need))
        .collect();
    ask_org(needs, reader, &mut again).await?;
    Ok(again)
}

/// Asks for these things alone, by the org's own names for its profiles. What it refuses is for who asked to say.
///
/// # Errors
/// What the org or the way to it made impossible; a refusal of one thing is an answer.
pub(crate) async fn ask_alone(needs: BTreeSet<Need>, reader: &Reader) -> Result<Live, OrgError> {
    let mut live = Live::default();
    ask_org(needs, reader, &mut live).await?;
    let lacking = live.needs_in_place_of_refused(&[]);
    if !lacking.is_empty() {
        ask_org(lacking, reader, &mut live).await?;
    }
    if live.translates_profiles() {
        live = Box::pin(in_english(&live, reader)).await?;
    }
    live.org = which_org(live.organization().learnt(), reader);
    Ok(live)
}

/// What only the answers show to be necessary; in most orgs nothing.
fn further_needs(manifests: &[Manifest], live: &Live, reader: &Reader) -> BTreeSet<Need> {
    let more = manifests.iter().flat_map(|manifest| {
        let remarked = findings::further_needs(manifest, live).into_iter();
        remarked.chain(kinds::further_needs(manifest, live))
    });
    let more = more.chain(access::further_needs(manifests, live));
    let running = reader.identity().username.as_deref();
    let unknown = running.filter(|name| !live.user(name).was_asked());
    let running = unknown.map(|name| Need::User(name.to_owned()));
    more.chain(running)
        .filter(|need| !live.was_asked(need))
        .collect()
}

/// The queries that these questions are, for who sends them by itself.
pub fn queries_of(asked: &[Asked]) -> Vec<String> {
    let text = |asked: &Asked| match &asked.question {
        Question::Organization(columns) => Some(live::organization_query(columns)),
        Question::Query(text) => Some(text.clone()),
        _ => None,
    };
    asked.iter().filter_map(text).collect()
}

/// What their answers tell, in the same order.
pub fn learn_from(asked: &[Asked], results: Vec<Result<Vec<Row>, Refusal>>) -> Live {
    let mut live = Live::default();
    for (asked, result) in asked.iter().zip(results) {
        let answer = match result {
            Ok(rows) => Answer::Rows(rows),
            Err(refusal) => send::refused(refusal),
        };
        live.learn(&asked.needs, answer);
    }
    live
}

/// Everything the kinds, the impact and the findings need, once each.
pub(crate) fn needs(manifests: &[Manifest]) -> BTreeSet<Need> {
    let mut needs = BTreeSet::from([Need::Organization(Columns::All)]);
    for manifest in manifests {
        for kind in KINDS {
            needs.extend((kind.needs)(manifest));
        }
        needs.extend(findings::needs(manifest));
    }
    needs.extend(access::needs(manifests));
    needs
}

/// Asks the org for these things, takes in what it says of each, and adds up what that took.
///
/// # Errors
/// What the org or the way to it made impossible; a refusal of one thing is an answer.
pub(crate) async fn ask_org(
    needs: BTreeSet<Need>,
    reader: &Reader,
    live: &mut Live,
) -> Result<(), OrgError> {
    let before = reader.usage();
    // On the heap: what all the rooms above hold besides is much for the stack of a thread.
    let answers = Box::pin(send::send(live.questions(needs), reader)).await?;
    let (refused, told): (Vec<_>, Vec<_>) = answers.into_iter().partition(is_refused_together);
    let apart = refused
        .iter()
        .flat_map(|(asked, _)| live.asked_apart(asked));
    let apart = Box::pin(send::send(apart.collect(), reader)).await?;
    for (asked, answer) in told.into_iter().chain(apart) {
        live.learn(&asked.needs, answer);
    }
    let used = reader.usage();
    live.requests += used.requests - before.requests;
    live.api_calls += used.api_calls - before.api_calls;
    Ok(())
}

/// Who changed what in setup lately; `None` where the org does not tell.
pub async fn setup_trail(reader: &Reader) -> Option<SetupTrail> {
    let rows = reader.query(live::RECENT_SETUP).await.ok()?;
    Some(SetupTrail::of_rows(&rows))
}

/// The setup audit trail with what deploys did, in two requests side by side; where the org does not tell it, why.
pub async fn setup_history(reader: &Reader) -> Result<SetupHistory, String> {
    let paths = [
        query_path(live::SETUP_HISTORY),
        tooling_query_path(live::DEPLOYS_MADE),
    ];
    let refused = |why: String| format!("the org does not tell its audit trail: {why}");
    let answers = reader.together(&paths).await;
    let answers = answers.map_err(|error| refused(error.to_string()))?;
    let rows = answers.into_iter().map(|answer| match answer {
        Ok(resource) => resource.rows().map_err(|error| refused(error.to_string())),
        Err(refusal) => Err(refused(format!("{}: {}", refusal.code, refusal.message))),
    });
    // What was deployed cannot be told from what somebody did by hand unless both are known.
    let rows: Vec<Vec<Row>> = rows.collect::<Result<_, String>>()?;
    match rows.as_slice() {
        [entries, deploys] => Ok(SetupHistory::of_rows(entries, deploys)),
        _ => Err(refused("an answer is missing".to_owned())),
    }
}

/// What the org says to one question by itself.
///
/// # Errors
/// What the org or the way to it made impossible; a refusal is an answer.
pub(crate) async fn answer_to(
    question: Question,
    reader: &Reader,
) -> Result<Option<Answer>, OrgError> {
    let needs = Vec::new();
    let answers = send::send(vec![Asked { question, needs }], reader).await?;
    Ok(answers.into_iter().next().map(|(_, answer)| answer))
}

/// Whether a few needs were asked together and refused: one of them may be what the org does not tell.
fn is_refused_together((asked, answer): &(Asked, Answer)) -> bool {
    matches!(answer, Answer::Refused { .. }) && (2..=MOST_APART).contains(&asked.needs.len())
}

/// The running user, where it is known who that is.
pub(crate) fn running_user(reader: &Reader) -> Option<Need> {
    let running = reader.identity().username.clone()?;
    Some(Need::User(running))
}

/// What was refused and no true plan can do without: an empty part would make everything in the manifest look unknown,
/// or new.
fn told_what_is_needed(live: &Live) -> Result<(), Failure> {
    let refused = live.refusals_of_needed();
    match refused.is_empty() {
        true => Ok(()),
        false => Err(failure::of_refused(&refused).state(NOTHING_CHANGED)),
    }
}

fn failed(error: OrgError) -> Failure {
    failure::of_org(&error).state(NOTHING_CHANGED)
}

/// Which org it is, by its log-in and what it says of itself.
pub(crate) fn which_org(organization: Option<&Organization>, reader: &Reader) -> OrgIdentity {
    let identity = reader.identity();
    let text = |of: fn(&Organization) -> &String| organization.map(of).cloned().unwrap_or_default();
    OrgIdentity {
        id: identity.org_id.clone(),
        name: text(|organization| &organization.name),
        instance_url: identity.instance_url.clone(),
        edition: text(|organization| &organization.edition),
        sandbox: organization.is_some_and(|organization| organization.sandbox),
        api_version: identity.api_version.clone(),
        running_user: identity.username.clone(),
    }
}
