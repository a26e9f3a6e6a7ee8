//! The rows of a query page by page, so that nobody has to hold all of them at once.

use std::collections::BTreeSet;

use super::error::OrgError;
use super::rest::{MAX_PAGES, garbled, next_page, query_path, records};
use super::{Reader, rest::MOST_PATH_BYTES};
use crate::soql::Row;

/// Where a query goes on.
enum Onwards {
    /// At its first page.
    Query(String),
    /// At a path that the org named.
    Page(String),
}

/// The pages of a query that are still to be read.
pub struct Pages {
    reader: Reader,
    next: Option<Onwards>,
    seen: BTreeSet<String>,
}

impl Reader {
    /// A query whose pages are read one by one; queries inside of it are not completed.
    pub fn pages(&self, soql: &str) -> Pages {
        Pages {
            reader: self.clone(),
            next: Some(Onwards::Query(soql.to_owned())),
            seen: BTreeSet::new(),
        }
    }
}

impl Pages {
    /// The next page; `None` where there is none left.
    ///
    /// # Errors
    /// As [`Reader::query`].
    pub async fn next(&mut self) -> Result<Option<Vec<Row>>, OrgError> {
        let page = match self.next.take() {
            None => return Ok(None),
            Some(Onwards::Query(soql)) => {
                let path = self.reader.data_path(&query_path(&soql));
                if path.len() > MOST_PATH_BYTES {
                    return self.reader.query(&soql).await.map(Some);
                }
                self.reader.fetch("run a query", path).await?
            }
            Some(Onwards::Page(path)) => {
                let operation = "read the next page of a query";
                self.reader.fetch(operation, path).await?
            }
        };
        if let Some(next) = next_page(&page)? {
            if self.seen.len() >= MAX_PAGES || !self.seen.insert(next.clone()) {
                return Err(garbled("the pages of a query do not end", &page));
            }
            self.next = Some(Onwards::Page(next));
        }
        records(page).map(Some)
    }
}
