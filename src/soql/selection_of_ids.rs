//! A query that somebody else wrote, which selects records and nothing else of them.

use std::fmt;

/// Most records that such a query may mean.
pub const MOST_SELECTED: u64 = 2_000;

/// What such a query looks like.
pub const SELECTION_FORM: &str = "SELECT Id FROM Lead WHERE …";

/// Most characters of such a query: it has to fit into the address of a request.
const MOST_OF_A_SELECTION: usize = 4_000;

/// Words that ask for something else than records, or do something to them (SOQL and SOSL Reference, "SOQL SELECT Syntax").
const NOT_TAKEN: [&str; 10] = [
    "GROUP", "HAVING", "FOR", "ALL", "WITH", "USING", "UPDATE", "OFFSET", "TYPEOF", ";",
];

/// `SELECT Id FROM Object …`, taken apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SelectionOfIds {
    /// The object's API name.
    pub object: String,
    /// What stands behind it as it was written: conditions, order, and how many at most.
    pub rest: String,
}

impl SelectionOfIds {
    /// The record of an id.
    pub fn of_id(object: &str, id: &str) -> Self {
        Self {
            object: object.to_owned(),
            rest: format!("WHERE Id = {}", super::literal(id)),
        }
    }

    /// What a text selects.
    ///
    /// # Errors
    /// In a sentence, why it cannot be asked.
    pub fn of_text(text: &str) -> Result<Self, String> {
        if text.chars().count() > MOST_OF_A_SELECTION {
            return Err(format!("it has more than {MOST_OF_A_SELECTION} characters"));
        }
        let mut rest = text.trim();
        let mut next = || {
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            let (word, behind) = rest.split_at(end);
            rest = behind.trim_start();
            word
        };
        let head = [next(), next(), next()];
        let begins = ["SELECT", "Id", "FROM"];
        if !head
            .iter()
            .zip(begins)
            .all(|(word, wanted)| word.eq_ignore_ascii_case(wanted))
        {
            return Err("it does not begin with `SELECT Id FROM`".to_owned());
        }
        let object = next();
        if object.is_empty()
            || !object
                .chars()
                .all(|sign| sign.is_ascii_alphanumeric() || sign == '_')
        {
            return Err("one object's API name stands behind `FROM`".to_owned());
        }
        check(rest)?;
        Ok(Self {
            object: object.to_owned(),
            rest: rest.to_owned(),
        })
    }

    /// The query for these columns: one record more than may be, so that it shows where they are too many.
    pub fn query<'a>(&self, columns: impl IntoIterator<Item = &'a String>) -> String {
        let columns: Vec<&str> = columns.into_iter().map(String::as_str).collect();
        let mut query = format!("SELECT {} FROM {}", columns.join(", "), self.object);
        if !self.rest.is_empty() {
            query = format!("{query} {}", self.rest);
        }
        match limit(&super::words(&self.rest)) {
            Some(_) => query,
            None => format!("{query} LIMIT {}", MOST_SELECTED + 1),
        }
    }
}

/// As it is written: `SELECT Id FROM Lead WHERE …`.
impl fmt::Display for SelectionOfIds {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("SELECT Id FROM {} {}", self.object, self.rest);
        formatter.write_str(text.trim_end())
    }
}

/// Whether what stands behind the object can be asked.
fn check(rest: &str) -> Result<(), String> {
    let words = super::words(rest);
    if let Some(first) = words.first()
        && !["WHERE", "ORDER", "LIMIT"]
            .iter()
            .any(|word| first.eq_ignore_ascii_case(word))
    {
        return Err(format!(
            "`{first}` cannot stand behind the object: `WHERE`, `ORDER BY` or `LIMIT` can"
        ));
    }
    let mut depth = 0_usize;
    for word in &words {
        match word.as_str() {
            "(" => depth += 1,
            ")" if depth == 0 => return Err("a bracket is closed that was not opened".to_owned()),
            ")" => depth -= 1,
            word if depth == 0 && NOT_TAKEN.iter().any(|not| word.eq_ignore_ascii_case(not)) => {
                return Err(format!(
                    "it selects records and nothing else: `{word}` is not taken"
                ));
            }
            word if word.starts_with('\'') && !is_closed(word) => {
                return Err("a quoted text does not end".to_owned());
            }
            _ => {}
        }
    }
    if depth > 0 {
        return Err("a bracket is not closed".to_owned());
    }
    match limit(&words) {
        Some(Some(most)) if most <= MOST_SELECTED => Ok(()),
        Some(_) => Err(format!("its `LIMIT` is not a number up to {MOST_SELECTED}")),
        None => Ok(()),
    }
}

