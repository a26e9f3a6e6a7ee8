//! `composite/tree`: records with their children below them, all or nothing (REST guide, sObject tree).

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{body_object, viewer};
use crate::http::{Refusal, Request, Response};
use crate::store::Id;
use crate::views;
use crate::world::World;
use crate::write;

/// How many records fit into one request, how deep they go, and how many objects they are of (REST guide, limits).
const MOST_RECORDS: usize = 200;
const DEEPEST: usize = 5;
const MOST_OBJECTS: usize = 5;

/// A record of the tree, after its parent.
struct Node {
    reference: String,
    object: String,
    fields: Map<String, Value>,
    /// Which earlier record is its parent, and the field that says so.
    parent: Option<(usize, String)>,
}

/// `POST composite/tree/OBJECT`.
///
/// # Errors
/// A body that is no tree; records that are refused are told in the answer.
pub(super) fn create(
    world: &mut World,
    request: &Request,
    version: u32,
    object: &str,
) -> Result<Response, Refusal> {
    let body = body_object(request)?;
    let mut nodes = Vec::new();
    let mut tree = Tree {
        world,
        request,
        version,
        nodes: &mut nodes,
    };
    tree.gather(body.get("records"), object, None, 1)?;
    check(&nodes)?;
    let before = world.org.clone();
    let mut ids: Vec<Id> = Vec::new();
    for node in &nodes {
        let mut fields = node.fields.clone();
        if let Some((parent, field)) = &node.parent {
            fields.insert(field.clone(), json!(ids.get(*parent)));
        }
        match write::create(world, &request.user, version, &node.object, fields) {
            Ok(id) => ids.push(id),
            Err(refusal) => {
                world.org = before;
                return Ok(failed(node, refusal));
            }
        }
    }
    let results = nodes.iter().zip(&ids);
    let results: Vec<Value> = results
        .map(|(node, id)| json!({"referenceId": node.reference, "id": id}))
        .collect();
    Ok(Response::json(
        201,
        &json!({"hasErrors": false, "results": results}),
    ))
}

fn failed(node: &Node, refusal: Refusal) -> Response {
    let error = json!({"statusCode": refusal.code, "message": refusal.message, "fields": refusal.fields.unwrap_or_default()});
    let result = json!({"referenceId": node.reference, "errors": [error]});
    Response::json(400, &json!({"hasErrors": true, "results": [result]}))
}

struct Tree<'t> {
    world: &'t World,
    request: &'t Request,
    version: u32,
    nodes: &'t mut Vec<Node>,
}

impl Tree<'_> {
    /// Takes in the records of one list, and what hangs below them.
    fn gather(
        &mut self,
        records: Option<&Value>,
        object: &str,
        parent: Option<(usize, String)>,
        depth: usize,
    ) -> Result<(), Refusal> {
        let Some(records) = records.and_then(Value::as_array) else {
            return Err(malformed("records is missing"));
        };
        if depth > DEEPEST || self.nodes.len() + records.len() > MOST_RECORDS {
            let message =
                format!("a tree holds at most {MOST_RECORDS} records, {DEEPEST} levels deep");
            return Err(Refusal::new(400, "LIMIT_EXCEEDED", message));
        }
        for record in records {
            self.gather_one(record, object, parent.clone(), depth)?;
        }
        Ok(())
    }

    fn gather_one(
        &mut self,
        record: &Value,
        object: &str,
        parent: Option<(usize, String)>,
        depth: usize,
    ) -> Result<(), Refusal> {
        let attributes = &record["attributes"];
        let stated = attributes["type"].as_str().unwrap_or_default();
        if !stated.eq_ignore_ascii_case(object) {
            return Err(malformed(&format!(
                "the type of a record is '{stated}', expected is '{object}'"
            )));
        }
        let whole = record.as_object().into_iter().flatten();
        let (below, fields): (Vec<_>, Vec<_>) = whole
            .filter(|(name, _)| *name != "attributes")
            .partition(|(_, value)| value.get("records").is_some());
        let own = |(name, value): (&String, &Value)| (name.clone(), value.clone());
        self.nodes.push(Node {
            reference: attributes["referenceId"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
            object: object.to_owned(),
            fields: fields.into_iter().map(own).collect(),
            parent,
        });
        let position = self.nodes.len() - 1;
        for (relationship, children) in below {
            let (child, field) = self.child(object, relationship)?;
            self.gather(
                children.get("records"),
                &child,
                Some((position, field)),
                depth + 1,
            )?;
        }
        Ok(())
    }

    /// The object behind a relationship to children, and its reference to the parent.
    fn child(&self, object: &str, relationship: &str) -> Result<(String, String), Refusal> {
        let viewer = viewer(self.world, self.request, self.version);
        let found = views::schema(&viewer, object)
            .and_then(|parent| views::child_relationship(&viewer, &parent.name, relationship));
        found
            .map(|(child, field)| (child.name.clone(), field))
            .ok_or_else(|| write::no_such_column(object, relationship))
    }
}

fn malformed(message: &str) -> Refusal {
    Refusal::new(400, "INVALID_INPUT", message)
}

fn check(nodes: &[Node]) -> Result<(), Refusal> {
    let objects: BTreeSet<&str> = nodes.iter().map(|node| node.object.as_str()).collect();
    if objects.len() > MOST_OBJECTS {
        let message = format!("a tree holds records of at most {MOST_OBJECTS} objects");
        return Err(Refusal::new(400, "LIMIT_EXCEEDED", message));
    }
    let mut seen = BTreeSet::new();
    for node in nodes {
        let reference = node.reference.as_str();
        if reference.is_empty() || !seen.insert(reference) {
            return Err(malformed(&format!(
                "duplicate or missing referenceId: '{reference}'"
            )));
        }
    }
    Ok(())
}
