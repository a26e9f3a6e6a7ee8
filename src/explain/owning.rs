//! What the record's owner decides, and what decides over the owner's: who stands above, who is in its queue, and the
//! account that the record hangs on.

use super::links::{Link, given, or_refused, word};
use crate::access::{self, People};
use crate::criteria::Verdict;
use crate::laws::{CHILDREN_OF_ACCOUNTS, Level, RecordSort};
use crate::live::{
    Known, LiveRecord, Share, read_shares_of_accounts, shares_of_accounts, short_id,
};
use crate::manifest::SharingModel;
use crate::org::{OrgError, Reader};
use crate::verify::cause::Cause;
use crate::verify::subject::Subject;

/// Whether the record is the user's, or that of somebody below, or of a queue of theirs.
pub(super) fn owner(subject: &Subject, record: &LiveRecord, people: &Known<People<'_>>) -> Link {
    let Some(owner) = record.owner() else {
        let says = "it has no owner of its own";
        return Link::new("owner", Some("none"), says.to_owned());
    };
    if short_id(owner) == short_id(&subject.user.id) {
        return Link::new("owner", Some("all"), "the user owns it".to_owned());
    }
    if subject.sort(record) == RecordSort::LoneContact {
        let says = "somebody else owns it, and a contact without an account is its owner's alone";
        return Link::new("owner", Some("none"), says.to_owned());
    }
    let people = match people {
        Known::Is(people) => people,
        other => {
            let why = other.why_unknown().unwrap_or_default();
            let says =
                format!("whether its owner {owner} stands below the user is not known: {why}");
            return Link::new("owner", None, says);
        }
    };
    let name = name_of(owner, subject, people);
    let user = people.person(&subject.user.id);
    let passed = user.map_or(Verdict::Either, |user| people.is_passed_to(user, owner));
    let queue = owner.starts_with("00G");
    let says = match (passed, queue) {
        (Verdict::Yes, true) => {
            format!("it is owned by {name}, and the user, or somebody below, is in it")
        }
        (Verdict::Yes, false) => {
            format!("it is owned by {name}, who stands below the user in the role hierarchy")
        }
        (Verdict::No, true) => {
            format!("it is owned by {name}, and neither the user nor anybody below is in it")
        }
        (Verdict::No, false) => format!(
            "it is owned by {name}, who does not stand below the user in the role hierarchy"
        ),
        (Verdict::Either, _) => {
            format!("it is owned by {name}; whether that comes down to the user is not known")
        }
    };
    let gives = match passed {
        Verdict::Yes => Some(Level::All.word()),
        Verdict::No => Some(Level::None.word()),
        Verdict::Either => None,
    };
    Link::new("owner", gives, says)
}

fn name_of(owner: &str, subject: &Subject, people: &People<'_>) -> String {
    if let Some(person) = people.person(owner) {
        let role = people.role_name(person);
        let role = role.map_or_else(|| "no role".to_owned(), |role| format!("role {role}"));
        return format!("{} ({role})", person.username);
    }
    let groups = subject.live.sharing_groups().learnt().unwrap_or_default();
    let group = groups.iter().find(|group| group.id == owner);
    match group.and_then(|group| group.name.as_deref()) {
        Some(name) => format!("the queue {name}"),
        None => owner.to_owned(),
    }
}

/// What the record that it hangs on, or records that hang on it, give.
pub(super) fn parent(
    subject: &Subject,
    record: &LiveRecord,
    people: &Known<People<'_>>,
    rows: &Known<Vec<Cause>>,
    by_shares: &Known<Vec<Cause>>,
) -> Link {
    let object = subject.sharing.object.as_str();
    let default = subject.live.default_in_force(object);
    if object == "Account" {
        return account(rows);
    }
    if default == Some(SharingModel::ControlledByParent) {
        let parent = record.account().map(|id| format!(": explain {id}"));
        let says = format!(
            "the record that it hangs on decides{}",
            parent.unwrap_or_default()
        );
        return Link::new("parent", None, says);
    }
    if !CHILDREN_OF_ACCOUNTS.contains(&object) || record.account().is_none() {
        let says = "it hangs on no other record that could open it";
        return Link::new("parent", Some("none"), says.to_owned());
    }
    by_account(subject, record, people, by_shares)
}

/// Accounts are read by whoever was given a contact, opportunity or case of them.
fn account(rows: &Known<Vec<Cause>>) -> Link {
    let rows = match rows {
        Known::Is(rows) => rows,
        other => {
            let why = other.why_unknown().unwrap_or_default();
            let says = format!("whether records of it open it is not known: {why}");
            return Link::new("parent", None, says);
        }
    };
    let by = rows.iter().filter(|cause| cause.kind == "implicit_parent");
    let by: Vec<Cause> = by.cloned().collect();
    let says = match by.is_empty() {
        true => "nobody was given a contact, opportunity or case of it who opens it to the user"
            .to_owned(),
        false => {
            let words: Vec<&str> = by.iter().map(|cause| cause.words.as_str()).collect();
            format!("{}, and so reads the account", words.join("; "))
        }
    };
    Link::new("parent", given(&by), says).with(by)
}

