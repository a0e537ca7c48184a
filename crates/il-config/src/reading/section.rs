//! A table of the file, and getters that say what is wrong.
//!
//! The one idea: a getter answers nothing both for what is missing and for what is wrong, and only the latter leaves
//! a problem behind.
//!
//! Deliberately absent: what keys mean.

use std::ops::{Range, RangeInclusive};

use toml::de::{DeTable, DeValue};

use super::{Found, Reader};
use crate::{Amount, Sourced, excerpt::is_setting};

/// A table.
#[derive(Clone, Debug)]
pub(super) struct Section<'t> {
    /// As it is called in messages.
    pub(super) title: String,
    /// The bytes of its name.
    pub(super) header: Range<usize>,
    pub(super) table: &'t DeTable<'t>,
}

/// A name as it stands in a header.
pub(super) fn quoted(name: &str) -> String {
    let is_bare = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    if !name.is_empty() && name.bytes().all(is_bare) {
        name.to_owned()
    } else {
        format!("\"{name}\"")
    }
}

impl<'t> Section<'t> {
    /// The keys, each with its place.
    pub(super) fn keys(&self) -> impl Iterator<Item = Found<&'t str>> + use<'t> {
        let mut keys: Vec<Found<&'t str>> = self
            .table
            .iter()
            .map(|(key, _)| Found {
                value: key.get_ref().as_ref(),
                span: key.span(),
            })
            .collect();
        // In the order of the file, so that problems come in it.
        keys.sort_by_key(|it| it.span.start);
        keys.into_iter()
    }

    pub(super) fn find(&self, key: &str) -> Option<Found<&'t DeValue<'t>>> {
        self.table.get(key).map(|value| Found {
            value: value.get_ref(),
            span: value.span(),
        })
    }

    /// Complains about every key that is not allowed.
    pub(super) fn only(&self, reader: &mut Reader<'_>, allowed: &[&str]) {
        self.only_but(reader, allowed, None);
    }

    /// The same without a word about one of them.
    pub(super) fn only_but(&self, reader: &mut Reader<'_>, allowed: &[&str], but: Option<&str>) {
        let keys = self.keys().filter(|it| Some(it.value) != but);
        for key in keys.filter(|it| !allowed.contains(&it.value)) {
            let message = match is_setting(key.value) {
                true => format!("`{}` cannot be set in {}", key.value, self.shown()),
                false => format!("unknown key `{}` in {}", key.value, self.shown()),
            };
            reader.unknown(&key.span, &message, key.value, allowed);
        }
    }

    fn shown(&self) -> String {
        match self.title.starts_with('[') {
            true => format!("`{}`", self.title),
            false => self.title.clone(),
        }
    }

    /// Complains that `key` is missing.
    pub(super) fn needs(&self, reader: &mut Reader<'_>, key: &str, example: &str) {
        if self.find(key).is_none() {
            let message = format!("{} needs `{key}`: write `{key} = {example}`", self.shown());
            reader.problem(&self.header, message);
        }
    }

    pub(super) fn section(&self, reader: &mut Reader<'_>, key: &str) -> Option<Self> {
        self.section_called(reader, key, format!("[{key}]"))
    }

    pub(super) fn section_called(
        &self,
        reader: &mut Reader<'_>,
        key: &str,
        title: String,
    ) -> Option<Self> {
        let (name, value) = self.table.get_key_value(key)?;
        let DeValue::Table(table) = value.get_ref() else {
            let message = format!("`{key}` is a table: write `{title}` and what is in it below");
            reader.problem(&name.span(), message);
            return None;
        };
        Some(Self {
            title,
            header: name.span(),
            table,
        })
    }

