//! By which ways a user can get more than it has, and what each comes to in this org. Pure.

use super::held::{HeldPermissions, HeldSet, SetStanding, address_of_container, over_all_data};
use crate::count::{count, first_few, number};
use crate::live::{Container, Containers, Known, Live, LiveUser, SetLicence};
use crate::power::{ESCALATION_PATHS, Evidence, Gain};
use std::collections::BTreeSet;

/// Permission sets that are named of those within reach.
const MOST_NAMED: usize = 3;

/// A way to more that is open to a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Escalation {
    /// Its name.
    pub path: &'static str,
    /// The permissions that open it.
    pub by: Vec<&'static str>,
    /// What its holder does, to be continued in a sentence: *it …*.
    pub how: &'static str,
    /// What it rests on.
    pub evidence: Evidence,
    /// Whether a person has to do it in Setup.
    pub by_hand: bool,
    /// What it comes to in this org, strongest first.
    pub reaches: Vec<String>,
    /// Whether that is all data of the org.
    pub reaches_all_data: bool,
}

/// The open ways: those that reach all data first, then those that need nobody at a screen.
pub fn escalations(
    permissions: &HeldPermissions,
    held: &[HeldSet],
    user: &LiveUser,
    live: &Live,
) -> Vec<Escalation> {
    let names: BTreeSet<&str> = permissions.keys().map(String::as_str).collect();
    let open = ESCALATION_PATHS.iter().filter_map(|path| {
        let by = path.opened_by(&names)?;
        let (reaches, reaches_all_data) = Within { held, user, live }.reach(path.gains)?;
        Some(Escalation {
            path: path.name,
            by,
            how: path.how,
            evidence: path.evidence,
            by_hand: path.by_hand,
            reaches,
            reaches_all_data,
        })
    });
    let mut open: Vec<Escalation> = open.collect();
    open.sort_by_key(|one| (!one.reaches_all_data, one.by_hand));
    open
}

/// Somebody in an org.
struct Within<'a> {
    held: &'a [HeldSet<'a>],
    user: &'a LiveUser,
    live: &'a Live,
}

