//! Files that a report is written to, each in the format of its ending, whatever standard output holds.
//!
//! **Promise:** a file that was asked for holds the report, or why there is none; it is never empty.

use std::path::{Path, PathBuf};

use clap::Args;
use jiff::Timestamp;

use super::context::Context;
use super::files::{must_be_writable, write_private};
use super::finding::failure;
use crate::code::Code;
use crate::diagnostic::{Exit, Failure};
use crate::report::text::printable;
use crate::report::{Ending, Frame, ReportFormat, Reported, written};

/// Endings of files with the formats they ask for.
const ENDINGS: [(&str, ReportFormat); 7] = [
    (".junit.xml", ReportFormat::Junit),
    (".json", ReportFormat::Json),
    (".md", ReportFormat::Markdown),
    (".markdown", ReportFormat::Markdown),
    (".html", ReportFormat::Html),
    (".htm", ReportFormat::Html),
    (".sarif", ReportFormat::Sarif),
];

/// Formats that a plan, a proof and an apply can be written as.
pub(crate) const ALL: [ReportFormat; 5] = [
    ReportFormat::Json,
    ReportFormat::Markdown,
    ReportFormat::Html,
    ReportFormat::Sarif,
    ReportFormat::Junit,
];

/// Formats that say more than what was found.
pub(crate) const WHOLE: [ReportFormat; 3] = [
    ReportFormat::Json,
    ReportFormat::Markdown,
    ReportFormat::Html,
];

/// `--out`, and what goes with it.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct OutputFiles {
    /// Write the report to a file too, in the format of its ending: .json, .md, .html, .sarif or .junit.xml (repeatable). A plan
    /// as .json is what apply --plan takes.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Vec<PathBuf>,
    /// Say in reports when they were made; without it the same org and the same manifests give the same bytes.
    #[arg(long)]
    pub(crate) stamp: bool,
}

impl OutputFiles {
    /// Refuses, before any work, endings that name none of these formats, and places where no file can be written.
    pub(crate) fn check(&self, formats: &[ReportFormat]) -> Result<(), Failure> {
        for path in &self.out {
            must_be_writable(path)?;
            let format = format_of(path).filter(|format| formats.contains(format));
            format.ok_or_else(|| unknown_ending(path, formats))?;
        }
        Ok(())
    }

    /// The first file of a format.
    pub(crate) fn first(&self, format: ReportFormat) -> Option<&Path> {
        let mut paths = self.out.iter();
        let path = paths.find(|path| format_of(path) == Some(format));
        path.map(PathBuf::as_path)
    }

    /// The end of a run, with its time where that is to be said.
    pub(crate) fn ending(&self, exit: Exit) -> Ending {
        let now = || Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        Ending {
            exit,
            at: self.stamp.then(now),
        }
    }

    /// Writes the report to each file, in their order.
    pub(crate) fn write(
        &self,
        reported: Reported<'_>,
        frame: &Frame,
        ending: &Ending,
    ) -> Result<(), Failure> {
        self.write_texts(|format| written(format, reported, frame, ending))
    }

    /// Writes the text of its format to each file, in their order.
    pub(crate) fn write_texts(&self, text: impl Fn(ReportFormat) -> String) -> Result<(), Failure> {
        self.out.iter().try_for_each(|path| {
            let format = format_of(path).ok_or_else(|| unknown_ending(path, &ALL))?;
            write_private(path, text(format).as_bytes())
        })
    }

    /// The same for a run that ended without its result. What cannot be written does not hide why it ended.
    pub(crate) fn write_failure(&self, reported: Reported<'_>, frame: &Frame, ending: &Ending) {
        for path in &self.out {
            if let Some(format) = format_of(path) {
                let text = written(format, reported, frame, ending);
                let _ = write_private(path, text.as_bytes());
            }
        }
    }

    /// Says where the reports are.
    pub(crate) fn note(&self, context: &Context, noun: &str) {
        for path in &self.out {
            let what = match format_of(path) {
                Some(ReportFormat::Json) => noun,
                _ => "report",
            };
            let path = printable(&path.to_string_lossy()).into_owned();
            context
                .output
                .note(&format!("the {what} is saved in {path}\n"));
        }
    }
}

/// The format that a file's ending asks for.
fn format_of(path: &Path) -> Option<ReportFormat> {
    let name = path.file_name()?.to_str()?;
    let mut endings = ENDINGS.into_iter();
    let asked = endings.find(|(ending, _)| name.ends_with(ending));
    asked.map(|(_, format)| format)
}

fn unknown_ending(path: &Path, formats: &[ReportFormat]) -> Failure {
    let message = format!(
        "{} says by its ending in no format that this command writes",
        path.display()
    );
    let taken = ENDINGS
        .iter()
        .filter(|(_, format)| formats.contains(format));
    let taken: Vec<&str> = taken.map(|(ending, _)| *ending).collect();
    let help = format!("name a file that ends in one of {}", taken.join(", "));
    failure(Exit::Usage, Code::OutputEndingUnknown, message, help)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_files_ending_tells_its_format() {
        let check =
            |name: &str, expected| assert_eq!(format_of(Path::new(name)), expected, "{name}");
        check("a/plan.json", Some(ReportFormat::Json));
        check("plan.md", Some(ReportFormat::Markdown));
        check("plan.html", Some(ReportFormat::Html));
        check("found.sarif", Some(ReportFormat::Sarif));
        check("cases.junit.xml", Some(ReportFormat::Junit));
        check("cases.xml", None);
        check("plan", None);
    }
}
