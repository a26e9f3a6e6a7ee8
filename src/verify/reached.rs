//! Which groups and queues the user has the records of. Asked only where a record is visible and nothing else says why.

use super::subject::Subject;
use crate::access::People;
use crate::criteria::Verdict;
use crate::live::{Columns, Live, Need, SharingNeed, short_id};
use crate::observe;
use crate::org::{OrgError, Reader};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Whether what these hold is the user's, by the first 15 characters of their ids.
#[derive(Clone, Debug, Default)]
pub(crate) struct HolderReach {
    has: BTreeMap<String, Verdict>,
    /// Users, roles and groups, where the plan did not ask for them.
    told: Option<Arc<Live>>,
}

impl HolderReach {
    /// One that knows of another's people, and of no holder yet.
    pub(super) fn with_people_of(other: Option<&Self>) -> Self {
        Self {
            has: BTreeMap::new(),
            told: other.and_then(|other| other.told.clone()),
        }
    }

    /// Whether it asked for them.
    pub(super) fn knows_people(&self) -> bool {
        self.told.is_some()
    }

    /// Whether what a user, group or queue holds is the user's; what was not asked, is not.
    pub(crate) fn has(&self, holder: &str) -> Verdict {
        let told = self.has.get(&short_id(holder));
        told.copied().unwrap_or(Verdict::No)
    }

    /// Everybody, as the object regards them; `None` where nobody was asked for, or the org did not tell.
    pub(super) fn people<'a>(&'a self, subject: &Subject<'a>) -> Option<People<'a>> {
        let live = self.told.as_deref().unwrap_or(subject.live);
        let people = People::of(live).learnt();
        people.map(|people| people.of_object(&subject.sharing.object))
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
        let new = |holder: &&str| !self.has.contains_key(&short_id(holder));
        let (own, others): (Vec<&str>, Vec<&str>) = holders
            .into_iter()
            .filter(new)
            .partition(|holder| short_id(holder) == short_id(&subject.user.id));
        let yes = own.into_iter().map(|own| (short_id(own), Verdict::Yes));
        self.has.extend(yes);
        if others.is_empty() {
            return Ok(());
        }
        self.learn_people(subject, reader).await?;
        let people = self.people(subject);
        let reach = |holder: &str| {
            let people = people.as_ref()?;
            Some(people.reaches(people.person(&subject.user.id)?, holder))
        };
        let reached = others.into_iter().map(|holder| {
            let reaches = reach(holder).unwrap_or(Verdict::Either);
            (short_id(holder), reaches)
        });
        let reached: Vec<(String, Verdict)> = reached.collect();
        drop(people);
        self.has.extend(reached);
        Ok(())
    }

    /// Asks for the people once, where they are not known.
    ///
    /// # Errors
    /// What the org or the way to it made impossible.
    pub(super) async fn learn_people(
        &mut self,
        subject: &Subject<'_>,
        reader: &Reader,
    ) -> Result<(), OrgError> {
        if self.told.is_some() || People::of(subject.live).learnt().is_some() {
            return Ok(());
        }
        let needs = [
            Need::Sharing(SharingNeed::People),
            Need::Sharing(SharingNeed::Groups),
            Need::Sharing(SharingNeed::Members),
            Need::Roles(Columns::All),
        ];
        let mut told = Live::default();
        observe::ask_org(BTreeSet::from(needs), reader, &mut told).await?;
        told.org = subject.live.org.clone();
        self.told = Some(Arc::new(told));
        Ok(())
    }
}
