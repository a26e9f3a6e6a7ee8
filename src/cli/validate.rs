//! `validate`: everything that can be known without an org.

use super::arguments::{TextFormat, Validate as Arguments};
use super::context::Context;
use crate::diagnostic::{Diagnostic, Exit, Failure, Sources};
use crate::manifest::Manifest;
use crate::report;
use crate::report::json::ValidJson;

/// Reads the manifests; a failure holds every mistake.
pub(crate) fn run(arguments: &Arguments, context: &Context) -> Result<Exit, Failure> {
    let manifests = context.manifests(&arguments.manifests)?;
    let mut sources = Sources::default();
    manifests
        .iter()
        .for_each(|manifest| sources.extend(&manifest.sources));
    let findings: Vec<Diagnostic> = manifests
        .iter()
        .flat_map(|manifest| manifest.findings.iter().cloned())
        .collect();
    if arguments.format == TextFormat::Json {
        let valid: Vec<ValidJson<'_>> = manifests.iter().map(valid).collect();
        context
            .output
            .data(&report::json::validation(&valid, &findings));
    } else {
        let files: Vec<(&str, &str)> = manifests
            .iter()
            .map(|manifest| (&*manifest.file, manifest.name.value.as_str()))
            .collect();
        context.output.say(&report::human::valid(
            &files,
            &findings,
            &sources,
            context.output.style,
        ));
    }
    Ok(Exit::Done)
}

fn valid(manifest: &Manifest) -> ValidJson<'_> {
    ValidJson {
        file: &manifest.file,
        name: &manifest.name.value,
        digest: &manifest.digest,
    }
}
