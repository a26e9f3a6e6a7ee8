//! Who changed what is not as the manifest says, as far as the org's setup audit trail tells. Pure.
//!
//! **Promise:** a name stands where every entry that can be behind a difference is that person's; where they are several
//! people's, all of them are candidates; else it is not known, and why. An entry counts only where its sentence names the
//! resource in a place where such sentences name one: what another language or another wording says is not guessed at.
//!
//! The platform documents few codes of the trail (`Action`), and has one row for each thing that a person, or a deploy,
//! changed. A deploy leaves no row of its own: what falls into the time of one, by the same user, is deployed.

mod named;

use super::cause::CauseSource;
use super::{Access, Verification};
use crate::change::{Action, Change};
use crate::live::{Live, SetupChange, SetupHistory};
use named::{SetupSubject, makes, may_change, removes};
use serde::Serialize;
use std::collections::BTreeSet;

/// Who changed one thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Author {
    /// The thing, by its address.
    pub about: String,
    /// Who, as far as that is known.
    #[serde(flatten)]
    pub authorship: Authorship,
}

/// As far as it is known who changed something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "verdict")]
pub enum Authorship {
    /// Nobody else can be behind it.
    Known {
        /// Who and when.
        by: SetupEdit,
    },
    /// One of these.
    Candidates {
        /// Each of them, the latest first.
        by: Vec<SetupEdit>,
    },
    /// It is not known.
    NotKnown {
        /// Why not.
        why: String,
    },
}

/// What somebody did to a thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SetupEdit {
    /// By username; none where the org does not say, or names are left out.
    pub user: Option<String>,
    /// When first, in the org's words.
    pub first: String,
    /// When last.
    pub last: String,
    /// Whether it came by a deploy.
    pub deployed: bool,
}

impl Verification {
    /// Whether there is anything that somebody may have changed.
    pub fn has_something_changed(&self) -> bool {
        !self.drift.is_empty() || self.access.iter().any(|one| rules_of(one).next().is_some())
    }

    /// Takes in who changed what, out of the trail; where the org did not tell it, `Err` says why.
    pub fn find_authors(&mut self, history: &Result<SetupHistory, String>, live: &Live) {
        let mut authors: Vec<Author> = Vec::new();
        for change in &self.drift {
            let about = change.address.to_string();
            if authors.iter().all(|author| author.about != about) {
                let authorship = told(history, |history| of_change(change, history, live));
                authors.push(Author { about, authorship });
            }
        }
        let rules: BTreeSet<(&str, &str)> = self.access.iter().flat_map(rules_of).collect();
        for (object, rule) in rules {
            let about = format!("sharing_rule/{object}.{rule}");
            if authors.iter().all(|author| author.about != about) {
                let subject = SetupSubject::rule(object, rule);
                let authorship = told(history, |history| {
                    let found = history.of(&subject, |_| true);
                    judged(&until_made(found, &subject), &subject, history)
                });
                authors.push(Author { about, authorship });
            }
        }
        self.authors = authors;
    }

    /// Leaves out who it was: only when stays.
    pub fn without_names(&mut self) {
        for author in &mut self.authors {
            match &mut author.authorship {
                Authorship::Known { by } => by.user = None,
                Authorship::Candidates { by } => by.iter_mut().for_each(|one| one.user = None),
                Authorship::NotKnown { .. } => {}
            }
        }
    }
}

/// The rules that leaks of an object go back to: object and name.
fn rules_of(access: &Access) -> impl Iterator<Item = (&str, &str)> {
    let causes = access.leaks.iter().flat_map(|leak| &leak.causes);
    causes.filter_map(|cause| match &cause.source {
        Some(CauseSource::Rule(object, rule)) => Some((object.as_str(), rule.as_str())),
        _ => None,
    })
}

fn told(
    history: &Result<SetupHistory, String>,
    of: impl FnOnce(&SetupHistory) -> Authorship,
) -> Authorship {
    match history {
        Ok(history) => of(history),
        Err(why) => Authorship::NotKnown { why: why.clone() },
    }
}

