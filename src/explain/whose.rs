//! Whose sight of a record is meant: that of the manifests' users, or of anybody in the org.

use super::asked::Found;
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Exit, Failure};
use crate::failure::NOTHING_CHANGED;
use crate::live::Live;
use crate::manifest::Manifest;
use crate::observe;
use crate::org::Reader;
use crate::verify::subject::Subject;

/// One record and one user.
pub(super) struct Sight {
    pub(super) record: Found,
    /// What is wished of it; one that wishes nothing where no manifest speaks of this object and user.
    manifest: Manifest,
    /// Whether a manifest speaks of it.
    pub(super) is_stated: bool,
}

/// Every record with every user that is meant.
///
/// # Errors
/// Nobody is meant.
pub(super) fn sights(
    manifests: &[Manifest],
    records: &[Found],
    user: Option<&str>,
) -> Result<Vec<Sight>, Failure> {
    let users = usernames(manifests, user);
    if users.is_empty() {
        return Err(nobody());
    }
    let sights = records.iter().flat_map(|record| {
        let users = users.iter();
        users.map(move |user| sight(manifests, record, user))
    });
    Ok(sights.collect())
}

/// The user that is named, else those of the manifests.
pub(super) fn usernames<'a>(manifests: &'a [Manifest], user: Option<&'a str>) -> Vec<&'a str> {
    match user {
        Some(user) => vec![user],
        None => manifests.iter().filter_map(username).collect(),
    }
}

fn username(manifest: &Manifest) -> Option<&str> {
    let user = manifest.spec.user.as_ref()?;
    Some(&user.username)
}

fn sight(manifests: &[Manifest], record: &Found, user: &str) -> Sight {
    let speaks = |manifest: &&Manifest| {
        let of_user = username(manifest).is_some_and(|name| name.eq_ignore_ascii_case(user));
        of_user && manifest.spec.sharing_of(&record.object).is_some()
    };
    let stated = manifests.iter().find(speaks);
    Sight {
        record: record.clone(),
        is_stated: stated.is_some(),
        manifest: stated
            .cloned()
            .unwrap_or_else(|| Manifest::bare(user, &record.object)),
    }
}

/// Reads what the org has to say about these users and objects, besides what is known.
///
/// # Errors
/// What the org or the way to it made impossible.
pub(super) async fn learn(sights: &[Sight], live: &Live, reader: &Reader) -> Result<Live, Failure> {
    let bare = sights.iter().filter(|sight| !sight.is_stated);
    let bare: Vec<Manifest> = bare.map(|sight| sight.manifest.clone()).collect();
    match bare.is_empty() {
        true => Ok(live.clone()),
        false => observe::observe_again(live, &bare, super::needs(&bare, None), reader).await,
    }
}

impl Sight {
    /// The same, with what the org told.
    ///
    /// # Errors
    /// The org has no such user.
    pub(super) fn subject<'a>(&'a self, live: &'a Live) -> Result<Subject<'a>, Failure> {
        let spec = &self.manifest.spec;
        let user = spec.user.as_ref().ok_or_else(nobody)?;
        let sharing = spec.sharing_of(&self.record.object).ok_or_else(nobody)?;
        let live_user = live.user_of(user);
        Ok(Subject {
            manifest: &self.manifest,
            sharing,
            live,
            user: live_user.ok_or_else(|| no_user(&user.username, self.is_stated))?,
        })
    }
}

fn no_user(username: &str, is_stated: bool) -> Failure {
    let (message, help, exit) = match is_stated {
        true => (
            format!("the org has no user `{username}` yet"),
            "apply the manifest first, then explain",
            Exit::Differences,
        ),
        false => (
            format!("the org has no user `{username}`"),
            "name the user by its username, which looks like an e-mail address and may end in a sandbox's name",
            Exit::Failed,
        ),
    };
    let error = Diagnostic::error(Code::UserNotThereYet, message).help(help);
    Failure::new(exit, vec![error]).state(NOTHING_CHANGED)
}

/// The error of a record with nobody to see it.
pub fn nobody() -> Failure {
    let message = "nobody says whose sight of the record is meant";
    let error = Diagnostic::error(Code::NothingToExplain, message)
        .help("name a user with `--user NAME`, or a manifest that has one");
    Failure::new(Exit::Usage, vec![error])
}
