//! The command line: arguments in, one short function for each command, an exit code out.
//!
//! Commands decide nothing about Salesforce and word nothing themselves: the verbs do the work, `report` finds the
//! words, `output` prints them.

mod access;
mod apply;
mod arguments;
mod asked;
mod back;
mod command;
mod completions;
mod consent;
mod context;
mod deny;
mod diff;
mod doctor;
mod embedded;
mod emulator;
mod exits;
mod explain;
mod field_test;
mod files;
mod finding;
mod github;
mod init;
mod login;
mod logout;
mod man;
mod output;
mod outputs;
mod plan;
mod progress;
mod recording;
mod render;
mod reset;
mod retire;
mod schema;
mod session;
mod show;
mod signals;
mod snapshots;
mod target;
mod trace;
mod trust;
mod underway;
mod undo;
mod validate;
mod values;
mod verify;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

use crate::diagnostic::{Exit, Failure};
use crate::report::{self, Reported, written};
use arguments::{Arguments, Color, Command, Global};
use asked::AskedReport;
use context::Context;
use output::Output;

/// Runs the program with the given words, the first being its name.
pub fn run(words: impl IntoIterator<Item = OsString>) -> ExitCode {
    let words: Vec<OsString> = words.into_iter().collect();
    let exit = match Arguments::try_parse_from(&words) {
        Ok(arguments) => execute(arguments),
        Err(error) => usage(&error, &words),
    };
    ExitCode::from(exit.code())
}

/// Runs a command and reports how it ended.
fn execute(arguments: Arguments) -> Exit {
    let asked = AskedReport::of(&arguments.command);
    let context = Context::new(arguments.global);
    let result = dispatch(&arguments.command, &context);
    let exit = result.unwrap_or_else(|failure| report_failure(&context, &failure, &asked));
    match context.output.trouble() {
        None => exit,
        Some(trouble) => {
            context.output.warn(&format!(
                "error: standard output cannot be written: {trouble}\n"
            ));
            if exit == Exit::Done {
                Exit::Failed
            } else {
                exit
            }
        }
    }
}

fn dispatch(command: &Command, context: &Context) -> Result<Exit, Failure> {
    match command {
        Command::Init(arguments) => init::run(arguments, context),
        Command::Validate(arguments) => validate::run(arguments, context),
        Command::Render(arguments) => render::run(arguments, context),
        Command::Plan(arguments) => plan::run(arguments, context),
        Command::Show(arguments) => show::run(arguments, context),
        Command::Apply(arguments) => apply::run(arguments, context),
        Command::Undo(arguments) => undo::run(arguments, context),
        Command::Retire(arguments) => retire::run(arguments, context),
        Command::Verify(arguments) => verify::run(arguments, context),
        Command::Explain(arguments) => explain::run(arguments, context),
        Command::Access(arguments) => access::run(arguments, context),
        Command::FieldTest(arguments) => field_test::run(arguments, context),
        Command::Diff(arguments) => diff::run(arguments, context),
        Command::Doctor(arguments) => doctor::run(arguments, context),
        Command::Login(arguments) => login::run(arguments, context),
        Command::Logout(arguments) => logout::run(arguments, context),
        Command::Emulator(arguments) => emulator::run(arguments, context),
        Command::Reset => reset::run(context),
        Command::Schema(arguments) => schema::run(arguments, context),
        Command::Completions(arguments) => completions::run(arguments, context),
        Command::Man(arguments) => man::run(arguments, context),
    }
}

/// Says why a run ended early: to people on standard error, and in every format and file that its report was asked for.
fn report_failure(context: &Context, failure: &Failure, asked: &AskedReport) -> Exit {
    context.name_org_first();
    context
        .output
        .warn(&report::human::failure(failure, context.output.notes));
    let ending = asked.files.ending(failure.exit);
    let frame = context.frame_of_failure(ending.at.clone());
    let reported = Reported::Failure(asked.verb, failure);
    if let Some(format) = asked.stdout {
        let text = written(format, reported, &frame, &ending);
        context.output.data(&text);
    }
    asked.files.write_failure(reported, &frame, &ending);
    if asked.is_annotated {
        github::tell(context, reported, &frame, &ending);
    }
    context.name_org_last();
    failure.exit
}

/// Help, the version, or what is wrong with the command line.
fn usage(error: &clap::Error, words: &[OsString]) -> Exit {
    let wanted = matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    );
    let output = Output::new(&Global::of_color(asked_color(words)));
    let style = if wanted { output.style } else { output.notes };
    let text = error.render();
    let text = if style.color {
        text.ansi().to_string()
    } else {
        text.to_string()
    };
    if wanted {
        output.say(&text);
        return Exit::Done;
    }
    // The parser quotes the words it was given: they are as foreign as anything else.
    output.warn(&if style.color {
        text
    } else {
        report::text::printable_lines(&text)
    });
    Exit::Usage
}

/// The `--color` of a command line that could not be read.
fn asked_color(words: &[OsString]) -> Color {
    let words: Vec<&str> = words.iter().filter_map(|word| word.to_str()).collect();
    let separate = words.windows(2).find_map(|pair| {
        (pair.first() == Some(&"--color"))
            .then(|| pair.get(1).copied())
            .flatten()
    });
    match words
        .iter()
        .find_map(|word| word.strip_prefix("--color="))
        .or(separate)
    {
        Some("always") => Color::Always,
        Some("never") => Color::Never,
        _ => Color::Auto,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_colour_of_a_broken_command_line_is_still_heard() {
        let check = |words: &[&str], expected| {
            let words: Vec<OsString> = words.iter().map(OsString::from).collect();
            assert_eq!(asked_color(&words), expected);
        };
        check(&["orgwright", "--color", "never", "plna"], Color::Never);
        check(&["orgwright", "plna", "--color=always"], Color::Always);
        check(&["orgwright", "plna", "--color"], Color::Auto);
    }

    #[test]
    fn the_documented_exit_codes_are_the_codes_there_are() {
        let document = include_str!("../docs/exit-codes.md");
        let row = |exit: Exit| format!("| {} | {} |", exit.code(), exit.meaning());
        for exit in Exit::ALL {
            assert!(document.contains(&row(exit)), "{}", row(exit));
        }
        let rows = document.lines().filter(|line| {
            line.starts_with("| ") && line.as_bytes().get(2).is_some_and(u8::is_ascii_digit)
        });
        assert_eq!(rows.count(), Exit::ALL.len());
    }
}
