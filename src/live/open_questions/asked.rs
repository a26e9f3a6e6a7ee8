//! What is asked for each open question, and what the answers come to.

use super::{Circumstances, Next};
use crate::live::{Answer, Question};
use crate::manifest::SharingModel;
use crate::soql::{self, Row};

/// How many users have a blank field that any user may have.
const COUNT_OF_USERS: &str = "SELECT COUNT(Id) n FROM User WHERE Department = null";

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

pub(super) fn several_definitions(_: &Circumstances<'_>, answers: &[Answer]) -> Next {
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

pub(super) fn dependencies(_: &Circumstances<'_>, answers: &[Answer]) -> Next {
    match rows(answers.first()) {
        None => tooling(
            "SELECT Id, Permission, RequiredPermission FROM PermissionDependency WHERE Permission = 'ModifyAllData' \
             ORDER BY Id",
        ),
        Some(found) => judged(!found.is_empty(), format!("it told {}", found.len())),
    }
}

pub(super) fn blanks(answers: &[Answer], condition: &str) -> Next {
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

pub(super) fn in_capitals(circumstances: &Circumstances<'_>, answers: &[Answer]) -> Next {
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

pub(super) fn contact_share(circumstances: &Circumstances<'_>, answers: &[Answer]) -> Next {
    const CONTACT: &str = "Contact";
    let organization = circumstances.live.organization().learnt();
    let default = organization.and_then(|organization| organization.default_of(CONTACT).flatten());
    if default != Some(SharingModel::ControlledByParent) {
        return Next::NotTried("contacts have a default of their own in this org");
    }
    match answers.first() {
        None => Next::Ask(Question::Describe("ContactShare".to_owned())),
        Some(Answer::Described(None)) => Next::Holds("it is not there".to_owned()),
        Some(_) => Next::Fails("it is there".to_owned()),
    }
}

pub(super) fn edition(circumstances: &Circumstances<'_>, _: &[Answer]) -> Next {
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

pub(super) fn packages(_: &Circumstances<'_>, answers: &[Answer]) -> Next {
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

pub(super) fn audit_trail(_: &Circumstances<'_>, answers: &[Answer]) -> Next {
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

pub(super) fn sandbox_names(circumstances: &Circumstances<'_>, _: &[Answer]) -> Next {
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

pub(super) fn record_access(circumstances: &Circumstances<'_>, answers: &[Answer]) -> Next {
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

pub(super) fn whole_profile(_: &Circumstances<'_>, answers: &[Answer]) -> Next {
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

pub(super) fn groups_of_roles(_: &Circumstances<'_>, answers: &[Answer]) -> Next {
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