/// Who owns the account has what hangs on it, as far as the role says.
fn by_account(
    subject: &Subject,
    record: &LiveRecord,
    people: &Known<People<'_>>,
    by_shares: &Known<Vec<Cause>>,
) -> Link {
    let object = subject.sharing.object.as_str();
    let account = record.account().unwrap_or_default();
    let owner = record.owner_of_account().unwrap_or_default();
    let own = short_id(owner) == short_id(&subject.user.id);
    let known = people.as_ref().learnt();
    let user = known.and_then(|people| people.person(&subject.user.id));
    let passed = match (own, known.zip(user)) {
        (true, _) => Verdict::Yes,
        (false, Some((people, user))) => people.is_passed_to(user, owner),
        (false, None) => Verdict::Either,
    };
    let of_role = subject.user.role_id.as_deref();
    let of_role = if own {
        of_role
    } else {
        record.role_of_accounts_owner()
    };
    let roles = subject.live.roles().learnt();
    let role = of_role.and_then(|id| roles?.of_id(id));
    let (least, most) = role.map_or((Level::None, Level::Edit), |role| {
        access::level_on_own_accounts(role, object)
    });
    let (gives, says) = match passed {
        Verdict::No => (
            Some(Level::None),
            format!("its account {account} is not the user's, nor of anybody below"),
        ),
        Verdict::Yes if least == most => (
            Some(most),
            format!(
                "its account {account} is the user's, or of somebody below: the role gives {} on what hangs on it",
                most.word()
            ),
        ),
        other => (
            None,
            format!(
                "whether its account {account} opens it is not known ({} that it comes down to the user)",
                word(other)
            ),
        ),
    };
    match by_shares {
        Known::Is(by) => with_shares(gives, says, by),
        other => {
            let why = other.why_unknown().unwrap_or_default();
            let says = format!("{says}; whom the account is shared with is not known: {why}");
            Link::new("parent", None, says)
        }
    }
}

/// The same with what shares the account, and records below it along.
fn with_shares(gives: Option<Level>, says: String, by: &[Cause]) -> Link {
    if by.is_empty() {
        return Link::new("parent", gives.map(Level::word), says);
    }
    let shared: Option<Vec<Level>> = by.iter().map(|cause| cause.level).collect();
    let most = gives.zip(shared).map(|(gives, shared)| {
        let most = shared.into_iter().max();
        gives.max(most.unwrap_or(Level::None))
    });
    let words: Vec<&str> = by.iter().map(|cause| cause.words.as_str()).collect();
    let says = format!("{says}; {}", words.join("; "));
    Link::new("parent", most.map(Level::word), says).with(by.to_vec())
}

/// What shares the record's account with the user, and the record along; the org's code where it refuses to tell.
///
/// # Errors
/// What the way to the org made impossible.
pub(super) async fn by_account_shares(
    subject: &Subject<'_>,
    record: &LiveRecord,
    people: &Known<People<'_>>,
    reader: &Reader,
) -> Result<Known<Vec<Cause>>, OrgError> {
    let object = subject.sharing.object.as_str();
    let account = record
        .account()
        .filter(|_| CHILDREN_OF_ACCOUNTS.contains(&object));
    let Some(account) = account else {
        return Ok(Known::Is(Vec::new()));
    };
    let rows = reader.query(&shares_of_accounts(&[account], object)).await;
    let people = people.as_ref().learnt();
    let user = people.and_then(|people| people.person(&subject.user.id));
    let opening = |share: Share| {
        let level = share.level.as_deref().and_then(Level::named);
        let reaches = people.zip(user).map_or(Verdict::Either, |(people, user)| {
            people.reaches(user, &share.with)
        });
        // What its owner has, the owner's role decides.
        let opens = share.cause != "Owner" && level != Some(Level::None);
        (opens && reaches != Verdict::No).then(|| by_account_share(account, &share, level, reaches))
    };
    let causes = rows.map(|rows| {
        let shares = read_shares_of_accounts(object, &rows).into_iter();
        shares.filter_map(opening).collect()
    });
    or_refused(causes, "whom its account is shared with")
}

fn by_account_share(account: &str, share: &Share, level: Option<Level>, reaches: Verdict) -> Cause {
    let perhaps = if reaches == Verdict::Yes {
        ""
    } else {
        "perhaps "
    };
    let words = format!(
        "{perhaps}its account is shared with the user ({}), and it along",
        share.cause
    );
    let cause = Cause::new("implicit_child", share.cause.clone(), words);
    let level = level.filter(|_| reaches == Verdict::Yes);
    cause
        .through(format!("account/{account}"))
        .of(&share.with)
        .giving(level)
}
