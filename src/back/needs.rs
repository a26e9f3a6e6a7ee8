//! What a way back has to know of the org: all of it follows from what was made, so it is one wave.

use super::fate::{SEAT, assignment, model, seat};
use super::{BackBy, Made, WayBack};
use crate::live::{Columns, Filter, Need, Reference, SetLicenceNeed, SharingNeed};
use std::collections::BTreeSet;

/// Everything there is to know of the org.
pub fn needs(way: &WayBack) -> BTreeSet<Need> {
    let mut needs = BTreeSet::from([Need::Containers, Need::Organization(Columns::All)]);
    let keepers = way.keepers.iter();
    needs.extend(keepers.map(|profile| Need::Holders(profile.clone())));
    way.made.iter().for_each(|made| of(made, way, &mut needs));
    needs
}

fn of(made: &Made, way: &WayBack, needs: &mut BTreeSet<Need>) {
    let name = &made.address.name;
    match made.address.kind {
        "custom_field" => {
            if let Some((object, field)) = name.split_once('.') {
                needs.insert(Need::ObjectDocument(object.to_owned()));
                needs.insert(Need::FieldViewers(object.to_owned(), field.to_owned()));
            }
        }
        "permission_set" => drop(needs.insert(Need::PermissionSet(name.clone()))),
        "profile" => {
            needs.insert(Need::Profile(name.clone()));
            needs.insert(Need::ProfilePermissions(name.clone()));
            needs.insert(Need::ProfileObjects(name.clone()));
            needs.insert(Need::Holders(name.clone()));
        }
        "role" => {
            needs.insert(Need::Roles(Columns::All));
            needs.insert(Need::RoleDocument(name.clone()));
            needs.insert(Need::Members(name.clone()));
        }
        "user" => {
            needs.insert(Need::User(name.clone()));
            needs.insert(Need::Frozen(name.clone()));
            needs.insert(Need::Reference(Reference::LogIn(name.clone())));
            let objects = objects(&way.made);
            needs.extend(
                objects.map(|object| Need::Count(object.to_owned(), Some(Filter::owned_by(name)))),
            );
        }
        "permission_set_assignment" | "permission_set_group_assignment" => {
            let user = assignment(made).map(|(_, user)| Need::User(user.to_owned()));
            needs.extend(user);
        }
        SEAT => {
            let seats = seat(made).map(|(_, user)| SetLicenceNeed::Seats(user.to_owned()));
            let needed = seats.into_iter().chain([SetLicenceNeed::Licences]);
            needs.extend(needed.map(Need::SetLicence));
        }
        "organization_wide_default" => of_default(made, way, needs),
        "sharing_rule" => {
            let object = name.split('.').next().unwrap_or_default();
            needs.insert(Need::SharingRules(object.to_owned()));
        }
        "public_group" | "public_group_member" => {
            let sharing = [
                SharingNeed::People,
                SharingNeed::Groups,
                SharingNeed::Members,
            ];
            needs.extend(sharing.map(Need::Sharing));
            needs.insert(Need::Roles(Columns::All));
        }
        _ => {}
    }
}

fn of_default(made: &Made, way: &WayBack, needs: &mut BTreeSet<Need>) {
    let object = &made.address.name;
    needs.insert(Need::ObjectDocument(object.clone()));
    needs.insert(Need::DefaultInForce(object.clone()));
    needs.insert(Need::SharingRules(object.clone()));
    let internal = made.fields.iter().find(|field| field.path == "internal");
    let widens = internal.is_some_and(|field| {
        let width = |value| model(value).and_then(|model| model.width());
        width(&field.before) > width(&field.after) || way.by == BackBy::Retire
    });
    if widens {
        needs.insert(Need::population(object));
        needs.insert(Need::Sharing(SharingNeed::Rows(object.clone())));
        needs.insert(Need::Sharing(SharingNeed::ApiOnly));
        needs.insert(Need::Sharing(SharingNeed::People));
    }
}

/// The objects that anything was made for.
pub(super) fn objects(made: &[Made]) -> impl Iterator<Item = &str> {
    let of_sharing = made.iter().filter_map(|made| match made.address.kind {
        "organization_wide_default" => Some(made.address.name.as_str()),
        "sharing_rule" => made.address.name.split('.').next(),
        _ => None,
    });
    of_sharing.collect::<BTreeSet<&str>>().into_iter()
}
