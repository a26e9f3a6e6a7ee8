//! What nobody has confirmed about the platform, and how an org answers it. Each is a question to which the answer is
//! expected; where an org answers otherwise, it is known what that means for this program.
//!
//! Reads only: what takes a write to find out is listed as such.

use super::{Answer, Live, OrgIdentity, Question};
use crate::soql::{self, Row};

/// Columns that a query asks for beside what it counts.
const COUNT_OF_USERS: &str = "SELECT COUNT(Id) n FROM User WHERE Department = null";

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

fn query(text: impl Into<String>) -> Next {
    Next::Ask(Question::Query(text.into()))
}

fn tooling(text: &str) -> Next {
    Next::Ask(Question::Tooling(text.to_owned()))
}

fn rows(answer: Option<&Answer>) -> Option<&[Row]> {
    match answer? {
        Answer::Rows(rows) => Some(rows),
        _ => None,
    }
}

fn number(answer: Option<&Answer>) -> Option<u64> {
    rows(answer)?.first()?.number("n")
}

/// Whether an expectation holds, with what was seen.
fn judged(holds: bool, seen: impl Into<String>) -> Next {
    match holds {
        true => Next::Holds(seen.into()),
        false => Next::Fails(seen.into()),
    }
}

fn several_definitions(_: &Circumstances<'_>, answers: &[Answer]) -> Next {
    let Some(found) = rows(answers.first()) else {
        return query(
            "SELECT QualifiedApiName, InternalSharingModel FROM EntityDefinition WHERE QualifiedApiName IN \
             ('Account','Contact')",
        );
    };
    let told = found
        .iter()
        .filter(|row| row.text("InternalSharingModel").is_some());
    let told = told.count();
    judged(told == 2, format!("it told {told} of 2"))
}

fn dependencies(_: &Circumstances<'_>, answers: &[Answer]) -> Next {
    match rows(answers.first()) {
        None => tooling(
            "SELECT Id, Permission, RequiredPermission FROM PermissionDependency WHERE Permission = 'ModifyAllData' \
             ORDER BY Id",
        ),
        Some(found) => judged(!found.is_empty(), format!("it told {}", found.len())),
    }
}

fn blanks(answers: &[Answer], condition: &str) -> Next {
    match (answers, number(answers.first()), number(answers.get(1))) {
        ([], ..) => query(COUNT_OF_USERS),
        (_, Some(0), _) => Next::NotTried("every user has a department"),
        (_, Some(_), None) => query(format!("{COUNT_OF_USERS} {condition}")),
        (_, Some(blank), Some(found)) => {
            judged(found == blank, format!("it found {found} of {blank}"))
        }
        (_, None, _) => Next::Fails("its answer holds no number".to_owned()),
    }
}

fn in_capitals(circumstances: &Circumstances<'_>, answers: &[Answer]) -> Next {
    let Some(username) = &circumstances.org.running_user else {
        return Next::NotTried("the log-in does not tell who is logged in");
    };
    match rows(answers.first()) {
        None => query(format!(
            "SELECT Id FROM User WHERE Username = {}",
            soql::literal(&username.to_uppercase())
        )),
        Some(found) => judged(found.len() == 1, format!("it found {}", found.len())),
    }
}

fn contact_share(circumstances: &Circumstances<'_>, answers: &[Answer]) -> Next {
    const CONTACT: &str = "Contact";
    let organization = circumstances.live.organization().learnt();
    let default = organization.and_then(|organization| organization.default_of(CONTACT).flatten());
    if default != Some(crate::manifest::SharingModel::ControlledByParent) {
        return Next::NotTried("contacts have a default of their own in this org");
    }
    match answers.first() {
        None => Next::Ask(Question::Describe("ContactShare".to_owned())),
        Some(Answer::Described(None)) => Next::Holds("it is not there".to_owned()),
        Some(_) => Next::Fails("it is there".to_owned()),
    }
}

fn edition(circumstances: &Circumstances<'_>, _: &[Answer]) -> Next {
    const KNOWN: [&str; 8] = [
        "Base Edition",
        "Developer Edition",
        "Enterprise Edition",
        "Partner Developer Edition",
        "Performance Edition",
        "Professional Edition",
        "Team Edition",
        "Unlimited Edition",
    ];
    let edition = circumstances.org.edition.as_str();
    judged(KNOWN.contains(&edition), format!("it is `{edition}`"))
}

fn packages(_: &Circumstances<'_>, answers: &[Answer]) -> Next {
    match rows(answers.first()) {
        None => tooling(
            "SELECT Id, SubscriberPackage.NamespacePrefix, SubscriberPackageVersion.MajorVersion \
             FROM InstalledSubscriberPackage",
        ),
        Some([]) => Next::NotTried("no package is installed"),
        Some(found) => {
            let told = |row: &&Row| {
                row.number("SubscriberPackageVersion.MajorVersion")
                    .is_some()
            };
            let told = found.iter().filter(told).count();
            judged(
                told == found.len(),
                format!("it told {told} of {}", found.len()),
            )
        }
    }
}

