//! `show`: a saved plan in any format. Asks no org.

use std::path::PathBuf;

use clap::Args;

use super::arguments::PlanFormat;
use super::command::quoted;
use super::consent::unreadable_plan;
use super::context::Context;
use super::exits::exits;
use super::outputs::{self, OutputFiles};
use crate::code::Code;
use crate::diagnostic::{Exit, Failure};
use crate::plan::Plan;
use crate::report::saved::whole_plan;
use crate::report::{self, EMBEDDED_ORG, Frame, ReportFormat, Reported, org_line, written};

pub(crate) const HELP: &str = concat!(
    "Examples:
  orgwright show plan.json
  orgwright show plan.json --format markdown > comment.md
  orgwright show plan.json --out plan.html --out found.sarif

",
    exits!()
);

/// `show`.
#[derive(Debug, Args)]
pub(crate) struct ShowArguments {
    /// A plan that `orgwright plan --out plan.json` saved.
    #[arg(value_name = "PLAN")]
    pub(crate) plan: PathBuf,
    /// How to say it on standard output.
    #[arg(long, value_enum, default_value_t = PlanFormat::Human)]
    pub(crate) format: PlanFormat,
    #[command(flatten)]
    pub(crate) outputs: OutputFiles,
}

/// Reads the plan, and reports it in the format that was asked for. JSON is the file as it is.
pub(crate) fn run(arguments: &ShowArguments, context: &Context) -> Result<Exit, Failure> {
    arguments.outputs.check(&outputs::ALL)?;
    let path = &arguments.plan;
    let text = std::fs::read_to_string(path)
        .map_err(|error| unreadable_plan(path, Exit::Usage, &error.to_string()))?;
    let plan = whole_plan(&text)
        .map_err(|problem| unreadable_plan(path, problem.exit(), &problem.to_string()))?;
    let frame = frame(arguments, &plan);
    context.set_org(&frame.org);
    let ending = arguments.outputs.ending(Exit::Done);
    let reported = Reported::Plan(&plan);
    let told = |format: ReportFormat| match format {
        ReportFormat::Json => text.clone(),
        other => written(other, reported, &frame, &ending),
    };
    arguments.outputs.write_texts(told)?;
    match arguments.format.of_report() {
        Some(format) => {
            context.data(&told(format));
        }
        None => {
            let style = context.output.style;
            let text = report::human::plan(&plan, &frame, style);
            context.output.say(&text);
        }
    }
    arguments.outputs.note(context, "plan");
    Ok(Exit::Done)
}

/// What stands around the plan, as far as the file tells: what would refuse it now, only the org knows.
fn frame(arguments: &ShowArguments, plan: &Plan) -> Frame {
    let mut files: Vec<String> = Vec::new();
    for change in &plan.changes {
        let file = change.place.as_ref().map(|place| place.file.to_string());
        files.extend(file.filter(|file| !files.contains(file)));
    }
    let path = quoted(&arguments.plan.to_string_lossy());
    let next = ["orgwright", "apply", "--plan", &path].map(str::to_owned);
    let is_first_to_fill = plan.findings.iter().any(|one| one.code == Code::TickFirst);
    let until = ["--until", "prepared"].map(str::to_owned);
    let until = until.into_iter().filter(|_| is_first_to_fill);
    let is_embedded = plan.org.instance_url == super::context::EMBEDDED_URL;
    Frame {
        name: plan.name.clone(),
        org: match is_embedded {
            true => EMBEDDED_ORG.to_owned(),
            false => org_line(&plan.org),
        },
        files,
        next: next.into_iter().chain(until).collect(),
        ..Frame::default()
    }
}