    fn read<T>(
        &self,
        reader: &mut Reader<'_>,
        key: &str,
        what: &str,
        read: impl FnOnce(&DeValue<'t>) -> Option<T>,
    ) -> Option<Found<T>> {
        let found = self.find(key)?;
        let value = read(found.value);
        if value.is_none() {
            reader.problem(&found.span, format!("`{key}` is {what}"));
        }
        value.map(|value| Found {
            value,
            span: found.span,
        })
    }

    pub(super) fn string(&self, reader: &mut Reader<'_>, key: &str) -> Option<Found<String>> {
        let what = format!("a text, in quotes and not empty: write `{key} = \"…\"`");
        self.read(reader, key, &what, |it| {
            it.as_str()
                .map(str::trim)
                .filter(|it| !it.is_empty())
                .map(str::to_owned)
        })
    }

    /// A text that stands for itself.
    pub(super) fn text(&self, reader: &mut Reader<'_>, key: &str) -> Option<Sourced<String>> {
        let found = self.string(reader, key)?;
        Some(reader.sourced(found))
    }

    pub(super) fn flag(&self, reader: &mut Reader<'_>, key: &str) -> Option<Sourced<bool>> {
        let found = self.read(reader, key, "`true` or `false`", DeValue::as_bool)?;
        Some(reader.sourced(found))
    }

    pub(super) fn count(
        &self,
        reader: &mut Reader<'_>,
        key: &str,
        range: RangeInclusive<u32>,
    ) -> Option<Found<u32>> {
        let what = match *range.end() {
            u32::MAX => format!("a whole number from {}", range.start()),
            end => format!("a whole number from {} to {end}", range.start()),
        };
        self.read(reader, key, &what, |it| {
            let number = it.as_integer()?;
            let digits = number.as_str().replace('_', "");
            let number = u32::from_str_radix(&digits, number.radix()).ok()?;
            range.contains(&number).then_some(number)
        })
    }

    pub(super) fn number(
        &self,
        reader: &mut Reader<'_>,
        key: &str,
        range: RangeInclusive<u32>,
    ) -> Option<Sourced<u32>> {
        let found = self.count(reader, key, range)?;
        Some(reader.sourced(found))
    }

    /// An amount, with or without quotes.
    pub(super) fn amount(&self, reader: &mut Reader<'_>, key: &str) -> Option<Found<Amount>> {
        let what = "an amount: write `\"5.00\"`, with at most 6 digits after the point";
        self.read(reader, key, what, |it| match it {
            DeValue::String(text) => text.trim().parse().ok(),
            DeValue::Integer(number) if number.radix() == 10 => number.as_str().parse().ok(),
            DeValue::Float(number) => number.as_str().parse().ok(),
            _ => None,
        })
    }

    /// One text, or a list of them.
    pub(super) fn words(&self, reader: &mut Reader<'_>, key: &str) -> Option<Vec<Found<String>>> {
        let found = self.find(key)?;
        let items = match found.value {
            DeValue::String(text) => vec![(Some(text.trim()), found.span)],
            DeValue::Array(items) => items
                .iter()
                .map(|it| (it.get_ref().as_str().map(str::trim), it.span()))
                .collect(),
            _ => vec![(None, found.span)],
        };
        let mut words = Vec::new();
        for (text, span) in items {
            match text.filter(|it| !it.is_empty()) {
                Some(text) => words.push(Found {
                    value: text.to_owned(),
                    span,
                }),
                None => {
                    let message =
                        format!("`{key}` is a list of texts: write `{key} = [\"…\", \"…\"]`");
                    reader.problem(&span, message);
                    return None;
                }
            }
        }
        Some(words)
    }

    /// One of a few words.
    pub(super) fn one_of<T: Copy>(
        &self,
        reader: &mut Reader<'_>,
        key: &str,
        words: &[(&str, T)],
    ) -> Option<Found<T>> {
        let found = self.string(reader, key)?;
        let chosen = words.iter().find(|it| it.0 == found.value);
        if chosen.is_none() {
            let allowed: Vec<&str> = words.iter().map(|it| it.0).collect();
            let message = format!("`{key}` cannot be `{}`", found.value);
            reader.unknown(&found.span, &message, &found.value, &allowed);
        }
        chosen.map(|it| Found {
            value: it.1,
            span: found.span,
        })
    }
}