/// Who is behind a difference: of what is gone, who removed it; of what is there and should not be, who made it; of what is
/// otherwise, everybody who wrote it since it was last written as a whole.
fn of_change(change: &Change, history: &SetupHistory, live: &Live) -> Authorship {
    let Some(subject) = SetupSubject::of(change, live) else {
        let why = format!("the audit trail has no words for a {}", change.address.kind);
        return Authorship::NotKnown {
            why: why.replace('_', " "),
        };
    };
    let paths: Vec<&str> = change
        .fields
        .iter()
        .map(|field| field.path.as_str())
        .collect();
    let found = history.of(&subject, |entry| may_change(entry, &paths));
    let latest = |is_meant: fn(&SetupChange) -> bool| {
        let first = found.iter().copied().next();
        first.filter(|entry| is_meant(entry)).into_iter().collect()
    };
    let entries: Vec<&SetupChange> = match change.action {
        Action::Create => latest(removes),
        Action::Delete => until_made(found, &subject),
        Action::Update | Action::Replace => {
            let found = until_made(found, &subject);
            without_ours(found, history, live.org.running_user.as_deref())
        }
    };
    judged(&entries, &subject, history)
}

/// Entries back to the one that made the thing, or wrote it as a whole.
fn until_made<'a>(found: Vec<&'a SetupChange>, subject: &SetupSubject) -> Vec<&'a SetupChange> {
    let is_end = |entry: &SetupChange| makes(entry) || subject.is_whole(entry);
    let end = found.iter().position(|entry| is_end(entry));
    let kept = end.map_or(found.len(), |end| end + 1);
    found.into_iter().take(kept).collect()
}

/// Without what an apply of the log-in that proves it wrote before somebody else came: an apply ends as the manifest says.
/// What that log-in deploys is taken for one, and so is a record that it made right behind its own deploy.
fn without_ours<'a>(
    found: Vec<&'a SetupChange>,
    history: &SetupHistory,
    running: Option<&str>,
) -> Vec<&'a SetupChange> {
    let same = |entry: &SetupChange| {
        let by = entry.by.as_deref().unwrap_or_default();
        running.is_some_and(|running| running.eq_ignore_ascii_case(by))
    };
    let follows_own_deploy = |entry: &SetupChange| {
        let older = history.entries.iter();
        let older = older.skip_while(|other| !std::ptr::eq(*other, entry));
        let mut own = older.take_while(|other| same(other));
        own.any(|other| other.deployed)
    };
    let is_ours = |entry: &SetupChange| {
        same(entry) && (entry.deployed || (makes(entry) && follows_own_deploy(entry)))
    };
    // What came after everybody else's is no apply that ended as the manifest says: there is a difference all the same.
    let mut behind = false;
    let counts = |entry: &&SetupChange| {
        behind |= !is_ours(entry);
        !(behind && is_ours(entry))
    };
    found.iter().copied().filter(counts).collect()
}

/// One person, several, or nobody. Where an entry of somebody else names the thing in words that are not understood, nobody
/// is named.
fn judged(entries: &[&SetupChange], subject: &SetupSubject, history: &SetupHistory) -> Authorship {
    let oldest = entries.last();
    let newer = history.entries.iter();
    let newer =
        newer.take_while(|entry| oldest.is_some_and(|oldest| !std::ptr::eq(*entry, *oldest)));
    let mut doubtful = newer.filter(|entry| subject.may_be_in(entry));
    if doubtful.any(|entry| entries.iter().all(|known| known.by != entry.by)) {
        let why = "entries of the audit trail may be about it, and are worded otherwise".to_owned();
        return Authorship::NotKnown { why };
    }
    let mut edits: Vec<SetupEdit> = Vec::new();
    for entry in entries {
        let same = edits.iter_mut().find(|edit| {
            edit.user == entry.by && edit.deployed == entry.deployed && edit.user.is_some()
        });
        match same {
            // The newest come first.
            Some(edit) => edit.first.clone_from(&entry.at),
            None => edits.push(SetupEdit {
                user: entry.by.clone(),
                first: entry.at.clone(),
                last: entry.at.clone(),
                deployed: entry.deployed,
            }),
        }
    }
    let ends = entries
        .last()
        .is_some_and(|entry| makes(entry) || removes(entry) || subject.is_whole(entry));
    match (edits.pop(), edits.is_empty()) {
        // Older entries than were read may be about it as well.
        (Some(by), true) if history.is_cut && !ends => Authorship::Candidates { by: vec![by] },
        (Some(by), true) => Authorship::Known { by },
        (Some(last), false) => {
            edits.push(last);
            Authorship::Candidates { by: edits }
        }
        (None, _) => Authorship::NotKnown {
            why: history.silence(),
        },
    }
}

impl SetupHistory {
    /// Entries about a thing, the newest first.
    fn of(
        &self,
        subject: &SetupSubject,
        is_meant: impl Fn(&SetupChange) -> bool,
    ) -> Vec<&SetupChange> {
        let entries = self.entries.iter();
        let about = |entry: &&SetupChange| subject.is_in(entry) && is_meant(entry);
        entries.filter(about).collect()
    }

