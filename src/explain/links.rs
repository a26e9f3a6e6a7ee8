//! The chain that decides over a record: what each link gives, what does it, and what is missing.

use super::rules::{self, RuleTold};
use super::{owning, permitted};
use crate::access::People;
use crate::criteria::{Criteria, Verdict};
use crate::laws::{CHILDREN_OF_ACCOUNTS, Level, RecordSort, Way};
use crate::live::Granted;
use crate::live::{
    ACCOUNT, ACCOUNTS_OWNER, Known, LiveRecord, OWNERS_ROLE, PRIVATE, ROLE_OF_ACCOUNTS_OWNER,
    RecordQuery, Refused,
};
use crate::manifest::SharingModel;
use crate::org::{OrgError, Reader};
use crate::verify::cause::{self, Cause};
use crate::verify::subject::Subject;
use serde::Serialize;
use std::collections::BTreeSet;

/// One link of the chain that decides over a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Link {
    /// `user`, `object_permissions`, `all_records`, `default`, `owner`, `sharing_rules`, `share_rows`, `parent` or `manifest`.
    pub link: &'static str,
    /// What it gives: `none`, `read`, `edit` or `all`; `None` where that is not known. Of `user` and `object_permissions`:
    /// the most that it lets the others give.
    pub gives: Option<&'static str>,
    /// In a sentence.
    pub says: String,
    /// What gives it, or may.
    pub by: Vec<Cause>,
    /// Of `sharing_rules`: each rule that reaches the user, or may, against the record.
    pub rules: Vec<RuleTold>,
}

impl Link {
    pub(super) fn new(link: &'static str, gives: Option<&'static str>, says: String) -> Self {
        Self {
            link,
            gives,
            says,
            by: Vec::new(),
            rules: Vec::new(),
        }
    }

    pub(super) fn with(mut self, by: Vec<Cause>) -> Self {
        self.by = by;
        self
    }

    /// What it says, a sentence a line; conditions stand two columns further.
    pub fn sentences(&self) -> Vec<String> {
        let rules = self.rules.iter().flat_map(RuleTold::sentences);
        std::iter::once(self.says.clone()).chain(rules).collect()
    }
}

/// The record with everything that decides over it.
pub(super) fn query<'a>(subject: &Subject<'a>) -> RecordQuery<'a> {
    let object = subject.sharing.object.as_str();
    let has = |field: &str| subject.live.field(object, field).is_some();
    let mut columns = subject.query().columns;
    let rules = subject.live.rules(object);
    let criteria = rules.filter_map(|rule| Criteria::of_element(rule.element));
    let paths = criteria.flat_map(|criteria| criteria.paths());
    columns.extend(paths.filter(|path| path.contains('.') || has(path)));
    columns.insert(OWNERS_ROLE.to_owned());
    if CHILDREN_OF_ACCOUNTS.contains(&object) {
        columns.extend([ACCOUNT, ACCOUNTS_OWNER, ROLE_OF_ACCOUNTS_OWNER].map(str::to_owned));
    }
    columns.extend(has(PRIVATE).then(|| PRIVATE.to_owned()));
    // What hangs on a master has no owner of its own.
    if !has("OwnerId") {
        columns.retain(|column| !column.starts_with("Owner"));
    }
    RecordQuery { object, columns }
}

/// The chain, from the user to what the record hangs on.
///
/// # Errors
/// What the org or the way to it made impossible; refused share rows are a link that is not known.
pub(super) async fn links(
    subject: &Subject<'_>,
    record: &LiveRecord,
    is_stated: bool,
    reader: &Reader,
) -> Result<Vec<Link>, OrgError> {
    let people = People::of(subject.live);
    let people = people.map(|people| people.of_object(&subject.sharing.object));
    let ids = [record.id().to_owned()];
    let rows = cause::rows::by_rows(subject, &ids, reader).await;
    let rows = rows.map(|rows| rows.into_iter().map(|(_, cause)| cause).collect());
    let law = Law::of(subject, record);
    let rows = law.without_table(or_refused(rows, "whom the record is shared with")?);
    let by_shares = owning::by_account_shares(subject, record, &people, reader).await?;
    let up_or_down = match subject.sharing.object.as_str() {
        "Account" => Way::ParentOfGiven,
        _ if law.default == Some(SharingModel::ControlledByParent) => Way::ControllingParent,
        _ => Way::ChildOfOwned,
    };
    Ok(vec![
        user(subject),
        permitted::object_permissions(subject),
        permitted::all_records(subject),
        law.hold(Way::Default, default(subject)),
        law.hold(Way::Owned, owning::owner(subject, record, &people)),
        law.hold(
            Way::Rule,
            rules::rules(subject, record, is_stated, &people, &rows),
        ),
        law.hold(Way::Row, share_rows(&rows)),
        law.hold(
            up_or_down,
            owning::parent(subject, record, &people, &rows, &by_shares),
        ),
    ])
}

/// What the laws say of a record, whatever grants there are.
struct Law {
    sort: RecordSort,
    default: Option<SharingModel>,
}

impl Law {
    fn of(subject: &Subject, record: &LiveRecord) -> Self {
        Self {
            sort: subject.sort(record),
            default: subject.live.default_in_force(&subject.sharing.object),
        }
    }

