//! The way back in generated companies: apply then undo, and apply then retire. What nobody of the manifest owns is as it was,
//! what it owns is as it was or gone, and at no look on the way does the integration user see a record that it saw neither
//! before the plan nor before the way back.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use orgwright::address::Address;
use orgwright::apply::{self, ApplyOptions};
use orgwright::back::{self, BackBy, BackPlan, WayBack};
use orgwright::change::Stage;
use orgwright::code::Code;
use orgwright::event::Event;
use orgwright::live::Live;
use orgwright::observe;
use orgwright::org::Writer;
use orgwright::plan::Plan;
use orgwright::report::json;
use orgwright::report::saved::saved_plan;
use orgwright::snapshot;
use salesforce_emulator::sharing;
use salesforce_emulator::store::{AccessLevel, Id, Org, SharingModel, User};

use super::company::{Company, Model, OBJECTS, Object, company};
use super::predicted::{Rehearsal, run};
use super::wish::{Wish, wishes};
use super::{drawn, emulated};

/// Whether it was said that shares made by hand end.
fn tells_of_shares(plan: &Plan) -> bool {
    let mut findings = plan.findings.iter();
    findings.any(|finding| finding.code == Code::SharesEnd)
}

/// Records, by object and id.
type Seen = BTreeSet<(String, Id)>;

/// What a user sees; nothing where it is inactive, or not there.
fn sight(org: &Org, username: &str, now: i64) -> Seen {
    let mut users = org.users.values();
    let Some(user) = users.find(|user| user.active && user.username == username) else {
        return BTreeSet::new();
    };
    let mut seen = BTreeSet::new();
    for object in OBJECTS {
        for (record, _) in org.rows(object.name()) {
            let access = sharing::access(org, &user.id, object.name(), record, now);
            if access.read {
                seen.insert((object.name().to_owned(), record.clone()));
            }
        }
    }
    seen
}

/// What setup consists of, thing by thing, without what only says when.
fn setup(org: &Org, without: &str) -> BTreeMap<String, String> {
    let mut setup = BTreeMap::new();
    let mut add = |kind: &str, name: &str, value: String| {
        setup.insert(format!("{kind} {name}"), value);
    };
    for (name, object) in org.objects.iter() {
        add("default", name, format!("{:?}", object.sharing));
    }
    for (name, rule) in &org.rules {
        add("rule", name, format!("{rule:?}"));
    }
    for (name, rule) in &org.rules_in_force {
        add("rule in force", name, format!("{rule:?}"));
    }
    for (id, role) in &org.roles {
        // A level below the default means nothing, and no org lets anybody write one.
        let mut role = role.clone();
        let levels = [
            ("Case", &mut role.case_access),
            ("Contact", &mut role.contact_access),
            ("Opportunity", &mut role.opportunity_access),
        ];
        for (object, level) in levels {
            let default = org.objects[object].sharing.requested.internal;
            *level = match default {
                SharingModel::ControlledByParent => AccessLevel::Edit,
                default => (*level).max(sharing::baseline(default).min(AccessLevel::Edit)),
            };
        }
        add("role", id, format!("{role:?}"));
    }
    for (id, profile) in &org.profiles {
        add("profile", id, format!("{profile:?}"));
    }
    for (id, container) in org.containers.iter() {
        let mut container = container.clone();
        // What Modify All Data brings along comes with it, whatever a seed left out.
        let brings = ["ModifyAllData", "ViewAllData"];
        if brings
            .iter()
            .any(|name| container.user_permissions.contains(*name))
        {
            container.object_permissions = Default::default();
            container.user_permissions = brings.map(str::to_owned).into();
        }
        add("container", id, format!("{container:?}"));
    }
    for (id, group) in &org.groups {
        add("group", id, format!("{group:?}"));
    }
    for (id, assignment) in &org.assignments {
        add("assignment", id, format!("{assignment:?}"));
    }
    for user in org.users.values().filter(|user| user.username != without) {
        let user = User {
            modified: 0,
            ..user.clone()
        };
        add("user", &user.username, format!("{user:?}"));
    }
    setup
}

/// The first thing of setup that is not in both, or not the same.
fn unlike(before: &Org, after: &Org, without: &str) -> Option<String> {
    let (before, after) = (setup(before, without), setup(after, without));
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let mut names = names.into_iter();
    let name = names.find(|name| before.get(*name) != after.get(*name))?;
    Some(format!(
        "{name}\n  before {:?}\n  after  {:?}",
        before.get(name),
        after.get(name)
    ))
}