impl Within<'_> {
    /// What a gain comes to, in sentences, and whether that is all data; `None` where there is nothing to gain.
    fn reach(&self, gain: Gain) -> Option<(Vec<String>, bool)> {
        match gain {
            Gain::AnySet => Some(self.assignable_sets()),
            Gain::AnyPermission => Some((self.own_containers(), true)),
            Gain::Administrator => Some((self.administrators(), true)),
            Gain::Everything => Some((vec!["every record and field of the org".to_owned()], true)),
            Gain::OtherUsers => Some((self.other_users(), true)),
            Gain::Records => Some((
                vec!["records of others, object by object".to_owned()],
                false,
            )),
            Gain::SleepingSets => self.sleeping_sets(),
        }
    }

    /// Permission sets that it does not hold and whose licence is its own, or none, the strongest first.
    fn assignable_sets(&self) -> (Vec<String>, bool) {
        let containers = match self.live.containers() {
            Known::Is(containers) => containers,
            other => {
                let why = not_known("which permission sets there are", &other);
                return (vec![why], false);
            }
        };
        let held = self.held.iter().map(|held| held.container.id.as_str());
        let held: BTreeSet<&str> = held.collect();
        let licence = self.licence_id(containers);
        let fits = |set: &&Container| match &set.licence {
            None => true,
            Some(SetLicence::User(id)) => Some(id.as_str()) == licence,
            Some(SetLicence::PermissionSet) => false,
        };
        let others = containers.sets();
        let others = others.filter(|set| !held.contains(set.id.as_str()));
        let (open, licensed): (Vec<&Container>, Vec<&Container>) = others.partition(fits);
        let mut reaches = self.strongest(&open);
        let named = reaches.len();
        if let Some(why) = self.live.open_sets().why_unknown() {
            reaches.push(format!("which sets open whole objects is not known: {why}"));
        }
        let unnamed = open.len().saturating_sub(named) as u64;
        let more = if named == 0 { "" } else { " more" };
        if unnamed > 0 {
            reaches.push(format!("{} {}{more}", number(unnamed), sets(unnamed)));
        }
        if !licensed.is_empty() {
            let seats = licensed.len() as u64;
            let words = format!(
                "{} {} whose licence it would need",
                number(seats),
                sets(seats)
            );
            reaches.push(words);
        }
        if reaches.is_empty() {
            reaches.push("no permission set that it does not hold".to_owned());
        }
        let all_data = open.iter().any(|set| over_all_data(set).view_all);
        (reaches, all_data)
    }

    /// The strongest of these sets with what makes them so: over all data first, then by objects that they open.
    fn strongest(&self, sets: &[&Container]) -> Vec<String> {
        let whole = self.live.open_sets().learnt();
        let objects = |set: &Container| whole.and_then(|whole| whole.get(&set.id));
        let mut ranked = sets.to_vec();
        ranked.sort_by_key(|set| {
            let opened = objects(set).map_or(0, BTreeSet::len);
            let strength = (set.modifies_all_data, set.views_all_data, opened);
            (std::cmp::Reverse(strength), set.name.clone())
        });
        let words = |set: &Container| match (over_all_data(set).view_all, objects(set)) {
            (true, _) => Some(strong_set(set)),
            (false, Some(objects)) => Some(open_set(set, objects)),
            (false, None) => None,
        };
        let strong = ranked.into_iter().filter_map(words);
        strong.take(MOST_NAMED).collect()
    }

    fn licence_id<'c>(&self, containers: &'c Containers) -> Option<&'c str> {
        let mut profiles = containers.profiles();
        let own = profiles.find(|profile| Some(&profile.id) == self.user.profile_id.as_ref())?;
        own.licence_id.as_deref()
    }

    /// What it holds and could write into. The sets of packages and of groups are closed to that.
    fn own_containers(&self) -> Vec<String> {
        let own = self.held.iter().map(|held| held.container);
        let own = own.filter(|container| container.namespace.is_none());
        let own: Vec<String> = own.map(address_of_container).collect();
        let own = own
            .iter()
            .filter(|address| !address.starts_with("permission_set_group/"));
        let mut own: Vec<String> = own.cloned().collect();
        let more = own.len().saturating_sub(MOST_NAMED) as u64;
        own.truncate(MOST_NAMED);
        if more > 0 {
            own.push(format!("{} more", number(more)));
        }
        own.push("a permission set that it makes itself".to_owned());
        own
    }

    fn administrators(&self) -> Vec<String> {
        let known = self.live.containers().map(|containers| {
            let all = containers.all().iter();
            let strong = all.filter(|container| container.modifies_all_data);
            let profiles = strong.filter_map(Container::profile);
            let labels: Vec<String> = profiles
                .map(|profile| format!("profile/{} (Modify All Data)", profile.label))
                .collect();
            labels
        });
        match known {
            Known::Is(labels) => labels,
            other => vec![not_known("which profiles there are", &other)],
        }
    }

    /// How many users there are, and how many of them may modify all data.
    fn other_users(&self) -> Vec<String> {
        let known = self.live.containers().and(self.live.users_by_profile());
        let known = known.map(|(containers, users)| {
            let all = containers.all().iter();
            let strong = all.filter(|container| container.modifies_all_data);
            let strong = strong.filter_map(Container::profile);
            let administrators: u64 = strong.map(|profile| users.of(&profile.id)).sum();
            let own = containers
                .profiles()
                .find(|own| Some(&own.id) == self.user.profile_id.as_ref());
            let own = own.map(|own| &own.id);
            let is_one = self.held.iter().any(|held| {
                held.container.modifies_all_data && held.container.profile().map(|of| &of.id) == own
            });
            let oneself = u64::from(self.user.active);
            let administrators = administrators.saturating_sub(oneself * u64::from(is_one));
            let others = users.all().saturating_sub(oneself);
            let words = format!(
                "{}, {} with Modify All Data by profile",
                count(others, "other active user"),
                number(administrators)
            );
            vec![words]
        });
        match known {
            Known::Is(words) => words,
            other => vec![not_known("how many users there are", &other)],
        }
    }

    fn sleeping_sets(&self) -> Option<(Vec<String>, bool)> {
        let sleeping = self
            .held
            .iter()
            .filter(|held| held.standing == SetStanding::OnlyActivated);
        let sleeping: Vec<&Container> = sleeping.map(|held| held.container).collect();
        let all_data = sleeping
            .iter()
            .any(|container| over_all_data(container).view_all);
        let names = sleeping
            .iter()
            .map(|container| strong_set(container))
            .collect();
        (!sleeping.is_empty()).then_some((names, all_data))
    }
}

fn sets(number: u64) -> &'static str {
    crate::count::agree(number, "permission set", "permission sets")
}

fn open_set(set: &Container, objects: &BTreeSet<String>) -> String {
    let objects: Vec<String> = objects.iter().cloned().collect();
    format!(
        "{} (View All on {})",
        address_of_container(set),
        first_few(&objects)
    )
}

