//! The command line: every command and flag, with its help.

mod formats;
mod help;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::deny::Denials;
use super::exits::EXITS;
use super::outputs::OutputFiles;
use super::values::{ImpactDetail, api_version, check_scope, digest, duration, sample, until};
use super::{
    access, diff, doctor, emulator, field_test, login, logout, retire, schema, show, undo,
};
use crate::access::USUAL_BUDGET;
use crate::change::Until;
use crate::plan::CheckScope;
use crate::verify::SampleSize;

pub(crate) use formats::{PlanFormat, TextFormat};
use help::{APPLY_HELP, PLAN_HELP, TOUR};

/// Integration users for Salesforce, from a file in git: plan, apply, and prove what they can see.
#[derive(Debug, Parser)]
#[command(
    name = "orgwright",
    version,
    propagate_version = true,
    max_term_width = 100
)]
#[command(after_help = TOUR, subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Flags of every command, before or after its name.
#[derive(Clone, Debug, Args)]
pub(crate) struct Global {
    /// The org: `embedded`, `sf:ALIAS` (a Salesforce CLI log-in), `env` (SF_ACCESS_TOKEN and SF_ORG_INSTANCE_URL), a name
    /// from orgwright.toml, or `replay:DIR` (the record of a field test). The embedded demo org is the default where nothing else is set up.
    #[arg(
        long,
        global = true,
        value_name = "TARGET",
        env = "ORGWRIGHT_ORG",
        hide_env_values = true
    )]
    pub(crate) org: Option<String>,
    /// API version of every request, from 51.0 to 66.0; default: the newest that the org and this program know.
    #[arg(long, global = true, value_name = "N", value_parser = api_version)]
    pub(crate) api_version: Option<String>,
    /// When to use colour.
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t = Color::Auto)]
    pub(crate) color: Color,
    /// Say only what was asked for: no progress, no details.
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Unfold long lists, and say more.
    #[arg(long, short, global = true)]
    pub(crate) verbose: bool,
    /// Write a line about every request to this file: what, when, how long, how large; nothing secret.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) trace: Option<PathBuf>,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// At a terminal, unless NO_COLOR, CLICOLOR=0 or TERM=dumb say otherwise.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write a manifest from a template.
    #[command(after_help = EXITS)]
    Init(Init),
    /// Check manifests as far as that is possible without an org.
    #[command(after_help = EXITS)]
    Validate(Validate),
    /// Write the metadata of manifests as files, to deploy with other tools.
    #[command(after_help = EXITS)]
    Render(Render),
    /// Show what apply would change, and who would gain or lose sight of which records. Changes nothing.
    #[command(after_help = PLAN_HELP)]
    Plan(PlanArguments),
    /// Show a saved plan in any format. Asks no org.
    #[command(after_help = show::HELP)]
    Show(show::ShowArguments),
    /// Make the org as the manifests say, in the order it needs, then prove it.
    #[command(after_help = APPLY_HELP)]
    Apply(Apply),
    /// Put everything back as it was before a plan was applied.
    #[command(after_help = undo::HELP)]
    Undo(undo::Undo),
    /// Take an integration apart: its user, rules, role, profile and sets.
    #[command(after_help = retire::HELP)]
    Retire(retire::Retire),
    /// Prove, record by record, what the user can see. Changes nothing.
    #[command(after_help = EXITS)]
    Verify(Verify),
    /// Explain a finding by its code, or why the user can or cannot see a record.
    #[command(after_help = EXITS)]
    Explain(Explain),
    /// Show what users can see and do, and by which ways they can get more. Changes nothing.
    #[command(after_help = access::HELP)]
    Access(access::AccessArguments),
    /// Try what plans and proofs rely on, and record it under other names. Changes nothing.
    #[command(after_help = field_test::HELP)]
    FieldTest(field_test::FieldTestArguments),
    /// Compare two folders, archives or files of metadata by what they say; ends with 2 where they differ.
    #[command(after_help = diff::HELP)]
    Diff(diff::Diff),
    /// Show who is logged in, and what is missing: permissions, licences, API calls. Changes nothing.
    #[command(after_help = EXITS)]
    Doctor(doctor::Doctor),
    /// Log in with a browser, or try the way in and say who came out.
    #[command(after_help = login::HELP)]
    Login(login::Login),
    /// Log out of what `login` left behind.
    #[command(after_help = EXITS)]
    Logout(logout::Logout),
    /// Serve the embedded org over Salesforce's own protocols, for tests of any client.
    #[command(after_help = EXITS)]
    Emulator(emulator::Emulator),
    /// Start the embedded demo org afresh.
    #[command(after_help = EXITS)]
    Reset,
    /// Print the JSON Schema of the manifest, for editors, or of a command's JSON.
    #[command(after_help = EXITS)]
    Schema(schema::SchemaArguments),
    /// Print completions for a shell.
    #[command(after_help = EXITS)]
    Completions(Completions),
    /// Print the manual, or write one page for each command.
    #[command(after_help = EXITS)]
    Man(Man),
}