async fn look(way: &WayBack, rehearsal: &Rehearsal) -> (Live, BackPlan) {
    let nothing = Live::default();
    let live = observe::observe_again(&nothing, &[], back::needs(way), &rehearsal.reader);
    let live = live.await.unwrap();
    let planned = back::plan(way, &live);
    (live, planned)
}

/// The way back from a plan that was applied, by what a snapshot of it holds.
fn undoing(planned: &Plan, live: &Live) -> WayBack {
    let packed = snapshot::pack(planned, &json::plan(planned), live).unwrap();
    let snapshot = snapshot::unpack(&packed).unwrap();
    let saved = saved_plan(&snapshot.plan).unwrap();
    WayBack {
        by: BackBy::Undo,
        name: saved.name.clone(),
        digest: saved.digest.clone(),
        made: back::made_by(&saved.changes).unwrap(),
        before: snapshot.before,
        limit: None,
        kept_defaults: Vec::new(),
        keepers: Vec::new(),
    }
}

/// The way on which the manifest is retired, and its defaults go back to what a snapshot has.
fn retiring(rehearsal: &Rehearsal, snapshot: WayBack) -> WayBack {
    let defaults = snapshot.made.into_iter();
    let defaults = defaults.filter(|made| made.address.kind == "organization_wide_default");
    let restored = defaults.map(|made| (made.address.name, made.fields));
    back::retired(&rehearsal.manifests, &restored.collect()).unwrap()
}

/// Goes there and back, and says what is wrong.
async fn judged(company: &Company, wish: &Wish, by: BackBy) -> Result<bool, String> {
    let (org, _) = emulated::org(company);
    let rehearsal = Rehearsal::over(org, wish.manifest(company)).await;
    let ended = there_and_back(&rehearsal, by).await;
    rehearsal.server.stop().await;
    ended.map_err(|wrong| format!("{wrong}\n{company:?}\n{}", wish.manifest(company)))
}

/// Carries a plan out, and looks at every step what the manifest's user sees: nothing but what is allowed.
async fn walk(rehearsal: &Rehearsal, plan: &Plan, allowed: &Seen) -> Result<(), String> {
    let server = &rehearsal.server;
    let user = rehearsal.manifests[0].spec.user.as_ref().unwrap();
    let mut leak = None;
    let mut emit = |event: Event| {
        let seen = sight(&server.org(), &user.username.value, server.now());
        if let Some(record) = seen.difference(allowed).next() {
            leak.get_or_insert(format!("{record:?} is seen at {event:?}"));
        }
    };
    let writer = Writer::new(rehearsal.reader.clone());
    let options = ApplyOptions {
        wait: Duration::from_secs(60),
        ..ApplyOptions::default()
    };
    let ended = apply::carry_out(plan, &writer, options, &mut emit).await;
    let wrong = match (ended.failure, leak) {
        (Some(failure), _) => format!("{failure:?}"),
        (None, Some(leak)) => leak,
        (None, None) => return Ok(()),
    };
    Err(format!("{wrong}\n{:?}", plan.changes))
}

async fn there_and_back(rehearsal: &Rehearsal, by: BackBy) -> Result<bool, String> {
    let server = &rehearsal.server;
    let user = rehearsal.manifests[0].spec.user.as_ref().unwrap();
    let username = user.username.value.as_str();
    let start = server.org();
    let live = observe::observe(&rehearsal.manifests, &rehearsal.reader);
    let live = live.await.unwrap();
    let planned = orgwright::plan::plan(&rehearsal.manifests, &live).unwrap();
    let applied = rehearsal.apply(&planned).await;
    if planned.changes.is_empty() || applied.failure.is_some() {
        return Ok(false);
    }
    let mut allowed = sight(&start, username, server.now());
    allowed.extend(sight(&server.org(), username, server.now()));
    let way = match by {
        BackBy::Undo => undoing(&planned, &live),
        BackBy::Retire => retiring(rehearsal, undoing(&planned, &live)),
    };
    let (_, planned) = look(&way, rehearsal).await;
    if !planned.refusals.is_empty() {
        return Err(format!("refused: {:?}", planned.refusals));
    }
    // Interrupted somewhere, the same way is gone to its end.
    let mut begun = planned.plan.clone();
    let chance = usize::from(begun.digest.bytes().last().unwrap_or_default());
    begun.changes.truncate(chance % (begun.changes.len() + 1));
    walk(rehearsal, &begun, &allowed).await?;
    let (_, rest) = look(&way, rehearsal).await;
    walk(rehearsal, &rest.plan, &allowed).await?;
    let (_, again) = look(&way, rehearsal).await;
    if !again.plan.changes.is_empty() {
        return Err(format!("something is left: {:?}", again.plan.changes));
    }
    as_before(rehearsal, &start, &planned.plan, username)
}