fn strong_set(set: &Container) -> String {
    let address = address_of_container(set);
    match (set.modifies_all_data, set.views_all_data) {
        (true, _) => format!("{address} (Modify All Data)"),
        (false, true) => format!("{address} (View All Data)"),
        (false, false) => address,
    }
}

fn not_known<T>(what: &str, known: &Known<T>) -> String {
    let why = known.why_unknown().unwrap_or_default();
    format!("{what} is not known: {why}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::held_sets;
    use crate::live::{Answer, HoldingNeed, Need};
    use crate::soql::Row;
    use serde_json::{Value, json};

    fn rows(values: &[Value]) -> Answer {
        Answer::Rows(values.iter().map(Row::of).collect())
    }

    fn set(name: &str, licence: Option<&str>, modifies: bool) -> Value {
        json!({"Id": name, "Name": name, "Label": name, "IsOwnedByProfile": false, "LicenseId": licence,
            "PermissionsModifyAllData": modifies})
    }

    /// An org with a user of a profile, and with these sets besides.
    fn live(sets: &[Value]) -> Live {
        let mut live = Live::default();
        let user = json!({"Id": "005A", "Username": "bot@acme.example", "IsActive": true, "ProfileId": "00e1"});
        live.tell(Need::User("bot@acme.example".into()), rows(&[user]));
        let profile = |id: &str, label: &str, modifies: bool| {
            json!({"Id": format!("0PS{id}"), "Name": id, "IsOwnedByProfile": true, "ProfileId": id, "PermissionsModifyAllData": modifies,
                "Profile": {"Name": label, "UserLicenseId": "100A"}})
        };
        let mut all = vec![
            profile("00e1", "Sync", false),
            profile("00e2", "Admin", true),
        ];
        all.extend_from_slice(sets);
        live.tell(Need::Containers, rows(&all));
        let users = [
            json!({"ProfileId": "00e1", "n": 1}),
            json!({"ProfileId": "00e2", "n": 2}),
        ];
        live.tell(Need::UsersByProfile, rows(&users));
        live
    }

    fn open(live: &Live, permissions: &[&str]) -> Vec<(&'static str, Vec<String>, bool)> {
        let user = live.user("bot@acme.example").found().unwrap();
        let held = held_sets(user, live).learnt().unwrap();
        let from = || BTreeSet::from(["profile/Sync".to_owned()]);
        let permissions = permissions.iter().map(|name| ((*name).to_owned(), from()));
        let open = escalations(&permissions.collect(), &held, user, live).into_iter();
        open.map(|one| (one.path, one.reaches, one.reaches_all_data))
            .collect()
    }

    #[test]
    fn the_sets_within_reach_are_those_of_its_licence_the_strongest_first() {
        let sets = [
            set("Aside", None, false),
            set("Elsewhere", Some("100B"), true),
            set("Leads", Some("100A"), false),
            set("Seats", Some("0PLA"), false),
        ];
        let mut live = live(&sets);
        let opened = json!({"ParentId": "Leads", "SobjectType": "Lead"});
        live.tell(Need::Holding(HoldingNeed::OpenSets), rows(&[opened]));
        let [(path, reaches, all_data)] = &open(&live, &["AssignPermissionSets"])[..] else {
            panic!("one path");
        };
        assert_eq!((*path, *all_data), ("assign_sets", false));
        let expected = [
            "permission_set/Leads (View All on Lead)",
            "1 permission set more",
            "2 permission sets whose licence it would need",
        ];
        assert_eq!(reaches, &expected);
    }

    #[test]
    fn what_reaches_all_data_comes_first_and_what_is_not_known_is_said() {
        let live = live(&[set("Strong", None, true)]);
        let open = open(
            &live,
            &["AssignPermissionSets", "ManageRoles", "ResetPasswords"],
        );
        let names: Vec<&str> = open.iter().map(|(path, ..)| *path).collect();
        assert_eq!(names, ["assign_sets", "reset_passwords", "roles"]);
        let (_, reaches, all_data) = &open[0];
        assert!(all_data);
        assert_eq!(reaches[0], "permission_set/Strong (Modify All Data)");
        assert!(
            reaches[1].ends_with("is not known: nobody asked the org"),
            "{reaches:?}"
        );
        let others = "2 other active users, 2 with Modify All Data by profile";
        assert_eq!(open[1].1, [others]);
    }

    #[test]
    fn a_set_that_sleeps_is_reached_only_where_there_is_one() {
        assert_eq!(open(&live(&[]), &["ManageSessionPermissionSets"]), []);
    }
}
