//! The little Markdown that the documents are read by: fenced blocks, tables, code words.

/// A fenced block: what stands behind the opening fence, the line it begins at, and its text.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) language: String,
    pub(crate) line: usize,
    pub(crate) text: String,
}

/// Every fenced block, in order.
pub(crate) fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for (position, line) in text.lines().enumerate() {
        match (line.strip_prefix("```"), open.take()) {
            (Some(language), None) => {
                let (language, text) = (language.to_owned(), String::new());
                let line = position + 1;
                open = Some(Block {
                    language,
                    line,
                    text,
                });
            }
            (Some(_), Some(block)) => blocks.push(block),
            (None, Some(mut block)) => {
                block.text.push_str(line);
                block.text.push('\n');
                open = Some(block);
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a fenced block without an end");
    blocks
}

/// The one block in this language.
pub(crate) fn block(text: &str, language: &str) -> Block {
    let mut found = blocks(text);
    found.retain(|block| block.language == language);
    assert_eq!(found.len(), 1, "```{language} blocks");
    found.remove(0)
}

/// The rows of the table whose first heading is `first`, cell by cell, without heading and rule.
pub(crate) fn table(text: &str, first: &str) -> Vec<Vec<String>> {
    let heading = format!("| {first} |");
    let lines = text.lines().skip_while(|line| !line.starts_with(&heading));
    let rows = lines.take_while(|line| line.starts_with('|')).skip(2);
    let rows: Vec<Vec<String>> = rows.map(cells).collect();
    assert!(!rows.is_empty(), "no table begins with `{heading}`");
    rows
}

fn cells(row: &str) -> Vec<String> {
    let inner = row.trim().trim_matches('|');
    inner
        .split('|')
        .map(|cell| cell.trim().to_owned())
        .collect()
}

/// What stands between single backticks, outside fenced blocks.
pub(crate) fn code_words(text: &str) -> Vec<String> {
    let mut fenced = false;
    let mut words = Vec::new();
    for line in text.lines() {
        fenced ^= line.starts_with("```");
        if !fenced && !line.starts_with("```") {
            words.extend(line.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    words
}
