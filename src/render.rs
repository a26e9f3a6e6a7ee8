//! Render: the manifest as files, for people who deploy by other means. Pure.
//!
//! Defaults and rules are kept apart on purpose: in one package they are the known silent no-op.

use crate::address::Address;
use crate::change::{Change, Component, Record, RecordValue, Stage, Write};
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Exit, Failure, Place};
use crate::live::Live;
use crate::manifest::Manifest;
use crate::package::{self, Files};
use crate::plan::{self, Plan};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// API version of rendered files where no org was asked.
const API_VERSION: &str = "66.0";

/// How the files are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// An SFDX project with a package directory for the defaults beside the default one.
    Source,
    /// One numbered folder per stage, each a package of the Metadata API.
    Mdapi,
}

/// The files, by path, of what [`planned`] plans.
///
/// # Errors
/// As [`planned`] and [`files`].
pub fn render(
    manifests: &[Manifest],
    live: Option<&Live>,
    layout: Layout,
) -> Result<Files, Failure> {
    files(&planned(manifests, live)?, layout)
}

/// What would be made in an org without it. With `live`, the profile is the clone as far as they tell; without, it
/// holds what the manifest says.
///
/// # Errors
/// Everything in the manifests that the org makes impossible.
pub fn planned(manifests: &[Manifest], live: Option<&Live>) -> Result<Plan, Failure> {
    let live = match live {
        Some(live) => live.without_what_is_made(manifests),
        None => Live::offline(),
    };
    plan::plan(manifests, &live)
}

/// Every resource that the manifests name, with the line that names it; none where they contradict each other.
pub fn resources(manifests: &[Manifest]) -> Vec<(Address, Option<Place>)> {
    let planned = planned(manifests, None).map(|plan| plan.changes);
    let changes = planned.unwrap_or_default().into_iter();
    changes
        .map(|change| (change.address, change.place))
        .collect()
}

/// The files of a plan, by path.
///
/// # Errors
/// Text that XML cannot hold.
pub fn files(plan: &Plan, layout: Layout) -> Result<Files, Failure> {
    let offline = plan.org.api_version.is_empty();
    let version = match offline {
        true => API_VERSION,
        false => &plan.org.api_version,
    };
    let mut files = match layout {
        Layout::Source => source(&plan.changes, version)?,
        Layout::Mdapi => mdapi(&plan.changes, version)?,
    };
    let mut commands = Vec::new();
    for change in &plan.changes {
        if let Write::Insert(record) = &change.write {
            commands.push(command(record));
            files.insert(
                format!("records/{}.json", file_name(change)),
                record_file(record),
            );
        }
    }
    files.insert(
        "README.md".to_owned(),
        readme(&plan.name, &plan.changes, layout, &commands, offline),
    );
    Ok(files)
}

fn deployed(changes: &[Change], stages: &[Stage]) -> Vec<Component> {
    let of_stage = changes
        .iter()
        .filter(|change| stages.contains(&change.stage));
    let components = of_stage.filter_map(|change| match &change.write {
        Write::Deploy(components) => Some(components.clone()),
        Write::Insert(_) | Write::Update(..) | Write::Remove(..) => None,
    });
    components.flatten().collect()
}

/// Stages that are deploys, with the folder each gets.
const FOLDERS: [(Stage, &str); 4] = [
    (Stage::Containers, "1-fields-profile-role"),
    (Stage::Defaults, "3-sharing-defaults"),
    (Stage::RoleLevels, "4-role-levels"),
    (Stage::Rules, "5-sharing-rules"),
];

fn mdapi(changes: &[Change], version: &str) -> Result<Files, Failure> {
    let mut files = Files::new();
    for (stage, folder) in FOLDERS {
        let components = deployed(changes, &[stage]);
        if components.is_empty() {
            continue;
        }
        for (path, bytes) in package::files(&components, version).map_err(unwritable)? {
            files.insert(format!("{folder}/{path}"), bytes);
        }
    }
    Ok(files)
}

/// Package directory of the role with the levels that only the new defaults allow: the same role stands in the default
/// directory without them, because a level below the default is refused.
const ROLE_LEVELS: &str = "role-levels";