/// Everything is as it was, but for the user that was made and shares of which it was told that they end.
fn as_before(
    rehearsal: &Rehearsal,
    start: &Org,
    plan: &Plan,
    username: &str,
) -> Result<bool, String> {
    let end = rehearsal.server.org();
    let was_there = start.users.values().any(|user| user.username == username);
    let without = if was_there { "" } else { username };
    if let Some(unlike) = unlike(start, &end, without) {
        return Err(unlike);
    }
    let mut made = end.users.values().filter(|user| user.username == without);
    if made.any(|user| user.active) {
        return Err("the user that was made is active".to_owned());
    }
    let ended = |id: &&Id| !end.manual_shares.contains_key(*id);
    let ended = start.manual_shares.keys().filter(ended).count();
    match ended > 0 && !tells_of_shares(plan) {
        true => Err(format!("{ended} shares ended, and nothing told of them")),
        false => Ok(true),
    }
}

fn all_go_back(by: BackBy, is_meant: impl Fn(&Wish) -> bool) {
    let cases = testing::cases(12) as usize;
    let meant = drawn(wishes(company())).filter(|(_, wish)| is_meant(wish));
    let gone = meant.take(cases).filter(|(company, wish)| {
        run(judged(company, wish, by)).unwrap_or_else(|wrong| panic!("{wrong}"))
    });
    assert!(
        gone.count() * 3 > cases,
        "too few of them are applied at all"
    );
}

#[test]
fn what_was_applied_is_undone_and_leaks_nothing_on_the_way() {
    all_go_back(BackBy::Undo, |_| true);
}

#[test]
fn an_integration_is_retired_and_leaks_nothing_on_the_way() {
    all_go_back(BackBy::Retire, |wish| {
        wish.user.is_none() && wish.role.is_none()
    });
}

/// A company in which a wish was applied, with what was known before and what was planned.
async fn applied(company: &Company, wish: &Wish) -> (Rehearsal, Live, Plan) {
    let rehearsal = Rehearsal::over(emulated::org(company).0, wish.manifest(company)).await;
    let live = observe::observe(&rehearsal.manifests, &rehearsal.reader);
    let live = live.await.unwrap();
    let planned = orgwright::plan::plan(&rehearsal.manifests, &live).unwrap();
    assert!(rehearsal.apply(&planned).await.failure.is_none());
    (rehearsal, live, planned)
}

/// Somebody else's edit in between stays, and is told.
#[test]
fn what_somebody_changed_since_stays() {
    let company = Company::of_words(&["North", "South"]);
    let wish = Wish::of_word("North");
    run(async {
        let (rehearsal, live, planned) = applied(&company, &wish).await;
        rehearsal.server.change(|org| {
            let role = org
                .roles
                .values_mut()
                .find(|role| role.developer_name == "Integration");
            role.unwrap().name = "Somebody's".to_owned();
        });
        let way = undoing(&planned, &live);
        let (_, planned) = look(&way, &rehearsal).await;
        let role = Address::new("role", "Integration");
        assert!(
            planned
                .plan
                .changes
                .iter()
                .all(|change| change.address != role)
        );
        let mut told = planned.plan.findings.iter();
        let told = told
            .find(|finding| finding.address.as_ref() == Some(&role))
            .unwrap();
        assert_eq!(told.code, Code::ChangedSincePlan);
        assert!(told.message.contains("Somebody's"), "{}", told.message);
        rehearsal.server.stop().await;
    });
}

/// A way that widens while the user can act is found out.
#[test]
fn a_leak_on_the_way_is_seen() {
    let mut company = Company::of_words(&["North", "South"]);
    company.defaults.insert(Object::Lead, Model::ReadWrite);
    let wish = Wish::of_word("North");
    run(async {
        let (rehearsal, live, planned) = applied(&company, &wish).await;
        let server = &rehearsal.server;
        let allowed = sight(&server.org(), "integration@company.example", server.now());
        assert_eq!(allowed.len(), 1);
        let (_, mut way) = look(&undoing(&planned, &live), &rehearsal).await;
        let mut changes = way.plan.changes.iter_mut();
        let user = changes.find(|change| change.stage == Stage::User).unwrap();
        user.stage = Stage::Removals;
        let told = walk(&rehearsal, &way.plan, &allowed).await.unwrap_err();
        assert!(told.contains("is seen at"), "{told}");
        rehearsal.server.stop().await;
    });
}
