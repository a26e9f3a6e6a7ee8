//! The README as its reader takes it: every `sh` block is run, one after the other, in a folder of their own.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use super::markdown::{self, Block};
use super::source::{files, read};

const README: &str = "README.md";
const RUN: &str = "cargo run --";
const LONGEST: Duration = Duration::from_secs(600);

/// What a block holds that is not for this folder: a build of its own, or the whole project from the net.
const NOT_HERE: [&str; 3] = ["cargo test", "git clone", "cargo install"];

/// The command of the only block that tests.
pub(crate) fn test_command() -> String {
    let mut blocks = markdown::blocks(&read(README));
    blocks.retain(|block| block.language == "sh" && block.text.contains("cargo test"));
    assert_eq!(blocks.len(), 1, "blocks with `cargo test`");
    blocks[0].text.trim().to_owned()
}

/// Blocks that fail, and excerpts of output that is not what the block above prints.
pub(crate) fn problems() -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    copy_manifests(folder.path());
    let mut problems = Vec::new();
    let mut last = None;
    for block in markdown::blocks(&read(README)) {
        match block.language.as_str() {
            "sh" => last = run_or_skip(&block, folder.path(), &mut problems),
            "text" => problems.extend(last.iter().flat_map(|output| untrue(&block, output))),
            _ => {}
        }
    }
    problems
}

fn copy_manifests(folder: &Path) {
    fs::create_dir(folder.join("manifests")).unwrap();
    for path in files("manifests", ".yaml") {
        fs::copy(&path, folder.join(&path)).unwrap();
    }
}

/// The output of a block; `None` where it is skipped, which is said, or where it failed.
#[expect(clippy::print_stderr, reason = "a skipped block is said")]
fn run_or_skip(block: &Block, folder: &Path, problems: &mut Vec<String>) -> Option<String> {
    let not_here = NOT_HERE.iter().find(|word| block.text.contains(**word));
    let lacks_curl = block.text.contains("curl") && !curl_is_there();
    let reason = not_here
        .copied()
        .or(lacks_curl.then_some("there is no curl"));
    if let Some(reason) = reason {
        eprintln!("skipped {README}:{}: {reason}", block.line);
        return None;
    }
    match run(&block.text, folder) {
        Ok(output) => Some(output),
        Err(output) => {
            problems.push(format!("{README}:{}: {output}", block.line));
            None
        }
    }
}

fn curl_is_there() -> bool {
    let version = Command::new("curl").arg("--version").output();
    version.is_ok_and(|output| output.status.success())
}

/// Runs a script as a stranger would, with nothing of ours in the environment; both streams in one.
fn run(script: &str, folder: &Path) -> Result<String, String> {
    let program = env!("CARGO_BIN_EXE_orgwright");
    let script = script.replace(RUN, &format!("'{program}'"));
    let ours = |name: &str| name.starts_with("ORGWRIGHT_") || name.starts_with("SF_");
    let mut command = Command::new("sh");
    for (name, _) in std::env::vars().filter(|(name, _)| ours(name)) {
        command.env_remove(name);
    }
    let child = command
        .args(["-euc", &format!("exec 2>&1\n{script}")])
        .current_dir(folder)
        .env("LC_ALL", "C.UTF-8")
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let id = child.id().to_string();
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || sender.send(child.wait_with_output()));
    let Ok(output) = receiver.recv_timeout(LONGEST) else {
        let _ = Command::new("kill").arg(id).status();
        return Err(format!("not through after {LONGEST:?}"));
    };
    let output = output.unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    match output.status.success() {
        true => Ok(text),
        false => Err(format!("{}\n{text}", output.status)),
    }
}

/// Lines of an excerpt that the output does not hold; `…` stands for what was left out.
fn untrue(excerpt: &Block, output: &str) -> Vec<String> {
    let printed: Vec<&str> = output.lines().map(str::trim_end).collect();
    let lines = excerpt.text.lines().map(str::trim_end);
    let lines = lines.filter(|line| line.trim() != "…" && !printed.contains(line));
    lines
        .map(|line| format!("{README}:{}: not printed: {line}", excerpt.line))
        .collect()
}
