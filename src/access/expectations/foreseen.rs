//! What becomes of the records that a manifest names.

use super::needs::{IDS_A_QUERY, chunks_of_ids, need_of_records, selection_of, user_of};
use super::{ExpectedAccess, RecordSeen};
use crate::access::record_after::{ForeseenAccess, Judged, RecordJudge};
use crate::change::Change;
use crate::live::{
    Granted, Known, LACKING_OBJECT, Live, LiveRecord, LiveUser, RecordNeed, Refused, Share,
    short_id,
};
use crate::manifest::{AccessExpectation, Manifest, RecordsMeant, SharingModel, UserRef};
use crate::soql::MOST_SELECTED;
use std::collections::HashMap;

/// Every entry of a manifest, with what becomes of it by these changes.
pub fn expected_access(
    manifest: &Manifest,
    live: &Live,
    changes: &[Change],
) -> Vec<ExpectedAccess> {
    let expectations = manifest.spec.expect.iter();
    let each = expectations.map(|expectation| {
        let user = match &expectation.user.value {
            UserRef::This => manifest
                .spec
                .user
                .as_ref()
                .map(|user| user.username.value.clone()),
            UserRef::Named(name) => Some(name.clone()),
        };
        ExpectedAccess {
            manifest: manifest.name.value.clone(),
            user: user.unwrap_or_default(),
            records: expectation.records.to_string(),
            access: expectation.access.value,
            count: expectation.count.clone(),
            is_one: matches!(expectation.records.value, RecordsMeant::Id(_)),
            place: expectation.place.clone(),
            found: found(expectation, manifest, live, changes),
        }
    });
    each.collect()
}

fn found(
    expectation: &AccessExpectation,
    manifest: &Manifest,
    live: &Live,
    changes: &[Change],
) -> Known<(String, Vec<RecordSeen>)> {
    let selection = match (&expectation.records.value, selection_of(expectation, live)) {
        (_, Some(selection)) => selection,
        (RecordsMeant::Id(id), None) => match live.object_of_id(id) {
            Known::Is(_) => return Known::Is((String::new(), Vec::new())),
            other => return other.map(|_| (String::new(), Vec::new())),
        },
        (RecordsMeant::Query(_), None) => return Known::NotAsked,
    };
    let need = need_of_records(&selection, manifest, live);
    let records = live.records_of(&need);
    records.map(|records| {
        let seen = match records.len() as u64 > MOST_SELECTED {
            true => records.iter().map(not_looked_at).collect(),
            false => seen(
                &selection.object,
                records,
                expectation,
                manifest,
                live,
                changes,
            ),
        };
        (selection.object.clone(), seen)
    })
}

fn not_looked_at(record: &LiveRecord) -> RecordSeen {
    RecordSeen {
        id: record.id().to_owned(),
        now: Known::NotAsked,
        after: ForeseenAccess::OPEN,
        doubt: None,
    }
}

fn seen(
    object: &str,
    records: &[LiveRecord],
    expectation: &AccessExpectation,
    manifest: &Manifest,
    live: &Live,
    changes: &[Change],
) -> Vec<RecordSeen> {
    let there = user_of(expectation, manifest, live);
    let judged = match (&expectation.user.value, there) {
        (UserRef::This, there) => Some(Judged::Own(there)),
        (UserRef::Named(_), Some(user)) => Some(Judged::Other(user)),
        (UserRef::Named(_), None) => None,
    };
    let judge = judged.map(|judged| RecordJudge::of(object, judged, manifest, live));
    let own = matches!(expectation.user.value, UserRef::This);
    let is_touched = changes.iter().any(|change| may_touch(change, there, own));
    let chunks = records.chunks(IDS_A_QUERY).zip(chunks_of_ids(records));
    let seen = chunks.flat_map(|(records, ids)| {
        let shares = live.shares_of(&RecordNeed::Shares(object.to_owned(), ids.clone()));
        let shares = by_record(without_table(shares, object, live));
        let need = there.map(|user| RecordNeed::Access(user.id.clone(), ids));
        let seen = records.iter().map(|record| {
            let now = granted(record, need.as_ref(), live);
            let after = match (&now, is_touched, &judge) {
                (Known::Is(now), false, _) => as_today(*now),
                (_, _, Some(judge)) => foreseen(judge, record, &shares),
                (_, _, None) => ForeseenAccess::OPEN,
            };
            let id = record.id().to_owned();
            let doubt = judge.as_ref().and_then(|judge| judge.doubt().cloned());
            let doubt = doubt.or_else(|| shares.why_unknown());
            RecordSeen {
                id,
                now,
                after,
                doubt,
            }
        });
        seen.collect::<Vec<_>>()
    });
    seen.collect()
}

/// The org's own word about a record.
fn granted(record: &LiveRecord, need: Option<&RecordNeed>, live: &Live) -> Known<Granted> {
    let Some(need) = need else {
        return Known::NotAsked;
    };
    live.granted(need)
        .and_then(|told| match told.get(&short_id(record.id())) {
            Some(granted) => Known::Is(*granted),
            None => Known::Refused(Refused::not_told("what the user may do with it")),
        })
}

fn as_today(now: Granted) -> ForeseenAccess {
    ForeseenAccess {
        read: now.read.into(),
        edit: (now.read && now.edit).into(),
    }
}

/// Share rows by the first 15 characters of the record's id.
type SharesByRecord<'a> = HashMap<String, Vec<&'a Share>>;

fn foreseen(
    judge: &RecordJudge,
    record: &LiveRecord,
    shares: &Known<SharesByRecord<'_>>,
) -> ForeseenAccess {
    let of_record = |shares| {
        let shares: &SharesByRecord = shares;
        shares
            .get(&short_id(record.id()))
            .map_or(&[][..], Vec::as_slice)
    };
    judge.access(record, shares.as_ref().map(of_record))
}

/// Where no default is private, no table of shares is kept (Record Access Under the Hood): that it is refused then says that
/// there is none. Under a private default a refusal says nothing.
fn without_table<'a>(shares: Known<&'a [Share]>, object: &str, live: &Live) -> Known<&'a [Share]> {
    let now = live.default_in_force(object);
    let open = now.is_some_and(|now| now != SharingModel::Private);
    match shares.refused() {
        Some(refused) if refused.code == LACKING_OBJECT && open => Known::Is(&[]),
        _ => shares,
    }
}

fn by_record(shares: Known<&[Share]>) -> Known<SharesByRecord<'_>> {
    shares.map(|shares| {
        let mut by_record = SharesByRecord::new();
        for share in shares {
            by_record
                .entry(short_id(&share.record))
                .or_default()
                .push(share);
        }
        by_record
    })
}

/// Whether a change may change what somebody may do with records: all but fields, and what concerns other users alone.
fn may_touch(change: &Change, user: Option<&LiveUser>, own: bool) -> bool {
    let of_user = change.address.kind == "permission_set_assignment";
    let username = user.map(|user| user.username.to_lowercase());
    let about = |name: &String| {
        change
            .address
            .name
            .to_lowercase()
            .ends_with(&format!("@{name}"))
    };
    match change.address.kind {
        "custom_field" => false,
        _ if of_user && !own => username.as_ref().is_some_and(about),
        _ => true,
    }
}
