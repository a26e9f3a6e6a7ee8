//! What the language has and the embedded org has not: refused by name, so that nobody looks for a slip of the pen.

use super::Parser;
use crate::soql::lexer::TokenKind;
use crate::soql_error::SoqlError;

/// Clauses by their first words.
const CLAUSES: [[&str; 2]; 5] = [
    ["FOR", "VIEW"],
    ["FOR", "REFERENCE"],
    ["USING", "SCOPE"],
    ["WITH", "DATA"],
    ["UPDATE", ""],
];

/// Clauses of queries inside Apex, where a program runs as the system and locks records. The API has no such thing: a
/// query always runs with the fields and records of its user (Apex guide, enforcing user mode; SOQL reference, ALL ROWS,
/// FOR UPDATE).
const IN_APEX: [[&str; 2]; 5] = [
    ["WITH", "SECURITY_ENFORCED"],
    ["WITH", "USER_MODE"],
    ["WITH", "SYSTEM_MODE"],
    ["FOR", "UPDATE"],
    ["ALL", "ROWS"],
];

/// Functions around fields.
const FUNCTIONS: [&str; 9] = [
    "CONVERTCURRENCY",
    "CONVERTTIMEZONE",
    "CUBE",
    "DISTANCE",
    "FORMAT",
    "GEOLOCATION",
    "GROUPING",
    "ROLLUP",
    "TOLABEL",
];

impl Parser {
    /// The refusal of the clause that begins here, where it is one the embedded org has not.
    pub(super) fn absent_clause(&self) -> Option<SoqlError> {
        let here = self.word_at(0)?;
        let next = self.word_at(1).unwrap_or_default();
        let begins =
            |[first, second]: &&[&str; 2]| *first == here && (second.is_empty() || *second == next);
        if let Some(clause) = IN_APEX.iter().find(begins) {
            let message = format!("{} only allowed in Apex code", clause.join(" "));
            return Some(SoqlError::malformed(self.at(), message));
        }
        let clause = CLAUSES.iter().find(begins);
        let named = clause.map(|clause| clause.join(" ").trim_end().to_owned());
        let with = || (here == "WITH").then_some(here);
        named.or_else(with).map(|name| self.absent(&name))
    }

    /// The refusal of a function the embedded org has not; the name stands before the place the parser has come to.
    pub(super) fn absent_function(&self, name: &str, at: usize) -> Option<SoqlError> {
        let upper = name.to_ascii_uppercase();
        let known = FUNCTIONS.contains(&upper.as_str());
        (known && self.is_symbol("(")).then(|| not_here(name, at))
    }

    /// The refusal of `TYPEOF`, where it begins here.
    pub(super) fn absent_type_of(&self) -> Option<SoqlError> {
        let begins = self.word_at(0)? == "TYPEOF" && self.word_at(2)? == "WHEN";
        begins.then(|| self.absent("TYPEOF"))
    }

    fn absent(&self, name: &str) -> SoqlError {
        not_here(name, self.at())
    }

    /// The word so many tokens ahead, in capitals.
    fn word_at(&self, ahead: usize) -> Option<String> {
        match &self.tokens.get(self.next + ahead)?.kind {
            TokenKind::Word(word) => Some(word.to_ascii_uppercase()),
            _ => None,
        }
    }
}

/// `FUNCTIONALITY_NOT_ENABLED` is the platform's code for what an org has not (REST guide, status codes); the sentence is
/// the embedded org's own.
fn not_here(name: &str, at: usize) -> SoqlError {
    let message = format!("The embedded org does not answer queries with {name}");
    SoqlError::at("FUNCTIONALITY_NOT_ENABLED", at, message)
}

#[cfg(test)]
mod tests {
    use super::super::parse;

    #[test]
    fn what_is_not_there_is_named() {
        let check = |query: &str, name: &str| {
            let error = parse(query).unwrap_err();
            let expected = format!("The embedded org does not answer queries with {name}");
            assert_eq!(
                (error.code, error.message.as_str()),
                ("FUNCTIONALITY_NOT_ENABLED", expected.as_str()),
                "{query}"
            );
            let at = error.at.unwrap();
            let found = query[at..].to_ascii_uppercase();
            assert!(found.starts_with(&name.to_ascii_uppercase()), "{query}");
        };
        check("SELECT Id FROM Lead LIMIT 1 for view", "FOR VIEW");
        check("SELECT Id FROM Lead FOR REFERENCE", "FOR REFERENCE");
        check("SELECT Id FROM Lead USING SCOPE mine", "USING SCOPE");
        check("SELECT Id FROM Lead UPDATE TRACKING", "UPDATE");
        check(
            "SELECT Title FROM KnowledgeArticleVersion WITH DATA CATEGORY Geography__c AT usa__c",
            "WITH DATA",
        );
        check("SELECT Id FROM Lead WITH Anything = 1", "WITH");
        check("SELECT toLabel(Status) FROM Lead", "toLabel");
        check("SELECT FORMAT(Amount) a FROM Opportunity", "FORMAT");
        check(
            "SELECT convertCurrency(Amount) FROM Opportunity",
            "convertCurrency",
        );
        check("SELECT Id FROM Lead WHERE toLabel(Status) = 'x'", "toLabel");
        check(
            "SELECT HOUR_IN_DAY(convertTimezone(CreatedDate)) FROM Lead",
            "convertTimezone",
        );
        check(
            "SELECT COUNT(Id) FROM Lead GROUP BY ROLLUP(Status)",
            "ROLLUP",
        );
        check("SELECT COUNT(Id) FROM Lead GROUP BY CUBE(Status)", "CUBE");
        check(
            "SELECT GROUPING(Status) FROM Lead GROUP BY Status",
            "GROUPING",
        );
        check(
            "SELECT Id FROM Account WHERE DISTANCE(Place__c, GEOLOCATION(1, 2), 'km') < 3",
            "DISTANCE",
        );
        check(
            "SELECT Id, TYPEOF Owner WHEN User THEN Id END FROM Lead",
            "TYPEOF",
        );
        check(
            "SELECT Id, (SELECT Id FROM Contacts FOR VIEW) FROM Account",
            "FOR VIEW",
        );
    }

    #[test]
    fn what_is_of_apex_is_left_to_apex() {
        for clause in [
            "WITH SECURITY_ENFORCED",
            "WITH USER_MODE",
            "WITH SYSTEM_MODE",
            "FOR UPDATE",
            "ALL ROWS",
        ] {
            let error = parse(&format!("SELECT Id FROM Lead {clause}")).unwrap_err();
            assert_eq!((error.code, error.at), ("MALFORMED_QUERY", Some(20)));
            assert_eq!(error.message, format!("{clause} only allowed in Apex code"));
        }
    }
}
