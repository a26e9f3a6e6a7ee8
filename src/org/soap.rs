//! The envelope of the Metadata API. Children stand in the order of the vendor's schema, which a real org insists on.

use crate::secret::Secret;
use crate::xml::Element;

/// The namespace of metadata files and of every Metadata API operation.
pub(super) const METADATA: &str = "http://soap.sforce.com/2006/04/metadata";
pub(super) const ENVELOPE: &str = "http://schemas.xmlsoap.org/soap/envelope/";

/// The operation in its envelope, with the session in the header.
pub(super) fn envelope(operation: Element, token: &Secret) -> Element {
    let session = metadata("SessionHeader").with(Element::leaf("sessionId", token.expose()));
    Element::new("soapenv:Envelope")
        .with_attribute("xmlns:soapenv", ENVELOPE)
        .with(Element::new("soapenv:Header").with(session))
        .with(Element::new("soapenv:Body").with(operation))
}

/// An element that declares the metadata namespace for itself and its children.
pub(super) fn metadata(name: &str) -> Element {
    Element::new(name).with_attribute("xmlns", METADATA)
}

/// An element with one leaf for each text.
pub(super) fn repeated(parent: Element, name: &str, texts: &[String]) -> Element {
    texts.iter().fold(parent, |parent, text| {
        parent.with(Element::leaf(name, text))
    })
}
