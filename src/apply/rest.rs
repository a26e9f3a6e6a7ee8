//! The rest of a cloned profile: what reading the source by itself left out, read when the package is built.
//!
//! A retrieve gives of a profile what the other components of the same retrieve are about (Metadata API guide,
//! Profile). So it is asked for together with all objects, and with the companions of every list that is missing.
//! Field permissions come from the data API as well, which knows those of setup objects too.

use crate::change::Component;
use crate::clone::{LOGIN_RESTRICTIONS, add_field_permissions, settle_applications};
use crate::entries::key;
use crate::facts::Row;
use crate::kinds::profile_full_name;
use crate::org::{OrgError, Reader};
use crate::soql;
use crate::xml::{self, Element, Text};
use std::collections::{BTreeMap, BTreeSet};

/// Lists of a profile with the type of component that brings them along.
const COMPANIONS: [(&str, &str); 8] = [
    ("applicationVisibilities", "CustomApplication"),
    ("classAccesses", "ApexClass"),
    ("customPermissions", "CustomPermission"),
    ("externalDataSourceAccesses", "ExternalDataSource"),
    ("flowAccesses", "Flow"),
    ("layoutAssignments", "Layout"),
    ("pageAccesses", "ApexPage"),
    ("tabVisibilities", "CustomTab"),
];

/// Types that a wildcard does not cover: standard objects, and what belongs to an object.
const LISTED: [&str; 2] = ["CustomObject", "RecordType"];

/// What the plan settled already, or what stays behind.
const SETTLED: [&str; 6] = [
    "custom",
    "description",
    "fullName",
    "objectPermissions",
    "userLicense",
    "userPermissions",
];

/// Adds to each profile that was cloned from a part the rest of its source.
///
/// # Errors
/// Whatever keeps the org from telling.
pub async fn add_rest(components: &mut [Component], reader: &Reader) -> Result<(), OrgError> {
    for component in components {
        let (Some(source), Some(body)) = (component.rest_of.take(), &mut component.body) else {
            continue;
        };
        let (retrieved, fields) =
            tokio::try_join!(retrieved(&source, body, reader), fields(&source, reader))?;
        add_missing(body, &retrieved);
        add_field_permissions(body, &fields);
        settle_applications(body);
    }
    Ok(())
}

/// The source as a retrieve gives it together with its companions.
async fn retrieved(source: &str, document: &Element, reader: &Reader) -> Result<Element, OrgError> {
    let mut types: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for kind in LISTED {
        let listed = reader.list_metadata(kind).await?;
        let names = listed.into_iter().map(|properties| properties.full_name);
        types.insert(kind.to_owned(), names.collect());
    }
    for (list, kind) in COMPANIONS {
        if document.child(list).is_none() {
            types.insert(kind.to_owned(), vec!["*".to_owned()]);
        }
    }
    types.retain(|_, members| !members.is_empty());
    let full_name = profile_full_name(source);
    types.insert("Profile".to_owned(), vec![full_name.clone()]);
    let package = reader.retrieve(&types).await?;
    let path = format!("profiles/{full_name}.profile");
    let file = package.files.iter().find(|(name, _)| name.ends_with(&path));
    let profile = file.and_then(|(_, bytes)| xml::read_bytes(bytes).ok());
    profile.ok_or_else(|| OrgError::Garbled {
        what: format!("the package that was retrieved holds no profile `{source}`"),
        excerpt: package.messages.join("; "),
    })
}

/// Fields the source can read, and whether it can edit them. Rows that are only inferred have an id of zeros.
async fn fields(source: &str, reader: &Reader) -> Result<BTreeMap<String, bool>, OrgError> {
    let query = format!(
        "SELECT Id, SobjectType, Field, PermissionsRead, PermissionsEdit FROM FieldPermissions \
         WHERE Parent.IsOwnedByProfile = true AND Parent.Profile.Name = {}",
        soql::literal(source)
    );
    let rows: Vec<Row> = reader.query(&query).await?.into_iter().map(Row).collect();
    let real = rows
        .iter()
        .filter(|row| row.text("Id").is_none_or(|id| !id.starts_with("000")));
    let readable = real.filter(|row| row.flag("PermissionsRead"));
    Ok(readable
        .filter_map(|row| Some((row.text("Field")?.to_owned(), row.flag("PermissionsEdit"))))
        .collect())
}

/// Adds the entries of the source that the document has none of the same name for.
fn add_missing(document: &mut Element, source: &Element) {
    let place = |entry: &Element| (entry.name.clone(), key(entry).into_owned());
    let known: BTreeSet<(Text, String)> = document.children.iter().map(place).collect();
    let settled = |name: &str| SETTLED.contains(&name) || LOGIN_RESTRICTIONS.contains(&name);
    let missing = source
        .children
        .iter()
        .filter(|entry| !settled(entry.name.as_str()) && !known.contains(&place(entry)));
    document.children.extend(missing.cloned());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_missing_and_not_settled_is_added() {
        let read = |text: &str| crate::xml::read(text).expect("well-formed");
        let mut document = read(
            "<Profile><classAccesses><apexClass>A</apexClass><enabled>false</enabled></classAccesses></Profile>",
        );
        let source = read(
            "<Profile><classAccesses><apexClass>A</apexClass><enabled>true</enabled></classAccesses>\
             <classAccesses><apexClass>B</apexClass><enabled>true</enabled></classAccesses>\
             <loginIpRanges><startAddress>1</startAddress></loginIpRanges>\
             <userPermissions><enabled>true</enabled><name>ModifyAllData</name></userPermissions></Profile>",
        );
        add_missing(&mut document, &source);
        let entries: Vec<_> = document
            .children
            .iter()
            .map(|entry| (entry.text_of("apexClass"), entry.text_of("enabled")))
            .collect();
        assert_eq!(
            entries,
            [(Some("A"), Some("false")), (Some("B"), Some("true"))]
        );
    }
}
