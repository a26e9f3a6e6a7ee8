//! Tree to text: as metadata files are written, or on one line for SOAP.

use super::{Element, MAX_DEPTH, SCHEMA_INSTANCE, XmlError, is_character, is_name};

const DECLARATION: &str = r#"<?xml version="1.0" encoding="UTF-8"?>"#;

/// The document as the platform writes metadata files: four spaces, one element a line, a line end at the end.
///
/// # Errors
/// [`XmlError::Unwritable`] for control characters, impossible names, text beside children, and too deep a tree.
pub fn write(root: &Element) -> Result<String, XmlError> {
    let mut text = format!("{DECLARATION}\n");
    ElementWriter {
        text: &mut text,
        indent: true,
    }
    .document(root)?;
    text.push('\n');
    Ok(text)
}

/// The document on one line, for a SOAP body.
///
/// # Errors
/// As [`write()`].
pub fn write_compact(root: &Element) -> Result<String, XmlError> {
    let mut text = String::from(DECLARATION);
    ElementWriter {
        text: &mut text,
        indent: false,
    }
    .document(root)?;
    Ok(text)
}

struct ElementWriter<'a> {
    text: &'a mut String,
    indent: bool,
}

impl ElementWriter<'_> {
    fn document(&mut self, root: &Element) -> Result<(), XmlError> {
        // A part of an answer loses the declaration that stood on the envelope.
        let undeclared = root.attribute("xmlns:xsi").is_none() && uses_schema_instance(root, 0);
        self.element(root, 0, undeclared)
    }

    fn element(
        &mut self,
        element: &Element,
        depth: usize,
        declare_instance: bool,
    ) -> Result<(), XmlError> {
        check(element, depth)?;
        self.text.push('<');
        self.text.push_str(&element.name);
        if declare_instance {
            self.attribute(element, "xmlns:xsi", SCHEMA_INSTANCE)?;
        }
        for (name, value) in &*element.attributes {
            self.attribute(element, name, value)?;
        }
        self.text.push('>');
        if element.children.is_empty() {
            self.escape(element, &element.text, false)?;
        }
        for child in &element.children {
            self.new_line(depth + 1);
            self.element(child, depth + 1, false)?;
        }
        if !element.children.is_empty() {
            self.new_line(depth);
        }
        self.text.push_str("</");
        self.text.push_str(&element.name);
        self.text.push('>');
        Ok(())
    }

    fn attribute(&mut self, element: &Element, name: &str, value: &str) -> Result<(), XmlError> {
        if !is_name(name) {
            return Err(unwritable(
                element,
                format!("`{}` is no attribute name", name.escape_debug()),
            ));
        }
        self.text.push(' ');
        self.text.push_str(name);
        self.text.push_str("=\"");
        self.escape(element, value, true)?;
        self.text.push('"');
        Ok(())
    }

    fn escape(
        &mut self,
        element: &Element,
        text: &str,
        in_attribute: bool,
    ) -> Result<(), XmlError> {
        for character in text.chars() {
            match character {
                '&' => self.text.push_str("&amp;"),
                '<' => self.text.push_str("&lt;"),
                '>' => self.text.push_str("&gt;"),
                '"' => self.text.push_str("&quot;"),
                '\'' => self.text.push_str("&apos;"),
                // A parser turns these into a line feed or a space unless they are written as references.
                '\r' => self.text.push_str("&#13;"),
                '\n' if in_attribute => self.text.push_str("&#10;"),
                '\t' if in_attribute => self.text.push_str("&#9;"),
                plain if is_character(plain) => self.text.push(plain),
                control => {
                    let problem = format!(
                        "the character U+{:04X} is not allowed in XML",
                        u32::from(control)
                    );
                    return Err(unwritable(element, problem));
                }
            }
        }
        Ok(())
    }

    fn new_line(&mut self, depth: usize) {
        if self.indent {
            self.text.push('\n');
            self.text.extend(std::iter::repeat_n("    ", depth));
        }
    }
}

fn check(element: &Element, depth: usize) -> Result<(), XmlError> {
    if !is_name(&element.name) {
        return Err(unwritable(element, String::from("that is no element name")));
    }
    if depth >= MAX_DEPTH {
        return Err(unwritable(
            element,
            format!("it is nested more than {MAX_DEPTH} levels deep"),
        ));
    }
    if !element.children.is_empty() && !element.text.is_empty() {
        return Err(unwritable(
            element,
            String::from("it has text beside elements"),
        ));
    }
    Ok(())
}

fn uses_schema_instance(element: &Element, depth: usize) -> bool {
    element
        .attributes
        .iter()
        .any(|(name, _)| name.starts_with("xsi:"))
        || (depth < MAX_DEPTH
            && element
                .children
                .iter()
                .any(|child| uses_schema_instance(child, depth + 1)))
}

fn unwritable(element: &Element, problem: String) -> XmlError {
    XmlError::Unwritable {
        element: element.name.escape_debug().to_string(),
        problem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_as_the_platform_does() {
        let root = Element::new("Role")
            .with_attribute("xmlns", "http://soap.sforce.com/2006/04/metadata")
            .with(Element::leaf("name", r#"<&>"' "#))
            .with(Element::new("parentRole"))
            .with(Element::new("a").with(Element::leaf("b", "line\nline\r")));
        let expected = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
            <Role xmlns=\"http://soap.sforce.com/2006/04/metadata\">\n    \
            <name>&lt;&amp;&gt;&quot;&apos; </name>\n    \
            <parentRole></parentRole>\n    \
            <a>\n        <b>line\nline&#13;</b>\n    </a>\n\
            </Role>\n";
        assert_eq!(write(&root).unwrap(), expected);
    }

    #[test]
    fn compact_is_one_line_and_declares_what_it_uses() {
        let root = Element::new("a").with(Element::new("b").with_attribute("xsi:nil", "true"));
        let expected = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
            <a xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><b xsi:nil=\"true\"></b></a>";
        assert_eq!(write_compact(&root).unwrap(), expected);
    }

    #[test]
    fn refuses_what_xml_cannot_say() {
        let deep = (0..70).fold(Element::new("a"), |inner, _| Element::new("a").with(inner));
        for (element, expected) in [
            (Element::leaf("a", "\u{1}"), "U+0001"),
            (Element::leaf("a", "\u{fffe}"), "U+FFFE"),
            (Element::new("a b"), "no element name"),
            (Element::new(""), "no element name"),
            (
                Element::new("a").with_attribute("b=", ""),
                "no attribute name",
            ),
            (
                Element {
                    text: "x".into(),
                    ..Element::new("a").with(Element::new("b"))
                },
                "text beside elements",
            ),
            (deep, "nested more than 64"),
        ] {
            let error = write(&element).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
