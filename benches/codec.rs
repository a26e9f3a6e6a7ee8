//! Two large profiles read, compared and printed, beside another library reading the same bytes in the same run.
//!
//! `cargo bench --bench codec` prints the best of several runs, in processor time, and the peak of memory, each beside
//! its limit. The profiles are generated: 17 MB and 100,000 field permissions each, a hundred differences between them.

#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::fmt::Write as _;

use orgwright::documents::{compare_loose, read_loose};
use orgwright::report::human;
use orgwright::report::style::Style;

/// Field permissions of each profile.
const ENTRIES: usize = 100_000;
/// How far apart the differences are.
const EVERY: usize = 1_000;
/// Runs of which the best counts.
const RUNS: usize = 9;
/// Processor time that reading, comparing and printing both may take, in milliseconds, on a quiet machine.
const MOST_MILLISECONDS: f64 = 200.0;
/// Memory they may take, in bytes for each byte read.
const MOST_MEMORY: f64 = 5.0;

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
             <field>Custom_Object__c.Long_Name_{number:06}__c</field>\n        \
             <readable>true</readable>\n    </fieldPermissions>\n"
        );
    }
    text + "</Profile>\n"
}

/// Processor time of this process so far, in milliseconds, where the system tells it.
fn processor_time() -> f64 {
    let told = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    let nanoseconds = told.split_whitespace().next().map(str::parse::<f64>);
    nanoseconds.and_then(Result::ok).unwrap_or_default() / 1e6
}

/// The most memory this process held since it was last asked to forget, in megabytes.
fn peak_memory() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = peak.and_then(|peak| peak.trim().strip_suffix(" kB")?.parse::<f64>().ok());
    kilobytes.unwrap_or_default() * 1024.0 / 1e6
}

/// The least processor time of several runs over files as they come from a disk, and the memory at its highest.
fn measured(files: &[Vec<u8>; 2], run: impl Fn([Vec<u8>; 2])) -> (f64, f64) {
    let mut best = f64::INFINITY;
    // Where the system does not let the peak be forgotten, the highest so far is shown.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    for _ in 0..RUNS {
        let copies = files.clone();
        let start = processor_time();
        run(copies);
        best = best.min(processor_time() - start);
    }
    (best, peak_memory())
}

fn show(what: &str, (milliseconds, _): (f64, f64)) {
    println!("{what:<40} {milliseconds:>7.1} ms");
}

fn main() {
    let files = [false, true].map(|changed| profile(changed).into_bytes());
    let megabytes = files.iter().map(Vec::len).sum::<usize>() as f64 / 1e6;
    println!("two profiles, {megabytes:.1} MB together\n");
    let read = |bytes| read_loose("P.profile", bytes).unwrap_or_default();
    let whole = measured(&files, |[before, after]| {
        let found = compare_loose(&read(before), &read(after));
        let page = human::comparison("a", "b", &found, Style::PLAIN);
        assert!(page.contains("100 differences"), "{page}");
    });
    let (milliseconds, peak) = whole;
    // The files themselves stand in memory a second time, for the next run.
    let memory = (peak - megabytes) / megabytes;
    println!(
        "read, compared and printed               {milliseconds:>7.1} ms of {MOST_MILLISECONDS} ms"
    );
    println!("peak memory for each byte read           {memory:>7.1} of {MOST_MEMORY}\n");
    show(
        "of that, read",
        measured(&files, |files| drop(files.map(read))),
    );
    let other = measured(&files, |files| {
        for text in files
            .iter()
            .filter_map(|file| std::str::from_utf8(file).ok())
        {
            drop(roxmltree::Document::parse(text));
        }
    });
    show("roxmltree reads both", other);
}
