//! Why a file is not written back byte for byte: spellings that say the same, each with its name. Two of them are the
//! platform's own: the Metadata API closes an empty `searchLayouts` in its own tag, a source project does not, and
//! whether a file ends with a line end depends on its type and on the tool that wrote it.

/// A spelling that is not the codec's, and how the codec spells it instead.
type Spelling = (&'static str, fn(&str) -> String);

const DECLARATION: &str = r#"<?xml version="1.0" encoding="UTF-8"?>"#;

const SPELLINGS: [Spelling; 9] = [
    ("a byte order mark", |text| {
        text.trim_start_matches('\u{feff}').to_owned()
    }),
    ("line ends of Windows", |text| text.replace("\r\n", "\n")),
    ("no line end at the end, or more", |text| {
        format!("{}\n", text.trim_end())
    }),
    ("another declaration, or none", declaration),
    ("comments", comments),
    ("blanks inside a tag", blanks),
    ("other references, or none, for quotes", escaping),
    ("other indentation", indentation),
    ("an empty element in one tag", empty_elements),
];

/// The names of all spellings by which a document differs from how the codec has written it.
///
/// # Errors
/// What comes of it where they do not explain everything.
pub(crate) fn causes(original: &str, written: &str) -> Result<Vec<&'static str>, String> {
    let mut text = original.to_owned();
    let mut causes = Vec::new();
    for (cause, respell) in SPELLINGS {
        let respelt = respell(&text);
        if respelt != text {
            causes.push(cause);
        }
        text = respelt;
    }
    if text == written {
        Ok(causes)
    } else {
        Err(text)
    }
}

/// Tags, comments and texts, one after the other.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = match rest {
            _ if rest.starts_with("<!--") => rest.find("-->").map(|end| end + 3),
            _ if rest.starts_with("<![CDATA[") => rest.find("]]>").map(|end| end + 3),
            _ if rest.starts_with('<') => rest.find('>').map(|end| end + 1),
            _ => rest.find('<'),
        };
        let (piece, others) = rest.split_at(end.unwrap_or(rest.len()));
        pieces.push(piece);
        rest = others;
    }
    pieces
}

fn is_tag(piece: &str) -> bool {
    piece.starts_with('<') && !piece.starts_with("<!")
}

fn declaration(text: &str) -> String {
    let start = text.trim_start();
    let document = match start.strip_prefix("<?xml") {
        Some(rest) => rest.split_once("?>").map_or(rest, |(_, document)| document),
        None => start,
    };
    format!("{DECLARATION}\n{}", document.trim_start())
}

fn comments(text: &str) -> String {
    let pieces = pieces(text).into_iter();
    pieces.filter(|piece| !piece.starts_with("<!--")).collect()
}

fn blanks(text: &str) -> String {
    let tidy = |piece: &str| match piece.strip_suffix('>') {
        Some(tag) if is_tag(piece) => match tag.strip_suffix('/') {
            Some(empty) => format!("{}/>", empty.trim_end()),
            None => format!("{}>", tag.trim_end()),
        },
        _ => piece.to_owned(),
    };
    pieces(text).into_iter().map(tidy).collect()
}

fn escaping(text: &str) -> String {
    let escape = |piece: &str| {
        if let Some(literal) = piece.strip_prefix("<![CDATA[") {
            let literal = literal.trim_end_matches("]]>");
            return quoted(&literal.replace('&', "&amp;").replace('<', "&lt;"));
        }
        if piece.starts_with('<') {
            return piece.to_owned();
        }
        quoted(&piece.replace("&#39;", "'").replace("&#34;", "\""))
    };
    pieces(text).into_iter().map(escape).collect()
}

fn quoted(text: &str) -> String {
    let text = text.replace('>', "&gt;").replace('"', "&quot;");
    text.replace('\'', "&apos;")
}

fn empty_elements(text: &str) -> String {
    let expand = |piece: &str| match piece.strip_suffix("/>") {
        Some(tag) if is_tag(piece) => {
            let name = tag.trim_start_matches('<').split(' ').next().unwrap();
            format!("{tag}></{name}>")
        }
        _ => piece.to_owned(),
    };
    pieces(text).into_iter().map(expand).collect()
}

/// Four blanks a level, one element a line. Blanks are text only where nothing else stands in an element.
fn indentation(text: &str) -> String {
    let pieces = pieces(text);
    let mut lines = String::new();
    let (mut depth, mut leaf) = (0_usize, true);
    for (number, piece) in pieces.iter().enumerate() {
        let closes = piece.starts_with("</");
        depth -= usize::from(closes);
        if is_tag(piece) {
            if number > 0 && !(closes && leaf) {
                lines.push('\n');
                lines.push_str(&"    ".repeat(depth));
            }
            leaf = !closes && !piece.ends_with("/>");
            depth += usize::from(leaf && !piece.starts_with("<?"));
        }
        let closed_next = pieces
            .get(number + 1)
            .is_some_and(|next| next.starts_with("</"));
        if is_tag(piece) || !piece.trim().is_empty() || (leaf && closed_next) {
            lines.push_str(piece);
        }
    }
    lines.push('\n');
    lines
}

#[test]
fn each_spelling_has_its_name() {
    let plain = format!(
        "{DECLARATION}\n<Role xmlns=\"urn:x\">\n    <name>A &amp; B&apos;s</name>\n    <to></to>\n</Role>\n"
    );
    let check = |original: String, cause: &str| {
        assert_eq!(causes(&original, &plain), Ok(vec![cause]), "{original}");
    };
    assert_eq!(causes(&plain, &plain), Ok(Vec::new()));
    check(format!("\u{feff}{plain}"), "a byte order mark");
    check(plain.replace('\n', "\r\n"), "line ends of Windows");
    check(
        plain.replace("UTF-8", "utf-8"),
        "another declaration, or none",
    );
    check(
        plain.replace(DECLARATION, ""),
        "another declaration, or none",
    );
    check(plain.replace("<name>", "<!-- why --><name>"), "comments");
    check(plain.replace("</to>", "</to >"), "blanks inside a tag");
    let references = "other references, or none, for quotes";
    check(plain.replace("&apos;", "'"), references);
    check(plain.replace("&apos;", "&#39;"), references);
    check(
        plain.replace("A &amp; B&apos;s", "<![CDATA[A & B's]]>"),
        references,
    );
    check(plain.replace("    ", "\t"), "other indentation");
    check(
        plain.replace("<to></to>", "<to/>"),
        "an empty element in one tag",
    );
    check(
        plain.trim_end().to_owned(),
        "no line end at the end, or more",
    );
    check(format!("{plain}\n"), "no line end at the end, or more");
    assert!(causes(&plain.replace("A &amp;", "C &amp;"), &plain).is_err());
    assert!(causes(&plain.replace("<to></to>", ""), &plain).is_err());
}
