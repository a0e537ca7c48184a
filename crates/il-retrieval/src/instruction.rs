//! What a model wants to read before a query and before a passage.
//!
//! The one idea: models were trained with fixed words in front of their texts, and without those words they find worse;
//! which words is a property of the model's family, so it is a table.
//!
//! Deliberately absent: guesses. A name that the table lacks gets no words; whoever knows better gives their own.

use std::borrow::Cow;

use crate::Purpose;

/// Words put in front of a text, by what it is for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Instruction {
    pub query: Cow<'static, str>,
    pub passage: Cow<'static, str>,
}

/// A family by a part of its name, words before a query, words before a passage. The first row that fits counts.
const FAMILIES: &[(&str, &str, &str)] = &[
    ("nomic-embed-text", "search_query: ", "search_document: "),
    (
        "nomic-embed-code",
        "Represent this query for searching relevant code: ",
        "",
    ),
    (
        "coderankembed",
        "Represent this query for searching relevant code: ",
        "",
    ),
    ("e5-mistral", CODE_TASK, ""),
    ("e5-large-instruct", CODE_TASK, ""),
    ("e5", "query: ", "passage: "),
    ("bge-m3", "", ""),
    ("bge-small-zh", CHINESE, ""),
    ("bge-base-zh", CHINESE, ""),
    ("bge-large-zh", CHINESE, ""),
    ("bge-code", "", ""),
    ("bge", SENTENCE, ""),
    ("mxbai-embed", SENTENCE, ""),
    ("snowflake-arctic-embed2", "query: ", ""),
    ("snowflake-arctic-embed-m-v2", "query: ", ""),
    ("snowflake-arctic-embed-l-v2", "query: ", ""),
    ("snowflake-arctic-embed", SENTENCE, ""),
    ("qwen3-embedding", CODE_TASK_TIGHT, ""),
    ("gte-qwen2", CODE_TASK, ""),
    (
        "embeddinggemma",
        "task: code retrieval | query: ",
        "title: none | text: ",
    ),
    (
        "jina-code-embeddings",
        "Find the most relevant code snippet given the following query:\n",
        "Candidate code snippet:\n",
    ),
];

const SENTENCE: &str = "Represent this sentence for searching relevant passages: ";
const CHINESE: &str = "为这个句子生成表示以用于检索相关文章:";
const CODE_TASK: &str =
    "Instruct: Given a question about code, retrieve the code that answers it\nQuery: ";
const CODE_TASK_TIGHT: &str =
    "Instruct: Given a question about code, retrieve the code that answers it\nQuery:";

impl Instruction {
    /// What the model of this name was trained with; nothing for one that nobody has told us about.
    pub fn of_model(name: &str) -> Self {
        let name = name.to_ascii_lowercase();
        let row = FAMILIES.iter().find(|it| has_word(&name, it.0));
        row.map_or_else(Self::default, |&(_, query, passage)| Self {
            query: Cow::Borrowed(query),
            passage: Cow::Borrowed(passage),
        })
    }

    /// The words for a purpose.
    pub fn before(&self, purpose: Purpose) -> &str {
        match purpose {
            Purpose::Query => &self.query,
            Purpose::Passage => &self.passage,
        }
    }
}

/// Whether `part` stands in `name` and begins a word there: `e5` is in `multilingual-e5-small`, not in `some5`.
fn has_word(name: &str, part: &str) -> bool {
    name.match_indices(part).any(|(at, _)| {
        let ends = |it: &str| it.ends_with(|it: char| it.is_ascii_alphanumeric());
        !name.get(..at).is_some_and(ends)
            && name
                .get(at + part.len()..)
                .is_some_and(|rest| !rest.starts_with(|it: char| it.is_ascii_alphanumeric()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, query: &str, passage: &str) {
        let found = Instruction::of_model(name);
        assert_eq!(
            (found.before(Purpose::Query), found.before(Purpose::Passage)),
            (query, passage),
            "{name}"
        );
    }

    #[test]
    fn families_are_known_by_any_of_their_names() {
        check(
            "nomic-embed-text:v1.5",
            "search_query: ",
            "search_document: ",
        );
        check("intfloat/multilingual-e5-small", "query: ", "passage: ");
        check("e5-base-v2", "query: ", "passage: ");
        check("BAAI/bge-small-en-v1.5", SENTENCE, "");
        check("bge-large-zh-v1.5", CHINESE, "");
        check("mxbai-embed-large", SENTENCE, "");
        check("snowflake-arctic-embed:33m", SENTENCE, "");
        check("snowflake-arctic-embed2", "query: ", "");
        check("Qwen/Qwen3-Embedding-0.6B", CODE_TASK_TIGHT, "");
        check("multilingual-e5-large-instruct", CODE_TASK, "");
    }

    #[test]
    fn others_get_no_words() {
        for name in [
            "all-minilm",
            "bge-m3",
            "text-embedding-3-small",
            "some5",
            "e500",
            "",
        ] {
            check(name, "", "");
        }
    }

    #[test]
    fn no_row_hides_behind_an_earlier_one() {
        for (idx, row) in FAMILIES.iter().enumerate() {
            let first = FAMILIES.iter().position(|it| has_word(row.0, it.0));
            assert_eq!(first, Some(idx), "{}", row.0);
        }
    }
}
