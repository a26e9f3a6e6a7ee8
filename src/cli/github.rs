//! What GitHub's build server is told: annotations beside the lines of manifests, and a summary of the step.
//!
//! Nothing of it where `GITHUB_ACTIONS` is not `true`.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use super::context::Context;
use crate::report::{Ending, Frame, ReportFormat, Reported, annotations, written};

/// Says what a run found, where the build server listens. Its commands are read from standard error too, so data on
/// standard output stays data.
pub(crate) fn tell(context: &Context, reported: Reported<'_>, frame: &Frame, ending: &Ending) {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    if set("GITHUB_ACTIONS").as_deref() != Some("true") {
        return;
    }
    context.output.warn(&annotations(&reported, frame));
    let Some(summary) = set("GITHUB_STEP_SUMMARY") else {
        return;
    };
    let text = written(ReportFormat::Markdown, reported, frame, ending);
    if let Err(error) = append(Path::new(&summary), &text) {
        let told = format!("the summary of the step cannot be written: {error}\n");
        context.output.note(&told);
    }
}

/// Adds to a file that is there. A link is not followed, and nothing is made.
fn append(path: &Path, text: &str) -> io::Result<()> {
    let is_file = |found: &fs::Metadata| found.is_file();
    let refused = || io::Error::new(io::ErrorKind::InvalidInput, "it is no file of its own");
    fs::symlink_metadata(path)
        .ok()
        .filter(is_file)
        .ok_or_else(refused)?;
    let mut file = fs::OpenOptions::new().append(true).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(refused());
    }
    file.write_all(text.as_bytes())
}
