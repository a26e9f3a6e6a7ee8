//! Sends questions, as few requests as possible, and pairs each with its answer.

use super::retrieved::{retrieve, worth_a_retrieve};
use crate::live::{Answer, Asked, Question, organization_query};
use crate::org::{self, OrgError, Reader, Refusal, Resource, query_path, tooling_query_path};
use std::collections::BTreeMap;

/// The code of a describe of what the org does not have, or hides (REST API guide, Status Codes and Error Responses).
const NOT_THERE: &str = "NOT_FOUND";

/// Sends the questions, all at once.
pub(super) async fn send(
    questions: Vec<Asked>,
    reader: &Reader,
) -> Result<Vec<(Asked, Answer)>, OrgError> {
    let is_component = |asked: &Asked| matches!(asked.question, Question::Component(..));
    let (documents, resources): (Vec<_>, Vec<_>) = questions.into_iter().partition(is_component);
    let (mut answers, resources) = tokio::try_join!(
        components(documents, reader),
        read_resources(resources, reader)
    )?;
    answers.extend(resources);
    Ok(answers)
}

async fn components(
    questions: Vec<Asked>,
    reader: &Reader,
) -> Result<Vec<(Asked, Answer)>, OrgError> {
    let (many, few) = worth_a_retrieve(questions);
    let ((mut answers, left), read) =
        tokio::try_join!(retrieve(many, reader), read_components(few, reader))?;
    answers.extend(read);
    answers.extend(read_components(left, reader).await?);
    Ok(answers)
}

async fn read_components(
    questions: Vec<Asked>,
    reader: &Reader,
) -> Result<Vec<(Asked, Answer)>, OrgError> {
    let mut by_type: BTreeMap<&'static str, Vec<(String, Asked)>> = BTreeMap::new();
    for asked in questions {
        if let Question::Component(kind, name) = &asked.question {
            let (kind, name) = (*kind, name.clone());
            by_type.entry(kind).or_default().push((name, asked));
        }
    }
    let reads = by_type.into_iter().map(|(kind, named)| {
        let reader = reader.clone();
        async move {
            let (names, questions): (Vec<_>, Vec<_>) = named.into_iter().unzip();
            let answers = read_documents(kind, &names, &reader).await?;
            Ok(questions.into_iter().zip(answers).collect::<Vec<_>>())
        }
    });
    Ok(org::all(reads).await?.into_iter().flatten().collect())
}

/// Documents of one type: together, and each by itself where the org fails to give them so.
async fn read_documents(
    kind: &'static str,
    names: &[String],
    reader: &Reader,
) -> Result<Vec<Answer>, OrgError> {
    match read_together(kind, names, reader).await? {
        Ok(answers) => return Ok(answers),
        Err(refusal) if names.len() == 1 => return Ok(vec![refused(refusal)]),
        Err(_) => {}
    }
    let each = names.iter().cloned().map(|name| {
        let reader = reader.clone();
        async move {
            let answers = read_together(kind, &[name], &reader).await?;
            Ok(answers.unwrap_or_else(|refusal| vec![refused(refusal)]))
        }
    });
    Ok(org::all(each).await?.into_iter().flatten().collect())
}

async fn read_together(
    kind: &'static str,
    names: &[String],
    reader: &Reader,
) -> Result<Result<Vec<Answer>, Refusal>, OrgError> {
    let documents = match reader.read_metadata(kind, names).await {
        Err(OrgError::Refused { refusal, .. }) => return Ok(Err(*refusal)),
        documents => documents?.into_iter(),
    };
    let answers = documents.map(|document| Answer::Component(document.map(Box::new)));
    Ok(Ok(answers.collect()))
}

fn path(question: &Question, org_id: &str) -> String {
    match question {
        Question::Organization(columns) if org_id.is_empty() => {
            query_path(&organization_query(columns))
        }
        Question::Organization(columns) => {
            format!("sobjects/Organization/{org_id}?fields={columns}")
        }
        Question::Query(soql) => query_path(soql),
        Question::Tooling(soql) => tooling_query_path(soql),
        Question::Describe(object) => format!("sobjects/{object}/describe"),
        // Components go another way, and tables have become queries.
        Question::Component(..) | Question::Rows(_) => String::new(),
    }
}

fn is_tooling(asked: &Asked) -> bool {
    matches!(asked.question, Question::Tooling(_))
}

