//! What profiles and permission sets grant.

use std::collections::BTreeMap;

use super::super::{Grants, OBJECTS, Object, Rights};

/// Each right drags in what it requires.
fn rights(bits: u8, views_all: bool) -> Rights {
    let modify_all = views_all && bits & 16 != 0;
    let view_all = modify_all || views_all && bits & 8 != 0;
    let delete = modify_all || bits & 4 != 0;
    let edit = delete || bits & 2 != 0;
    Rights {
        read: edit || view_all || bits & 1 != 0,
        edit,
        delete,
        view_all,
        modify_all,
    }
}

pub(super) fn grants(raw: &[u8], profile: bool) -> Grants {
    let views_all = raw[0] % 4 == 3;
    let rights = OBJECTS.iter().enumerate().map(|(number, object)| {
        let bits = raw[1 + number % 4].rotate_left(number as u32);
        let most = u8::from(profile) * (1 | (bits & 32) >> 4); // people work with most objects
        (*object, rights(bits | most, views_all))
    });
    let mut objects: BTreeMap<Object, Rights> = rights.collect();
    // Who sees all contracts sees all accounts, and who sees all details all masters: a profile has the one right only with
    // the other.
    let accounts = objects[&Object::Account].view_all;
    let contracts = objects
        .get_mut(&Object::Contract)
        .expect("every object is there");
    contracts.view_all &= accounts;
    contracts.modify_all &= accounts;
    for detail in [Object::Part, Object::Pair] {
        for master in detail.masters() {
            let master = objects[master];
            let rights = objects.get_mut(&detail).expect("every object is there");
            rights.view_all &= master.view_all;
            rights.modify_all &= master.modify_all;
        }
    }
    let modify_all_data = raw[5] % 16 == 15;
    Grants {
        objects,
        view_all_data: modify_all_data || raw[5] % 16 == 14,
        modify_all_data,
        transfers: raw[5] % 16 == 13,
    }
}

/// Reading, editing and deleting everything that sharing allows.
pub(super) fn ordinary() -> Grants {
    let all = OBJECTS.iter().map(|object| (*object, rights(7, false)));
    Grants {
        objects: all.collect(),
        ..Grants::default()
    }
}
