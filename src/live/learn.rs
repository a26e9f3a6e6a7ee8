//! Answers become parts: each is decoded here, once.

use super::assignments::EndingAssignment;
use super::containers::Containers;
use super::deploys::Deploys;
use super::holding::HoldingNeed;
use super::known::Refused;
use super::need::Need;
use super::organization::Organization;
use super::populations::{Owners, counted};
use super::profiles::{Dependency, ticked_permissions};
use super::question::Answer;
use super::readers::ReaderBySet;
use super::records::LiveRecord;
use super::restrictions::RestrictionRule;
use super::roles::Roles;
use super::running_user::RunningUser;
use super::users::{ProfileHolder, RolesOfUsers, UserCounts, UserNeed};
use super::{Live, NeedOutcome, defaults, organization, running_user, users};
use crate::soql::Row;
use std::collections::BTreeMap;

impl Live {
    /// Everything that was asked, with the refusal where the org did not tell.
    pub fn asked(&self) -> BTreeMap<&Need, Option<&Refused>> {
        let outcome = |outcome| match outcome {
            &NeedOutcome::Told => None,
            NeedOutcome::Refused(refused) => Some(refused),
        };
        let outcomes = self.outcomes.iter();
        outcomes.map(|(need, it)| (need, outcome(it))).collect()
    }

    /// What the org told and nothing that is applied changes: which permission requires which, which tabs there are, and how
    /// it calls its profiles.
    pub fn lasting(&self) -> Self {
        let outcomes = self.outcomes.iter().filter(|(need, outcome)| {
            let lasts = matches!(
                need,
                Need::Dependencies(..) | Need::DependenciesOf(_) | Need::Tabs
            );
            lasts && **outcome == NeedOutcome::Told
        });
        Self {
            outcomes: outcomes
                .map(|(need, told)| (need.clone(), told.clone()))
                .collect(),
            dependencies: self.dependencies.clone(),
            tabs: self.tabs.clone(),
            impact_budget: self.impact_budget,
            profile_names: self.profile_names.clone(),
            ..Self::default()
        }
    }

    /// Takes in what the org said to one question, for each need that it meets.
    pub fn learn(&mut self, needs: &[Need], answer: Answer) {
        let answer = match answer {
            Answer::Rows(mut rows) => {
                rows.iter_mut()
                    .for_each(|row| self.profile_names.put_in_english(row));
                Answer::Rows(rows)
            }
            other => other,
        };
        match (needs, answer) {
            (
                _,
                Answer::Refused {
                    status,
                    code,
                    message,
                },
            ) => {
                needs
                    .iter()
                    .for_each(|need| self.refuse(need, status, &code, &message));
            }
            ([need], answer) if need.selection().is_none() => self.decode(need, answer),
            (_, Answer::Rows(rows)) => self.add_rows(needs, &rows),
            (_, Answer::Described(_) | Answer::Component(_)) => {}
        }
    }

    /// Takes in what the org said of one need.
    #[cfg(test)]
    pub fn tell(&mut self, need: Need, answer: Answer) {
        self.learn(&[need], answer);
    }

    fn refuse(&mut self, need: &Need, status: u16, code: &str, message: &str) {
        let refused = Refused {
            what: need.what(),
            status,
            code: code.to_owned(),
            message: message.to_owned(),
        };
        self.outcomes
            .insert(need.clone(), NeedOutcome::Refused(refused));
    }

    /// Rows of a table, which several needs share.
    fn add_rows(&mut self, needs: &[Need], rows: &[Row]) {
        match needs.first() {
            Some(Need::User(_) | Need::Administrators | Need::Members(_)) => {
                self.users.add_rows(rows);
            }
            Some(
                Need::ProfileObjects(_) | Need::Grants(_) | Need::Holding(HoldingNeed::Objects(_)),
            ) => {
                self.object_grants.add_rows(rows);
            }
            Some(Need::Holding(need)) => {
                if !self.holdings.add_rows(need, rows) {
                    return;
                }
            }
            Some(Need::ProfileFields(..) | Need::AllProfileFields(_) | Need::FieldViewers(..)) => {
                self.field_grants.add_rows(rows);
            }
            Some(Need::Readers(_)) => {
                let readers = rows.iter().filter_map(ReaderBySet::of_row);
                self.readers.extend(readers);
            }
            Some(Need::Frozen(_)) => {
                let ids = rows.iter().filter_map(|row| row.text("UserId"));
                self.frozen.extend(ids.map(str::to_owned));
            }
            Some(Need::EndingAssignments(_)) => {
                for ending in rows.iter().filter_map(EndingAssignment::of_row) {
                    let of_user = self.ending.entry(ending.username.to_lowercase());
                    of_user.or_default().push(ending);
                }
            }
            Some(Need::DefaultInForce(_)) => {
                let told = rows.iter().filter_map(defaults::of_definition);
                self.definitions.extend(told);
            }
            _ => return,
        }
        let told = needs.iter().map(|need| (need.clone(), NeedOutcome::Told));
        self.outcomes.extend(told);
    }

