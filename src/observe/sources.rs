//! Clone sources that the org gives in part, read whole by a retrieve.
//!
//! A retrieve gives of a profile what the other components of the same retrieve are about (Metadata API guide,
//! Profile). So it is asked for together with all objects, and with the companions of every list that is missing.
//! Field permissions come from the data API as well, which knows those of setup objects too.

use crate::event::{Emit, Event};
use crate::failure;
use crate::kinds::{PartialSource, partial_source, whole_source};
use crate::live::{Live, Need};
use crate::manifest::Manifest;
use crate::org::{OrgError, Reader};
use crate::xml::{self, Element};
use std::collections::BTreeMap;

/// Types that a wildcard does not cover: standard objects, and what belongs to an object.
const LISTED: [&str; 2] = ["CustomObject", "RecordType"];

/// Completes the sources of profiles that are to be made, where they came in part. It is told before it is done: it takes
/// as long as the org packs.
///
/// # Errors
/// Whatever keeps the org from telling: the clone of a part would be less than was asked for.
pub async fn complete_sources(
    live: &mut Live,
    manifests: &[Manifest],
    reader: &Reader,
    emit: Emit<'_>,
) -> Result<(), OrgError> {
    for manifest in manifests {
        let Some(partial) = partial_source(manifest, live) else {
            continue;
        };
        emit(Event::Retrieving {
            what: format!("Profile {}", partial.full_name),
            missing: partial.missing.clone(),
        });
        let (retrieved, fields) =
            tokio::try_join!(retrieved(&partial, reader), fields(&partial.name, reader))?;
        let Some(document) = live.profile_document(&partial.name).found() else {
            continue;
        };
        let whole = whole_source(document, &retrieved, &fields);
        live.complete_profile(&partial.name, whole, partial.missing);
    }
    Ok(())
}

/// The source as a retrieve gives it together with its companions.
async fn retrieved(source: &PartialSource, reader: &Reader) -> Result<Element, OrgError> {
    let mut types: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for kind in LISTED {
        let listed = reader.list_metadata(kind).await?;
        let names = listed.into_iter().map(|properties| properties.full_name);
        types.insert(kind.to_owned(), names.collect());
    }
    let companions = source.companions.iter();
    types.extend(companions.map(|kind| ((*kind).to_owned(), vec!["*".to_owned()])));
    types.retain(|_, members| !members.is_empty());
    types.insert("Profile".to_owned(), vec![source.full_name.clone()]);
    let package = reader.retrieve(&types).await?;
    let path = format!("profiles/{}.profile", source.full_name);
    let file = package.files.iter().find(|(name, _)| name.ends_with(&path));
    let profile = file.and_then(|(_, bytes)| xml::read_bytes(bytes).ok());
    profile.ok_or_else(|| OrgError::Garbled {
        what: format!(
            "the package that was retrieved holds no profile `{}`",
            source.name
        ),
        excerpt: package.messages.join("; "),
    })
}

/// Fields the source can read, and whether it can edit them.
async fn fields(source: &str, reader: &Reader) -> Result<BTreeMap<String, bool>, OrgError> {
    let mut told = Live::default();
    let need = Need::AllProfileFields(source.to_owned());
    super::ask_org([need].into(), reader, &mut told).await?;
    if let Some(refused) = told.refusals_of_needed().first() {
        return Err(failure::error_of(refused));
    }
    let fields = told.all_profile_fields(source).learnt();
    let owned = |(field, edits): (&str, bool)| (field.to_owned(), edits);
    Ok(fields.into_iter().flatten().map(owned).collect())
}
