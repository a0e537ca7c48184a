//! Reading the table of families: TOML in, families and complaints out.
//!
//! The one idea: a family that cannot be read is left out and complained about; a test holds that there is no complaint.
//!
//! Deliberately absent: serde. The layers below the façade read `toml`'s parse tree.

use std::sync::Arc;

use toml::de::{DeTable, DeValue};

use super::{
    Element, Order, Slot, Template,
    registry::{Family, Pattern},
};

/// Reads a table. The second part holds one complaint per family that cannot be used.
pub(super) fn read(table: &str) -> (Vec<Family>, Vec<String>) {
    let rows = match DeTable::parse(table) {
        Ok(rows) => rows.into_inner(),
        Err(error) => return (Vec::new(), vec![error.to_string()]),
    };
    let mut complaints = Vec::new();
    let mut families = Vec::new();
    for (id, value) in rows {
        let (start, id) = (id.span().start, id.into_inner());
        let read = match value.get_ref() {
            DeValue::Table(row) => family(&id, row),
            other => Err(format!("expected a table, found {}", other.type_str())),
        };
        match read {
            Ok(it) => families.push((start, it)),
            Err(complaint) => complaints.push(format!("`{id}`: {complaint}")),
        }
    }
    // The parse tree is sorted by name; people read the table in its own order.
    families.sort_by_key(|it| it.0);
    (families.into_iter().map(|it| it.1).collect(), complaints)
}

fn family(id: &str, row: &DeTable<'_>) -> Result<Family, String> {
    let mut raw = Raw::default();
    for (key, value) in row {
        let (key, value) = (key.get_ref().as_ref(), value.get_ref());
        raw.take(key, value)
            .map_err(|what| format!("`{key}`: {what}"))?;
    }
    raw.family(id)
}

/// A row as it stands, before its forms are read: they need the markers.
#[derive(Default)]
struct Raw {
    name: String,
    order: String,
    forms: [String; 6],
    markers: Vec<String>,
    stops: Vec<String>,
    spellings: Vec<(String, Vec<String>)>,
    leading_space: bool,
    names: Vec<String>,
    chat_only: Vec<String>,
    because: String,
    doubtful: Vec<String>,
    remark: String,
    architectures: Vec<String>,
    decisive: Vec<String>,
}

const FORMS: [&str; 6] = [
    "fill",
    "other",
    "left_to_right",
    "repository",
    "block",
    "current",
];

impl Raw {
    fn take(&mut self, key: &str, value: &DeValue<'_>) -> Result<(), String> {
        if let Some(idx) = FORMS.iter().position(|it| *it == key) {
            self.forms[idx] = string(value)?;
            return Ok(());
        }
        match key {
            "name" => self.name = string(value)?,
            "order" => self.order = string(value)?,
            "markers" => self.markers = strings(value)?,
            "stops" => self.stops = strings(value)?,
            "spellings" => self.spellings = spellings(value)?,
            "leading_space" => {
                self.leading_space = value
                    .as_bool()
                    .ok_or_else(|| format!("expected a boolean, found {}", value.type_str()))?;
            }
            "names" => self.names = strings(value)?,
            "chat_only" => self.chat_only = strings(value)?,
            "because" => self.because = string(value)?,
            "doubtful" => self.doubtful = strings(value)?,
            "remark" => self.remark = string(value)?,
            "architectures" => self.architectures = strings(value)?,
            "decisive" => self.decisive = strings(value)?,
            _ => return Err("not a known key".to_owned()),
        }
        Ok(())
    }

