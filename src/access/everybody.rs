//! Everybody in the org, for all objects of a manifest. Pure.

use super::people::People;
use crate::live::{Known, Live};
use crate::manifest::Manifest;
use std::cell::OnceCell;

/// Everybody, as the org has them and as a manifest leaves them: put together once, however many objects ask.
pub(super) struct Everybody<'a> {
    manifest: &'a Manifest,
    live: &'a Live,
    now: OnceCell<Known<People<'a>>>,
    after: OnceCell<Known<People<'a>>>,
}

impl<'a> Everybody<'a> {
    pub(super) fn new(manifest: &'a Manifest, live: &'a Live) -> Self {
        Self {
            manifest,
            live,
            now: OnceCell::new(),
            after: OnceCell::new(),
        }
    }

    /// As the org has them.
    pub(super) fn now(&self) -> Known<&People<'a>> {
        self.now.get_or_init(|| People::of(self.live)).as_ref()
    }

    /// Once the manifest is applied.
    pub(super) fn after(&self) -> Known<&People<'a>> {
        let after = || People::after(self.live, self.manifest);
        self.after.get_or_init(after).as_ref()
    }
}