/// Which manifests a command reads.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Manifests {
    /// Manifests, planned together; default: the nearest orgwright.yaml up to the repository's root.
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// A file laid over the manifest: maps are merged, lists replaced (repeatable).
    #[arg(long, value_name = "FILE")]
    pub(crate) overlay: Vec<PathBuf>,
    /// One value set, such as spec.user.username=sync@acme.example (repeatable).
    #[arg(long, value_name = "PATH=VALUE")]
    pub(crate) set: Vec<String>,
    /// A variable that `${env:NAME}` may read although its name does not begin with ORGWRIGHT_VAR_ (repeatable).
    #[arg(long, value_name = "NAME")]
    pub(crate) env: Vec<String>,
}

/// `init`.
#[derive(Debug, Args)]
pub(crate) struct Init {
    /// Which template; --list names them.
    #[arg(long, value_name = "NAME", default_value = super::init::DEFAULT)]
    pub(crate) template: String,
    /// Where to write the manifest; an existing file is left alone.
    #[arg(long, value_name = "FILE", default_value = "orgwright.yaml")]
    pub(crate) out: PathBuf,
    /// List the templates instead.
    #[arg(long)]
    pub(crate) list: bool,
}

/// `validate`.
#[derive(Debug, Args)]
pub(crate) struct Validate {
    #[command(flatten)]
    pub(crate) manifests: Manifests,
    /// How to say it.
    #[arg(long, value_enum, default_value_t = TextFormat::Human)]
    pub(crate) format: TextFormat,
}

/// `render`.
#[derive(Debug, Args)]
pub(crate) struct Render {
    #[command(flatten)]
    pub(crate) manifests: Manifests,
    /// The folder to write into.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// How the files are laid out.
    #[arg(long, value_enum, default_value_t = RenderLayout::Source)]
    pub(crate) layout: RenderLayout,
}

/// How rendered files are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RenderLayout {
    /// An SFDX project; what deploys apart has a package directory of its own.
    Source,
    /// One numbered folder for each stage, each with its package.xml.
    Mdapi,
}

/// `plan`.
#[derive(Debug, Args)]
pub(crate) struct PlanArguments {
    #[command(flatten)]
    pub(crate) manifests: Manifests,
    /// How to say it on standard output; default: human.
    #[arg(long, value_enum)]
    pub(crate) format: Option<PlanFormat>,
    #[command(flatten)]
    pub(crate) outputs: OutputFiles,
    #[command(flatten)]
    pub(crate) denials: Denials,
    /// How much to say of people who lose sight: by profile and role, or each by name.
    #[arg(long, value_enum, default_value_t = ImpactDetail::Summary)]
    pub(crate) impact: ImpactDetail,
    /// Queries an object may take to tell what its rules share with whom; what they do not tell is said to be unknown.
    #[arg(long, value_name = "N", default_value_t = USUAL_BUDGET)]
    pub(crate) impact_budget: usize,
    /// End with 2 where there is something to change.
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
    /// Have the org check what it can of the plan, saving nothing; `--check=all` checks the defaults as well.
    #[arg(long, value_name = "all", num_args = 0..=1, require_equals = true, default_missing_value = "ready",
          value_parser = check_scope)]
    pub(crate) check: Option<CheckScope>,
    /// With --check: wait until deploys and validations in the org's queue are through, instead of ending with 75.
    #[arg(long, requires = "check")]
    pub(crate) wait_queue: bool,
    /// With --check: how long to wait for the org, such as 90s or 10m.
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = duration)]
    pub(crate) wait: Duration,
}

