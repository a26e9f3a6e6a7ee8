//! How the time of a plan grows with what a manifest owns, and with what the org holds.
//!
//! `cargo bench --bench growth` starts an emulated org for each size, runs the first plan (nothing is there) and the
//! no-op (all of it is), and prints the processor time that the program took, user and system, median of some runs; how long it
//! waited does not count. It fails where the time grows faster than the work between the two largest sizes, where roles
//! that nothing is about cost time, or where a plan takes more API calls than it may. Where `terraform` is on the path,
//! its no-op on as many `terraform_data` resources stands beside it, for comparison alone.
//!
//! `ORGWRIGHT_GROWTH_MOST` leaves out sizes above it, `ORGWRIGHT_GROWTH_KIND` all kinds whose names do not begin with it,
//! `ORGWRIGHT_NET_BINARY` takes another build of the program.

#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]

#[path = "growth/orgs.rs"]
mod orgs;
#[path = "../tests/support/rig.rs"]
mod rig;

use std::process::{Command, ExitCode};

use serde_json::{Value, json};

use orgs::Kind;
use rig::{Org, Program};

/// Steepest growth between the two largest sizes: the exponent of the time over the count.
const STEEPEST: f64 = 1.1;
/// What so many roles may cost, in milliseconds, beside none.
const ROLES: usize = 5_000;
const MOST_FOR_ROLES: f64 = 50.0;
/// Runs of a plan, and fewer where one takes longer than so many milliseconds.
const RUNS: usize = 5;
const SLOW: f64 = 1_500.0;

type Failed = Box<dyn std::error::Error>;

/// The figures of one size.
struct Figures {
    count: usize,
    first: Plan,
    again: Plan,
    /// Milliseconds of Terraform's no-op.
    terraform: Option<f64>,
}

/// A plan: milliseconds of processor time, and API calls.
struct Plan {
    milliseconds: f64,
    calls: u64,
}

