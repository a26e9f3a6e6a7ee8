//! Where things may happen: files, network, other programs, environment, clock, output.

use super::markdown;
use super::source::{Source, read, sources};

/// One row of the table: the words that give an effect away, and where they may stand.
struct Effect {
    name: String,
    words: Vec<String>,
    places: Vec<String>,
}

fn effects() -> Vec<Effect> {
    let rows = markdown::table(&read("docs/architecture.md"), "effect");
    let effect = |row: Vec<String>| Effect {
        name: row[0].clone(),
        words: markdown::code_words(&row[1]),
        places: markdown::code_words(&row[2]),
    };
    rows.into_iter().map(effect).collect()
}

impl Effect {
    /// The first of its words that the code holds. Asking whether a stream is a terminal prints nothing.
    fn found_in(&self, source: &Source) -> Option<&str> {
        let code = source
            .production
            .replace("stdout().is_terminal()", "")
            .replace("stderr().is_terminal()", "")
            .replace("stdin().is_terminal()", "");
        let mut words = self.words.iter().map(String::as_str);
        words.find(|word| code.contains(word))
    }
}

/// A place is a file, or a folder together with the file of its name: `src/org` covers `src/org.rs`.
fn covers(place: &str, path: &str) -> bool {
    let below = path.strip_prefix(place);
    below.is_some_and(|rest| matches!(rest, "" | ".rs") || rest.starts_with('/'))
}

/// Effects in other places than theirs, and places where nothing of the kind happens.
pub(crate) fn problems() -> Vec<String> {
    let sources = sources();
    let mut problems = Vec::new();
    for effect in effects() {
        let happens: Vec<(&Source, &str)> = sources
            .iter()
            .filter_map(|source| Some((source, effect.found_in(source)?)))
            .collect();
        for (source, word) in &happens {
            if !effect
                .places
                .iter()
                .any(|place| covers(place, &source.path))
            {
                problems.push(format!("{}: {} (`{word}`)", source.path, effect.name));
            }
        }
        for place in &effect.places {
            if !happens
                .iter()
                .any(|(source, _)| covers(place, &source.path))
            {
                problems.push(format!(
                    "`{place}` is listed for {}, and nothing there does it",
                    effect.name
                ));
            }
        }
    }
    problems
}
