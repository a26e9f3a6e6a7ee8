//! Large parts of the state, which snapshots share.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A value that clones cheaply and is copied when it is changed; large parts of the state are wrapped in it, so that a
/// snapshot costs nothing.
#[derive(Clone)]
pub enum Shared<T: 'static> {
    /// A value of this org.
    Own(Arc<T>),
    /// A value the program can make again, and makes when somebody first looks at it.
    Seeded(Seeded<T>),
}

/// What the program makes when it is first looked at.
pub type Seeded<T> = &'static (dyn Deref<Target = T> + Send + Sync);

impl<T> Shared<T> {
    /// Wraps a value.
    pub fn new(value: T) -> Shared<T> {
        Shared::Own(Arc::new(value))
    }

    /// Whether the value is still as the program makes it.
    pub fn is_seeded(&self) -> bool {
        matches!(self, Shared::Seeded(_))
    }
}

impl<T: Clone> Shared<T> {
    /// The value, to be changed; copied first where a snapshot holds it too.
    pub fn make_mut(&mut self) -> &mut T {
        if let Shared::Seeded(seeded) = self {
            *self = Shared::new(T::clone(seeded));
        }
        match self {
            Shared::Own(own) => Arc::make_mut(own),
            Shared::Seeded(_) => unreachable!("a seeded value was made its own above"),
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Shared<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        T::fmt(self, formatter)
    }
}

impl<T: Default> Default for Shared<T> {
    fn default() -> Shared<T> {
        Shared::new(T::default())
    }
}

impl<T: PartialEq> PartialEq for Shared<T> {
    /// What is one value in memory is equal without a look at it.
    fn eq(&self, other: &Shared<T>) -> bool {
        let one = match (self, other) {
            (Shared::Own(own), Shared::Own(other)) => Arc::ptr_eq(own, other),
            (Shared::Seeded(own), Shared::Seeded(other)) => std::ptr::addr_eq(*own, *other),
            _ => false,
        };
        one || **self == **other
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        match self {
            Shared::Own(own) => own,
            Shared::Seeded(seeded) => seeded,
        }
    }
}

impl<T: Serialize> Serialize for Shared<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        T::serialize(self, serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Shared<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Shared<T>, D::Error> {
        T::deserialize(deserializer).map(Shared::new)
    }
}
