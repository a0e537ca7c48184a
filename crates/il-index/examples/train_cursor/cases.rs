//! Cases as the published recipes' scripts write them, one JSON object a line.

use std::collections::BTreeMap;

use serde_json::Value;

/// A hidden statement and the names that it takes from other files.
pub(crate) struct Case {
    pub(crate) path: String,
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) names: Vec<String>,
}

/// The cases with such names, by repository.
pub(crate) fn read(text: &str) -> Result<BTreeMap<String, Vec<Case>>, String> {
    let mut all: BTreeMap<String, Vec<Case>> = BTreeMap::new();
    for (number, line) in text.lines().enumerate() {
        let (repository, case) =
            parse(line).ok_or_else(|| format!("line {} is no case", number + 1))?;
        if !case.names.is_empty() {
            all.entry(repository).or_default().push(case);
        }
    }
    Ok(all)
}

fn parse(line: &str) -> Option<(String, Case)> {
    let value: Value = serde_json::from_str(line).ok()?;
    let number = |key: &str| usize::try_from(value[key].as_u64()?).ok();
    let names = value["xf_ids"].as_array()?.iter();
    let case = Case {
        path: value["path"].as_str()?.to_owned(),
        start: number("start")?,
        end: number("end")?,
        names: names
            .map(|it| Some(it.as_str()?.to_owned()))
            .collect::<Option<_>>()?,
    };
    Some((value["repo"].as_str()?.to_owned(), case))
}
