//! `plan`: what would change. Reads, and writes nothing but the report.

use std::path::{Path, PathBuf};

use super::arguments::{Manifests, Plan as Arguments, PlanFormat};
use super::context::Context;
use super::files::write_private;
use super::session::{self, Session};
use crate::diagnostic::{Exit, Failure};
use crate::manifest::Manifest;
use crate::plan::{self, Plan};
use crate::report::text::short_digest;
use crate::report::{self, EMBEDDED_ORG, Frame};
use crate::{observe, org};

/// Plans, and reports in the format that was asked for.
pub(crate) fn run(arguments: &Arguments, context: &Context) -> Result<Exit, Failure> {
    let manifests = context.manifests(&arguments.manifests)?;
    let choice = context.target()?;
    context.set_org(&choice.line());
    let embedded = choice.is_embedded();
    let plan = session::run(async {
        let session = Session::open(choice, context).await?;
        let plan = made(&manifests, &session.reader).await;
        session.close().await;
        plan
    })?;
    name_org(context, &plan, embedded);
    let frame = frame(context, &arguments.manifests, &manifests, &plan);
    write(arguments, context, &plan, &frame)?;
    let differs = arguments.detailed_exitcode && !plan.changes.is_empty();
    Ok(if differs {
        Exit::Differences
    } else {
        Exit::Done
    })
}

/// Reads the org and plans.
pub(crate) async fn made(manifests: &[Manifest], reader: &org::Reader) -> Result<Plan, Failure> {
    let facts = observe::observe(manifests, reader).await?;
    plan::plan(manifests, &facts)
}

/// From here on the org is named by what it says of itself.
pub(crate) fn name_org(context: &Context, plan: &Plan, embedded: bool) {
    if embedded {
        context.set_org(EMBEDDED_ORG);
    } else {
        context.set_org(&report::org_line(&plan.org));
    }
}

/// What stands around the plan: the org, the files, and the command that applies this very plan.
pub(crate) fn frame(
    context: &Context,
    arguments: &Manifests,
    manifests: &[Manifest],
    plan: &Plan,
) -> Frame {
    let mut next = vec!["orgwright".to_owned(), "apply".to_owned()];
    next.extend(
        arguments
            .files
            .iter()
            .map(|file| quoted(&file.to_string_lossy())),
    );
    let mut option = |name: &str, value: &str| next.extend([name.to_owned(), quoted(value)]);
    arguments
        .overlay
        .iter()
        .for_each(|file| option("--overlay", &file.to_string_lossy()));
    arguments
        .set
        .iter()
        .for_each(|setting| option("--set", setting));
    context
        .global
        .org
        .iter()
        .for_each(|org| option("--org", org));
    context
        .global
        .api_version
        .iter()
        .for_each(|version| option("--api-version", version));
    option("--expect", short_digest(&plan.digest));
    Frame {
        org: context.org(),
        files: manifests
            .iter()
            .map(|manifest| manifest.file.to_string())
            .collect(),
        next,
    }
}

/// Puts the report where it was asked for.
fn write(
    arguments: &Arguments,
    context: &Context,
    plan: &Plan,
    frame: &Frame,
) -> Result<(), Failure> {
    let format = arguments
        .format
        .unwrap_or_else(|| by_ending(arguments.out.as_deref()));
    if let Some(path) = &arguments.out {
        let style = crate::report::style::Style {
            color: false,
            ..context.output.style
        };
        write_private(path, text(format, plan, frame, style).as_bytes())?;
    }
    // A file named without a format is a copy to keep: the plan is shown as well.
    let shown = match (&arguments.out, arguments.format) {
        (None, _) => format,
        (Some(_), None) => PlanFormat::Human,
        (Some(path), Some(_)) => return saved(context, path, plan, frame),
    };
    if shown == PlanFormat::Human {
        context.org_was_named();
        let style = context.output.style;
        let text = if context.output.quiet() {
            report::human::plan_totals(plan, frame, style)
        } else {
            text(shown, plan, frame, style)
        };
        context.output.say(&text);
    } else {
        context.name_org_first();
        context
            .output
            .data(&text(shown, plan, frame, context.output.style));
        context.name_org_last();
    }
    Ok(())
}

/// Tells that the report is in its file, on standard error: standard output was not asked for.
fn saved(context: &Context, path: &Path, plan: &Plan, frame: &Frame) -> Result<(), Failure> {
    context.name_org_first();
    context.output.note(&format!(
        "the plan is in {}\n",
        report::text::printable(&path.to_string_lossy())
    ));
    context.output.note(&report::human::plan_totals(
        plan,
        frame,
        context.output.notes,
    ));
    Ok(())
}

/// The format that a file's ending asks for.
fn by_ending(path: Option<&Path>) -> PlanFormat {
    match path
        .and_then(Path::extension)
        .and_then(|ending| ending.to_str())
    {
        Some("json") => PlanFormat::Json,
        Some("md" | "markdown") => PlanFormat::Markdown,
        Some("html" | "htm") => PlanFormat::Html,
        _ => PlanFormat::Human,
    }
}

fn text(format: PlanFormat, plan: &Plan, frame: &Frame, style: report::style::Style) -> String {
    match format {
        PlanFormat::Human => report::human::plan(plan, frame, style),
        PlanFormat::Json => report::json::plan(plan),
        PlanFormat::Markdown => report::markdown::plan(plan, frame),
        PlanFormat::Html => report::html::plan(plan, frame),
    }
}

/// A word as a shell takes it back.
pub(crate) fn quoted(word: &str) -> String {
    let plain =
        |character: char| character.is_ascii_alphanumeric() || "-_./:=@,+%".contains(character);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", report::text::printable(word).replace('\'', r"'\''"))
}

/// The manifests a saved plan was made from, for an apply that names none.
pub(crate) fn files_of(saved: &report::json::SavedPlan, overlays: &[PathBuf]) -> Vec<PathBuf> {
    saved
        .files
        .iter()
        .map(PathBuf::from)
        .filter(|file| !overlays.contains(file))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_for_the_shell_where_they_must() {
        let check = |word: &str, expected: &str| assert_eq!(quoted(word), expected);
        check("manifests/a.yaml", "manifests/a.yaml");
        check(
            "spec.user.username=x@y.example",
            "spec.user.username=x@y.example",
        );
        check("my file.yaml", "'my file.yaml'");
        check("it's", r"'it'\''s'");
        check("$(rm)", "'$(rm)'");
        check("", "''");
    }

    #[test]
    fn a_files_ending_tells_its_format() {
        assert_eq!(by_ending(Some(Path::new("a/plan.json"))), PlanFormat::Json);
        assert_eq!(by_ending(Some(Path::new("plan.md"))), PlanFormat::Markdown);
        assert_eq!(by_ending(Some(Path::new("plan.html"))), PlanFormat::Html);
        assert_eq!(by_ending(Some(Path::new("plan"))), PlanFormat::Human);
        assert_eq!(by_ending(None), PlanFormat::Human);
    }
}