fn is_closed(literal: &str) -> bool {
    let mut signs = literal.chars().skip(1);
    while let Some(sign) = signs.next() {
        match sign {
            '\\' => drop(signs.next()),
            '\'' => return signs.next().is_none(),
            _ => {}
        }
    }
    false
}

/// The most records that it asks for, where it says so outside brackets.
fn limit(words: &[String]) -> Option<Option<u64>> {
    let mut depth = 0_usize;
    for (index, word) in words.iter().enumerate() {
        match word.as_str() {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            word if depth == 0 && word.eq_ignore_ascii_case("LIMIT") => {
                return Some(words.get(index + 1).and_then(|most| most.parse().ok()));
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_taken_apart_and_put_together_with_other_columns() {
        let selection = |text: &str| SelectionOfIds::of_text(text).unwrap();
        let columns = ["Id".to_owned(), "Email".to_owned()];
        for (text, query) in [
            (
                "SELECT Id FROM Lead",
                "SELECT Id, Email FROM Lead LIMIT 2001",
            ),
            (
                " select  id\nfrom My__c\twhere A = 'x for y' ",
                "SELECT Id, Email FROM My__c where A = 'x for y' LIMIT 2001",
            ),
            (
                "SELECT Id FROM Lead ORDER BY Name LIMIT 5",
                "SELECT Id, Email FROM Lead ORDER BY Name LIMIT 5",
            ),
            (
                "SELECT Id FROM Contact WHERE AccountId IN (SELECT Id FROM Account WHERE Name = 'It\\'s' LIMIT 9)",
                "SELECT Id, Email FROM Contact WHERE AccountId IN (SELECT Id FROM Account WHERE Name = 'It\\'s' LIMIT 9) LIMIT 2001",
            ),
        ] {
            assert_eq!(selection(text).query(&columns), query);
        }
    }

    #[test]
    fn what_is_no_selection_of_records_is_refused_with_its_reason() {
        for (text, reason) in [
            ("", "SELECT Id FROM"),
            ("SELECT Name FROM Lead", "SELECT Id FROM"),
            ("SELECT Id, Name FROM Lead", "SELECT Id FROM"),
            ("SELECT COUNT() FROM Lead", "SELECT Id FROM"),
            ("SELECT Id FROM", "API name"),
            ("SELECT Id FROM Lead, Contact", "API name"),
            ("SELECT Id FROM (SELECT Id FROM Lead)", "API name"),
            (
                "SELECT Id FROM Lead l WHERE l.Name = 'x'",
                "`l` cannot stand",
            ),
            ("SELECT Id FROM Lead WHERE A = 'x' GROUP BY B", "`GROUP`"),
            ("SELECT Id FROM Lead WHERE A = 'x' FOR UPDATE", "`FOR`"),
            ("SELECT Id FROM Lead WHERE A = 'x' for view", "`for`"),
            ("SELECT Id FROM Lead WHERE A = 'x' ALL ROWS", "`ALL`"),
            ("SELECT Id FROM Lead WHERE A = 'x'; DELETE", "`;`"),
            ("SELECT Id FROM Lead WHERE A = 'x", "does not end"),
            ("SELECT Id FROM Lead WHERE (A = 'x'", "not closed"),
            (
                "SELECT Id FROM Lead WHERE A = 'x') OR (B = 'y'",
                "not opened",
            ),
            ("SELECT Id FROM Lead LIMIT 2001", "LIMIT"),
            ("SELECT Id FROM Lead LIMIT many", "LIMIT"),
        ] {
            let refused = SelectionOfIds::of_text(text).unwrap_err();
            assert!(refused.contains(reason), "{text}: {refused}");
        }
        let long = format!("SELECT Id FROM Lead WHERE A = '{}'", "x".repeat(4_000));
        assert!(SelectionOfIds::of_text(&long).unwrap_err().contains("4000"));
    }
}
