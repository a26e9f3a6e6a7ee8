//! The words that a record keeps: the platform's and ours. The list is the whole of it.

use std::collections::BTreeSet;
use std::sync::LazyLock;

static WORDS: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| {
    let lines = include_str!("vocabulary.txt").lines();
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect()
});

/// The word as it stands in the list, where it does.
pub(super) fn word(text: &str) -> Option<&'static str> {
    WORDS.get(text).copied()
}

/// All of them.
pub(super) fn words() -> impl Iterator<Item = &'static str> {
    WORDS.iter().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_holds_the_platforms_words_and_no_blanks_at_ends() {
        for known in [
            "Lead",
            "ViewAllData",
            "System Administrator",
            "INVALID_FIELD",
            "objectPermissions",
        ] {
            assert_eq!(word(known), Some(known));
        }
        assert_eq!(word("Acme"), None);
        assert!(words().all(|word| word.trim() == word));
    }
}
