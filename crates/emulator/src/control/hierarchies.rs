//! Access by the role hierarchy, which custom objects can do without: Setup alone has that switch, no interface.

use serde_json::{Value, json};

use super::Refused;
use crate::store::Org;

/// Turns it on or off for a custom object.
///
/// # Errors
/// 404 for an object that has no such switch, 400 without a value.
pub(super) fn grant(org: &mut Org, object: &str, granted: Option<Value>) -> Result<Value, Refused> {
    let custom = org.object(object).filter(|object| object.custom);
    let name = custom.map(|object| object.name.clone());
    let name = name.ok_or_else(|| (404, format!("{object:?} is no custom object")))?;
    let granted = granted.and_then(|granted| granted.as_bool());
    let granted = granted.ok_or_else(|| {
        (
            400,
            "the body needs {\"granted\": true or false}".to_owned(),
        )
    })?;
    match granted {
        true => org.without_hierarchies.remove(&name),
        false => org.without_hierarchies.insert(name.clone()),
    };
    Ok(json!({"object": name, "granted": granted}))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed;

    #[test]
    fn hierarchies_are_granted_to_custom_objects_alone() {
        let mut org = seed::demo();
        let object = "Partner_Deal__c";
        let off = grant(&mut org, "partner_deal__c", Some(json!(false)));
        assert_eq!(off, Ok(json!({"object": object, "granted": false})));
        assert!(org.without_hierarchies.contains(object));
        assert!(grant(&mut org, object, Some(json!(true))).is_ok());
        assert!(org.without_hierarchies.is_empty());
        assert_eq!(
            grant(&mut org, "Lead", Some(json!(false))).unwrap_err().0,
            404
        );
        assert_eq!(grant(&mut org, object, None).unwrap_err().0, 400);
    }
}