    fn family(mut self, id: &str) -> Result<Family, String> {
        let order = match self.order.as_str() {
            "psm" => Order::Psm,
            "spm" => Order::Spm,
            other => return Err(format!("`order`: expected `psm` or `spm`, found `{other}`")),
        };
        if !self.chat_only.is_empty() && self.because.is_empty() {
            return Err("`chat_only` without `because`".to_owned());
        }
        if !self.doubtful.is_empty() && self.remark.is_empty() {
            return Err("`doubtful` without `remark`".to_owned());
        }
        self.markers.sort_by_key(|it| std::cmp::Reverse(it.len()));
        let markers: Vec<Arc<str>> = self.markers.iter().map(|it| it.as_str().into()).collect();
        let mut forms = Vec::new();
        for (name, text) in FORMS.iter().zip(&self.forms) {
            forms.push(form(text, &markers).map_err(|what| format!("`{name}`: {what}"))?);
        }
        let [fill, other, left_to_right, repository, block, current] =
            <[Vec<Element>; 6]>::try_from(forms).expect("one form for each name");
        if fill.is_empty() || left_to_right.is_empty() || self.name.is_empty() {
            return Err("`name`, `fill` or `left_to_right` is missing".to_owned());
        }
        let template = Template {
            id: id.into(),
            name: self.name.into(),
            order,
            markers,
            fill,
            other,
            left_to_right,
            repository,
            block,
            current,
            stops: self.stops.iter().map(|it| it.as_str().into()).collect(),
            spellings: self
                .spellings
                .into_iter()
                .map(|(it, others)| (it.into(), others.into_iter().map(Into::into).collect()))
                .collect(),
            leading_space: self.leading_space,
        };
        let patterns = |of: Vec<String>| of.iter().map(|it| Pattern::new(it)).collect();
        Ok(Family {
            template: Arc::new(template),
            names: patterns(self.names),
            chat_only: patterns(self.chat_only),
            because: self.because.into(),
            doubtful: patterns(self.doubtful),
            remark: self.remark.into(),
            architectures: self.architectures,
            decisive: self.decisive,
        })
    }
}

/// Reads a form: markers as they stand, slots in braces, anything else literal.
fn form(text: &str, markers: &[Arc<str>]) -> Result<Vec<Element>, String> {
    let mut elements = Vec::new();
    let mut literal = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let marker = markers.iter().find(|it| rest.starts_with(it.as_ref()));
        let (element, len) = if let Some(marker) = marker {
            (Element::Marker(marker.clone()), marker.len())
        } else if first == '{' {
            let (name, _) = rest[1..].split_once('}').ok_or("a `{` without its `}`")?;
            let slot = Slot::ALL.iter().find(|it| it.1 == name);
            let slot = slot.ok_or_else(|| format!("`{{{name}}}` is not a slot"))?;
            (Element::Slot(slot.0), name.len() + 2)
        } else {
            literal.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        };
        if !literal.is_empty() {
            elements.push(Element::Literal(std::mem::take(&mut literal).into()));
        }
        elements.push(element);
        rest = &rest[len..];
    }
    if !literal.is_empty() {
        elements.push(Element::Literal(literal.into()));
    }
    Ok(elements)
}

fn spellings(value: &DeValue<'_>) -> Result<Vec<(String, Vec<String>)>, String> {
    let DeValue::Table(table) = value else {
        return Err(format!("expected a table, found {}", value.type_str()));
    };
    let one = |(marker, others): (&_, &toml::Spanned<DeValue<'_>>)| {
        let marker: &toml::Spanned<toml::de::DeString<'_>> = marker;
        Ok((
            marker.get_ref().as_ref().to_owned(),
            strings(others.get_ref())?,
        ))
    };
    table.iter().map(one).collect()
}

fn strings(value: &DeValue<'_>) -> Result<Vec<String>, String> {
    let DeValue::Array(values) = value else {
        return Err(format!("expected an array, found {}", value.type_str()));
    };
    values.iter().map(|it| string(it.get_ref())).collect()
}

fn string(value: &DeValue<'_>) -> Result<String, String> {
    value
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| format!("expected a string, found {}", value.type_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn complains(table: &str, expected: &str) {
        let (families, complaints) = read(table);
        assert!(families.is_empty());
        assert_eq!(complaints, [expected]);
    }

    #[test]
    fn what_cannot_be_read_is_said_and_costs_its_family_alone() {
        complains(
            "[a]\norder = 'psm'\nfill = '{what}'",
            "`a`: `fill`: `{what}` is not a slot",
        );
        complains(
            "[a]\norder = 'mps'",
            "`a`: `order`: expected `psm` or `spm`, found `mps`",
        );
        complains("[a]\nfoo = 1", "`a`: `foo`: not a known key");
        complains(
            "[a]\nstops = ['x', 1]",
            "`a`: `stops`: expected a string, found integer",
        );
        let (families, complaints) = read(
            "[b]\nname = 'B'\norder = 'psm'\nfill = '{prefix}'\nleft_to_right = '{prefix}'\n[a]",
        );
        assert_eq!((families.len(), complaints.len()), (1, 1));
    }
}
