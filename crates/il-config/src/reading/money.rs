//! The tables of money: `[budget]` and `[price."MODEL"]`.
//!
//! The one idea: a repository may lower a cap and set one where there is none, never raise one.
//!
//! Deliberately absent: exchange rates; amounts of two currencies are never added.

use super::{BudgetSaid, Found, Owner, Reader, section::Section};
use crate::{Amount, Price, Sourced, settings::CURRENCY};

impl Reader<'_> {
    pub(super) fn budget(&mut self, root: &Section<'_>) -> BudgetSaid {
        let Some(section) = root.section(self, "budget") else {
            return BudgetSaid::default();
        };
        let mut said = BudgetSaid::default();
        let users = match self.owner {
            Owner::User => {
                let all = [
                    "per_day",
                    "per_user_per_day",
                    "currency",
                    "unpriced",
                    "keep_days",
                ];
                section.only(self, &all);
                said.currency = self.currency(&section);
                let unpriced =
                    section.one_of(self, "unpriced", &[("refuse", false), ("allow", true)]);
                said.allow_unpriced = unpriced.map(|it| self.sourced(it));
                said.keep_days = section.number(self, "keep_days", 1..=36_500);
                BudgetSaid::default()
            }
            Owner::Repository(users) => {
                section.only(self, &["per_day", "per_user_per_day"]);
                users.budget.clone()
            }
        };
        said.per_day = self.cap(&section, "per_day", users.per_day.as_ref());
        said.per_user_per_day = self.cap(
            &section,
            "per_user_per_day",
            users.per_user_per_day.as_ref(),
        );
        said
    }

    fn cap(
        &mut self,
        section: &Section<'_>,
        key: &str,
        users: Option<&Sourced<Amount>>,
    ) -> Option<Sourced<Amount>> {
        let found = section.amount(self, key)?;
        if let Some(cap) = users.filter(|it| found.value > it.value) {
            let message = format!(
                "a repository may lower a cap, not raise it: your own settings say {}",
                cap.value
            );
            self.problem(&found.span, message);
            return None;
        }
        Some(self.sourced(found))
    }

    pub(super) fn price(&mut self, _name: &str, section: &Section<'_>) -> Option<Price> {
        section.only(self, &["input", "cached", "output", "currency"]);
        section.needs(self, "input", "\"0.30\"");
        section.needs(self, "output", "\"0.90\"");
        let input = section.amount(self, "input");
        let cached = section.amount(self, "cached");
        let output = section.amount(self, "output");
        let currency = self.currency(section);
        Some(Price {
            input: self.sourced(input?),
            cached: cached.map(|it| self.sourced(it)),
            output: self.sourced(output?),
            currency: currency.unwrap_or(Sourced::default_of(CURRENCY.to_owned())),
        })
    }

    fn currency(&mut self, section: &Section<'_>) -> Option<Sourced<String>> {
        let found = section.string(self, "currency")?;
        let is_code = found.value.len() == 3 && found.value.bytes().all(|b| b.is_ascii_uppercase());
        if !is_code {
            let message = "`currency` is a code of three capital letters: `USD`, `EUR`";
            self.problem(&found.span, message);
            return None;
        }
        Some(self.sourced(Found {
            value: found.value,
            span: found.span,
        }))
    }
}
