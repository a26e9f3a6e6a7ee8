//! Observe: everything a plan has to know of the org, asked in one wave of parallel reads.

use crate::access;
use crate::diagnostic::{Diagnostic, Exit, Failure};
use crate::facts::{
    Answer, CONTAINERS, Facts, LICENSES, ORGANIZATION, ORGANIZATION_LEAST, OrgFacts, PROFILES,
    Question, ROLES, Row,
};
use crate::failure::{self, NOTHING_CHANGED};
use crate::findings;
use crate::kinds::{KINDS, ask_more, user_question};
use crate::manifest::Manifest;
use crate::org::{OrgError, Reader, Refusal, query_path, tooling_query_path};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

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
    let before = reader.usage();
    let mut facts = Facts::default();
    let mut questions = questions(manifests);
    questions.extend(more);
    let running = reader.identity().username.as_deref();
    questions.extend(running.map(|name| Question::Query(user_question(name))));
    answer(questions, reader, &mut facts)
        .await
        .map_err(failed)?;
    least_organization(reader, &mut facts).await?;
    readable(&facts)?;
    for _ in 0..MOST_WAVES {
        let rare = unanswered(manifests, &facts);
        if rare.is_empty() {
            break;
        }
        answer(rare, reader, &mut facts).await.map_err(failed)?;
    }
    let used = reader.usage();
    facts.requests = used.requests - before.requests;
    facts.api_calls = used.api_calls - before.api_calls;
    facts.org = which_org(&facts, reader);
    Ok(facts)
}

/// What only the answers show to be necessary; in most orgs nothing.
fn unanswered(manifests: &[Manifest], facts: &Facts) -> BTreeSet<Question> {
    let more = manifests.iter().flat_map(|manifest| {
        let rare = access::ask_more(manifest, facts).into_iter();
        rare.chain(ask_more(manifest, facts))
    });
    more.filter(|question| !facts.asked(question)).collect()
}

/// Which `Default…Access` columns there are depends on the org's features; without one of them the row is asked for
/// with the columns that every org has.
async fn least_organization(reader: &Reader, facts: &mut Facts) -> Result<(), Failure> {
    if !matches!(facts.refusal(ORGANIZATION), Some(("INVALID_FIELD", _))) {
        return Ok(());
    }
    let least = Question::Query(ORGANIZATION_LEAST.to_owned());
    answer([least].into(), reader, facts)
        .await
        .map_err(failed)?;
    let rows = facts.rows(ORGANIZATION_LEAST).to_vec();
    facts.record(Question::Query(ORGANIZATION.to_owned()), Answer::Rows(rows));
    Ok(())
}

/// The catalogues must be readable: an empty one would make everything in the manifest look unknown.
fn readable(facts: &Facts) -> Result<(), Failure> {
    for query in [ORGANIZATION, CONTAINERS, PROFILES, ROLES, LICENSES] {
        let Some((code, message)) = facts.refusal(query) else {
            continue;
        };
        let message = format!("the org does not let you read its setup: {code}: {message}");
        let help = "log in as an administrator with View Setup and Configuration and View Roles";
        let diagnostic = Diagnostic::error("OW3002", message).help(help);
        return Err(Failure::new(Exit::Login, vec![diagnostic]).state(NOTHING_CHANGED));
    }
    Ok(())
}

fn failed(error: OrgError) -> Failure {
    failure::of_org(&error).state(NOTHING_CHANGED)
}

/// Everything the kinds, the impact and the findings ask, once each.
pub fn questions(manifests: &[Manifest]) -> BTreeSet<Question> {
    let mut questions: BTreeSet<Question> = [ORGANIZATION, LICENSES]
        .map(|query| Question::Query(query.to_owned()))
        .into();
    for manifest in manifests {
        for kind in KINDS {
            questions.extend((kind.ask)(manifest));
        }
        questions.extend(access::ask(manifest));
        questions.extend(findings::ask(manifest));
    }
    questions
}

