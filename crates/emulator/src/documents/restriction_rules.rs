//! Restriction rules of a seed: kept as they are stated, read, and served back. No deploy can bring one.

use roxmltree::Node;

use crate::store::{Org, Restriction};
use crate::xml::{self, child_text, child_truth};

/// The type, which is also the name of the root element.
pub(crate) const KIND: &str = "RestrictionRule";

/// Reads the kept rules again.
pub(crate) fn read_restrictions(org: &mut Org) {
    let kept = org.documents.get(KIND).into_iter().flatten();
    let rules = kept.filter_map(|(name, stated)| {
        let document = xml::parse(stated).ok()?;
        Some((name.clone(), read(document.root_element()).ok()??))
    });
    org.restrictions = rules.collect();
}

/// What a rule says; `None` where it is not active or only scopes lists, which restricts nothing.
///
/// # Errors
/// A sentence about criteria that this org does not evaluate, so that nobody takes them for met.
pub(crate) fn read(rule: Node<'_, '_>) -> Result<Option<Restriction>, String> {
    let part = |name: &str| child_text(rule, name).unwrap_or_default();
    let restricts = part("enforcementType") == "Restrict";
    if !restricts || !child_truth(rule, "active").unwrap_or_default() {
        return Ok(None);
    }
    let users = comparisons(part("userCriteria"))?;
    let column = |(name, value): (String, String)| match name.strip_prefix("$User.") {
        Some(column) => Ok((column.to_owned(), value)),
        None => Err(not_evaluated(&name)),
    };
    Ok(Some(Restriction {
        object: part("targetEntity").to_owned(),
        users: users.into_iter().map(column).collect::<Result<_, _>>()?,
        records: comparisons(part("recordFilter"))?,
    }))
}

/// `A = 'x' AND B = true`, taken apart.
fn comparisons(text: &str) -> Result<Vec<(String, String)>, String> {
    let parts = split_outside_quotes(text);
    parts.iter().map(|part| comparison(part)).collect()
}

/// The terms between which `AND` stands.
fn split_outside_quotes(text: &str) -> Vec<String> {
    let mut terms = vec![Vec::new()];
    let mut quote = None;
    for word in text.split_whitespace() {
        if quote.is_none() && word.eq_ignore_ascii_case("AND") {
            terms.push(Vec::new());
            continue;
        }
        for character in word.chars().filter(|it| matches!(it, '\'' | '"')) {
            quote = match quote {
                None => Some(character),
                Some(open) if open == character => None,
                open => open,
            };
        }
        if let Some(term) = terms.last_mut() {
            term.push(word);
        }
    }
    terms.iter().map(|words| words.join(" ")).collect()
}

fn comparison(term: &str) -> Result<(String, String), String> {
    let refused = || not_evaluated(term);
    let (name, value) = term.split_once('=').ok_or_else(refused)?;
    let (name, value) = (name.trim(), value.trim());
    let is_name = |it: char| it.is_ascii_alphanumeric() || matches!(it, '_' | '$' | '.');
    let open = value.chars().next().filter(|it| matches!(it, '\'' | '"'));
    let bare = match open {
        Some(quote) => value[1..]
            .strip_suffix(quote)
            .filter(|it| !it.contains(quote)),
        None => Some(value).filter(|value| value.chars().all(is_name)),
    };
    let plain = !name.is_empty()
        && name.chars().all(is_name)
        && !name[1..].contains('.') | name.starts_with("$User.");
    let bare = bare.filter(|_| plain).ok_or_else(refused)?;
    Ok((name.to_owned(), bare.to_owned()))
}

fn not_evaluated(part: &str) -> String {
    format!(
        "this org does not evaluate {part:?} of a restriction rule: it takes fields compared with = and joined by AND, and of users $User"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&[(&str, &str)]>) {
        let read = comparisons(text).ok();
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let expected = expected.map(|pairs| pairs.iter().map(owned).collect::<Vec<_>>());
        assert_eq!(read, expected, "{text}");
    }

    #[test]
    fn comparisons_are_taken_apart_and_anything_else_is_refused() {
        check("Name = 'Open'", Some(&[("Name", "Open")]));
        check(
            "Name = 'Bread AND butter' and Ready__c=true",
            Some(&[("Name", "Bread AND butter"), ("Ready__c", "true")]),
        );
        check("OwnerId = $User.Id", Some(&[("OwnerId", "$User.Id")]));
        for text in [
            "",
            "Name",
            "Name = 'Open' OR Name = 'Shut'",
            "Owner.Name = 'Ada'",
            "Amount > 7",
            "Name = 'it",
        ] {
            check(text, None);
        }
    }
}
