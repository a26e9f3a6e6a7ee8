//! What nobody has confirmed about the platform, and how an org answers it. Each is a question to which the answer is
//! expected; where an org answers otherwise, it is known what that means for this program.
//!
//! Reads only: what takes a write to find out is listed as such.

mod asked;

use super::{Answer, Live, OrgIdentity, Question};
use asked::{
    audit_trail, blanks, contact_share, dependencies, edition, groups_of_roles, in_capitals,
    packages, record_access, sandbox_names, several_definitions, whole_profile,
};

/// One thing that nobody has confirmed.
pub struct OpenQuestion {
    /// Its id, for good: `FT201`.
    pub id: &'static str,
    /// What is expected, as a sentence that holds or does not.
    pub expects: &'static str,
    /// What it means for this program where it does not hold.
    pub otherwise: &'static str,
    /// Whether users or records are counted for it.
    pub counts: bool,
    /// What to ask next, by the answers so far, and what they come to in the end.
    pub next: fn(&Circumstances<'_>, &[Answer]) -> Next,
}

/// What is known when an open question is asked.
pub struct Circumstances<'a> {
    /// What was learnt of the org before.
    pub live: &'a Live,
    /// Which org it is.
    pub org: &'a OrgIdentity,
    /// An object whose records are selective in a manifest.
    pub object: Option<&'a str>,
}

/// What follows from the answers so far.
pub enum Next {
    /// This has to be asked.
    Ask(Question),
    /// The expectation holds; what was seen.
    Holds(String),
    /// It does not; what was seen.
    Fails(String),
    /// It cannot be told here; why.
    NotTried(&'static str),
}

/// Every open question, by id.
pub const OPEN_QUESTIONS: &[OpenQuestion] = &[
    OpenQuestion {
        id: "FT201",
        expects: "one query tells the sharing defaults of several objects",
        otherwise: "a default that is not told this way counts as unknown, and a plan that needs it is refused",
        counts: false,
        next: several_definitions,
    },
    OpenQuestion {
        id: "FT202",
        expects: "PermissionDependency tells which permissions Modify All Data brings along",
        otherwise: "nothing changes: a built-in list of these is always added to what the org tells",
        counts: false,
        next: dependencies,
    },
    OpenQuestion {
        id: "FT203",
        expects: "a query for values other than one finds blank fields as well",
        otherwise: "counts of records that meet a `notEqual` criterion are too low: read them as lower bounds",
        counts: true,
        next: |_, answers| blanks(answers, "AND Department != 'orgwright field test'"),
    },
    OpenQuestion {
        id: "FT204",
        expects: "a query for texts without a part finds blank fields as well",
        otherwise: "nothing changes: blank fields are asked for besides",
        counts: true,
        next: |_, answers| {
            blanks(
                answers,
                "AND (NOT (Department LIKE '%orgwright field test%'))",
            )
        },
    },
    OpenQuestion {
        id: "FT205",
        expects: "a query finds a user by its username in capitals",
        otherwise: "write usernames in manifests exactly as the org has them",
        counts: false,
        next: in_capitals,
    },
    OpenQuestion {
        id: "FT206",
        expects: "ContactShare is not described where contacts are controlled by their accounts",
        otherwise: "nothing changes: share rows are not asked for there",
        counts: false,
        next: contact_share,
    },
    OpenQuestion {
        id: "FT207",
        expects: "the org's edition is one of those whose names are known",
        otherwise: "remarks that depend on the edition are left out",
        counts: false,
        next: edition,
    },
    OpenQuestion {
        id: "FT208",
        expects: "InstalledSubscriberPackage tells namespace and version through its relations",
        otherwise: "nothing changes: packages are found by their permission sets",
        counts: false,
        next: packages,
    },
    OpenQuestion {
        id: "FT209",
        expects: "the audit trail names the section of each entry",
        otherwise: "who changed a default has to be looked up in Setup by hand",
        counts: false,
        next: audit_trail,
    },
    OpenQuestion {
        id: "FT210",
        expects: "usernames end in the name of their sandbox",
        otherwise: "users copied from production are not recognised by their names",
        counts: false,
        next: sandbox_names,
    },
    OpenQuestion {
        id: "FT211",
        expects: "UserRecordAccess has a row for every record that it is asked about",
        otherwise: "records without a row count as not comparable, and `verify` proves nothing about them",
        counts: false,
        next: record_access,
    },
    OpenQuestion {
        id: "FT212",
        expects: "a profile that is read is as whole as its rows of object permissions",
        otherwise: "clone it only where the plan says that its source was completed by a retrieve",
        counts: false,
        next: whole_profile,
    },
    OpenQuestion {
        id: "FT213",
        expects: "every role has a group that share rows can name",
        otherwise: "share rows of roles without one are not found, so records that they open count as not visible",
        counts: false,
        next: groups_of_roles,
    },
];

/// What takes a write to find out: id, question, and where a person finds out.
pub const TAKE_A_WRITE: &[(&str, &str)] = &[
    (
        "FT301",
        "sharing rules compare e-mail addresses, phone numbers and picklists without regard to case",
    ),
    (
        "FT302",
        "a blank field meets `notEqual` and `notContain` in a sharing rule",
    ),
    (
        "FT303",
        "a sharing rule takes no criterion on a currency field",
    ),
    (
        "FT304",
        "a rule's logic that mixes AND and OR without brackets is refused",
    ),
    ("FT305", "a user created over REST is sent no mail"),
    (
        "FT306",
        "a profile created over REST is empty but for what its licence demands",
    ),
];
