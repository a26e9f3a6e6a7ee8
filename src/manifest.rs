//! Manifests: files in, typed wishes out, every value with its place.
//!
//! [`load`] reads everything that can be known without an org and reports every mistake at once.
//! What it returns is complete and consistent; only the org can still contradict it.

mod check;
mod digest;
mod expectation;
mod expected;
mod findings;
mod granted;
mod load;
mod logic;
mod login;
mod node;
mod read;
mod read_granted;
mod read_kept;
mod read_login;
mod read_profile;
mod read_sharing;
mod reader;
mod resolve;
mod scalar;
mod schema;
mod sharing;
mod spanned;
mod spec;
mod words;

use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Place, Sources};

pub use expectation::{AccessExpectation, AccessMeant, RecordAccess, RecordsMeant};
pub use expected::ExpectedRecords;
pub use granted::{
    AllOrNamed, ExistingProfile, GrantedFields, GrantedObject, GrantedSet, SetLicenseRef,
};
pub use load::load;
pub use login::{AcceptedPower, IpRange, LoginLimits};
pub use reader::nearest;
pub use resolve::is_for_manifests;
pub use schema::json_schema;
pub use sharing::{
    Criterion, Holder, KeepAccess, KeepEveryone, Logic, Principal, Rule, Scalar, Sharing, UserRef,
    Value,
};
pub use spanned::Sp;
pub use spec::{
    Field, FieldType, LeaveOut, Limits, PermissionSetRef, Profile, Role, Spec, User,
    WithoutAdministration,
};
pub use words::{
    AccessLevel, FieldKind, KeptAccess, LoginRestrictions, NewFields, ObjectPermission, Operator,
    RuleAccess, SharingModel, VendorName, Word,
};

/// The only `apiVersion` there is.
pub const API_VERSION: &str = "orgwright/v1";
/// The only `kind` there is.
pub const KIND: &str = "IntegrationUser";

/// One manifest, read and checked.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// The file as it was named on the command line.
    pub file: Arc<str>,
    /// `metadata.name`.
    pub name: Sp<String>,
    /// What is asked for.
    pub spec: Spec,
    /// `sha256:…` over the resolved content: overlays, settings and environment in, comments and order of keys out.
    pub digest: String,
    /// What it says, resolved, as JSON: keys in order, those without a value left out.
    pub content: Arc<serde_json::Value>,
    /// The text of the file.
    pub source: Arc<str>,
    /// The texts of this file and of everything laid over it.
    pub sources: Sources,
    /// Warnings and notes; a manifest with errors is never returned.
    pub findings: Vec<Diagnostic>,
}

impl Manifest {
    /// A manifest that asks for nothing: whoever plans or reads by it learns how a user stands to an object.
    pub fn bare(username: &str, object: &str) -> Self {
        let file: Arc<str> = "".into();
        Self {
            name: Sp::new(String::new(), Place::start_of(&file)),
            spec: Spec::bare(username, object),
            digest: String::new(),
            content: Arc::default(),
            source: Arc::clone(&file),
            sources: Sources::default(),
            findings: Vec::new(),
            file,
        }
    }
}
