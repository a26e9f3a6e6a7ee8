//! From an address back to the line that asked for it.

use super::Manifest;
use crate::address::Address;
use crate::diagnostic::Place;

impl Manifest {
    /// Where the manifest asks for `address`. None for what it does not name itself.
    pub fn place_of(&self, address: &Address) -> Option<&Place> {
        let spec = &self.spec;
        let name = address.name.as_str();
        match address.kind {
            "custom_field" => spec.fields.iter().find_map(|field| {
                let own = name.split_once('.') == Some((&field.object, &field.name));
                own.then_some(&field.name.place)
            }),
            "profile" => named(spec.profile.as_ref().map(|profile| &profile.name), name),
            "role" => named(spec.role.as_ref().map(|role| &role.name), name),
            "user" => named(spec.user.as_ref().map(|user| &user.username), name),
            "permission_set_assignment" => {
                named(spec.permission_sets.iter().map(|set| &set.name), name)
            }
            "organization_wide_default" => self.default_of(name),
            "sharing_rule" => self.rule_of(name),
            _ => None,
        }
    }

    fn default_of(&self, object: &str) -> Option<&Place> {
        let mut sharing = self.spec.sharing.iter();
        let sharing = sharing.find(|sharing| *sharing.object == object)?;
        let stated = sharing.organization_wide_default.as_ref();
        let place = stated
            .or(sharing.external_default.as_ref())
            .map(|model| &model.place);
        Some(place.unwrap_or(&sharing.object.place))
    }

    fn rule_of(&self, name: &str) -> Option<&Place> {
        let (object, rule) = name.split_once('.')?;
        let mut sharing = self.spec.sharing.iter();
        let sharing = sharing.find(|sharing| *sharing.object == object)?;
        named(sharing.rules.iter().map(|rule| &rule.name), rule)
    }
}

fn named<'a>(
    names: impl IntoIterator<Item = &'a super::Sp<String>>,
    wanted: &str,
) -> Option<&'a Place> {
    let mut names = names.into_iter();
    names
        .find(|name| name.value == wanted)
        .map(|name| &name.place)
}