fn main() -> Result<ExitCode, Failed> {
    let program = Program::named_by("ORGWRIGHT_NET_BINARY", env!("CARGO_BIN_EXE_orgwright"));
    let most = std::env::var("ORGWRIGHT_GROWTH_MOST");
    let most: usize = most
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(usize::MAX);
    let wanted = std::env::var("ORGWRIGHT_GROWTH_KIND").unwrap_or_default();
    let terraform = has_terraform();
    if !terraform {
        println!("Terraform: skipped (`terraform` is not on the path)");
    }
    println!(
        "{:<17} {:>6} {:>10} {:>10} {:>18} {:>13}",
        "", "count", "first ms", "no-op ms", "API calls (limit)", "Terraform ms"
    );
    let mut missed = Vec::new();
    for kind in Kind::ALL {
        if !kind.name().starts_with(&wanted) {
            continue;
        }
        let mut figures = Vec::new();
        for count in kind.sizes().iter().filter(|count| **count <= most) {
            let found = match measured(&program, kind, *count, terraform) {
                Ok(found) => found,
                Err(problem) => {
                    missed.push(format!("{} {count}: {problem}", kind.name()));
                    break;
                }
            };
            show(kind, &found, &mut missed);
            figures.push(found);
        }
        growth(kind, &figures, &mut missed);
    }
    for problem in &missed {
        println!("MISSED {problem}");
    }
    Ok(if missed.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Both plans of a size, in orgs of their own.
fn measured(
    program: &Program,
    kind: Kind,
    count: usize,
    terraform: bool,
) -> Result<Figures, Failed> {
    let first = plan(program, kind, count, false)?;
    let again = plan(program, kind, count, true)?;
    let is_owned = kind != Kind::Roles && kind != Kind::Manifests;
    let terraform = (terraform && is_owned)
        .then(|| terraform_no_op(count))
        .transpose()?;
    Ok(Figures {
        count,
        first,
        again,
        terraform,
    })
}

fn plan(program: &Program, kind: Kind, count: usize, whole: bool) -> Result<Plan, Failed> {
    let folder = tempfile::tempdir()?;
    let path = folder.path();
    let manifests = kind.manifests(count);
    orgs::write(&kind.org(count, whole), &path.join("org"))?;
    orgs::write(&manifests, path)?;
    let scale = kind.scale(count);
    let arguments = scale
        .as_ref()
        .map_or(["--seed", "org"], |scale| ["--scale", scale]);
    let org = Org::start(program, path, &arguments);
    if whole && scale.is_some() {
        let apply = ["apply", "0.yaml", "--yes"];
        let ended = rig::ended(&mut program.about(path, &org.url, &org.token, &apply));
        if ended.code != 0 {
            return Err(format!("{} {count}: {}{}", kind.name(), ended.out, ended.err).into());
        }
    }
    let mut words = vec!["plan"];
    words.extend(manifests.keys().map(String::as_str));
    words.extend(["--format", "json"]);
    let mut told = Value::Null;
    let milliseconds = median(|| {
        let (milliseconds, out) = timed(&mut program.about(path, &org.url, &org.token, &words))?;
        told = serde_json::from_str(&out).map_err(|_| format!("{}: {out}", kind.name()))?;
        Ok(milliseconds)
    })?;
    let changes = told["changes"].as_array().map(Vec::len);
    let expected = if whole {
        Some(0)
    } else {
        kind.first_changes(count)
    };
    if changes.is_none() || expected.is_some_and(|expected| changes != Some(expected)) {
        let some: String = told.to_string().chars().take(500).collect();
        return Err(format!(
            "{} {count}: {changes:?} changes, not {expected:?}: {some}",
            kind.name()
        )
        .into());
    }
    let calls = told["api_calls"]
        .as_u64()
        .ok_or("the plan does not say its API calls")?;
    Ok(Plan {
        milliseconds,
        calls,
    })
}

/// The median of some runs; a slow one stands for itself.
fn median(mut run: impl FnMut() -> Result<f64, Failed>) -> Result<f64, Failed> {
    let mut times = Vec::new();
    for _ in 0..RUNS {
        times.push(run()?);
        if times[0] > SLOW {
            break;
        }
    }
    times.sort_by(f64::total_cmp);
    Ok(times[times.len() / 2])
}

/// Runs a command to its end: milliseconds of processor time, and what it said. The shell knows the time of its children.
fn timed(command: &mut Command) -> Result<(f64, String), Failed> {
    let mut shell = Command::new("bash");
    let script = "TIMEFORMAT='%3U %3S'; exec 3>&2; time \"$@\" 2>&3";
    shell
        .args(["-c", script, "growth"])
        .arg(command.get_program())
        .args(command.get_args());
    if let Some(folder) = command.get_current_dir() {
        shell.current_dir(folder);
    }
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    let ended = shell.output()?;
    let err = String::from_utf8_lossy(&ended.stderr);
    let last = err.trim_end().lines().last().unwrap_or_default();
    let times = last.split(' ').map(str::parse::<f64>);
    let seconds: Vec<f64> = times
        .collect::<Result<_, _>>()
        .map_err(|_| err.to_string())?;
    let out = String::from_utf8_lossy(&ended.stdout).into_owned();
    Ok((seconds.iter().sum::<f64>() * 1_000.0, out))
}

/// Prints a line, and notes where a plan takes too many API calls.
fn show(kind: Kind, figures: &Figures, missed: &mut Vec<String>) {
    let Figures {
        count,
        first,
        again,
        terraform,
    } = figures;
    let limit = kind.most_calls(*count);
    let terraform = terraform.map_or("-".to_owned(), |time| format!("{time:.0}"));
    let calls = format!("{} / {} ({limit})", first.calls, again.calls);
    println!(
        "{:<17} {count:>6} {:>10.0} {:>10.0} {calls:>18} {terraform:>13}",
        kind.name(),
        first.milliseconds,
        again.milliseconds
    );
    let most = first.calls.max(again.calls);
    if usize::try_from(most).is_ok_and(|most| most > limit) {
        missed.push(format!(
            "{} {count}: {most} API calls, limit {limit}",
            kind.name()
        ));
    }
}

/// Prints how the time grows between the two largest sizes, and notes where that is too fast.
fn growth(kind: Kind, figures: &[Figures], missed: &mut Vec<String>) {
    let [.., small, large] = figures else { return };
    if small.count == 0 {
        return;
    }
    for (what, time) in [
        (
            "first",
            (|figures| figures.first.milliseconds) as fn(&Figures) -> f64,
        ),
        ("no-op", |figures| figures.again.milliseconds),
    ] {
        let work = large.count as f64 / small.count as f64;
        let slope = (time(large) / time(small)).ln() / work.ln();
        let name = kind.name();
        println!("{name:<17} {what} plan: slope {slope:.2}, limit {STEEPEST}");
        if slope > STEEPEST {
            missed.push(format!(
                "{name}, {what} plan: slope {slope:.2}, limit {STEEPEST}"
            ));
        }
        let of = |count| {
            figures
                .iter()
                .find(|figures| figures.count == count)
                .map(time)
        };
        let (Kind::Roles, Some(none), Some(many)) = (kind, of(0), of(ROLES)) else {
            continue;
        };
        let cost = many - none;
        println!("{name:<17} {what} plan: {ROLES} cost {cost:.0} ms, limit {MOST_FOR_ROLES}");
        if cost > MOST_FOR_ROLES {
            missed.push(format!(
                "{ROLES} {name}, {what} plan: {cost:.0} ms, limit {MOST_FOR_ROLES}"
            ));
        }
    }
}

fn has_terraform() -> bool {
    let found = Command::new("terraform").arg("version").output();
    found.is_ok_and(|ended| ended.status.success())
}

/// Terraform's plan over as many resources as its state holds.
fn terraform_no_op(count: usize) -> Result<f64, Failed> {
    let folder = tempfile::tempdir()?;
    let path = folder.path();
    let text: String = (0..count)
        .map(|number| {
            format!("resource \"terraform_data\" \"r{number}\" {{\n  input = \"{number}\"\n}}\n")
        })
        .collect();
    std::fs::write(path.join("main.tf"), text)?;
    std::fs::write(path.join("terraform.tfstate"), state(count).to_string())?;
    let command = |words: &[&str]| {
        let mut command = Command::new("terraform");
        command
            .args(words)
            .current_dir(path)
            .env("CHECKPOINT_DISABLE", "1");
        command
    };
    timed(&mut command(&["init", "-input=false"]))?;
    median(|| {
        let (milliseconds, out) = timed(&mut command(&["plan", "-input=false", "-no-color"]))?;
        let holds = out.contains("No changes");
        if holds {
            Ok(milliseconds)
        } else {
            Err(format!("Terraform: {out}").into())
        }
    })
}

/// A state in which all of them are there.
fn state(count: usize) -> Value {
    let resource = |number: usize| {
        let value = json!({"value": number.to_string(), "type": "string"});
        json!({
            "mode": "managed", "type": "terraform_data", "name": format!("r{number}"),
            "provider": "provider[\"terraform.io/builtin/terraform\"]",
            "instances": [{"schema_version": 0, "attributes": {
                "id": format!("00000000-0000-0000-0000-{number:012}"),
                "input": value, "output": value, "triggers_replace": null}}],
        })
    };
    let resources: Vec<Value> = (0..count).map(resource).collect();
    json!({"version": 4, "terraform_version": "1.0.0", "serial": 1, "lineage": "growth", "outputs": {}, "resources": resources})
}
