//! Record ids: 15 case-sensitive characters, or those with a three-character checksum.

/// An id in its 18-character form.
pub type Id = String;

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const CHECKSUM: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";

/// The number of characters between the key prefix and the counter, always the same in one org.
const POD: &str = "Ow0";

/// The 18-character form of an id given in either form; `None` for anything that is no id.
///
/// A wrong checksum is no id. The checksum is compared without regard to case, since its purpose is to survive
/// systems that lose case.
pub fn canonical(text: &str) -> Option<Id> {
    if !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    match text.len() {
        15 => Some(with_checksum(text)),
        18 => {
            let (short, given) = text.split_at(15);
            let id = with_checksum(short);
            id[15..].eq_ignore_ascii_case(given).then_some(id)
        }
        _ => None,
    }
}

/// The 15-character form of an id.
pub fn short(id: &str) -> &str {
    id.get(..15).unwrap_or(id)
}

/// The id with this key prefix (three characters) and running number, in its 18-character form.
pub fn numbered(prefix: &str, number: u64) -> Id {
    let mut tail = [b'0'; 9];
    let mut rest = number;
    for place in tail.iter_mut().rev() {
        *place = DIGITS[(rest % 62) as usize];
        rest /= 62;
    }
    let mut id = String::with_capacity(18);
    id.push_str(prefix);
    id.push_str(POD);
    id.extend(tail.iter().map(|byte| char::from(*byte)));
    with_checksum(&id)
}

fn with_checksum(short: &str) -> Id {
    let mut id = String::with_capacity(18);
    id.push_str(short);
    for chunk in short.as_bytes().chunks(5) {
        let upper = chunk
            .iter()
            .enumerate()
            .filter(|(_, byte)| byte.is_ascii_uppercase());
        let bits = upper.fold(0, |bits, (place, _)| bits | (1 << place));
        id.push(char::from(CHECKSUM[bits & 31]));
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_platforms() {
        assert_eq!(
            canonical("001D000000IqhSL").as_deref(),
            Some("001D000000IqhSLIAZ")
        );
        assert_eq!(
            canonical("001D000000IqhSLIAZ").as_deref(),
            Some("001D000000IqhSLIAZ")
        );
        assert_eq!(
            canonical("001D000000IqhSLiaz").as_deref(),
            Some("001D000000IqhSLIAZ")
        );
    }

    #[test]
    fn what_is_no_id_is_refused() {
        for text in [
            "",
            "001D000000IqhS",
            "001D000000IqhSLIAA",
            "001D000000Iqh'L",
            "äöüD000000IqhSL",
        ] {
            assert_eq!(canonical(text), None, "{text}");
        }
    }

    #[test]
    fn numbered_ids_differ_and_are_canonical() {
        let ids: std::collections::BTreeSet<Id> = (0..200).map(|n| numbered("00Q", n)).collect();
        assert_eq!(ids.len(), 200);
        assert!(
            ids.iter()
                .all(|id| canonical(short(id)).as_ref() == Some(id))
        );
    }
}
