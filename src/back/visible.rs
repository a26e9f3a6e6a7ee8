//! What becomes visible where a default widens: to everybody at once, integrations among them.

use super::BackDraft;
use super::fate::{BackFate, model};
use crate::address::Address;
use crate::change::Stage;
use crate::code::Code;
use crate::count::{count, first_few, number};
use crate::diagnostic::Diagnostic;
use crate::live::{Known, Live};
use crate::manifest::SharingModel;

/// The system a wider default opens an object to.
const PAUSE: &str = "pause the sync of each of them first: what it copies stays copied";

impl BackDraft<'_> {
    /// Tells of every default that widens: which integrations see more by it, and which shares of people end with it.
    pub(super) fn tell_what_becomes_visible(&mut self) {
        let mut most = Some(0);
        for (object, model) in self.widened() {
            let integrations = self.other_integrations();
            let records = self.live.population(&object).learnt();
            let seen = match integrations.as_ref().map(Vec::is_empty) {
                Some(true) => Some(0),
                _ => records,
            };
            most = most.zip(seen).map(|(most, seen)| most + seen);
            self.tell_of_integrations(&object, integrations.as_deref(), records);
            self.tell_of_shares(&object, model);
        }
        self.hold_limit(most);
    }

    /// Objects whose internal default becomes wider, with what it becomes.
    fn widened(&self) -> Vec<(String, SharingModel)> {
        let changes = self.changes.iter();
        let defaults = changes.filter(|change| change.stage == Stage::Defaults);
        let widened = defaults.filter_map(|change| {
            let mut fields = change.fields.iter();
            let field = fields.find(|field| field.path == "internal")?;
            let (now, then) = (model(&field.before), model(&field.after)?);
            let is_wider = then.width() > now.and_then(SharingModel::width);
            is_wider.then(|| (change.address.name.clone(), then))
        });
        widened.collect()
    }

    /// Usernames of active integrations that go on working: users who may use the API only, and the user of the plan where it
    /// was there before; `None` where the org does not tell.
    fn other_integrations(&self) -> Option<Vec<String>> {
        let own = self.user();
        let mut names: Vec<String> = api_only(self.live)?
            .into_iter()
            .filter(|username| {
                own.is_none_or(|made| !made.address.name.eq_ignore_ascii_case(username))
            })
            .collect();
        let stays = self.decided().find(|(made, fate)| {
            made.address.kind == "user" && !made.is_new() && **fate != BackFate::Goes
        });
        names.extend(stays.map(|(made, _)| made.address.name.clone()));
        names.sort();
        Some(names)
    }

    fn tell_of_integrations(
        &mut self,
        object: &str,
        integrations: Option<&[String]>,
        records: Option<u64>,
    ) {
        let records = match records {
            Some(records) => format!("up to {}", count(records, &format!("{object} record"))),
            None => format!("an unknown number of {object} records"),
        };
        let finding = match integrations {
            Some([]) => {
                let words = format!(
                    "everybody who may read {object} sees {records} as soon as its default is wider; no other integration is among them"
                );
                Diagnostic::note(Code::BecomesVisible, words)
            }
            Some(names) => {
                let words = format!(
                    "{} see {records} as soon as the default of {object} is wider, as far as their permissions allow: {}",
                    count(names.len() as u64, "integration"),
                    first_few(names)
                );
                Diagnostic::warning(Code::BecomesVisible, words)
                    .help(PAUSE)
                    .naming(names)
            }
            None => {
                let words = format!(
                    "everybody who may read {object} sees {records} as soon as its default is wider; which integrations are among them, the org does not tell"
                );
                Diagnostic::warning(Code::BecomesVisible, words).help(PAUSE)
            }
        };
        let address = Address::new("organization_wide_default", object);
        self.findings.push(finding.about(address));
    }

    /// What people shared and gives no more than the default ends with the recalculation, for good (Salesforce Security Guide,
    /// "Organization-Wide Sharing Defaults").
    fn tell_of_shares(&mut self, object: &str, model: SharingModel) {
        let ended = |level: &str| match model {
            SharingModel::Private | SharingModel::ControlledByParent => false,
            SharingModel::Read | SharingModel::ReadSelect => level == "Read",
            _ => level != "All",
        };
        let rows = self.live.share_rows(object);
        let words = match rows {
            Known::Is(rows) => {
                let by_hand = rows.iter().filter(|row| row.cause == "Manual");
                let shares: u64 = by_hand
                    .filter(|row| ended(row.level.as_deref().unwrap_or("Read")))
                    .map(|row| row.rows)
                    .sum();
                if shares == 0 {
                    return;
                }
                format!(
                    "{} of {object} records, made by hand, end with the wider default, and do not come back",
                    count(shares, "share")
                )
            }
            _ => format!(
                "shares of {object} records made by hand may end with the wider default; how many there are, the org does not tell"
            ),
        };
        let address = Address::new("organization_wide_default", object);
        let finding = Diagnostic::warning(Code::SharesEnd, words).about(address);
        self.findings.push(finding);
    }

    /// What is not known is beyond every limit.
    fn hold_limit(&mut self, most: Option<u64>) {
        let Some(limit) = self.way.limit else {
            return;
        };
        if most.is_some_and(|most| most <= limit) {
            return;
        }
        let most = most.map_or("an unknown number of".to_owned(), |most| {
            format!("up to {}", number(most))
        });
        let words = format!(
            "{most} records become visible to integrations, and `limits.recordsBecomingVisible` is {}",
            number(limit)
        );
        let error = Diagnostic::error(Code::RecordsBecomingVisibleLimit, words)
            .help("pause or retire the other integrations first, or raise the limit");
        self.refusals.push(error);
    }
}

/// Usernames of active users who may use the API only.
fn api_only(live: &Live) -> Option<Vec<String>> {
    let ids = live.api_only().learnt()?;
    let people = live.people().learnt()?;
    let active = people.iter().filter(|person| person.active);
    let integrations = active.filter(|person| ids.contains(&person.id));
    Some(integrations.map(|person| person.username.clone()).collect())
}
