//! Two large profiles read, compared and reported, beside another library reading the same bytes in the same run.
//!
//! `cargo bench --bench codec` prints the best of several runs. The profiles are generated: 100,000 field permissions
//! each, a hundred differences between them.

#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use orgwright::documents::{compare_loose, read_loose};
use orgwright::report::human;
use orgwright::report::style::Style;

/// Field permissions of each profile.
const ENTRIES: usize = 100_000;
/// How far apart the differences are.
const EVERY: usize = 1_000;
/// Runs of which the best counts.
const RUNS: usize = 7;

fn profile(changed: bool) -> String {
    let mut text = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Profile xmlns=\"http://soap.sforce.com/2006/04/metadata\">\n",
    );
    for number in 0..ENTRIES {
        let editable = (number % 2 == 0) != (changed && number % EVERY == 0);
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "    <fieldPermissions>\n        <editable>{editable}</editable>\n        \
             <field>Some_Custom_Object__c.Some_Quite_Long_Field_Name_{number:06}__c</field>\n        \
             <readable>true</readable>\n    </fieldPermissions>\n"
        );
    }
    text + "</Profile>\n"
}

/// The best time of several runs.
fn best(mut run: impl FnMut()) -> Duration {
    let times = (0..RUNS).map(|_| {
        let start = Instant::now();
        run();
        start.elapsed()
    });
    times.min().unwrap_or_default()
}

fn show(what: &str, time: Duration) {
    println!("{what:<44} {:>8.1} ms", time.as_secs_f64() * 1000.0);
}

fn main() {
    let (before, after) = (profile(false), profile(true));
    let bytes = before.len() + after.len();
    println!("two profiles, {:.1} MB together", bytes as f64 / 1e6);
    let read = |text: &str| read_loose("P.profile", text.as_bytes()).unwrap_or_default();
    show("read both", best(|| drop((read(&before), read(&after)))));
    let (left, right) = (read(&before), read(&after));
    show("compare", best(|| drop(compare_loose(&left, &right))));
    let found = compare_loose(&left, &right);
    show(
        "report",
        best(|| drop(human::comparison("a", "b", &found, Style::PLAIN))),
    );
    let whole = best(|| {
        let found = compare_loose(&read(&before), &read(&after));
        drop(human::comparison("a", "b", &found, Style::PLAIN));
    });
    show("read, compare and report", whole);
    let other = best(|| {
        for text in [&before, &after] {
            drop(roxmltree::Document::parse(text));
        }
    });
    show("roxmltree reads both", other);
    memory(bytes);
}

/// The most memory the process ever held, where the system tells it.
fn memory(bytes: usize) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = peak.and_then(|peak| peak.trim().strip_suffix(" kB")?.parse::<f64>().ok());
    if let Some(kilobytes) = kilobytes {
        println!(
            "peak memory {:.0} MB, with everything above alive together; read: {:.0} MB",
            kilobytes / 1024.0,
            bytes as f64 / 1e6
        );
    }
}
