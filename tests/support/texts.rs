//! Texts of requests and answers, without what is another each time.

/// The texts of all elements of a name.
pub(super) fn texts(body: &str, element: &str) -> Vec<String> {
    let (open, close) = (format!("{element}>"), format!("</{element}>"));
    let mut found = Vec::new();
    for piece in body.split(&open).skip(1) {
        let text = piece.split('<').next().unwrap_or_default();
        if !text.is_empty() && body.contains(&format!("{text}{close}")) {
            found.push(text.to_owned());
        }
    }
    found
}

/// A URL without its version, decoded, with moments left out.
pub(crate) fn shape(url: &str) -> String {
    let decoded = decoded(url);
    let data = decoded.split_once("/services/data/v");
    let own = data.and_then(|(_, rest)| rest.split_once('/'));
    let own = own.map_or(decoded.as_str(), |(_, own)| own);
    without_moments(own)
}

/// A query with `ids` for the ids of a list.
pub(super) fn gist(text: &str) -> String {
    let mut pieces = text.split(" IN (");
    let mut kept = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let Some((list, rest)) = piece.split_once(')') else {
            kept += &format!(" IN ({piece}");
            continue;
        };
        let mut quoted = list.split(',').map(|one| one.trim().trim_matches('\''));
        let is_id = |one: &str| {
            let digits = one.bytes().filter(u8::is_ascii_digit).count();
            matches!(one.len(), 15 | 18) && digits > 4
        };
        let list = if quoted.all(is_id) { "ids" } else { list };
        kept += &format!(" IN ({list}){rest}");
    }
    kept
}

pub(super) fn decoded(url: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = url.bytes();
    while let Some(byte) = rest.next() {
        let hex = |rest: &mut std::str::Bytes<'_>| {
            let digits = [rest.next()?, rest.next()?];
            u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()
        };
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => bytes.extend(hex(&mut rest)),
            byte => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// `2026-01-05T09:00:00…` becomes `<time>`.
pub(crate) fn without_moments(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some(place) = moment(rest) {
        kept += &rest[..place];
        kept += "<time>";
        let of_moment =
            |byte: u8| byte.is_ascii_digit() || matches!(byte, b'-' | b':' | b'T' | b'.' | b'+');
        let length = rest[place..]
            .bytes()
            .take_while(|byte| of_moment(*byte))
            .count();
        rest = &rest[place + length..];
        rest = rest.strip_prefix('Z').unwrap_or(rest);
    }
    kept + rest
}

fn moment(text: &str) -> Option<usize> {
    const FORM: &[u8] = b"0000-00-00T00:00";
    let alike = |window: &[u8]| {
        let mut pairs = window.iter().zip(FORM);
        pairs.all(|(byte, form)| match form {
            b'0' => byte.is_ascii_digit(),
            form => byte == form,
        })
    };
    text.as_bytes().windows(FORM.len()).position(alike)
}