    /// Where no default is private, no table of shares is kept (Record Access Under the Hood): that it is refused then says
    /// that there is none. Under a private default a refusal says nothing.
    fn without_table(&self, rows: Known<Vec<Cause>>) -> Known<Vec<Cause>> {
        let no_table = rows
            .refused()
            .is_some_and(|refused| refused.code == "INVALID_TYPE");
        let open = self.default.is_some_and(|now| now != SharingModel::Private);
        match no_table && open {
            true => Known::Is(Vec::new()),
            false => rows,
        }
    }

    /// A link that gives something on this way gives it only where the way leads to such a record.
    fn hold(&self, way: Way, link: Link) -> Link {
        if link.gives == Some("none") {
            return link;
        }
        let why = match self.sort {
            RecordSort::LoneContact => "a contact without an account is its owner's alone",
            RecordSort::Opportunity(_) => "the opportunity is private",
            _ => "the record that it hangs on decides",
        };
        match way.leads_to(self.sort, self.default) {
            Verdict::Yes => link,
            Verdict::No => Link {
                gives: Some("none"),
                says: format!("{}; that counts for nothing: {why}", link.says),
                ..link
            },
            Verdict::Either => Link {
                gives: None,
                says: format!(
                    "{}; whether that counts is not documented: {why}",
                    link.says
                ),
                ..link
            },
        }
    }
}

fn user(subject: &Subject) -> Link {
    let user = subject.user;
    let profile = user.profile.as_deref().unwrap_or("unknown");
    let role = match &user.role {
        Some(role) => format!("role {role}"),
        None => "no role".to_owned(),
    };
    let (gives, state) = match user.active {
        true => ("all", "active"),
        false => ("none", "inactive, so that it cannot act at all"),
    };
    let says = format!(
        "the user {} is {state}: profile {profile}, {role}",
        user.username
    );
    Link::new("user", Some(gives), says)
}

fn default(subject: &Subject) -> Link {
    let object = subject.sharing.object.as_str();
    let Some(now) = subject.live.default_in_force(object) else {
        let says = format!("which default of {object} is in force is not known");
        return Link::new("default", None, says);
    };
    if now == SharingModel::ControlledByParent {
        let says = format!("the default of {object} leaves it to the record that it hangs on");
        return Link::new("default", Some("none"), says);
    }
    let level = Level::of_default(now);
    let gives = match level {
        Some(Level::None) => "opens none".to_owned(),
        Some(level) => format!("opens each to {}", level.word()),
        None => "is not known to open any".to_owned(),
    };
    let says = format!("the default of {object} in force, {now}, {gives}");
    Link::new("default", level.map(Level::word), says)
}

/// What a question found, or why the org does not answer it.
///
/// # Errors
/// What the way to the org made impossible.
pub(super) fn or_refused(
    asked: Result<Vec<Cause>, OrgError>,
    what: &str,
) -> Result<Known<Vec<Cause>>, OrgError> {
    match asked {
        Ok(found) => Ok(Known::Is(found)),
        Err(OrgError::Refused { refusal, .. }) => Ok(Known::Refused(Refused {
            what: what.to_owned(),
            status: refusal.status,
            code: refusal.code,
            message: refusal.message,
        })),
        Err(error) => Err(error),
    }
}

/// What people, teams, territories and code share; what rules made is told with them, what owners have with the owner.
fn share_rows(rows: &Known<Vec<Cause>>) -> Link {
    let rows = match rows {
        Known::Is(rows) => rows,
        other => {
            let why = other.why_unknown().unwrap_or_default();
            let says = format!("whom it is shared with by hand is not known: {why}");
            return Link::new("share_rows", None, says);
        }
    };
    let told = ["sharing_rule", "role_hierarchy", "queue", "implicit_parent"];
    let by: BTreeSet<Cause> = rows
        .iter()
        .filter(|cause| !told.contains(&cause.kind))
        .cloned()
        .collect();
    let by: Vec<Cause> = by.into_iter().collect();
    let says = match by.is_empty() {
        true => "nobody shared it by hand, by a team or by code".to_owned(),
        false => {
            let words: Vec<&str> = by.iter().map(|cause| cause.words.as_str()).collect();
            words.join("; ")
        }
    };
    Link::new("share_rows", given(&by), says).with(by)
}

/// The most that these give; not known where one of them does not say, or is not certain.
pub(super) fn given(by: &[Cause]) -> Option<&'static str> {
    let levels: Option<Vec<Level>> = by.iter().map(|cause| cause.level).collect();
    let most = levels?.into_iter().max().unwrap_or(Level::None);
    Some(most.word())
}

/// What cannot be understood from the links: the org says otherwise.
pub(super) fn contradiction(links: &[Link], granted: Granted) -> Option<String> {
    let allowed = |link: &&Link| matches!(link.link, "user" | "object_permissions");
    let (gates, ways): (Vec<&Link>, Vec<&Link>) = links
        .iter()
        .filter(|link| link.link != "manifest")
        .partition(|link| allowed(link));
    let closed = gates.iter().any(|gate| gate.gives == Some("none"));
    let opens = ways
        .iter()
        .any(|way| way.gives.is_some_and(|gives| gives != "none"));
    let unknown = ways.iter().any(|way| way.gives.is_none());
    match (granted.read, closed, opens) {
        (true, false, false) if !unknown => Some(
            "nothing that can be read tells why: territories, account teams of other people, and code may open it".to_owned(),
        ),
        (false, false, true) => Some(
            "although a link opens it, the org says no: a recalculation may still be going on, or a restriction rule may hide it".to_owned(),
        ),
        _ => None,
    }
}

/// Whether it is known, as three words.
pub(super) fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Yes => "yes",
        Verdict::No => "no",
        Verdict::Either => "perhaps",
    }
}
