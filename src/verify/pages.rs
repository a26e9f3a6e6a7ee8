//! A proof of more records than anybody wants to hold: page by page, of which the counts stay, and the first records that
//! are not as they should be.

use super::given::around_page;
use super::granted::ask_access;
use super::subject::{Records, Subject};
use super::wanted::Around;
use super::{Access, Mismatch, gone};
use crate::event::{Emit, Event};
use crate::live::LiveRecord;
use crate::org::{OrgError, Reader};

/// Leaks, and missing records, that are kept of an object; all are counted.
const MOST_KEPT: usize = 10_000;

/// Compares all records of an object, and gives what was learnt around them.
///
/// # Errors
/// What the org or the way to it made impossible.
pub(super) async fn compare(
    subject: &Subject<'_>,
    records: &Records,
    reader: &Reader,
    emit: Emit<'_>,
) -> Result<(Access, Around), OrgError> {
    let mut around = Around::default();
    // What is said of no record is said of the whole.
    let mut whole = Access {
        population: 0,
        ..subject.compare(&Records::page(Vec::new()), &[].into(), &around)
    };
    let mut nothing_matched = true;
    let mut pages = reader.pages(&subject.query().all());
    while let Some(rows) = pages.next().await? {
        let page = Records::page(LiveRecord::of_rows(rows));
        let (one, of_page) = (std::slice::from_ref(subject), std::slice::from_ref(&page));
        let granted = ask_access(one, of_page, reader, &mut |_| ()).await?;
        let granted = granted.into_iter().next().unwrap_or_default();
        around_page(subject, &page, &granted, &mut around, reader).await?;
        let mut access = subject.compare(&page, &granted, &around);
        gone::leave_out_gone(subject, &mut access, reader).await?;
        nothing_matched &= access.rules_match_nothing;
        whole.take_in(access);
        emit(Event::Checking {
            object: subject.sharing.object.value.clone(),
            checked: whole.checked,
            population: records.population.max(whole.checked),
        });
    }
    whole.rules_match_nothing = nothing_matched && whole.checked > 0;
    Ok((whole, around))
}

impl Access {
    /// Adds what was found of other records of the same object.
    fn take_in(&mut self, other: Self) {
        self.population += other.population;
        self.checked += other.checked;
        self.expected += other.expected;
        self.visible += other.visible;
        self.editable += other.editable;
        self.leaks_found += other.leaks_found;
        self.missing_found += other.missing_found;
        keep(&mut self.leaks, other.leaks);
        keep(&mut self.missing, other.missing);
    }
}

fn keep(kept: &mut Vec<Mismatch>, more: Vec<Mismatch>) {
    let room = MOST_KEPT.saturating_sub(kept.len());
    kept.extend(more.into_iter().take(room));
}