fn source(changes: &[Change], version: &str) -> Result<Files, Failure> {
    let mut files = Files::new();
    for (directory, stages) in [
        ("force-app", &[Stage::Containers, Stage::Rules][..]),
        ("sharing-defaults", &[Stage::Defaults][..]),
        (ROLE_LEVELS, &[Stage::RoleLevels][..]),
    ] {
        let components = deployed(changes, stages);
        let fields = components
            .iter()
            .filter(|component| component.kind == "CustomField");
        for field in fields {
            let (path, bytes) = field_file(directory, field)?;
            files.insert(path, bytes);
        }
        let rest: Vec<Component> = components
            .into_iter()
            .filter(|component| component.kind != "CustomField")
            .collect();
        for (path, bytes) in package::files(&rest, version).map_err(unwritable)? {
            if path != "package.xml" {
                files.insert(source_path(directory, &path), bytes);
            }
        }
    }
    let mut directories = vec![
        json!({"path": "force-app", "default": true}),
        json!({"path": "sharing-defaults"}),
    ];
    if !deployed(changes, &[Stage::RoleLevels]).is_empty() {
        directories.push(json!({"path": ROLE_LEVELS}));
    }
    let project =
        json!({"packageDirectories": directories, "namespace": "", "sourceApiVersion": version});
    files.insert("sfdx-project.json".to_owned(), pretty(&project));
    Ok(files)
}

/// `objects/Lead.object` becomes `objects/Lead/Lead.object-meta.xml`; the others only get their ending.
fn source_path(directory: &str, path: &str) -> String {
    let below = match path.split_once('/') {
        Some(("objects", file)) => {
            let object = file.trim_end_matches(".object");
            format!("objects/{object}/{file}")
        }
        _ => path.to_owned(),
    };
    format!("{directory}/main/default/{below}-meta.xml")
}

fn field_file(directory: &str, field: &Component) -> Result<(String, Vec<u8>), Failure> {
    let (object, name) = field
        .full_name
        .split_once('.')
        .unwrap_or(("", &field.full_name));
    let path = format!("{directory}/main/default/objects/{object}/fields/{name}.field-meta.xml");
    let mut root = field.body.clone().unwrap_or_default();
    root.name = "CustomField".into();
    root.attributes = Box::new([("xmlns".into(), package::NAMESPACE.into())]);
    root.children
        .sort_by_cached_key(|child| (child.name != "fullName", child.name.clone()));
    let text = crate::xml::write(&root)
        .map_err(|error| unwritable(package::PackageError::Document(path.clone(), error)))?;
    Ok((path, text.into_bytes()))
}

fn unwritable(error: package::PackageError) -> Failure {
    Failure::new(
        Exit::Failed,
        vec![Diagnostic::error(
            Code::PackageNotBuildable,
            format!("cannot build the package: {error}"),
        )],
    )
}

fn file_name(change: &Change) -> String {
    let name = change.address.name.replace(
        |c: char| !c.is_ascii_alphanumeric() && !"._-@".contains(c),
        "_",
    );
    format!("{}-{name}", change.address.kind)
}

/// The values that are known, and the queries that find the ids that are not.
fn record_file(record: &Record) -> Vec<u8> {
    let (mut values, mut lookups) = (Map::new(), Map::new());
    for (column, value) in &record.values {
        match value {
            RecordValue::Literal(Value::Null) => {}
            RecordValue::Literal(value) => drop(values.insert(column.to_string(), value.clone())),
            RecordValue::Lookup(reference) => {
                drop(lookups.insert(column.to_string(), json!(reference.query())))
            }
        }
    }
    pretty(&json!({"object": record.object, "values": values, "lookups": lookups}))
}

fn pretty(value: &Value) -> Vec<u8> {
    format!("{value:#}\n").into_bytes()
}

