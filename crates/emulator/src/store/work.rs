//! Work that takes time, and what the org remembers of it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Id, Millis};

/// A deploy, from request to result.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeployJob {
    /// `0Af…`.
    pub id: Id,
    /// Who asked.
    pub created_by: Id,
    /// When.
    pub created: Millis,
    /// When it began to run.
    pub started: Option<Millis>,
    /// When it ended.
    pub completed: Option<Millis>,
    /// `Pending`, `InProgress`, `Succeeded`, `Failed`, `Canceled`…
    pub status: String,
    /// Whether it only checks.
    pub check_only: bool,
    /// Options, package and result as the metadata service keeps them.
    pub detail: Value,
}

/// A recalculation of sharing that has not come through yet.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Recalculation {
    /// Objects that are locked until it is through.
    pub objects: Vec<String>,
    /// When it began.
    pub started: Millis,
    /// When it is through; `None`: when the deploy that caused it reports done.
    pub due: Option<Millis>,
    /// The deploy that caused it.
    pub deploy: Option<Id>,
    /// Whose change caused it.
    pub by: Id,
}

/// A row of `SetupAuditTrail`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// `0Ym…`.
    pub id: Id,
    /// When.
    pub created: Millis,
    /// Who.
    pub created_by: Id,
    /// `Action`, e.g. `changedprofilecustom`.
    pub action: String,
    /// `Section`, e.g. `Manage Users`.
    pub section: String,
    /// `Display`: the sentence people read.
    pub display: String,
}

/// A managed package in the org.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Package {
    /// `0A3…`.
    pub id: Id,
    /// `033…`.
    pub package_id: Id,
    /// `04t…`.
    pub version_id: Id,
    /// Name.
    pub name: String,
    /// Namespace.
    pub namespace: String,
    /// Version, major, minor, patch, build.
    pub version: [u32; 4],
}

/// A log-in that has been given a token.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// Who.
    pub user: Id,
    /// When it began.
    pub created: Millis,
    /// Whether the token can be traded for access tokens rather than used.
    pub refresh: bool,
    /// The refresh token that it came with or was traded for, and ends with.
    #[serde(default)]
    pub parent: Option<String>,
}

/// An authorization code that has not been traded for a token yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Code {
    /// Who consented.
    pub user: Id,
    /// When.
    pub created: Millis,
    /// The app it was given to.
    pub client_id: String,
    /// Where it was sent.
    pub redirect_uri: String,
    /// The S256 challenge that whoever trades it has to meet, where one was set.
    pub challenge: Option<String>,
}

/// A query job of the Bulk API.
#[derive(Clone, Debug, PartialEq)]
pub struct BulkJob {
    /// `750…`.
    pub id: Id,
    /// Who opened it.
    pub user: Id,
    /// API version it was opened with, `62` for 62.0.
    pub version: u32,
    /// When.
    pub created: Millis,
    /// `query` or `queryAll`.
    pub operation: String,
    /// The object its queries are over.
    pub object: String,
    /// `CSV` or `JSON`.
    pub content_type: String,
    /// `Open`, `Closed` or `Aborted`.
    pub state: String,
    /// Its queries, in order.
    pub batches: Vec<BulkBatch>,
}

/// A query in a job of the Bulk API.
#[derive(Clone, Debug, PartialEq)]
pub struct BulkBatch {
    /// `751…`.
    pub id: Id,
    /// `752…`.
    pub result_id: Id,
    /// When it was posted.
    pub created: Millis,
    /// The query.
    pub query: String,
    /// How many records there are and the file with them, or why there is none.
    pub outcome: Result<(usize, String), String>,
}
