//! What the containers of a generated company grant.

use super::company::{FIELDS, Grants, OBJECTS, PERMISSIONS};
use super::dice::Dice;

/// Mostly what people do in an org, now and then everything.
pub(crate) fn grants(dice: &mut Dice) -> Grants {
    let sees_all = dice.chance(20);
    let objects = OBJECTS.into_iter().filter_map(|(object, _)| {
        let rights = match dice.below(8) {
            0 => return None,
            1 => 0b00_0001,
            2 if sees_all => 0b01_0001,
            3 if sees_all => 0b11_1111,
            _ => 0b00_1111,
        };
        Some((object, rights))
    });
    let objects = objects.collect();
    let mut permissions: Vec<&str> = (PERMISSIONS.into_iter())
        .filter(|_| dice.chance(40))
        .collect();
    if sees_all && dice.chance(60) {
        permissions.push("ViewAllData");
        permissions.extend(dice.chance(40).then_some("ModifyAllData"));
    }
    let shown = FIELDS.into_iter().filter(|_| dice.chance(70));
    Grants {
        objects,
        permissions,
        fields: shown.map(|(field, _)| field).collect(),
    }
}

/// A permission set: a few objects, and now and then all their records.
pub(crate) fn granted_besides(dice: &mut Dice) -> Grants {
    let objects = OBJECTS.into_iter().filter_map(|(object, _)| {
        let rights = [0b00_0001, 0b00_0101, 0b01_0001, 0b11_1101][dice.below(4)];
        dice.chance(25).then_some((object, rights))
    });
    Grants {
        objects: objects.collect(),
        permissions: (PERMISSIONS.into_iter())
            .filter(|_| dice.chance(10))
            .collect(),
        fields: Vec::new(),
    }
}
