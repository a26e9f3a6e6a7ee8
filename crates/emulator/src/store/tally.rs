//! How many records of a table have each value of a field.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use serde_json::Value;

use super::{Fielded, Part, Places};

/// A value that occurs in a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tallied {
    /// The part with the first record that has it.
    pub part: usize,
    /// The place of that record in the part.
    pub place: usize,
    /// How many records have it.
    pub count: usize,
}

/// A count that is under way, part by part.
pub struct Tally<'t> {
    field: &'t str,
    known: HashMap<Option<Cow<'t, Value>>, usize>,
    values: Vec<Tallied>,
}

impl<'t> Tally<'t> {
    /// Over this field.
    pub fn of(field: &'t str) -> Tally<'t> {
        Tally {
            field,
            known: HashMap::new(),
            values: Vec::new(),
        }
    }

    /// Counts these records of the part with this number.
    pub fn add<T: Fielded>(&mut self, number: usize, part: &'t Part<T>, among: &Places) {
        for (place, count) in part.field(self.field).tallied(among) {
            let Some((_, held)) = part.get(place) else {
                continue;
            };
            match self.known.entry(held.held(self.field)) {
                Entry::Occupied(known) => {
                    if let Some(value) = self.values.get_mut(*known.get()) {
                        value.count += count;
                    }
                }
                Entry::Vacant(new) => {
                    new.insert(self.values.len());
                    self.values.push(Tallied {
                        part: number,
                        place,
                        count,
                    });
                }
            }
        }
    }

    /// The values in the order in which they occur first.
    pub fn values(self) -> Vec<Tallied> {
        self.values
    }
}