async fn read_resources(
    questions: Vec<Asked>,
    reader: &Reader,
) -> Result<Vec<(Asked, Answer)>, OrgError> {
    let (tooling, data): (Vec<_>, Vec<_>) = questions.into_iter().partition(is_tooling);
    let (mut answers, told) =
        tokio::try_join!(read_data(data, reader), read_tooling(tooling, reader))?;
    answers.extend(told);
    Ok(answers)
}

async fn read_data(
    questions: Vec<Asked>,
    reader: &Reader,
) -> Result<Vec<(Asked, Answer)>, OrgError> {
    let results = reader.together(&paths(&questions, reader)).await?;
    let answered = questions.into_iter().zip(results);
    let answers = answered.map(|(asked, result)| {
        let answer = answer(&asked.question, result)?;
        Ok((asked, answer))
    });
    answers.collect()
}

/// Tooling queries: together, and those that are refused so, by themselves.
async fn read_tooling(
    questions: Vec<Asked>,
    reader: &Reader,
) -> Result<Vec<(Asked, Answer)>, OrgError> {
    let results = match reader.together(&paths(&questions, reader)).await {
        Err(OrgError::Refused { .. }) => return read_alone(questions, reader).await,
        results => results?,
    };
    let (mut answers, mut refused) = (Vec::new(), Vec::new());
    for (asked, result) in questions.into_iter().zip(results) {
        match result {
            Ok(resource) => answers.push((asked, Answer::Rows(resource.rows()?))),
            Err(_) => refused.push(asked),
        }
    }
    answers.extend(read_alone(refused, reader).await?);
    Ok(answers)
}

fn paths(questions: &[Asked], reader: &Reader) -> Vec<String> {
    let org_id = &reader.identity().org_id;
    let paths = questions.iter();
    paths.map(|asked| path(&asked.question, org_id)).collect()
}

/// Tooling queries one by one. What they would have told is also known well enough without.
async fn read_alone(
    questions: Vec<Asked>,
    reader: &Reader,
) -> Result<Vec<(Asked, Answer)>, OrgError> {
    let mut answers = Vec::new();
    for asked in questions {
        let Question::Tooling(soql) = &asked.question else {
            continue;
        };
        let answer = match reader.tooling_query(soql).await {
            Err(OrgError::Refused { refusal, .. }) => refused(*refusal),
            rows => Answer::Rows(rows?),
        };
        answers.push((asked, answer));
    }
    Ok(answers)
}

fn answer(question: &Question, result: Result<Resource, Refusal>) -> Result<Answer, OrgError> {
    let describes = matches!(question, Question::Describe(_));
    Ok(match result {
        Err(refusal) if describes && refusal.code == NOT_THERE => Answer::Described(None),
        Err(refusal) => refused(refusal),
        Ok(Resource::Json(json)) if describes => Answer::Described(Some(json.read()?)),
        Ok(resource) => Answer::Rows(resource.rows()?),
    })
}

pub(super) fn refused(refusal: Refusal) -> Answer {
    Answer::Refused {
        status: refusal.status,
        code: refusal.code,
        message: refusal.message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_organization_is_read_as_a_record() {
        let question = Question::Organization("Id,Name");
        let record = path(&question, "00D000000000062EAA");
        assert_eq!(
            record,
            "sobjects/Organization/00D000000000062EAA?fields=Id,Name"
        );
        assert_eq!(
            path(&question, ""),
            query_path("SELECT Id,Name FROM Organization")
        );
        let json = r#"{"Id": "00D", "Name": "Acme"}"#;
        let resource = serde_json::from_str(json).expect("JSON");
        let Ok(Answer::Rows(rows)) = answer(&question, Ok(Resource::Json(resource))) else {
            panic!("rows");
        };
        assert_eq!(rows[0].text("Name"), Some("Acme"));
    }

    #[test]
    fn only_an_absent_object_is_no_object() {
        let describe = Question::Describe("X__c".into());
        let refused = |code: &str| {
            let refusal = Refusal {
                status: 400,
                code: code.to_owned(),
                message: String::new(),
                fields: Vec::new(),
            };
            answer(&describe, Err(refusal))
        };
        assert!(matches!(refused("NOT_FOUND"), Ok(Answer::Described(None))));
        for code in ["INSUFFICIENT_ACCESS", "INVALID_TYPE", "QUERY_TIMEOUT"] {
            assert!(
                matches!(refused(code), Ok(Answer::Refused { .. })),
                "{code}"
            );
        }
    }
}