/// Asks the questions and files the answers.
async fn answer(
    questions: BTreeSet<Question>,
    reader: &Reader,
    facts: &mut Facts,
) -> Result<(), OrgError> {
    let mut components: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    let mut resources = Vec::new();
    for question in questions {
        match question {
            Question::Component(kind, full_name) => {
                components.entry(kind).or_default().push(full_name)
            }
            resource => resources.push(resource),
        }
    }
    let (components, resources) = tokio::try_join!(
        read_components(components, reader),
        read_resources(resources, reader)
    )?;
    for (question, answer) in components.into_iter().chain(resources) {
        facts.record(question, answer);
    }
    Ok(())
}

async fn read_components(
    components: BTreeMap<&'static str, Vec<String>>,
    reader: &Reader,
) -> Result<Vec<(Question, Answer)>, OrgError> {
    let mut reads = tokio::task::JoinSet::new();
    for (kind, names) in components {
        let reader = reader.clone();
        reads.spawn(async move {
            let documents = reader.read_metadata(kind, &names).await?;
            let questions = names
                .into_iter()
                .map(move |name| Question::Component(kind, name));
            let answers = documents
                .into_iter()
                .map(|document| Answer::Component(document.map(Box::new)));
            Ok::<_, OrgError>(questions.zip(answers).collect::<Vec<_>>())
        });
    }
    let mut answers = Vec::new();
    while let Some(read) = reads.join_next().await {
        match read {
            Ok(read) => answers.extend(read?),
            Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
        }
    }
    Ok(answers)
}

async fn read_resources(
    questions: Vec<Question>,
    reader: &Reader,
) -> Result<Vec<(Question, Answer)>, OrgError> {
    let paths: Vec<String> = questions.iter().filter_map(path).collect();
    let results = match reader.batch(&paths).await {
        Err(OrgError::Refused { refusal, .. }) if questions.iter().any(is_tooling) => {
            return read_without_tooling(questions, &refusal, reader).await;
        }
        results => results?,
    };
    Ok(questions
        .into_iter()
        .zip(results)
        .map(|(question, result)| {
            let answer = file(&question, result);
            (question, answer)
        })
        .collect())
}

/// The Tooling API is not among what the REST guide lets a batch hold, so an org may refuse the whole for its sake.
/// What it would have told is also known well enough without; everything else has to be asked again.
async fn read_without_tooling(
    questions: Vec<Question>,
    refusal: &Refusal,
    reader: &Reader,
) -> Result<Vec<(Question, Answer)>, OrgError> {
    let (tooling, others): (Vec<_>, Vec<_>) = questions.into_iter().partition(is_tooling);
    let mut answers = Box::pin(read_resources(others, reader)).await?;
    let refused = tooling.into_iter().map(|question| {
        let answer = file(&question, Err(refusal.clone()));
        (question, answer)
    });
    answers.extend(refused);
    Ok(answers)
}

fn is_tooling(question: &Question) -> bool {
    matches!(question, Question::Tooling(_))
}

fn path(question: &Question) -> Option<String> {
    match question {
        Question::Query(soql) => Some(query_path(soql)),
        Question::Tooling(soql) => Some(tooling_query_path(soql)),
        Question::Describe(object) => Some(format!("sobjects/{object}/describe")),
        Question::Component(..) => None,
    }
}

fn file(question: &Question, result: Result<Value, Refusal>) -> Answer {
    match result {
        Err(refusal) => Answer::Refused {
            code: refusal.code,
            message: refusal.message,
        },
        Ok(value) if matches!(question, Question::Describe(_)) => Answer::Describe(value),
        Ok(value) => Answer::Rows(rows(value)),
    }
}

fn rows(mut value: Value) -> Vec<Row> {
    let records = match value.get_mut("records").map(Value::take) {
        Some(Value::Array(records)) => records,
        _ => Vec::new(),
    };
    let maps = records.into_iter().filter_map(|record| match record {
        Value::Object(map) => Some(Row(map)),
        _ => None,
    });
    maps.collect()
}

fn which_org(facts: &Facts, reader: &Reader) -> OrgFacts {
    let identity = reader.identity();
    let row = facts.organization();
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