    /// Why nobody is named.
    fn silence(&self) -> String {
        match self.entries.last().filter(|_| self.is_cut) {
            Some(oldest) => format!(
                "the audit trail does not name it, as far back as it was read ({})",
                oldest.at
            ),
            None => "the audit trail does not name it".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;
    use crate::change::{FieldChange, Record, Stage, Write};
    use serde_json::json;

    /// `ACTION | sentence | who | minute`, the newest first; a `*` before who says that it was deployed.
    fn history(lines: &[&str]) -> SetupHistory {
        let entry = |line: &&str| {
            let parts: Vec<&str> = line.split(" | ").collect();
            let section = match parts[0].contains("SharingModel") {
                true => "Sharing Defaults",
                false => "Manage Users",
            };
            SetupChange {
                action: parts[0].to_owned(),
                section: section.to_owned(),
                display: parts[1].to_owned(),
                by: Some(parts[2].trim_start_matches('*').to_owned()),
                at: parts[3].to_owned(),
                deployed: parts[2].starts_with('*'),
            }
        };
        SetupHistory {
            entries: lines.iter().map(entry).collect(),
            is_cut: false,
        }
    }

    fn changed(kind: &'static str, name: &str, action: Action, path: &str) -> Change {
        let field = FieldChange {
            path: path.to_owned(),
            before: json!("Live"),
            after: json!("Wanted"),
            through: None,
            reason: None,
        };
        Change {
            address: Address::new(kind, name),
            action,
            stage: Stage::Containers,
            irreversible: false,
            place: None,
            fields: vec![field],
            fingerprint: None,
            write: Write::Insert(Record::default()),
        }
    }

    /// Who it was in one line: names with a minute each.
    fn who(change: &Change, lines: &[&str]) -> String {
        let mut live = Live::default();
        live.org.running_user = Some("ci@acme.example".to_owned());
        let words = |edit: &SetupEdit| {
            let user = edit.user.clone().unwrap_or_default();
            match edit.first == edit.last {
                true => format!("{user} {}", edit.last),
                false => format!("{user} {}-{}", edit.first, edit.last),
            }
        };
        match of_change(change, &history(lines), &live) {
            Authorship::Known { by } => words(&by),
            Authorship::Candidates { by } => by.iter().map(words).collect::<Vec<_>>().join(" or "),
            Authorship::NotKnown { .. } => "not known".to_owned(),
        }
    }

    #[test]
    fn one_person_is_named_and_several_are_candidates() {
        let role = changed("role", "HubSpot_Integration", Action::Update, "label");
        let made = "createdRole | Created Role HubSpot_Integration | *ci@acme.example | 10";
        let bob = "changedrole | Changed role HubSpot Integration | bob | 12";
        let eve = "changedRole | Changed Role HubSpot_Integration | eve | 13";
        assert_eq!(who(&role, &[bob, made]), "bob 12");
        assert_eq!(who(&role, &[eve, bob, made]), "eve 13 or bob 12");
        assert_eq!(who(&role, &[made]), "ci@acme.example 10");
        assert_eq!(who(&role, &[]), "not known");
        // Somebody else's deploy may have left it otherwise; nothing before it lasts.
        let deployed = "changedRole | Changed Role HubSpot_Integration | *eve | 11";
        assert_eq!(who(&role, &[bob, deployed, eve, made]), "bob 12 or eve 11");
        assert_eq!(who(&role, &[deployed, bob, made]), "eve 11");
        // Made by hand, it may have been made otherwise.
        let by_hand = "createdrole | Created role HubSpot Integration | ci@acme.example | 10";
        assert_eq!(who(&role, &[bob, by_hand]), "bob 12 or ci@acme.example 10");
        let again = "changedrole | Changed role HubSpot Integration | bob | 14";
        assert_eq!(who(&role, &[again, bob, made]), "bob 12-14");
    }

    #[test]
    fn a_name_within_another_is_nobodys_trace() {
        let role = changed("role", "Sales", Action::Update, "parent");
        for sentence in [
            "Changed role Sales EMEA",
            "Changed role West Sales",
            "Changed Role Sales_2",
            "Rolle Sales ge\u{e4}ndert",
            "Changed role for user x from Sales to Care",
        ] {
            let line = format!("changedrole | {sentence} | bob | 12");
            assert_eq!(who(&role, &[&line]), "not known", "{sentence}");
        }
        let understood = "changedrole | Changed role Sales | eve | 11";
        let other_words = "changedrole | Rolle Sales ge\u{e4}ndert | bob | 12";
        assert_eq!(who(&role, &[other_words, understood]), "not known");
        assert_eq!(who(&role, &[understood, other_words]), "eve 11");
        let queue = "groupchanged | Changed group Sales | bob | 12";
        assert_eq!(who(&role, &[queue]), "not known");
        let rule = changed("sharing_rule", "Lead.Sync", Action::Update, "label");
        let other =
            "changedSharingCriteriaRule | Changed SharingCriteriaRule Contact.Sync | bob | 12";
        assert_eq!(who(&rule, &[other]), "not known");
    }

    #[test]
    fn a_code_that_says_which_attribute_it_is_about_is_of_no_other() {
        let profile = changed("user", "u@x.example", Action::Update, "profile");
        let email = changed("user", "u@x.example", Action::Update, "email");
        let moved =
            "changedprofileforuser | Changed profile for user u@x.example from A to B | bob | 12";
        let mail = "changedemail | Changed email of user u@x.example from a to b | eve | 13";
        assert_eq!(who(&profile, &[mail, moved]), "bob 12");
        assert_eq!(who(&email, &[mail, moved]), "eve 13");
    }

    #[test]
    fn a_user_that_an_apply_made_is_its_own_and_one_made_by_hand_may_be_otherwise() {
        let user = changed("user", "u@x.example", Action::Update, "email");
        let deploy = "createdProfile | Created Profile P | *ci@acme.example | 10";
        let made = "createduser | Created new user u@x.example | ci@acme.example | 10";
        let bob = "changeduser | Changed user u@x.example | bob | 12";
        assert_eq!(who(&user, &[bob, made, deploy]), "bob 12");
        assert_eq!(who(&user, &[bob, made]), "bob 12 or ci@acme.example 10");
    }

    #[test]
    fn ones_own_deploy_counts_where_nobody_came_after_it() {
        let profile = changed("profile", "P", Action::Update, "userPermissions.X");
        let bob = "changedprofile | Changed profile P | bob | 12";
        let own = |minute: &str| {
            format!("changedProfile | Changed Profile P | *ci@acme.example | {minute}")
        };
        assert_eq!(who(&profile, &[bob, &own("10")]), "bob 12");
        assert_eq!(
            who(&profile, &[&own("16"), bob, &own("10")]),
            "ci@acme.example 16 or bob 12"
        );
    }

    #[test]
    fn what_codes_do_not_tell_is_not_known() {
        let name = changed("user", "u@x.example", Action::Update, "lastName");
        let marketing = "changedmarketinguseroffon | Changed user u@x.example | bob | 12";
        let nobody_recorded = "changedtimezoneofuser | Changed user u@x.example | bob | 13";
        let eve = "changeduser | Changed user u@x.example | eve | 12";
        assert_eq!(who(&name, &[marketing]), "not known");
        assert_eq!(who(&name, &[marketing, eve]), "eve 12");
        assert_eq!(who(&name, &[nobody_recorded, eve]), "not known");
        let field = changed("custom_field", "Lead.A__c", Action::Update, "visibleTo");
        let help = "changedcfhelptext | Changed help text of custom field Lead.A__c | bob | 12";
        assert_eq!(who(&field, &[help]), "not known");
    }

    #[test]
    fn where_older_entries_may_be_about_it_a_single_name_is_a_candidate() {
        let check = |lines: &[&str], is_known: bool| {
            let change = changed("role", "Sales", Action::Update, "label");
            let history = SetupHistory {
                is_cut: true,
                ..history(lines)
            };
            let told = of_change(&change, &history, &Live::default());
            assert_eq!(
                matches!(told, Authorship::Known { .. }),
                is_known,
                "{told:?}"
            );
            assert!(!matches!(told, Authorship::NotKnown { .. }), "{told:?}");
        };
        let bob = "changedrole | Changed role Sales | bob | 12";
        check(&[bob], false);
        check(&["changedRole | Changed Role Sales | *eve | 12"], true);
    }

    #[test]
    fn what_is_gone_was_removed_by_whoever_did_it_last() {
        let rule = changed("sharing_rule", "Lead.Sync", Action::Create, "label");
        let gone = "deletedSharingCriteriaRule | Deleted SharingCriteriaRule Lead.Sync | bob | 12";
        let made = "createdSharingCriteriaRule | Created SharingCriteriaRule Lead.Sync | *ci@acme.example | 10";
        assert_eq!(who(&rule, &[gone, made]), "bob 12");
        assert_eq!(who(&rule, &[made, gone]), "not known");
    }
}
