//! Real metadata seeds an org, whatever it holds.
//!
//! `ORGWRIGHT_CORPUS` names a folder of real files; without it the samples in `tests/metadata` of the repository are used. What is in
//! `malformed` may be refused, with the file's name.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use salesforce_emulator::seed;

/// The folder of real files, or the samples.
fn corpus() -> PathBuf {
    let samples = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/metadata");
    testing::material("corpus", "seeds; samples are seeded instead").unwrap_or_else(samples)
}

/// Every file and every folder below a folder.
fn below(folder: &Path, files: &mut Vec<PathBuf>, folders: &mut Vec<PathBuf>) {
    folders.push(folder.to_owned());
    for entry in std::fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("the entry can be read").path();
        if path.is_dir() {
            below(&path, files, folders);
        } else {
            files.push(path);
        }
    }
}

fn is_malformed(path: &Path) -> bool {
    path.components()
        .any(|part| part.as_os_str() == "malformed")
}

/// What speaks against a seed; a refusal of malformed files has to name one.
fn problem(path: &Path) -> Option<String> {
    let refused = seed::from_files(&[path.to_owned()]).err()?.to_string();
    let named = refused.contains(&*path.to_string_lossy());
    (!is_malformed(path) || !named).then_some(refused)
}

/// What speaks against any of these seeds, tried on as many threads as the machine has use for.
fn problems(seeds: &[PathBuf]) -> Vec<String> {
    let next = AtomicUsize::new(0);
    let try_some = || {
        let mut found = Vec::new();
        while let Some(path) = seeds.get(next.fetch_add(1, Ordering::Relaxed)) {
            found.extend(problem(path));
        }
        found
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let started: Vec<_> = (0..threads).map(|_| scope.spawn(try_some)).collect();
        let found = started
            .into_iter()
            .map(|thread| thread.join().expect("no seed panics"));
        found.flatten().collect()
    })
}

#[test]
fn every_real_file_and_folder_seeds() {
    let (mut files, mut folders) = (Vec::new(), Vec::new());
    below(&corpus(), &mut files, &mut folders);
    folders.retain(|folder| !is_malformed(folder) && *folder != corpus());
    assert!(!files.is_empty());
    let all = [files, folders].concat();
    assert_eq!(
        problems(&all),
        Vec::<String>::new(),
        "of {} seeds",
        all.len()
    );
}