/// The Salesforce CLI commands that look the ids up and create the record.
fn command(record: &Record) -> String {
    let mut lines = Vec::new();
    let mut values = Vec::new();
    for (column, value) in &record.values {
        match value {
            RecordValue::Literal(Value::Null) => {}
            RecordValue::Literal(Value::String(text)) => {
                values.push(format!("{column}='{}'", text.replace('\'', "\\'")))
            }
            RecordValue::Literal(other) => values.push(format!("{column}={other}")),
            RecordValue::Lookup(reference) => {
                let query = reference.query().replace('"', "\\\"");
                lines.push(format!("{column}=$(sf data query --query \"{query}\" --json | jq -r '.result.records[0].Id')"));
                values.push(format!("{column}='${column}'"));
            }
        }
    }
    lines.push(format!(
        "sf data create record --sobject {} --values \"{}\"",
        record.object,
        values.join(" ")
    ));
    lines.join("\n")
}

fn readme(
    name: &str,
    changes: &[Change],
    layout: Layout,
    commands: &[String],
    offline: bool,
) -> Vec<u8> {
    let deploy = |stage: Stage, folder: &str| match layout {
        Layout::Mdapi => format!("sf project deploy start --metadata-dir {folder}"),
        Layout::Source => format!(
            "sf project deploy start {}",
            source_directories(changes, stage)
        ),
    };
    let mut text =
        format!("# {name}\n\nDeploy in this order. Each step needs the one before it.\n");
    if offline {
        text.push_str(
            "\nThe profile holds only what the manifest says: it was rendered without an org. ",
        );
        text.push_str("`orgwright render --org TARGET` writes the complete clone.\n");
        if changes.iter().any(|change| change.address.kind == "user") {
            text.push_str("The user's time zone, locale, language and encoding in `records` are stand-ins where ");
            text.push_str("the manifest names none: put your org's in.\n");
        }
        if changes
            .iter()
            .any(|change| change.address.kind == "public_group")
        {
            text.push_str(
                "Who is in the public group is for the org to say, and nobody is in it here: ",
            );
            text.push_str(
                "with `--org` its members are among `records`. Put them in before step 3.\n",
            );
        }
    }
    for profile in granting(changes) {
        let file = format!("\n`{profile}.profile` only says who may see the new fields: ");
        text.push_str(&file);
        text.push_str("deploying it changes nothing else of that profile.\n");
    }
    let mut step = 0;
    let mut section = |title: &str, body: &str| {
        step += 1;
        text.push_str(&format!("\n## {step}. {title}\n\n```sh\n{body}\n```\n"));
    };
    for (stage, folder) in FOLDERS {
        if stage == Stage::Defaults && !commands.is_empty() {
            section("User and permission sets", &commands.join("\n"));
        }
        if !deployed(changes, &[stage]).is_empty() {
            section(title(stage), &deploy(stage, folder));
        }
    }
    text.into_bytes()
}

/// Profiles that are rendered only for what they grant on the new fields.
fn granting(changes: &[Change]) -> BTreeSet<String> {
    let fields = changes
        .iter()
        .filter(|change| change.address.kind == "custom_field");
    let components =
        fields.flat_map(|change| deployed(std::slice::from_ref(change), &[Stage::Containers]));
    let own: BTreeSet<&str> = changes
        .iter()
        .filter(|change| change.address.kind == "profile")
        .map(|change| change.address.name.as_str())
        .collect();
    components
        .filter(|component| component.kind == "Profile")
        .map(|component| component.full_name)
        .filter(|name| !own.contains(name.as_str()))
        .collect()
}

/// The folders of a source project that belong to a stage.
fn source_directories(changes: &[Change], stage: Stage) -> String {
    match stage {
        Stage::Defaults => return "--source-dir sharing-defaults".to_owned(),
        Stage::RoleLevels => return format!("--source-dir {ROLE_LEVELS}"),
        _ => {}
    }
    let components = deployed(changes, &[stage]);
    let folders: BTreeSet<&str> = components
        .iter()
        .filter_map(|component| package::folder(component.kind))
        .collect();
    let directories = folders
        .iter()
        .map(|folder| format!("--source-dir force-app/main/default/{folder}"));
    directories.collect::<Vec<_>>().join(" ")
}

fn title(stage: Stage) -> &'static str {
    match stage {
        Stage::Containers => "Fields, profile and role",
        Stage::Defaults => {
            "Organization-wide defaults, alone; then wait for Setup > Sharing Settings to show them"
        }
        Stage::RoleLevels => "Role levels that the new defaults allow",
        _ => "Sharing rules, once the recalculation is through",
    }
}
