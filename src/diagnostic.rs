//! What orgwright has to say about an input or an org: findings, where they are, and how a run ends.
//!
//! Everything here is data. Drawing it (with excerpts, colours or as JSON) is the reports' business,
//! so the texts that places point into travel along in [`Sources`].

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::address::Address;
use crate::code::Code;

/// A stretch of text in a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Place {
    /// The file as it was named on the command line.
    #[serde(serialize_with = "as_text")]
    pub file: Arc<str>,
    /// Line, counted from 1.
    pub line: usize,
    /// Column in characters, counted from 1.
    pub column: usize,
    /// Where the stretch begins, in bytes from the start of the file.
    #[serde(skip)]
    pub offset: usize,
    /// How long the stretch is, in bytes.
    #[serde(skip)]
    pub length: usize,
}

impl Place {
    /// The very beginning of `file`, for what concerns the file as a whole.
    pub fn start_of(file: &Arc<str>) -> Self {
        Self {
            file: Arc::clone(file),
            line: 1,
            column: 1,
            offset: 0,
            length: 0,
        }
    }
}

fn as_text<S: Serializer>(text: &Arc<str>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(text)
}

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// What was asked for cannot be done, or is not what it seems.
    Error,
    /// It can be done, and somebody should look at it first.
    Warning,
    /// Worth knowing.
    Note,
}

impl Severity {
    /// The word shown for it, and written in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// One finding: a stable code, one sentence, and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// What it is about; `orgwright explain CODE` says more.
    pub code: Code,
    /// How much it weighs.
    pub severity: Severity,
    /// What is the matter, in one sentence.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// Where in the input it was caused.
    pub place: Option<Place>,
    /// The component it is about.
    pub address: Option<Address>,
    /// Other places that explain it, each with what it says there.
    pub related: Vec<(Place, String)>,
    /// Everything that the message counts, where the help names only the first few: only JSON shows them.
    pub names: Vec<String>,
}

impl Diagnostic {
    /// A finding of the given weight, without a place yet.
    pub fn new(code: Code, severity: Severity, message: impl Into<String>) -> Self {
        Self {
            code,
            severity,
            message: message.into(),
            help: None,
            place: None,
            address: None,
            related: Vec::new(),
            names: Vec::new(),
        }
    }

    /// A finding that stops the run.
    pub fn error(code: Code, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Error, message)
    }

    /// A finding somebody should look at.
    pub fn warning(code: Code, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Warning, message)
    }

    /// A finding that is worth knowing.
    pub fn note(code: Code, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Note, message)
    }

    /// Adds the place that caused it, where there is one.
    #[must_use]
    pub fn at<'a>(mut self, place: impl Into<Option<&'a Place>>) -> Self {
        self.place = place.into().cloned();
        self
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds the component it is about.
    #[must_use]
    pub fn about(mut self, address: Address) -> Self {
        self.address = Some(address);
        self
    }

    /// Adds another place, with what it says there.
    #[must_use]
    pub fn see(mut self, place: &Place, label: impl Into<String>) -> Self {
        self.related.push((place.clone(), label.into()));
        self
    }

    /// Adds everything that the message counts.
    #[must_use]
    pub fn naming(mut self, names: &[String]) -> Self {
        self.names = names.to_vec();
        self
    }
}

/// JSON keeps one flat shape: code, severity, address, message, help, file, line, column, related, names.
impl Serialize for Diagnostic {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let place = self.place.as_ref();
        FlatDiagnostic {
            code: self.code,
            severity: self.severity,
            address: self.address.as_ref(),
            message: &self.message,
            help: self.help.as_deref(),
            file: place.map(|place| &*place.file),
            line: place.map(|place| place.line),
            column: place.map(|place| place.column),
            related: self.related.iter().map(FlatRelated::from).collect(),
            names: &self.names,
        }
        .serialize(serializer)
    }
}

/// A finding as JSON shows it.
#[derive(Serialize)]
struct FlatDiagnostic<'a> {
    code: Code,
    severity: Severity,
    address: Option<&'a Address>,
    message: &'a str,
    help: Option<&'a str>,
    file: Option<&'a str>,
    line: Option<usize>,
    column: Option<usize>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related: Vec<FlatRelated<'a>>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    names: &'a [String],
}

/// A related place as JSON shows it.
#[derive(Serialize)]
struct FlatRelated<'a> {
    #[serde(flatten)]
    place: &'a Place,
    message: &'a str,
}

impl<'a> From<&'a (Place, String)> for FlatRelated<'a> {
    fn from((place, message): &'a (Place, String)) -> Self {
        Self { place, message }
    }
}

/// The texts of the files that places point into, by the name the places use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources(BTreeMap<Arc<str>, Arc<str>>);

impl Sources {
    /// Keeps the text of `file`.
    pub fn insert(&mut self, file: Arc<str>, text: Arc<str>) {
        self.0.insert(file, text);
    }

    /// The text of `file`, when it could be read.
    pub fn text(&self, file: &str) -> Option<&Arc<str>> {
        self.0.get(file)
    }

