//! From questions to as few requests as possible, and from their answers back to the questions.

use crate::facts::{Answer, Facts, ORGANIZATION, Question, Row, Selection};
use crate::org::{self, OrgError, Reader, Refusal, Resource, query_path, tooling_query_path};
use std::collections::{BTreeMap, BTreeSet};
use std::iter::repeat_n;

/// Something to read, and the questions that it answers.
struct Read {
    path: String,
    questions: Vec<Question>,
}

/// Asks the questions, all at once, and files the answers.
pub(super) async fn answer(
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
    let reads = reads(resources, &reader.identity().org_id);
    let (components, resources) = tokio::try_join!(
        read_components(components, reader),
        read_resources(reads, reader)
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
    let reads = components.into_iter().map(|(kind, names)| {
        let reader = reader.clone();
        async move {
            let documents = reader.read_metadata(kind, &names).await?;
            let questions = names
                .into_iter()
                .map(move |name| Question::Component(kind, name));
            let answers = documents
                .into_iter()
                .map(|document| Answer::Component(document.map(Box::new)));
            Ok(questions.zip(answers).collect::<Vec<_>>())
        }
    });
    Ok(org::all(reads).await?.into_iter().flatten().collect())
}

/// What to read. Selections of the same columns are one query, and the organization is a record: it is not counted
/// among the queries that one request may hold.
fn reads(questions: Vec<Question>, org_id: &str) -> Vec<Read> {
    let mut reads = Vec::new();
    let mut selections: BTreeMap<&'static str, Vec<Selection>> = BTreeMap::new();
    for question in questions {
        let path = match &question {
            Question::Rows(selection) => {
                let alike = selections.entry(selection.select).or_default();
                alike.push(selection.clone());
                continue;
            }
            Question::Query(soql) if soql == ORGANIZATION && !org_id.is_empty() => {
                organization_path(org_id)
            }
            Question::Query(soql) => query_path(soql),
            Question::Tooling(soql) => tooling_query_path(soql),
            Question::Describe(object) => format!("sobjects/{object}/describe"),
            Question::Component(..) => continue,
        };
        reads.push(Read {
            path,
            questions: vec![question],
        });
    }
    reads.extend(selections.into_values().map(selected));
    reads
}

fn organization_path(id: &str) -> String {
    let columns = ORGANIZATION.trim_start_matches("SELECT ");
    let columns = columns
        .trim_end_matches(" FROM Organization")
        .replace(", ", ",");
    format!("sobjects/Organization/{id}?fields={columns}")
}

/// One query for selections of the same columns.
fn selected(selections: Vec<Selection>) -> Read {
    let select = selections.first().map_or("", |first| first.select);
    let conditions: Vec<String> = selections.iter().map(Selection::condition).collect();
    let condition = match conditions.as_slice() {
        [one] => one.clone(),
        several => format!("({})", several.join(") OR (")),
    };
    Read {
        path: query_path(&format!("{select} WHERE {condition}")),
        questions: selections.into_iter().map(Question::Rows).collect(),
    }
}

async fn read_resources(
    reads: Vec<Read>,
    reader: &Reader,
) -> Result<Vec<(Question, Answer)>, OrgError> {
    let paths: Vec<String> = reads.iter().map(|read| read.path.clone()).collect();
    let results = match reader.together(&paths).await {
        Err(OrgError::Refused { .. }) if reads.iter().any(Read::is_tooling) => {
            return read_apart(reads, reader).await;
        }
        results => results?,
    };
    let mut answers = Vec::new();
    let mut refused = Vec::new();
    for (read, result) in reads.into_iter().zip(results) {
        match result {
            Err(_) if read.is_tooling() => refused.push(read),
            result => answers.extend(file(read.questions, result)?),
        }
    }
    answers.extend(read_alone(refused, reader).await?);
    Ok(answers)
}

/// The Tooling API is not among what the REST guide lets a composite hold, so an org may refuse the whole for its sake:
/// then its queries go by themselves.
async fn read_apart(
    reads: Vec<Read>,
    reader: &Reader,
) -> Result<Vec<(Question, Answer)>, OrgError> {
    let (tooling, others): (Vec<_>, Vec<_>) = reads.into_iter().partition(Read::is_tooling);
    let (mut answers, alone) = tokio::try_join!(
        Box::pin(read_resources(others, reader)),
        read_alone(tooling, reader)
    )?;
    answers.extend(alone);
    Ok(answers)
}

/// Tooling queries one by one. What they would have told is also known well enough without.
async fn read_alone(
    reads: Vec<Read>,
    reader: &Reader,
) -> Result<Vec<(Question, Answer)>, OrgError> {
    let mut answers = Vec::new();
    for question in reads.into_iter().flat_map(|read| read.questions) {
        let Question::Tooling(soql) = &question else {
            continue;
        };
        let answer = match reader.tooling_query(soql).await {
            Err(OrgError::Refused { refusal, .. }) => refused(*refusal),
            rows => Answer::Rows(rows?.into_iter().map(Row).collect()),
        };
        answers.push((question, answer));
    }
    Ok(answers)
}

impl Read {
    fn is_tooling(&self) -> bool {
        matches!(self.questions.as_slice(), [Question::Tooling(_)])
    }
}

/// The answers to the questions of one read.
fn file(
    questions: Vec<Question>,
    result: Result<Resource, Refusal>,
) -> Result<Vec<(Question, Answer)>, OrgError> {
    let answer = match result {
        Err(refusal) => refused(refusal),
        Ok(Resource::Json(json)) if is_describe(&questions) => Answer::Describe(json.read()?),
        Ok(resource) => Answer::Rows(resource.rows()?.into_iter().map(Row).collect()),
    };
    let questions_and_answers = match answer {
        Answer::Rows(rows) if questions.len() > 1 => told_apart(questions, &rows),
        answer => {
            let answers = repeat_n(answer, questions.len());
            questions.into_iter().zip(answers).collect()
        }
    };
    Ok(questions_and_answers)
}

/// Of the rows that several selections share, to each its own.
fn told_apart(questions: Vec<Question>, rows: &[Row]) -> Vec<(Question, Answer)> {
    let of_question = |question: Question| {
        let own = |row: &&Row| match &question {
            Question::Rows(selection) => selection.holds(row),
            _ => true,
        };
        let rows = rows.iter().filter(own).cloned().collect();
        (question, Answer::Rows(rows))
    };
    questions.into_iter().map(of_question).collect()
}

fn is_describe(questions: &[Question]) -> bool {
    matches!(questions, [Question::Describe(_)])
}

fn refused(Refusal { code, message, .. }: Refusal) -> Answer {
    Answer::Refused { code, message }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn selections_of_the_same_columns_are_one_query_and_told_apart_again() {
        const SELECT: &str = "SELECT Name, Kind FROM A";
        let named = Selection::of(SELECT, "Name", ["x"]);
        let of_kind = Selection::of(SELECT, "Kind", ["k"]);
        let questions = [&named, &of_kind].map(|selection| Question::Rows(selection.clone()));
        let mut reads = reads(questions.to_vec(), "");
        assert_eq!(reads.len(), 1);
        let read = reads.remove(0);
        let expected = query_path("SELECT Name, Kind FROM A WHERE (Name = 'x') OR (Kind = 'k')");
        assert_eq!(read.path, expected);
        let row = |name: &str, kind: &str| {
            let row = json!({"Name": name, "Kind": kind});
            row.as_object().cloned().expect("a row")
        };
        let page = Resource::Rows(vec![row("x", "k"), row("x", "l"), row("y", "k")]);
        let answers: BTreeMap<Question, Answer> = file(read.questions, Ok(page))
            .expect("rows")
            .into_iter()
            .collect();
        let count = |selection: Selection| match &answers[&Question::Rows(selection)] {
            Answer::Rows(rows) => rows.len(),
            other => panic!("{other:?}"),
        };
        assert_eq!((count(named), count(of_kind)), (2, 2));
    }

    #[test]
    fn the_organization_is_read_as_a_record() {
        let question = || vec![Question::Query(ORGANIZATION.to_owned())];
        let path = |org_id: &str| reads(question(), org_id).remove(0).path;
        let record = path("00D000000000062EAA");
        assert!(record.starts_with("sobjects/Organization/00D000000000062EAA?fields=Id,Name,"));
        assert!(
            !record.contains(' ') && !record.contains("FROM"),
            "{record}"
        );
        assert_eq!(path(""), query_path(ORGANIZATION));
        let json = r#"{"Id": "00D", "Name": "Acme"}"#;
        let resource = serde_json::from_str(json).expect("JSON");
        let rows = file(question(), Ok(Resource::Json(resource))).expect("a row");
        let Some((_, Answer::Rows(rows))) = rows.first() else {
            panic!("{rows:?}");
        };
        assert_eq!(rows[0].text("Name"), Some("Acme"));
    }
}
