//! A sample of an object's records: runs of records from places chosen by chance between the first id and the last, so that
//! records of every age are among them. Ids grow with age (object reference, ID Field Type); the same seed chooses the same.

use super::QUERIES_A_REQUEST;
use super::subject::read_records;
use crate::live::{LiveRecord, RecordQuery};
use crate::org::{OrgError, Reader};
use std::collections::BTreeMap;

/// Places of one sample.
pub(super) const PLACES: u64 = 40;
/// The signs of an id, in the order in which ids grow.
const SIGNS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Characters of an id that say which record it is; three more would repeat their capitals.
const SIGNIFICANT: usize = 15;

/// Where the runs of a sample begin.
pub(super) struct SamplePlaces {
    /// The first id of all, then those chosen by chance.
    ids: Vec<String>,
}

impl SamplePlaces {
    /// Chooses them between the object's first record and its last; `None` where it has none.
    ///
    /// # Errors
    /// What the org or the way to it made impossible.
    pub(super) async fn choose(
        query: &RecordQuery<'_>,
        seed: u64,
        reader: &Reader,
    ) -> Result<Option<Self>, OrgError> {
        let mut ends = Vec::new();
        for rows in reader.queries(&query.ends()).await? {
            let rows = rows.map_err(|refusal| refusal.of("find the first and the last record"))?;
            ends.extend(LiveRecord::of_rows(rows));
        }
        let ids: Vec<&str> = ends.iter().map(LiveRecord::id).collect();
        let [first, last] = ids.as_slice() else {
            return Ok(None);
        };
        Ok(Some(Self {
            ids: between(first, last, seed),
        }))
    }

    /// Reads so many records, the same number from each place; where that gives fewer, the first of all are among them.
    ///
    /// # Errors
    /// What the org or the way to it made impossible.
    pub(super) async fn read(
        &self,
        size: u64,
        select: impl Fn(&str, u64) -> String,
        reader: &Reader,
    ) -> Result<Vec<LiveRecord>, OrgError> {
        let each = size.div_ceil(PLACES);
        let chosen = self.ids.iter().skip(1);
        let queries: Vec<String> = chosen.map(|id| select(id, each)).collect();
        let mut found = BTreeMap::new();
        for queries in queries.chunks(QUERIES_A_REQUEST) {
            for rows in reader.queries(queries).await? {
                let rows = rows.map_err(|refusal| refusal.of("read a sample of records"))?;
                add(&mut found, LiveRecord::of_rows(rows), size);
            }
        }
        if let Some(first) = self.ids.first().filter(|_| (found.len() as u64) < size) {
            let records = read_records(reader, &select(first, size)).await?;
            add(&mut found, records, size);
        }
        Ok(found.into_values().collect())
    }
}

/// Each record once, and no more than asked for.
fn add(found: &mut BTreeMap<String, LiveRecord>, records: Vec<LiveRecord>, size: u64) {
    for record in records {
        if (found.len() as u64) < size {
            found.insert(record.id().to_owned(), record);
        }
    }
}

/// The first id, and as many between it and the last as there are places.
fn between(first: &str, last: &str, seed: u64) -> Vec<String> {
    let mut chance = fastrand::Rng::with_seed(seed);
    let mut ids = vec![first.to_owned()];
    if let Some((least, most)) = number(first).zip(number(last)) {
        let chosen = (0..PLACES).map(|_| id(chance.u128(least..=most.max(least))));
        ids.extend(chosen);
    }
    ids
}

/// An id as a number; `None` where a sign is none of an id's.
fn number(id: &str) -> Option<u128> {
    let mut signs = id.bytes().take(SIGNIFICANT);
    signs.try_fold(0, |sum, sign| {
        let value = SIGNS.iter().position(|one| *one == sign)?;
        Some(sum * SIGNS.len() as u128 + value as u128)
    })
}

/// The id that a number stands for.
fn id(mut number: u128) -> String {
    let base = SIGNS.len() as u128;
    let mut signs = Vec::new();
    for _ in 0..SIGNIFICANT {
        let sign = usize::try_from(number % base)
            .ok()
            .and_then(|at| SIGNS.get(at));
        signs.extend(sign.copied().map(char::from));
        number /= base;
    }
    signs.into_iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_lie_between_the_ends_and_follow_from_the_seed() {
        let (first, last) = ("00QOw0000000001MAA", "00QOw00000Zz9aBMAA");
        let chosen = between(first, last, 7);
        assert_eq!(chosen.len() as u64, PLACES + 1);
        let inside = |id: &String| id.as_str() >= &first[..15] && id.as_str() <= &last[..15];
        assert!(chosen.iter().all(inside), "{chosen:?}");
        assert_eq!(chosen, between(first, last, 7));
        assert_ne!(chosen, between(first, last, 8));
        let newer = chosen
            .iter()
            .filter(|id| id.as_str() > "00QOw00000Hz9aB")
            .count();
        assert!((10..=30).contains(&newer), "{newer} in the newer half");
        for text in ["000000000000000", "00QOw0000000001", "zzzzzzzzzzzzzzz"] {
            assert_eq!(number(text).map(id).as_deref(), Some(text));
        }
    }
}