    /// Takes over the texts that `other` holds.
    pub fn extend(&mut self, other: &Sources) {
        let entries = other.0.iter();
        self.0
            .extend(entries.map(|(file, text)| (Arc::clone(file), Arc::clone(text))));
    }
}

/// How a run ends: one exit code for each class of outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Exit {
    /// Everything asked for is so.
    Done = 0,
    /// Something failed that has no class of its own.
    Failed = 1,
    /// There are differences, and the command was asked to say so.
    Differences = 2,
    /// The changes were made, but the proof failed.
    ProofFailed = 3,
    /// A guard or a limit refused.
    Guarded = 4,
    /// The plan is out of date, or for another org.
    Stale = 5,
    /// Part of it was done, or the outcome is unknown; safe to run again.
    Partial = 6,
    /// The command line is wrong.
    Usage = 64,
    /// The manifest is invalid, or names what the org does not have.
    Manifest = 65,
    /// The org is busy, recalculating or at a limit.
    Busy = 75,
    /// The log-in or a permission is missing.
    Login = 77,
    /// Ended by Ctrl-C.
    Interrupted = 130,
    /// Ended by a request to terminate.
    Terminated = 143,
}

impl Exit {
    /// Every class, by ascending code.
    pub const ALL: [Exit; 13] = [
        Self::Done,
        Self::Failed,
        Self::Differences,
        Self::ProofFailed,
        Self::Guarded,
        Self::Stale,
        Self::Partial,
        Self::Usage,
        Self::Manifest,
        Self::Busy,
        Self::Login,
        Self::Interrupted,
        Self::Terminated,
    ];

    /// The number the process ends with.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// What the code means, for help texts.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Differences => "there are differences",
            Self::ProofFailed => "applied, but the proof failed",
            Self::Guarded => "refused by a guard or limit",
            Self::Stale => "the plan is stale, or for another org",
            Self::Partial => "partial or unknown outcome, safe to run again",
            Self::Usage => "the command line is wrong",
            Self::Manifest => "the manifest is invalid, or names what the org does not have",
            Self::Busy => "the org is busy, recalculating or at a limit, try later",
            Self::Login => "log-in or permission is missing",
            Self::Interrupted => "interrupted",
            Self::Terminated => "terminated",
        }
    }
}

/// A run that ends without its result: why, in what state the org is, and what to do next.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The class of the outcome.
    pub exit: Exit,
    /// What was found, in the order to show it.
    pub diagnostics: Vec<Diagnostic>,
    /// What the run did to the org, for example "nothing was changed".
    pub org_state: Option<String>,
    /// The command to run next.
    pub next: Option<String>,
    /// The texts that the diagnostics point into.
    pub sources: Sources,
}

impl Failure {
    /// The same, with more to say of the state that the org is in: before everything else, because it cannot wait.
    #[must_use]
    pub fn and_state(mut self, more: &[String]) -> Self {
        if more.is_empty() {
            return self;
        }
        let parts = more.iter().cloned().chain(self.org_state.take());
        self.org_state = Some(parts.collect::<Vec<_>>().join("; "));
        self
    }

    /// A failure of the given class with its findings.
    pub fn new(exit: Exit, diagnostics: Vec<Diagnostic>) -> Self {
        Self {
            exit,
            diagnostics,
            org_state: None,
            next: None,
            sources: Sources::default(),
        }
    }

    /// Adds what the run did to the org.
    #[must_use]
    pub fn state(mut self, org_state: impl Into<String>) -> Self {
        self.org_state = Some(org_state.into());
        self
    }

    /// Adds the command to run next.
    #[must_use]
    pub fn next(mut self, command: impl Into<String>) -> Self {
        self.next = Some(command.into());
        self
    }

    /// Adds the texts that the diagnostics point into.
    #[must_use]
    pub fn with_sources(mut self, sources: &Sources) -> Self {
        self.sources.extend(sources);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diagnostic_serialises_flat() {
        let place = Place {
            file: "orgwright.yaml".into(),
            line: 3,
            column: 7,
            offset: 20,
            length: 4,
        };
        let diagnostic = Diagnostic::error(Code::ManifestTooLarge, "no such key")
            .at(&place)
            .help("did you mean `role`?")
            .about(Address::new("role", "Sales"))
            .see(&place, "first written here")
            .naming(&["A".to_owned(), "B".to_owned()]);
        assert_eq!(
            serde_json::to_value(&diagnostic).unwrap(),
            serde_json::json!({
                "code": "OW1003", "severity": "error", "address": "role/Sales", "message": "no such key",
                "help": "did you mean `role`?", "file": "orgwright.yaml", "line": 3, "column": 7,
                "related": [{"file": "orgwright.yaml", "line": 3, "column": 7, "message": "first written here"}],
                "names": ["A", "B"],
            })
        );
    }

    #[test]
    fn exit_codes_are_distinct_and_ascending() {
        let codes: Vec<u8> = Exit::ALL.iter().map(|exit| exit.code()).collect();
        assert_eq!(codes, [0, 1, 2, 3, 4, 5, 6, 64, 65, 75, 77, 130, 143]);
        assert!(Exit::ALL.iter().all(|exit| !exit.meaning().is_empty()));
    }
}
