//! Which groups and queues the user has the records of. Asked only where a record is visible and nothing else says why.

use super::subject::Subject;
use crate::access::People;
use crate::criteria::Verdict;
use crate::live::{Columns, Live, Need, SharingNeed, short_id};
use crate::observe;
use crate::org::{OrgError, Reader};
use std::collections::{BTreeMap, BTreeSet};

/// Whether what these hold is the user's, by the first 15 characters of their ids.
#[derive(Clone, Debug, Default)]
pub(crate) struct HolderReach(BTreeMap<String, Verdict>);

impl HolderReach {
    /// Whether what a user, group or queue holds is the user's; what was not asked, is not.
    pub(crate) fn has(&self, holder: &str) -> Verdict {
        let told = self.0.get(&short_id(holder));
        told.copied().unwrap_or(Verdict::No)
    }

    /// Takes in these holders.
    ///
    /// # Errors
    /// What the org or the way to it made impossible; a refusal leaves open what it is about.
    pub(super) async fn ask(
        &mut self,
        subject: &Subject<'_>,
        holders: BTreeSet<&str>,
        reader: &Reader,
    ) -> Result<(), OrgError> {
        let new = |holder: &&str| !self.0.contains_key(&short_id(holder));
        let (own, others): (Vec<&str>, Vec<&str>) = holders
            .into_iter()
            .filter(new)
            .partition(|holder| short_id(holder) == short_id(&subject.user.id));
        let yes = own.into_iter().map(|own| (short_id(own), Verdict::Yes));
        self.0.extend(yes);
        if others.is_empty() {
            return Ok(());
        }
        let mut told = Live::default();
        let people = match People::of(subject.live).learnt() {
            Some(people) => Some(people),
            None => {
                let needs = [
                    Need::Sharing(SharingNeed::People),
                    Need::Sharing(SharingNeed::Groups),
                    Need::Sharing(SharingNeed::Members),
                    Need::Roles(Columns::All),
                ];
                observe::ask_org(BTreeSet::from(needs), reader, &mut told).await?;
                told.org = subject.live.org.clone();
                People::of(&told).learnt()
            }
        };
        for holder in others {
            let reaches = people.as_ref().and_then(|people| {
                let user = people.person(&subject.user.id)?;
                Some(people.reaches(user, holder))
            });
            self.0
                .insert(short_id(holder), reaches.unwrap_or(Verdict::Either));
        }
        Ok(())
    }
}