fn audit_trail(_: &Circumstances<'_>, answers: &[Answer]) -> Next {
    match rows(answers.first()) {
        None => query(
            "SELECT Id, Action, Section FROM SetupAuditTrail ORDER BY CreatedDate DESC LIMIT 200",
        ),
        Some([]) => Next::NotTried("the audit trail is empty"),
        Some(found) => {
            let told = found.iter().filter(|row| row.text("Section").is_some());
            let told = told.count();
            judged(told > 0, format!("it told {told} of {}", found.len()))
        }
    }
}

fn sandbox_names(circumstances: &Circumstances<'_>, _: &[Answer]) -> Next {
    let org = circumstances.org;
    let host = org.instance_url.trim_start_matches("https://");
    let name = host
        .split_once("--")
        .and_then(|(_, rest)| rest.split_once('.'));
    match (org.sandbox, name, &org.running_user) {
        (false, ..) => Next::NotTried("it is no sandbox"),
        (true, Some((name, _)), Some(username)) => {
            let ends = username
                .to_lowercase()
                .ends_with(&format!(".{}", name.to_lowercase()));
            judged(ends, format!("`{username}` in the sandbox `{name}`"))
        }
        _ => Next::NotTried("neither the address nor the log-in tells the names"),
    }
}

fn record_access(circumstances: &Circumstances<'_>, answers: &[Answer]) -> Next {
    let (Some(object), Some(username)) = (circumstances.object, &circumstances.org.running_user)
    else {
        return Next::NotTried(
            "no object is selective in the manifest, or nobody tells who is logged in",
        );
    };
    let ids = |answer: Option<&Answer>, column: &str| {
        let found = rows(answer)?.iter();
        let ids = found.filter_map(|row| row.text(column).map(str::to_owned));
        Some(ids.collect::<Vec<_>>())
    };
    let user = ids(answers.first(), "Id").and_then(|ids| ids.into_iter().next());
    match (answers.len(), ids(answers.get(1), "Id")) {
        (0, _) => query(format!(
            "SELECT Id FROM User WHERE Username = {}",
            soql::literal(username)
        )),
        (1, _) => query(format!("SELECT Id FROM {object} ORDER BY Id LIMIT 20")),
        (2, Some(records)) if records.is_empty() => Next::NotTried("the org has no such records"),
        (2, Some(records)) => query(format!(
            "SELECT RecordId, HasReadAccess, HasEditAccess FROM UserRecordAccess WHERE UserId = {} AND RecordId IN {}",
            soql::literal(&user.unwrap_or_default()),
            soql::list(&records)
        )),
        (_, records) => {
            let asked = records.map_or(0, |records| records.len());
            let told = rows(answers.get(2)).map_or(0, <[Row]>::len);
            judged(
                told == asked,
                format!("it told {told} of {asked} {object} records"),
            )
        }
    }
}

fn whole_profile(_: &Circumstances<'_>, answers: &[Answer]) -> Next {
    match (answers.first(), number(answers.get(1))) {
        (None, _) => Next::Ask(Question::Component("Profile", "Admin".to_owned())),
        (Some(Answer::Component(Some(profile))), None) if answers.len() == 1 => {
            let Some(_) = profile.child("objectPermissions") else {
                return Next::Fails("it holds no object permissions at all".to_owned());
            };
            query(
                "SELECT COUNT(Id) n FROM ObjectPermissions WHERE Parent.Profile.Name = 'System Administrator'",
            )
        }
        (Some(Answer::Component(Some(profile))), Some(told)) => {
            let read = profile.children_named("objectPermissions").count() as u64;
            judged(
                read >= told,
                format!("it holds {read}, and there are {told} rows"),
            )
        }
        _ => Next::NotTried("the System Administrator's profile is not told"),
    }
}

fn groups_of_roles(_: &Circumstances<'_>, answers: &[Answer]) -> Next {
    match (
        answers.len(),
        number(answers.first()),
        number(answers.get(1)),
    ) {
        (0, ..) => query("SELECT COUNT(Id) n FROM UserRole"),
        (_, Some(0), _) => Next::NotTried("the org has no roles"),
        (1, ..) => query("SELECT COUNT(Id) n FROM Group WHERE Type = 'Role'"),
        (_, Some(roles), Some(groups)) => judged(
            groups >= roles,
            format!("there are {groups} for {roles} roles"),
        ),
        _ => Next::Fails("its answer holds no number".to_owned()),
    }
}
