//! What opens every record of an object to the user at once: permissions that ignore sharing, and a default in force that
//! is wider than the manifest's.

use super::{Cause, CauseSource};
use crate::access::{self, Tie, Ties};
use crate::criteria::Verdict;
use crate::laws::Level;
use crate::live::{Defaults, Known};
use crate::manifest::SharingModel;
use crate::verify::subject::Subject;
use std::collections::BTreeSet;

/// Profiles and permission sets of the user that ignore sharing.
pub(crate) fn by_permission(subject: &Subject) -> BTreeSet<Cause> {
    let held = access::held_bypasses(&subject.sharing.object, subject.user, subject.live);
    let held = held.learnt().unwrap_or_default().into_iter();
    let cause = |by: access::Bypass| {
        let (kind, level) = match by.by.starts_with("View") {
            true => ("view_all", Level::Read),
            false => ("modify_all", Level::All),
        };
        let container = format!("{} `{}`", by.kind.replace('_', " "), by.name);
        let words = format!("{} through the {container}", by.by);
        let held_by = match by.kind {
            "profile" => Tie::Role,
            _ => Tie::Assigned(by.id.clone()),
        };
        Cause::new(kind, by.by, words)
            .through(format!("{}/{}", by.kind, by.name))
            .of(by.id.clone())
            .giving(Some(level))
            .sourced(CauseSource::Permission(by.id))
            .tied(Ties::from([(held_by, Verdict::Yes)]))
    };
    held.map(cause).collect()
}

/// What opens every record: to read it, or to edit it.
pub(super) fn by_everything(subject: &Subject, least: Level) -> BTreeSet<Cause> {
    let object = subject.sharing.object.as_str();
    let mut causes = by_permission(subject);
    causes.retain(|cause| cause.level.is_none_or(|level| level >= least));
    let held = access::held_bypasses(object, subject.user, subject.live);
    if let Some(why) = held.why_unknown() {
        let what = format!("whether a permission opens every {object}");
        causes.insert(Cause::not_known(what, &why));
    }
    causes.extend(by_default(subject, least));
    causes
}

/// A default in force that is not what it should be yet, or not any more.
fn by_default(subject: &Subject, least: Level) -> Option<Cause> {
    let object = subject.sharing.object.as_str();
    let wanted = Defaults::new(subject.manifest, subject.live).after(object)?;
    let Some(now) = subject.live.default_in_force(object) else {
        let what = format!("which default of {object} is in force");
        return Some(Cause::not_known(what, "the org does not say"));
    };
    let gives = Level::of_default(now);
    let opens = gives.is_none_or(|gives| gives >= least);
    if now == wanted || !opens || wanted == SharingModel::ControlledByParent {
        return None;
    }
    let words = format!("the default in force is {now}");
    let cause = Cause::new("default", now.to_string(), words)
        .through(object)
        .giving(gives)
        .sourced(CauseSource::Default(object.to_owned()))
        .tied(Ties::from([(Tie::Everybody, Verdict::Yes)]));
    let cause = Cause {
        settling: true,
        ..cause
    };
    // Where the record that it hangs on decides, it need not be this.
    Some(match gives {
        Some(_) => cause,
        None => Cause {
            certain: false,
            ..cause
        },
    })
}

/// Whether everybody may do so much by the default in force.
pub(super) fn is_open(subject: &Subject, least: Level) -> bool {
    let default = subject.live.default_in_force(&subject.sharing.object);
    default
        .and_then(Level::of_default)
        .is_some_and(|gives| gives >= least)
}

/// The refusal of share rows that says no more than that there are none: where no default is private, no table of them is
/// kept (Record Access Under the Hood).
pub(super) fn is_without_table(subject: &Subject, code: &str) -> bool {
    let default = subject.live.default_in_force(&subject.sharing.object);
    code == "INVALID_TYPE" && default.is_some_and(|now| now != SharingModel::Private)
}

/// Why it is not known which rules there are.
pub(super) fn rules_unknown(subject: &Subject) -> Option<Cause> {
    let object = subject.sharing.object.as_str();
    let rules: Known<_> = subject.live.sharing_rules(object);
    let why = rules.why_unknown()?;
    Some(Cause::not_known(
        format!("which sharing rules of {object} there are"),
        &why,
    ))
}
