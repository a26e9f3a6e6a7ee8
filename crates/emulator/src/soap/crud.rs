//! `createMetadata`, `updateMetadata`, `upsertMetadata` and `deleteMetadata`: components one by one, at once.

use roxmltree::Node;

use super::envelope::{Fault, answer};
use super::lists::{check_count, full_names, known};
use super::{Answer, Call, argument};
use crate::deploy::{self, Occasion};
use crate::documents::{self, Outcome, Setting};
use crate::http::decode;
use crate::jobs;
use crate::language::{self, Language};
use crate::problem::{MISSING, Problem, not_found};
use crate::store::Org;
use crate::world::World;
use crate::xml::{INSTANCE, Writer, child_text, elements};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Create,
    Update,
    Upsert,
}

/// One component's result.
struct Saved {
    full_name: String,
    applied: Result<Outcome, Vec<Problem>>,
}

/// Saves the components of a call, each on its own unless all or none was asked for.
pub(super) fn save(world: &mut World, call: &Call, operation: Node<'_, '_>) -> Answer {
    let verb = match operation.tag_name().name().to_ascii_lowercase().as_str() {
        "createmetadata" => Verb::Create,
        "updatemetadata" => Verb::Update,
        _ => Verb::Upsert,
    };
    let components: Vec<Node<'_, '_>> = elements(operation).collect();
    check_count(components.len())?;
    let kinds = components
        .iter()
        .map(|component| type_of(*component))
        .collect::<Result<Vec<String>, Fault>>()?;
    let before = world.org.clone();
    let mut results: Vec<Saved> = Vec::new();
    for (component, kind) in components.iter().zip(&kinds) {
        results.push(save_one(world, call, verb, kind, *component));
    }
    undo_together(world, call, before, &mut results);
    let language = language::of(&world.org, &call.user);
    let name = match verb {
        Verb::Create => "createMetadataResponse",
        Verb::Update => "updateMetadataResponse",
        Verb::Upsert => "upsertMetadataResponse",
    };
    Ok(answer(name, |writer| {
        results
            .iter()
            .for_each(|saved| write_result(saved, language, verb == Verb::Upsert, writer))
    }))
}

/// The type in `xsi:type`, without its prefix.
fn type_of(component: Node<'_, '_>) -> Result<String, Fault> {
    let stated = component.attribute((INSTANCE, "type")).unwrap_or_default();
    let kind = stated.rsplit(':').next().unwrap_or_default();
    if kind.is_empty() {
        return Err(Fault::client("Must specify a {http://www.w3.org/2001/XMLSchema-instance}type attribute value for the {http://soap.sforce.com/2006/04/metadata}metadata element".to_owned()));
    }
    known(kind)?;
    Ok(kind.to_owned())
}

fn save_one(
    world: &mut World,
    call: &Call,
    verb: Verb,
    kind: &str,
    component: Node<'_, '_>,
) -> Saved {
    let full_name = child_text(component, "fullName")
        .unwrap_or_default()
        .to_owned();
    let name = decode(&full_name);
    let exists = documents::exists(&world.org, kind, &name);
    let refusal = match verb {
        Verb::Create if exists && kind != "SharingRules" => Some(Problem::new(
            "DUPLICATE_DEVELOPER_NAME",
            format!(
                "This {kind} already exists or has been previously used in your application or package. Please choose a different name."
            ),
        )),
        Verb::Update if !exists => Some(not_found(kind, &name)),
        _ if name.is_empty() => Some(Problem::new(MISSING, "Required field is missing: fullName")),
        _ => None,
    };
    let applied = match refusal {
        Some(problem) => Err(vec![problem]),
        None => {
            let setting = Setting {
                version: call.version,
                single_call: true,
            };
            let occasion = occasion(world, call);
            deploy::change(&mut world.org, &occasion, (kind, &name), |org| {
                documents::apply(org, kind, &name, component, &setting)
            })
        }
    };
    Saved { full_name, applied }
}

fn occasion(world: &World, call: &Call) -> Occasion {
    let now = world.now();
    Occasion {
        user: call.user.clone(),
        now,
        timing: jobs::timing(world, "", now),
    }
}

/// With all or none, one failure takes everything back.
fn undo_together(world: &mut World, call: &Call, before: Org, results: &mut [Saved]) {
    if !call.all_or_none || results.iter().all(|saved| saved.applied.is_ok()) {
        crate::sharing::deploy_reported(&mut world.org, "");
        return;
    }
    world.org = before;
    for saved in results.iter_mut().filter(|saved| saved.applied.is_ok()) {
        let message = "Record rolled back because not all records were valid and the request was using AllOrNone header";
        saved.applied = Err(vec![Problem::new(
            "ALL_OR_NONE_OPERATION_ROLLED_BACK",
            message,
        )]);
    }
}

/// Deletes the components of a call.
pub(super) fn delete(world: &mut World, call: &Call, operation: Node<'_, '_>) -> Answer {
    let kind = argument(operation, &["type", "metadataType"], 0).unwrap_or_default();
    known(&kind)?;
    let names = full_names(operation);
    check_count(names.len())?;
    let before = world.org.clone();
    let mut results: Vec<Saved> = Vec::new();
    for full_name in names {
        let occasion = occasion(world, call);
        let name = decode(&full_name);
        let applied = deploy::change(&mut world.org, &occasion, (&kind, &name), |org| {
            documents::delete(org, &kind, &name)
                .map(|()| Outcome::Changed)
                .map_err(|problem| vec![problem])
        });
        results.push(Saved { full_name, applied });
    }
    undo_together(world, call, before, &mut results);
    let language = language::of(&world.org, &call.user);
    Ok(answer("deleteMetadataResponse", |writer| {
        results
            .iter()
            .for_each(|saved| write_result(saved, language, false, writer));
    }))
}

fn write_result(saved: &Saved, language: Language<'_>, with_created: bool, writer: &mut Writer) {
    writer.within("result", |writer| {
        if with_created {
            writer.flag("created", saved.applied == Ok(Outcome::Created));
        }
        for problem in saved.applied.as_ref().err().into_iter().flatten() {
            writer.within("errors", |writer| {
                writer.leaf("message", &language.message(&problem.message));
                writer.leaf("statusCode", problem.code);
            });
        }
        writer.leaf("fullName", &saved.full_name);
        writer.flag("success", saved.applied.is_ok());
    });
}
