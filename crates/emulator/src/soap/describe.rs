//! `describeMetadata`.

use super::envelope::answer;
use crate::documents::{KINDS, Kind};
use crate::xml::Writer;

/// Every component type of the org.
pub(super) fn describe() -> String {
    answer("describeMetadataResponse", |writer| {
        writer.within("result", |writer| {
            KINDS.iter().for_each(|kind| {
                writer.within("metadataObjects", |writer| write_kind(kind, writer))
            });
            writer.leaf("organizationNamespace", "");
            writer.flag("partialSaveAllowed", true);
            writer.flag("testRequired", false);
        });
    })
}

fn write_kind(kind: &Kind, writer: &mut Writer) {
    kind.children
        .iter()
        .for_each(|child| writer.leaf("childXmlNames", child));
    writer.leaf("directoryName", kind.folder);
    writer.flag("inFolder", kind.in_folder);
    writer.flag("metaFile", kind.with_content);
    writer.leaf("suffix", kind.suffix);
    writer.leaf("xmlName", kind.name);
}
