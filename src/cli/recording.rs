//! Folders with the record of an org: read whole, used only once a person has approved them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::command::quoted;
use super::consent::answers;
use super::context::Context;
use super::files::write_private;
use super::finding::failure;
use super::output::can_ask;
use crate::code::Code;
use crate::diagnostic::{Exit, Failure};
use crate::field_test::{APPROVAL, PAGE, RECORD, digest, recording};
use crate::org::Recording;
use crate::report::text::{printable_lines, short_digest};

/// What a run with a record says of the org.
pub(crate) const NO_ORG: &str = "no org was asked";

/// The largest file of a record.
const MOST_BYTES: u64 = 512 << 20;

/// The record in a folder that somebody has approved.
pub(crate) fn open(folder: &Path) -> Result<Recording, Failure> {
    let files = files(folder)?;
    let approved = files.get(APPROVAL).map(|text| text.trim());
    if approved != Some(digest(&files).as_str()) {
        let problem = match approved {
            None => format!("nobody has approved the record in {}", folder.display()),
            Some(_) => format!(
                "the record in {} was changed after somebody approved it",
                folder.display()
            ),
        };
        let help = format!(
            "read its page and approve it: orgwright field-test --approve {}",
            quoted(&folder.to_string_lossy())
        );
        return Err(failure(Exit::Usage, Code::RecordNotApproved, problem, help)
            .state("nothing was sent to any org"));
    }
    let text = files.get(RECORD).map(String::as_str).unwrap_or_default();
    recording(text).map_err(|reason| unusable(folder, &format!("{RECORD}: {reason}")))
}

/// Shows the page of a record, and notes that a person has approved it.
pub(crate) fn approve(
    folder: &Path,
    expected: Option<&str>,
    context: &Context,
) -> Result<Exit, Failure> {
    let files = files(folder)?;
    let Some(page) = files.get(PAGE) else {
        return Err(unusable(folder, &format!("it holds no {PAGE}")));
    };
    let digest = digest(&files);
    context.output.say(&printable_lines(page));
    context.output.warn(&format!(
        "digest of the folder: {}\n",
        short_digest(&digest)
    ));
    match expected {
        Some(expected) if digest.starts_with(expected) => {}
        Some(_) => {
            let problem = format!(
                "the folder is {} now: it was changed since",
                short_digest(&digest)
            );
            return Err(failure(
                Exit::Stale,
                Code::RecordNotApproved,
                problem,
                "read the page again",
            ));
        }
        None if !can_ask() => {
            let problem = "a person has to approve the page, and there is no terminal to ask at";
            let help = format!("read it, then say --expect {}", short_digest(&digest));
            return Err(failure(Exit::Usage, Code::RecordNotApproved, problem, help));
        }
        None => {
            context
                .output
                .warn("May the folder be used and sent? Only `yes` is taken: ");
            if !answers("yes") {
                let problem = "the record was not approved";
                return Err(failure(Exit::Failed, Code::NotConfirmed, problem, ""));
            }
        }
    }
    write_private(&folder.join(APPROVAL), format!("{digest}\n").as_bytes())?;
    context.output.note("the record is approved\n");
    Ok(Exit::Done)
}

/// The texts of a folder: files alone, each within bounds.
fn files(folder: &Path) -> Result<BTreeMap<String, String>, Failure> {
    let unreadable = |error: std::io::Error| unusable(folder, &error.to_string());
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let metadata = entry.metadata().map_err(unreadable)?;
        if !metadata.is_file() || metadata.len() > MOST_BYTES {
            return Err(unusable(
                folder,
                &format!("`{}` is no file of a record", name.escape_debug()),
            ));
        }
        let text = fs::read_to_string(entry.path()).map_err(unreadable)?;
        files.insert(name, text);
    }
    match files.contains_key(RECORD) {
        true => Ok(files),
        false => Err(unusable(folder, &format!("it holds no {RECORD}"))),
    }
}

/// Refuses what would change a record.
pub(crate) fn cannot_be_changed() -> Failure {
    failure(
        Exit::Usage,
        Code::RecordUnusable,
        "a record is no org: nothing can be applied to it",
        "choose the org itself with --org",
    )
    .state("nothing was sent to any org")
}

fn unusable(folder: &Path, reason: &str) -> Failure {
    let problem = format!("{} cannot be used as a record: {reason}", folder.display());
    let help = "make one with: orgwright field-test --record DIR";
    failure(Exit::Usage, Code::RecordUnusable, problem, help).state("nothing was sent to any org")
}
