//! What of a command's report was asked for, so that a run that ends without it says why in the same formats.

use super::arguments::{Command, PlanFormat, TextFormat};
use super::outputs::OutputFiles;
use crate::report::ReportFormat;

/// Where a command's report was to go.
#[derive(Clone, Default)]
pub(crate) struct AskedReport {
    /// The command.
    pub(crate) verb: &'static str,
    /// What standard output was to hold; none where that is text for people.
    pub(crate) stdout: Option<ReportFormat>,
    /// The files that were to be written.
    pub(crate) files: OutputFiles,
    /// Whether a build server is told beside the lines of manifests.
    pub(crate) is_annotated: bool,
}

impl AskedReport {
    /// What this command was asked for.
    pub(crate) fn of(command: &Command) -> Self {
        let report = |verb, stdout, files: Option<&OutputFiles>| Self {
            verb,
            stdout,
            files: files.cloned().unwrap_or_default(),
            is_annotated: files.is_some() || verb == "validate",
        };
        match command {
            Command::Validate(own) => report("validate", machine(own.format), None),
            Command::Plan(own) => report("plan", named(own.format), Some(&own.outputs)),
            Command::Apply(own) => report("apply", machine(own.format), Some(&own.outputs)),
            Command::Undo(own) => report("undo", machine(own.back.format), None),
            Command::Retire(own) => report("retire", machine(own.back.format), None),
            Command::Verify(own) => report("verify", named(Some(own.format)), Some(&own.outputs)),
            Command::Show(own) => Self {
                is_annotated: false,
                ..report("show", named(Some(own.format)), Some(&own.outputs))
            },
            Command::Access(own) => report("access", named(own.format), Some(&own.outputs)),
            Command::Explain(own) => report("explain", machine(own.format), None),
            Command::Diff(own) => report("diff", machine(own.format), None),
            Command::Doctor(own) => report("doctor", machine(own.format), None),
            Command::FieldTest(own) => report("field-test", machine(own.format), None),
            _ => Self::default(),
        }
    }
}

fn machine(format: TextFormat) -> Option<ReportFormat> {
    (format == TextFormat::Json).then_some(ReportFormat::Json)
}

fn named(format: Option<PlanFormat>) -> Option<ReportFormat> {
    format?.of_report()
}