/// `apply`.
#[derive(Debug, Args)]
pub(crate) struct Apply {
    #[command(flatten)]
    pub(crate) manifests: Manifests,
    /// Ask nothing: whatever is planned is wanted.
    #[arg(long)]
    pub(crate) yes: bool,
    /// Apply this plan and no other: its digest, 12 hexadecimal digits or more.
    #[arg(long, value_name = "DIGEST", value_parser = digest)]
    pub(crate) expect: Option<String>,
    /// Apply the plan saved in this file (plan --out plan.json) and no other; it needs consent like any plan.
    #[arg(long, value_name = "FILE")]
    pub(crate) plan: Option<PathBuf>,
    /// How long to wait for the org to recalculate, such as 90s or 10m.
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = duration)]
    pub(crate) wait: Duration,
    /// Go only so far: `prepared` changes nobody's access, `narrowed` ends once the defaults are in force.
    #[arg(long, value_name = "prepared|narrowed", value_parser = until)]
    pub(crate) until: Option<Until>,
    /// Write without having the org check the first stage before.
    #[arg(long)]
    pub(crate) no_check: bool,
    /// Wait until deploys and validations in the org's queue are through, instead of ending with 75.
    #[arg(long)]
    pub(crate) wait_queue: bool,
    /// Agree to warnings of the check with this text in them (repeatable). In production a warning that is neither agreed to so
    /// nor part of the plan that was agreed to ends the run before anything is written.
    #[arg(long, value_name = "TEXT", conflicts_with = "no_check")]
    pub(crate) accept_warning: Vec<String>,
    /// Queries an object may take to tell what its rules share with whom, as with `plan`.
    #[arg(long, value_name = "N", default_value_t = USUAL_BUDGET)]
    pub(crate) impact_budget: usize,
    /// How many records of each object to compare: a number, or all.
    #[arg(long, value_name = "N|all", value_parser = sample)]
    pub(crate) sample: Option<SampleSize>,
    /// What chooses a sample by chance: the same number chooses the same records; default: another one each time.
    #[arg(long, value_name = "N")]
    pub(crate) sample_seed: Option<u64>,
    /// The folder that the snapshot of what is changed is written to; default: .orgwright/snapshots.
    #[arg(long, value_name = "DIR")]
    pub(crate) snapshot_dir: Option<PathBuf>,
    /// How to say it; json is one event a line, the result last.
    #[arg(long, value_enum, default_value_t = TextFormat::Human)]
    pub(crate) format: TextFormat,
    #[command(flatten)]
    pub(crate) outputs: OutputFiles,
    #[command(flatten)]
    pub(crate) denials: Denials,
    /// End with 2 where something was changed.
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
}

/// `verify`.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    #[command(flatten)]
    pub(crate) manifests: Manifests,
    /// How many records of each object to compare; default: all up to 20,000, else 2,000 of all ages, by chance.
    #[arg(long, value_name = "N|all", value_parser = sample)]
    pub(crate) sample: Option<SampleSize>,
    /// What chooses a sample by chance: the same number chooses the same records; default: another one each time.
    #[arg(long, value_name = "N")]
    pub(crate) sample_seed: Option<u64>,
    /// How to say it on standard output.
    #[arg(long, value_enum, default_value_t = PlanFormat::Human)]
    pub(crate) format: PlanFormat,
    /// Leave out who changed what; when stays.
    #[arg(long)]
    pub(crate) no_names: bool,
    #[command(flatten)]
    pub(crate) outputs: OutputFiles,
    #[command(flatten)]
    pub(crate) denials: Denials,
}

/// `explain`.
#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// A finding's code; or manifests and records (id, address of the page, e-mail address of a lead or contact) in any order.
    #[arg(value_name = "CODE|RECORD|FILE")]
    pub(crate) what: Vec<String>,
    /// Why the user can or cannot see and edit these records.
    #[arg(long, value_name = "RECORD", num_args = 1..)]
    pub(crate) record: Vec<String>,
    /// Whose sight of the records, by username; without it, that of the manifests' users.
    #[arg(long, value_name = "USERNAME")]
    pub(crate) user: Option<String>,
    /// A file laid over the manifest: maps are merged, lists replaced (repeatable).
    #[arg(long, value_name = "FILE")]
    pub(crate) overlay: Vec<PathBuf>,
    /// A value put into the manifest: spec.user.username=… (repeatable).
    #[arg(long, value_name = "PATH=VALUE")]
    pub(crate) set: Vec<String>,
    /// A variable that `${env:NAME}` may read although its name does not begin with ORGWRIGHT_VAR_ (repeatable).
    #[arg(long, value_name = "NAME")]
    pub(crate) env: Vec<String>,
    /// How to say it.
    #[arg(long, value_enum, default_value_t = TextFormat::Human)]
    pub(crate) format: TextFormat,
}

/// `completions`.
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell.
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

/// `man`.
#[derive(Debug, Args)]
pub(crate) struct Man {
    /// Write one page for each command into this folder.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_holds_together() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn the_help_lists_every_exit_code() {
        for exit in crate::diagnostic::Exit::ALL {
            let listed = EXITS
                .split([' ', '/', '\n'])
                .any(|word| word == exit.code().to_string());
            assert!(listed, "{}", exit.code());
        }
    }

    #[test]
    fn flags_of_every_command_stand_before_or_after_it() {
        let before =
            Arguments::try_parse_from(["orgwright", "--org", "env", "-v", "plan"]).unwrap();
        let after = Arguments::try_parse_from(["orgwright", "plan", "--org", "env", "-v"]).unwrap();
        assert_eq!(
            format!("{:?}", before.global),
            format!("{:?}", after.global)
        );
    }
}