    fn decode(&mut self, need: &Need, answer: Answer) {
        match answer {
            Answer::Rows(rows) => {
                if self.decode_rows(need, rows).is_none() {
                    return self.refuse(need, 200, "", "its answer does not say");
                }
            }
            Answer::Described(described) => {
                let object = match need {
                    Need::Object(object) => object.as_str(),
                    Need::UserFields => "User",
                    _ => return,
                };
                self.described.insert(object.to_owned(), described);
            }
            Answer::Component(document) => {
                self.documents.insert(need.clone(), document);
            }
            Answer::Refused { .. } => return,
        }
        self.outcomes.insert(need.clone(), NeedOutcome::Told);
    }

    /// `None` where the answer is none to this need.
    fn decode_rows(&mut self, need: &Need, rows: Vec<Row>) -> Option<()> {
        match need {
            Need::Organization(_) => self.organization = Some(Organization::of_row(rows.first()?)),
            Need::TrialEnd => self.trial_end = organization::trial_end(rows.first()?),
            Need::Roles(_) => self.roles = Some(Roles::of_rows(&rows)),
            Need::Containers => self.containers = Some(Containers::of_rows(&rows)),
            Need::UsersByProfile => {
                self.users_by_profile = Some(UserCounts::of_rows(&rows, need));
            }
            Need::UsersByRole => self.users_by_role = Some(UserCounts::of_rows(&rows, need)),
            Need::RolesOfUsers => self.roles_of_users = Some(RolesOfUsers::of_rows(&rows)),
            Need::Sharing(need) => self.decode_sharing(need, &rows),
            Need::Record(need) => self.told.add(need, rows),
            Need::Holding(need) => self.holdings.decode(need, &rows)?,
            Need::Capability(need) => self.capabilities.decode(need, &rows)?,
            Need::Groups => {
                let name = |row: &Row| row.text("DeveloperName").map(str::to_owned);
                self.groups = rows.iter().filter_map(name).collect();
            }
            Need::Holders(profile) => {
                let holders = rows.iter().filter_map(ProfileHolder::of_row).collect();
                self.holders.insert(profile.clone(), holders);
            }
            Need::ProfilePermissions(label) => {
                let permissions = (!rows.is_empty()).then(|| ticked_permissions(&rows));
                self.profile_permissions.insert(label.clone(), permissions);
            }
            Need::Owners(object) => {
                self.owners.insert(object.clone(), Owners::of_rows(&rows));
            }
            Need::Count(..) | Need::AccountsOf(_) | Need::GivenTo(_) | Need::Shared(..) => {
                self.counts.insert(need.clone(), counted(&rows)?);
            }
            Need::Reference(reference) => {
                self.references
                    .insert(reference.clone(), reference.found_in(&rows));
            }
            Need::CopiesOf(username) => {
                let copies = users::copies_among(username, &rows);
                self.copies.insert(username.clone(), copies);
            }
            need => return self.decode_of_all(need, rows),
        }
        Some(())
    }

    /// What is the same for every manifest, and records. `None` where the answer is none to this need.
    fn decode_of_all(&mut self, need: &Need, rows: Vec<Row>) -> Option<()> {
        match need {
            Need::Tabs => {
                let name = |row: &Row| row.text("Name").map(str::to_owned);
                self.tabs = Some(rows.iter().filter_map(name).collect());
            }
            Need::OfUser(UserNeed::Values(..)) => {
                let values = rows.into_iter().flat_map(|row| row.0).collect();
                self.user_values.insert(need.clone(), values);
            }
            Need::OfUser(UserNeed::LogIns(id)) => {
                let address = |row: &Row| row.text("SourceIp").map(str::to_owned);
                let addresses = rows.iter().filter_map(address).collect();
                self.log_in_addresses.insert(id.clone(), addresses);
            }
            Need::SetLicence(need) => self.decode_set_licences(need, &rows),
            Need::Dependencies(..) | Need::DependenciesOf(_) => {
                let dependencies = rows.iter().filter_map(Dependency::of_row).collect();
                self.dependencies.insert(need.clone(), dependencies);
            }
            Need::Records(..) | Need::FirstRecords(..) => {
                self.records.insert(need.clone(), LiveRecord::of_rows(rows));
            }
            Need::RestrictionRules => {
                let rules = rows.iter().filter_map(RestrictionRule::of_row).collect();
                self.restriction_rules = Some(rules);
            }
            Need::Deploys => {
                self.deploys = Deploys::of_rows(&rows);
            }
            need => return self.decode_for_doctor(need, &rows),
        }
        Some(())
    }

    /// What `doctor` asks besides. `None` where the answer is none to this need.
    fn decode_for_doctor(&mut self, need: &Need, rows: &[Row]) -> Option<()> {
        match need {
            Need::RunningUser(username) => {
                let user = rows.first().and_then(RunningUser::of_row);
                let user = user.map(|user| (username.clone(), user));
                self.running_users.extend(user);
            }
            Need::Licences => self.licences = Some(running_user::licences_of(rows)),
            Need::PackagedSets(namespace) => {
                let names = running_user::set_names_of(rows);
                self.packaged_sets.insert(namespace.clone(), names);
            }
            Need::HeldPermissions(_, names) => {
                let held = running_user::held_among(names, rows);
                self.held_permissions.insert(need.clone(), held);
            }
            _ => return None,
        }
        Some(())
    }
}
