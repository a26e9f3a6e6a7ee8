//! `retrieve` and `checkRetrieveStatus`: components as files in a zip.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use roxmltree::Node;
use serde_json::{Value, json};
use zip::write::SimpleFileOptions;

use super::envelope::{Fault, answer};
use super::lists::{properties, write_properties};
use super::{Answer, Call, argument, given, job_id, queued, unknown_job};
use crate::documents::{self, Rendering, Scope};
use crate::http::decode;
use crate::store::Org;
use crate::world::World;
use crate::xml::{self, Writer, child_any_case, elements, text, truth};

/// What was asked for, as the store keeps it until somebody fetches the zip.
#[derive(Clone, Debug, Default, PartialEq)]
struct Wanted {
    version: u32,
    single: bool,
    /// Type and member, as stated.
    members: Vec<(String, String)>,
}

/// Remembers a request; the zip is made when it is fetched.
pub(super) fn start(world: &mut World, call: &Call, operation: Node<'_, '_>) -> Answer {
    let request = child_any_case(operation, "retrieveRequest")
        .or_else(|| child_any_case(operation, "request"))
        .ok_or_else(|| Fault::client("The retrieve has no retrieveRequest".to_owned()))?;
    if let Some(package) = child_any_case(request, "packageNames") {
        return Err(Fault::new(
            "INVALID_CROSS_REFERENCE_KEY",
            format!("No package named '{}' found", text(package)),
        ));
    }
    let wanted = read_request(call, request);
    let id = world.org.next_id("09S");
    world.org.retrieves.insert(id.clone(), to_value(&wanted));
    Ok(answer("retrieveResponse", |writer| queued(&id, writer)))
}

fn read_request(call: &Call, request: Node<'_, '_>) -> Wanted {
    let stated = child_any_case(request, "apiVersion")
        .map(text)
        .unwrap_or_default();
    let version = stated
        .split('.')
        .next()
        .and_then(|whole| whole.parse().ok())
        .unwrap_or(call.version);
    let mut members = Vec::new();
    for types in child_any_case(request, "unpackaged")
        .into_iter()
        .flat_map(elements)
    {
        let Some(kind) = child_any_case(types, "name").map(text) else {
            continue;
        };
        let named =
            elements(types).filter(|node| node.tag_name().name().eq_ignore_ascii_case("members"));
        members.extend(named.map(|member| (kind.to_owned(), text(member).to_owned())));
    }
    let single = child_any_case(request, "singlePackage").is_some_and(|node| truth(text(node)));
    Wanted {
        version,
        single,
        members,
    }
}

fn to_value(wanted: &Wanted) -> Value {
    json!({"version": wanted.version, "single": wanted.single, "members": wanted.members})
}

fn from_value(value: &Value) -> Wanted {
    Wanted {
        version: value
            .get("version")
            .and_then(Value::as_u64)
            .and_then(|number| number.try_into().ok())
            .unwrap_or_default(),
        single: value
            .get("single")
            .and_then(Value::as_bool)
            .unwrap_or_default(),
        members: value
            .get("members")
            .and_then(|members| serde_json::from_value(members.clone()).ok())
            .unwrap_or_default(),
    }
}

/// The result, with the zip unless the caller only polls.
pub(super) fn status(world: &World, operation: Node<'_, '_>) -> Answer {
    let id = job_id(operation)?;
    let wanted = world
        .org
        .retrieves
        .get(&id)
        .map(from_value)
        .ok_or_else(|| unknown_job(&id))?;
    let with_zip = argument(operation, &["includeZip"], 1).is_none_or(|text| truth(&text));
    let found = Found::new(&world.org, &wanted);
    let asked: Vec<(&str, &str)> = found
        .components
        .iter()
        .map(|(kind, name)| (&**kind, &**name))
        .collect();
    if let Some(refusal) = given::refusal(&world.org.platform.refused_retrieves, &asked) {
        return Ok(refused(&id, refusal));
    }
    let zip = if with_zip {
        BASE64.encode(pack(&files(&world.org, &wanted, &found))?)
    } else {
        String::new()
    };
    Ok(answer("checkRetrieveStatusResponse", |writer| {
        writer.within("result", |writer| {
            write_result(&world.org, &id, &wanted, &found, &zip, writer)
        });
    }))
}

/// A retrieve that failed as a whole.
fn refused(id: &str, (code, message): (&str, &str)) -> String {
    answer("checkRetrieveStatusResponse", |writer| {
        writer.within("result", |writer| {
            writer.flag("done", true);
            writer.leaf("errorMessage", &format!("{code}: {message}"));
            writer.leaf("errorStatusCode", code);
            writer.leaf("id", id);
            writer.leaf("status", "Failed");
            writer.flag("success", false);
            writer.leaf("zipFile", "");
        });
    })
}

fn root(wanted: &Wanted) -> &'static str {
    if wanted.single { "" } else { "unpackaged/" }
}

fn write_result(
    org: &Org,
    id: &str,
    wanted: &Wanted,
    found: &Found,
    zip: &str,
    writer: &mut Writer,
) {
    let manifest = format!("{}package.xml", root(wanted));
    writer.flag("done", true);
    for (kind, name) in &found.components {
        writer.within("fileProperties", |writer| {
            properties(org, kind, name, root(wanted), writer)
        });
    }
    writer.within("fileProperties", |writer| {
        write_properties(org, ("Package", &manifest, &manifest, ""), None, writer);
    });
    writer.leaf("id", id);
    for problem in &found.problems {
        writer.within("messages", |writer| {
            writer.leaf("fileName", &manifest);
            writer.leaf("problem", problem);
        });
    }
    writer.leaf("status", "Succeeded");
    writer.flag("success", true);
    writer.leaf("zipFile", zip);
}

