//! What the manifest leaves out of a clone by hand: entries that an org gives and does not take.

use crate::manifest::{LeaveOut, Sp};
use crate::xml::Element;

/// Lists of a profile, each with the element that names an entry.
type Places = &'static [(&'static str, &'static str)];

/// Takes the entries out of a profile; returns those that it does not have.
pub(super) fn take_out(leave_out: &LeaveOut, profile: &mut Element) -> Vec<Sp<String>> {
    let lists: [(Places, &Option<Vec<Sp<String>>>); 6] = [
        (&[("tabVisibilities", "tab")], &leave_out.tabs),
        (&[("fieldPermissions", "field")], &leave_out.fields),
        (
            &[("applicationVisibilities", "application")],
            &leave_out.apps,
        ),
        (&[("classAccesses", "apexClass")], &leave_out.classes),
        (&[("layoutAssignments", "layout")], &leave_out.layouts),
        (
            &[
                ("recordTypeVisibilities", "recordType"),
                ("layoutAssignments", "recordType"),
            ],
            &leave_out.record_types,
        ),
    ];
    let mut not_there = Vec::new();
    for (places, names) in lists {
        let missing = names
            .iter()
            .flatten()
            .filter(|name| !take_out_named(profile, places, name));
        not_there.extend(missing.cloned());
    }
    not_there
}

/// Takes out the entries of one name; says whether there was any.
fn take_out_named(profile: &mut Element, places: Places, name: &str) -> bool {
    let before = profile.children.len();
    profile.children.retain(|child| {
        let values = places.iter().filter(|(list, _)| child.name == *list);
        let mut values = values.filter_map(|(_, key)| child.text_of(key));
        !values.any(|value| value == name || value.strip_prefix("standard-") == Some(name))
    });
    profile.children.len() < before
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Place;

    #[test]
    fn entries_go_by_name_and_what_is_not_there_is_told() {
        let text = "<Profile><classAccesses><apexClass>Gate</apexClass></classAccesses>\
             <layoutAssignments><layout>Case-Short</layout><recordType>Case.Old</recordType></layoutAssignments>\
             <layoutAssignments><layout>Case-Long</layout></layoutAssignments>\
             <recordTypeVisibilities><recordType>Case.Old</recordType></recordTypeVisibilities>\
             <tabVisibilities><tab>standard-CarePlan</tab></tabVisibilities></Profile>";
        let mut profile = crate::xml::read(text).expect("well-formed");
        let place = Place::start_of(&"m.yaml".into());
        let names = |names: &[&str]| {
            let names = names
                .iter()
                .map(|name| Sp::new((*name).to_owned(), place.clone()));
            Some(names.collect())
        };
        let wanted = LeaveOut {
            tabs: names(&["CarePlan", "Nowhere"]),
            classes: names(&["Gate"]),
            record_types: names(&["Case.Old"]),
            ..LeaveOut::default()
        };
        let not_there = take_out(&wanted, &mut profile);
        let not_there: Vec<&str> = not_there.iter().map(|name| name.as_str()).collect();
        assert_eq!(not_there, ["Nowhere"]);
        let left: Vec<_> = profile
            .children
            .iter()
            .map(|child| child.text_of("layout"))
            .collect();
        assert_eq!(left, [Some("Case-Long")]);
    }
}
