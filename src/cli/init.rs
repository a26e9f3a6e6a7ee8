//! `init`: a manifest to start from.

use std::io::Write;

use super::arguments::Init as Arguments;
use super::command::quoted;
use super::context::Context;
use super::files::unwritable;
use super::finding::{did_you_mean, failure};
use crate::code::Code;
use crate::diagnostic::{Exit, Failure};
use crate::report::text::printable;

/// The template taken where none is named.
pub(crate) const DEFAULT: &str = "hubspot-selective-sync";

/// Name, what it is for, and text of every template.
const TEMPLATES: &[(&str, &str, &str)] = &[
    (
        DEFAULT,
        "HubSpot syncs only the leads that a checkbox and a rule let through",
        include_str!("../../templates/manifests/hubspot-selective-sync.yaml"),
    ),
    (
        "hubspot-lean",
        "HubSpot with the licence Salesforce Integration and a permission set: no administrator",
        include_str!("../../templates/manifests/hubspot-lean.yaml"),
    ),
    (
        "generic",
        "any integration with the licence Salesforce Integration and a permission set",
        include_str!("../../templates/manifests/generic.yaml"),
    ),
    (
        "gong",
        "Gong reads leads, contacts, accounts and opportunities",
        include_str!("../../templates/manifests/gong.yaml"),
    ),
    (
        "marketo",
        "Marketo syncs only the leads that are ticked, on a full licence",
        include_str!("../../templates/manifests/marketo.yaml"),
    ),
    (
        "warehouse-reader",
        "a warehouse (Fivetran, Airbyte, Snowflake) reads five objects",
        include_str!("../../templates/manifests/warehouse-reader.yaml"),
    ),
    (
        "minimal",
        "a user with a profile and a role, and nothing shared yet",
        include_str!("../../templates/manifests/minimal.yaml"),
    ),
];

/// Writes a template where no file is yet, or lists them.
pub(crate) fn run(arguments: &Arguments, context: &Context) -> Result<Exit, Failure> {
    if arguments.list {
        let lines: String = TEMPLATES
            .iter()
            .map(|(name, purpose, _)| format!("{name:<24}  {purpose}\n"))
            .collect();
        context.output.say(&lines);
        return Ok(Exit::Done);
    }
    let text = template(&arguments.template)?;
    write_new(arguments, text)?;
    let path = arguments.out.to_string_lossy();
    context.output.say(&format!("wrote {}\n", printable(&path)));
    context
        .output
        .note(&format!("next: orgwright plan {}\n", quoted(&path)));
    Ok(Exit::Done)
}

fn template(name: &str) -> Result<&'static str, Failure> {
    let found = TEMPLATES
        .iter()
        .find(|(known, ..)| *known == name)
        .map(|(.., text)| *text);
    found.ok_or_else(|| {
        let names: Vec<&str> = TEMPLATES.iter().map(|(known, ..)| *known).collect();
        let there_are = format!("there are {}", names.join(", "));
        let help = did_you_mean(name, &names).map_or(there_are.clone(), |close| {
            format!("did you mean `{close}`? {there_are}")
        });
        failure(
            Exit::Usage,
            Code::UnknownName,
            format!("there is no template `{name}`"),
            help,
        )
    })
}

/// Creates the file; one that exists is left as it is.
fn write_new(arguments: &Arguments, text: &str) -> Result<(), Failure> {
    let path = &arguments.out;
    let created = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path);
    match created.and_then(|mut file| file.write_all(text.as_bytes())) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            let problem = format!("{} exists already and is left as it is", path.display());
            Err(failure(
                Exit::Failed,
                Code::FileUnusable,
                problem,
                "name another file with --out",
            ))
        }
        Err(error) => Err(unwritable(path, &error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest;

    #[test]
    fn every_template_is_a_valid_manifest() {
        let folder = tempfile::tempdir().unwrap();
        for (name, _, text) in TEMPLATES {
            let path = folder.path().join(format!("{name}.yaml"));
            std::fs::write(&path, text).unwrap();
            let loaded = manifest::load(&[path], &[], &[], &|_| None);
            assert!(loaded.is_ok(), "{name}: {:?}", loaded.err());
        }
    }
}
