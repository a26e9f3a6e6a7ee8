//! What a deploy says about itself.

use crate::xml::Element;

/// How a package is to be deployed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeployOptions {
    /// Checks and saves nothing.
    pub check_only: bool,
    /// Saves all or nothing. Production accepts nothing else, and the platform's own default is `false`.
    pub rollback_on_error: bool,
    /// Lets warnings pass; otherwise one warning fails the whole deploy.
    pub ignore_warnings: bool,
    /// Which tests run; `None` leaves it to the org. The schema wants one, yet every client leaves it out and only
    /// so does production run no tests for a package without code: `NoTestRun` is refused there, and is the word
    /// for sandboxes and developer orgs.
    pub test_level: Option<String>,
}

impl Default for DeployOptions {
    fn default() -> Self {
        Self {
            check_only: false,
            rollback_on_error: true,
            ignore_warnings: true,
            test_level: None,
        }
    }
}

/// Where a deploy stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeployStatus {
    /// Id of the deploy, `0Af…`.
    pub id: String,
    /// Whether it has ended; the status word differs between versions, this does not.
    pub done: bool,
    /// Whether it has ended well.
    pub success: bool,
    /// The platform's word: `Pending`, `InProgress`, `Succeeded`, `Failed` and others.
    pub status: String,
    /// What it is busy with.
    pub state_detail: Option<String>,
    /// Components done so far; may fall when the platform starts again.
    pub components_deployed: u32,
    /// Components in all.
    pub components_total: u32,
    /// Components that failed. A failure of the package itself counts nothing here: count `failures`.
    pub component_errors: u32,
    /// Counts that are none, in sentences: `numberComponentsTotal is -5`.
    pub miscounts: Vec<String>,
    /// What failed, one entry for each problem; a component may have several.
    pub failures: Vec<ComponentMessage>,
    /// What succeeded, or would have if the rest had. The package's own entry is `package.xml`.
    pub successes: Vec<ComponentMessage>,
    /// Apex tests that failed.
    pub test_failures: Vec<TestFailure>,
    /// Why the deploy failed as a whole.
    pub error_message: Option<String>,
    /// The platform's code for that.
    pub error_code: Option<String>,
}

/// What happened to one component.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ComponentMessage {
    /// Metadata type, such as `SharingCriteriaRule`; empty for the package itself.
    pub component_type: String,
    /// Full name, such as `Lead.Sync_to_HubSpot`.
    pub full_name: String,
    /// Record id, where the component has one.
    pub id: Option<String>,
    /// Path inside the archive.
    pub file_name: String,
    /// What is wrong, in the running user's language.
    pub problem: Option<String>,
    /// `Error`, `Warning` or `Info`.
    pub problem_type: Option<String>,
    /// Line in that file.
    pub line: Option<u32>,
    /// Column in that file.
    pub column: Option<u32>,
    /// Whether it is new in the org.
    pub created: bool,
    /// Whether it differs from what the org had.
    pub changed: bool,
    /// Whether it was deleted.
    pub deleted: bool,
    /// Whether it went in.
    pub success: bool,
}

/// One failed Apex test.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TestFailure {
    /// Class.
    pub name: String,
    /// Method, if the failure is not the whole class's.
    pub method: Option<String>,
    /// What the test said.
    pub message: String,
}

impl DeployStatus {
    /// Reads a `DeployResult`; what is absent stays at its default.
    pub(super) fn read(result: &Element) -> Self {
        let details = result.child("details");
        let messages = |name: &'static str| {
            let found = details
                .into_iter()
                .flat_map(move |details| details.children_named(name));
            found.map(ComponentMessage::read).collect()
        };
        let tests = details.and_then(|details| details.child("runTestResult"));
        let test_failures = tests
            .into_iter()
            .flat_map(|tests| tests.children_named("failures"));
        Self {
            id: text(result, "id"),
            done: flag(result, "done"),
            success: flag(result, "success"),
            status: text(result, "status"),
            state_detail: some_text(result, "stateDetail"),
            components_deployed: number(result, "numberComponentsDeployed").unwrap_or_default(),
            components_total: number(result, "numberComponentsTotal").unwrap_or_default(),
            component_errors: number(result, "numberComponentErrors").unwrap_or_default(),
            miscounts: COUNTS
                .into_iter()
                .filter_map(|name| miscount(result, name))
                .collect(),
            failures: messages("componentFailures"),
            successes: messages("componentSuccesses"),
            test_failures: test_failures.map(TestFailure::read).collect(),
            error_message: some_text(result, "errorMessage"),
            error_code: some_text(result, "errorStatusCode"),
        }
    }
}

impl ComponentMessage {
    fn read(message: &Element) -> Self {
        Self {
            component_type: text(message, "componentType"),
            full_name: text(message, "fullName"),
            id: some_text(message, "id"),
            file_name: text(message, "fileName"),
            problem: some_text(message, "problem"),
            problem_type: some_text(message, "problemType"),
            line: number(message, "lineNumber"),
            column: number(message, "columnNumber"),
            created: flag(message, "created"),
            changed: flag(message, "changed"),
            deleted: flag(message, "deleted"),
            success: flag(message, "success"),
        }
    }
}

impl TestFailure {
    fn read(failure: &Element) -> Self {
        Self {
            name: text(failure, "name"),
            method: some_text(failure, "methodName"),
            message: text(failure, "message"),
        }
    }
}

/// The text of a child, empty where it is absent.
pub(super) fn text(element: &Element, child: &str) -> String {
    element.text_of(child).unwrap_or_default().to_owned()
}

/// The text of a child that says something.
pub(super) fn some_text(element: &Element, child: &str) -> Option<String> {
    element
        .text_of(child)
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
}

/// Whether a child says `true`.
pub(super) fn flag(element: &Element, child: &str) -> bool {
    matches!(element.text_of(child).map(str::trim), Some("true" | "1"))
}

/// The counts of a result.
const COUNTS: [&str; 3] = [
    "numberComponentsDeployed",
    "numberComponentsTotal",
    "numberComponentErrors",
];

/// The most components that a result can count: the platform takes 10,000 files in a deploy (Metadata API limits).
const MOST_COMPONENTS: u32 = 1_000_000;

/// A count that is there and is none, in a sentence.
fn miscount(result: &Element, name: &str) -> Option<String> {
    let text = result.text_of(name)?.trim();
    let is_one = text
        .parse::<u32>()
        .is_ok_and(|count| count <= MOST_COMPONENTS);
    let shown: String = text.chars().take(20).collect();
    (!is_one).then(|| format!("{name} is `{shown}`"))
}

fn number(element: &Element, child: &str) -> Option<u32> {
    element.text_of(child)?.trim().parse().ok()
}
