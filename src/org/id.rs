//! Ids: in their 18 characters, and the one that a token begins with.

/// The org id in front of an opaque token.
pub(super) fn in_token(token: &str) -> Option<&str> {
    let (id, _) = token.split_once('!')?;
    id.starts_with("00D").then_some(id)
}

/// An id in its 18 characters: the last three say which of the others are capitals.
pub fn of_18(id: &str) -> Option<String> {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
    if !crate::soql::is_id(id) {
        return None;
    }
    let (significant, _) = id.split_at(15);
    let checksum = significant.as_bytes().chunks(5).map(|five| {
        let capitals = five
            .iter()
            .enumerate()
            .filter(|(_, byte)| byte.is_ascii_uppercase());
        let index = capitals.fold(0_usize, |bits, (place, _)| bits | 1 << place);
        char::from(ALPHABET[index])
    });
    Some(significant.chars().chain(checksum).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_18_characters() {
        for (id, expected) in [
            ("00D000000000062", Some("00D000000000062EAA")),
            ("0Af7A00000l6Bao", Some("0Af7A00000l6BaoSAE")),
            ("0Af7A00000l6BaoSAE", Some("0Af7A00000l6BaoSAE")),
            ("00D", None),
            ("00D00000000006ü", None),
        ] {
            assert_eq!(of_18(id).as_deref(), expected);
        }
    }
}