/// Which of the members the org has, and what it says about the others.
struct Found {
    components: BTreeSet<(String, String)>,
    problems: Vec<String>,
}

impl Found {
    fn new(org: &Org, wanted: &Wanted) -> Self {
        let mut found = Self {
            components: BTreeSet::new(),
            problems: Vec::new(),
        };
        for (kind, member) in &wanted.members {
            found.add(org, kind, member);
        }
        found
    }

    fn add(&mut self, org: &Org, kind: &str, member: &str) {
        let known = documents::file_kind(kind).is_some();
        let name = decode(member);
        if known && member == "*" {
            self.components.extend(
                all(org, kind)
                    .into_iter()
                    .map(|name| (kind.to_owned(), name)),
            );
        } else if known && documents::exists(org, kind, &name) {
            self.components.insert((kind.to_owned(), name));
        } else if known {
            self.problems.push(format!(
                "Entity of type '{kind}' named '{member}' cannot be found"
            ));
        } else {
            self.problems
                .push(format!("Entity type '{kind}' is unknown"));
        }
    }
}

/// The wildcard does not cover standard objects (Metadata API guide, CustomObject).
fn all(org: &Org, kind: &str) -> Vec<String> {
    let mut names = documents::names(org, kind);
    names.retain(|name| kind != "CustomObject" || name.ends_with("__c"));
    names
}

fn files(org: &Org, wanted: &Wanted, found: &Found) -> BTreeMap<String, String> {
    let scope = Scope {
        everything: false,
        companions: found.components.clone(),
    };
    let rendering = Rendering {
        version: wanted.version,
        scope,
    };
    let mut files = BTreeMap::new();
    for (kind, name) in &found.components {
        let Some(path) = documents::path_of(kind, name) else {
            continue;
        };
        let text = match documents::kind(kind) {
            Some(_) => whole_file(org, kind, name, &rendering),
            None => match part_of_file(org, found, kind, name, &rendering) {
                Some(text) => text,
                None => continue,
            },
        };
        add_file(
            org,
            kind,
            name,
            format!("{}{path}", root(wanted)),
            text,
            &mut files,
        );
    }
    files.insert(
        format!("{}package.xml", root(wanted)),
        manifest(wanted, found),
    );
    files
}

/// Components of another format are two files.
fn add_file(
    org: &Org,
    kind: &str,
    name: &str,
    path: String,
    text: String,
    files: &mut BTreeMap<String, String>,
) {
    let content = org
        .documents
        .get(&format!("{kind}.content"))
        .and_then(|kept| kept.get(name));
    match content {
        Some(content) => {
            files.insert(format!("{path}-meta.xml"), text);
            files.insert(path, content.clone());
        }
        None => drop(files.insert(path, text)),
    }
}

fn whole_file(org: &Org, kind: &str, name: &str, rendering: &Rendering) -> String {
    let write = |writer: &mut Writer| {
        let missing = &org.platform.missing_retrieves;
        given::write(org, missing, (kind, name), rendering, writer)
    };
    let mut content = Writer::compact();
    write(&mut content);
    if content.finish().is_empty() {
        return xml::empty_file(kind);
    }
    xml::file(kind, |writer| {
        write(writer);
    })
}

/// Children asked for by name share the file of their parent, unless the parent is there anyway.
fn part_of_file(
    org: &Org,
    found: &Found,
    kind: &str,
    name: &str,
    rendering: &Rendering,
) -> Option<String> {
    let parent = documents::file_kind(kind)?.name;
    let stem = name.split('.').next().unwrap_or(name);
    if found
        .components
        .contains(&(parent.to_owned(), stem.to_owned()))
    {
        return None;
    }
    let prefix = format!("{stem}.");
    let inside = |(kind, name): &&(String, String)| {
        documents::kind(kind).is_none()
            && documents::file_kind(kind).is_some_and(|file| file.name == parent)
            && name.starts_with(&prefix)
    };
    let children: Vec<&(String, String)> = found.components.iter().filter(inside).collect();
    Some(xml::file(parent, |writer| {
        for (kind, name) in children {
            let element = crate::deploy::element_of(kind).unwrap_or("fields");
            writer.within(element, |writer| {
                writer.leaf("fullName", name.strip_prefix(&prefix).unwrap_or(name));
                documents::write(org, kind, name, rendering, writer);
            });
        }
    }))
}

fn manifest(wanted: &Wanted, found: &Found) -> String {
    let mut types: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (kind, name) in &found.components {
        types
            .entry(kind)
            .or_default()
            .push(documents::shown_name(kind, name));
    }
    xml::file("Package", |writer| {
        for (kind, members) in &types {
            writer.within("types", |writer| {
                members
                    .iter()
                    .for_each(|member| writer.leaf("members", member));
                writer.leaf("name", kind);
            });
        }
        writer.leaf("version", &format!("{}.0", wanted.version));
    })
}

/// A zip as the platform streams it: sizes stand behind the data, so only the central directory knows them.
fn pack(files: &BTreeMap<String, String>) -> Result<Vec<u8>, Fault> {
    let broken = |_| Fault::new("UNKNOWN_EXCEPTION", "An unexpected error occurred.");
    let options = SimpleFileOptions::default().last_modified_time(zip::DateTime::default());
    let mut writer = zip::ZipWriter::new_stream(Vec::new());
    for (path, text) in files {
        writer
            .start_file(path.as_str(), options)
            .map_err(|error| broken(error.to_string()))?;
        writer
            .write_all(text.as_bytes())
            .map_err(|error| broken(error.to_string()))?;
    }
    let stream = writer.finish().map_err(|error| broken(error.to_string()))?;
    Ok(stream.into_inner())
}
