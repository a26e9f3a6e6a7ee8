//! `listMetadata` and `readMetadata`.

use roxmltree::Node;

use super::envelope::{Fault, answer};
use super::{Answer, Call, argument, given};
use crate::documents::{self, Rendering, Scope};
use crate::http::decode;
use crate::jobs::soap_date;
use crate::store::Org;
use crate::world::World;
use crate::xml::{Writer, child_any_case, elements, text};

/// Components a single call takes, queries a list call takes (Metadata API guide, limits).
pub(super) const MOST_COMPONENTS: usize = 10;
const MOST_QUERIES: usize = 3;

/// The properties of every component of the types asked for.
pub(super) fn list(world: &World, operation: Node<'_, '_>) -> Answer {
    let queries =
        elements(operation).filter(|node| node.tag_name().name().eq_ignore_ascii_case("queries"));
    let kinds: Vec<String> = queries
        .filter_map(|query| child_any_case(query, "type"))
        .map(|node| text(node).to_owned())
        .collect();
    if kinds.len() > MOST_QUERIES {
        return Err(Fault::new(
            "LIMIT_EXCEEDED",
            format!("Number of queries cannot exceed {MOST_QUERIES}"),
        ));
    }
    kinds.iter().try_for_each(|kind| known(kind))?;
    // What refuses a whole type refuses to list it; a component that cannot be read is listed all the same.
    let asked: Vec<(&str, &str)> = kinds.iter().map(|kind| (&**kind, "*")).collect();
    readable(world, &asked)?;
    Ok(answer("listMetadataResponse", |writer| {
        for kind in &kinds {
            for name in documents::names(&world.org, kind) {
                writer.within("result", |writer| {
                    properties(&world.org, kind, &name, "", writer)
                });
            }
        }
    }))
}

/// Types the org lacks are a fault.
pub(super) fn known(kind: &str) -> Result<(), Fault> {
    let found = documents::file_kind(kind).is_some();
    let refusal = || {
        Fault::new(
            "INVALID_TYPE",
            "This type of metadata is not available for this organization",
        )
    };
    found.then_some(()).ok_or_else(refusal)
}

/// Writes `FileProperties`; `root` is the folder around a retrieved package, with its slash.
pub(super) fn properties(org: &Org, kind: &str, name: &str, root: &str, writer: &mut Writer) {
    let path = documents::path_of(kind, name).unwrap_or_default();
    let full_name = documents::shown_name(kind, name);
    let id = documents::id_of(org, kind, name).unwrap_or_default();
    let namespace = name
        .split_once("__")
        .filter(|(prefix, rest)| has_namespace(org, prefix, rest))
        .map(|(prefix, _)| prefix);
    write_properties(
        org,
        (kind, &full_name, &format!("{root}{path}"), &id),
        namespace,
        writer,
    );
}

fn has_namespace(org: &Org, prefix: &str, rest: &str) -> bool {
    !rest.is_empty()
        && org
            .packages
            .iter()
            .any(|package| package.namespace == prefix)
}

/// Writes `FileProperties` of a component given as type, full name, file and id.
pub(super) fn write_properties(
    org: &Org,
    (kind, full_name, file, id): (&str, &str, &str, &str),
    namespace: Option<&str>,
    writer: &mut Writer,
) {
    let administrator = &org.organization.administrator;
    let name = org
        .users
        .get(administrator)
        .map(|user| user.name())
        .unwrap_or_default();
    let date = soap_date(org.organization.created);
    writer.leaf("createdById", administrator);
    writer.leaf("createdByName", &name);
    writer.leaf("createdDate", &date);
    writer.leaf("fileName", file);
    writer.leaf("fullName", full_name);
    writer.leaf("id", id);
    writer.leaf("lastModifiedById", administrator);
    writer.leaf("lastModifiedByName", &name);
    writer.leaf("lastModifiedDate", &date);
    writer.leaf(
        "manageableState",
        if namespace.is_some() {
            "installed"
        } else {
            "unmanaged"
        },
    );
    writer.leaf("namespacePrefix", namespace.unwrap_or_default());
    writer.leaf("type", kind);
}

/// Whole components by name; `xsi:nil` for one that is not there.
pub(super) fn read(world: &World, call: &Call, operation: Node<'_, '_>) -> Answer {
    let kind = argument(operation, &["type", "metadataType"], 0).unwrap_or_default();
    known(&kind)?;
    let names: Vec<String> = full_names(operation);
    check_count(names.len())?;
    let asked: Vec<(&str, &str)> = names.iter().map(|name| (&*kind, &**name)).collect();
    readable(world, &asked)?;
    let rendering = Rendering {
        version: call.version,
        scope: Scope::everything(),
    };
    Ok(answer("readMetadataResponse", |writer| {
        writer.within("result", |writer| {
            names.iter().for_each(|name| {
                write_record(&world.org, &kind, &decode(name), &rendering, writer)
            });
        });
    }))
}

/// Refuses a call about what the platform fails to read.
fn readable(world: &World, asked: &[(&str, &str)]) -> Result<(), Fault> {
    match given::refusal(&world.org.platform.refused_reads, asked) {
        Some((code, message)) => Err(Fault::new(code, message)),
        None => Ok(()),
    }
}

/// The names of a call, as stated.
pub(super) fn full_names(operation: Node<'_, '_>) -> Vec<String> {
    let named =
        elements(operation).filter(|node| node.tag_name().name().eq_ignore_ascii_case("fullNames"));
    named.map(|node| text(node).to_owned()).collect()
}

/// Refuses a call with too many components.
pub(super) fn check_count(count: usize) -> Result<(), Fault> {
    if count <= MOST_COMPONENTS {
        return Ok(());
    }
    let message = format!(
        "record limit reached. cannot submit more than {MOST_COMPONENTS} records in this operation"
    );
    Err(Fault::new("EXCEEDED_ID_LIMIT", message))
}

fn write_record(org: &Org, kind: &str, name: &str, rendering: &Rendering, writer: &mut Writer) {
    let mut content = Writer::compact();
    let missing = &org.platform.missing_reads;
    if !given::write(org, missing, (kind, name), rendering, &mut content) {
        return writer.empty_tag("records", " xsi:nil=\"true\"");
    }
    writer.within_tag("records", &format!(" xsi:type=\"{kind}\""), |writer| {
        writer.leaf("fullName", &documents::shown_name(kind, name));
        writer.raw(&content.finish());
    });
}
