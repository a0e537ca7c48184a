//! What tokens cost.
//!
//! The one idea: a price belongs to a host, a model and a time. Whoever has none is told so; nobody is charged 0
//! because a table is old.
//!
//! Deliberately absent: exchange rates, discounts for batches, and the price of writing a cache.

use toml::de::{DeTable, DeValue};

use il_engine::usage::{Amount, Usage};

use crate::{Account, Day};

/// The table, as shipped.
const TABLE: &str = include_str!("../prices.toml");
const MILLION: u128 = 1_000_000;

/// What a million tokens cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Price {
    pub currency: String,
    pub input: Amount,
    /// Of tokens that the provider had in its cache; `None` for the same as `input`.
    pub cached: Option<Amount>,
    pub output: Amount,
}

impl Price {
    /// What a request costs, rounded up to the millionth.
    pub fn of(&self, usage: Usage) -> Amount {
        let cached = usage.cached.min(usage.prompt);
        let parts = [
            (usage.prompt - cached, self.input),
            (cached, self.cached.unwrap_or(self.input)),
            (usage.answer, self.output),
        ];
        let all: u128 = parts
            .iter()
            .map(|(tokens, price)| u128::from(*tokens) * u128::from(price.0))
            .fold(0, u128::saturating_add);
        Amount(u64::try_from(all.div_ceil(MILLION)).unwrap_or(u64::MAX))
    }
}

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    /// `None` for every host.
    host: Option<String>,
    models: Vec<String>,
    price: Price,
    from: Option<Day>,
    until: Option<Day>,
    /// Tokens of the prompt at most.
    prompt: Option<u64>,
}

/// All prices that are known, the ones that go first first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prices {
    rows: Vec<Row>,
}

impl Prices {
    /// None at all.
    pub fn none() -> Self {
        Self { rows: Vec::new() }
    }

    /// The ones that ship in the binary. Rows that cannot be read are left out; the tests demand that there are none.
    pub fn shipped() -> Self {
        let (rows, _) = read(TABLE);
        Self { rows }
    }

    /// These, but first `price` for the models of this pattern, in which `*` stands for anything, on any host. Of
    /// several patterns the longest goes first, one without a `*` before all.
    #[must_use]
    pub fn with(mut self, pattern: &str, price: Price) -> Self {
        let row = Row {
            host: None,
            models: vec![pattern.to_owned()],
            price,
            from: None,
            until: None,
            prompt: None,
        };
        let rank = |it: &Row| it.models.first().map(|it| (!it.contains('*'), it.len()));
        let mut ours = self.rows.iter();
        let at = ours.position(|it| it.host.is_some() || rank(it) <= rank(&row));
        self.rows.insert(at.unwrap_or(self.rows.len()), row);
        self
    }

    /// What a prompt of this size costs that account on that day.
    pub fn find(&self, account: &Account, prompt: u64, day: Day) -> Option<&Price> {
        let fits = |row: &&Row| {
            row.host.as_ref().is_none_or(|it| *it == account.host)
                && row.models.iter().any(|it| matches(it, &account.model))
                && row.from.is_none_or(|it| it <= day)
                && row.until.is_none_or(|it| it >= day)
                && row.prompt.is_none_or(|it| it >= prompt)
        };
        self.rows.iter().find(fits).map(|it| &it.price)
    }
}

/// Whether a name is of a pattern, in which `*` stands for anything.
fn matches(pattern: &str, name: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else {
        return pattern == name;
    };
    let Some(name) = name.strip_prefix(start) else {
        return false;
    };
    let mut ends = name.char_indices().map(|it| it.0).chain([name.len()]);
    ends.any(|at| matches(rest, &name[at..]))
}

/// The rows of a table, and one complaint a row that cannot be read.
fn read(table: &str) -> (Vec<Row>, Vec<String>) {
    let root = match DeTable::parse(table) {
        Ok(root) => root.into_inner(),
        Err(error) => return (Vec::new(), vec![error.to_string()]),
    };
    let (mut rows, mut complaints) = (Vec::new(), Vec::new());
    let items = root.get("price").and_then(|it| it.get_ref().as_array());
    for (at, item) in items.into_iter().flat_map(|it| it.iter()).enumerate() {
        let row = item
            .get_ref()
            .as_table()
            .ok_or("no table".to_owned())
            .and_then(row);
        match row {
            Ok(row) => rows.push(row),
            Err(why) => complaints.push(format!("row {}: {why}", at + 1)),
        }
    }
    (rows, complaints)
}

fn row(table: &DeTable<'_>) -> Result<Row, String> {
    let text = |key: &str| table.get(key).and_then(|it| it.get_ref().as_str());
    let needed = |key: &str| text(key).ok_or(format!("no `{key}`"));
    let amount = |key: &str| {
        let read = text(key).map(str::parse::<Amount>).transpose();
        read.map_err(|why| format!("`{key}`: {why}"))
    };
    let day = |key: &str| {
        let read = text(key).map(str::parse::<Day>).transpose();
        read.map_err(|why| format!("`{key}`: {why}"))
    };
    let models = table.get("models").and_then(|it| it.get_ref().as_array());
    let models = models.ok_or("no `models`")?.iter();
    let models = models.map(|it| it.get_ref().as_str().map(str::to_owned));
    let prompt = match table.get("prompt").map(|it| it.get_ref()) {
        None => None,
        Some(DeValue::Integer(number)) => {
            let digits = number.as_str().replace('_', "");
            Some(digits.parse().map_err(|_| "`prompt` is no number")?)
        }
        Some(_) => return Err("`prompt` is no number".to_owned()),
    };
    for key in ["checked", "source"] {
        needed(key)?;
    }
    Ok(Row {
        host: Some(needed("host")?.to_owned()),
        models: models.collect::<Option<_>>().ok_or("a model is a text")?,
        price: Price {
            currency: needed("currency")?.to_owned(),
            input: amount("input")?.ok_or("no `input`")?,
            cached: amount("cached")?,
            output: amount("output")?.ok_or("no `output`")?,
        },
        from: day("from")?,
        until: day("until")?,
        prompt,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(host: &str, model: &str) -> Account {
        Account {
            user: "ada".to_owned(),
            task: "inline".to_owned(),
            endpoint: "work".to_owned(),
            host: host.to_owned(),
            model: model.to_owned(),
            free: false,
        }
    }

    fn usage(prompt: u64, cached: u64, answer: u64) -> Usage {
        Usage {
            prompt,
            cached,
            answer,
            exact: true,
        }
    }

    #[test]
    fn the_table_that_ships_can_be_read() {
        let (rows, complaints) = read(TABLE);
        assert_eq!(complaints, Vec::<String>::new());
        assert!(rows.len() > 10, "{}", rows.len());
        for row in &rows {
            assert!(row.price.input <= row.price.output, "{row:?}");
            assert!(
                row.price.cached.is_none_or(|it| it <= row.price.input),
                "{row:?}"
            );
        }
    }

    #[test]
    fn what_is_wrong_with_a_row_is_said() {
        let (rows, complaints) =
            read("[[price]]\nhost = \"h\"\nmodels = [\"m\"]\n[[price]]\nmodels = 1\n");
        assert_eq!(rows, []);
        assert_eq!(complaints, ["row 1: no `checked`", "row 2: no `models`"]);
    }

    #[test]
    fn a_price_is_of_a_host_a_model_and_a_day() {
        let prices = Prices::shipped();
        let day = |text: &str| text.parse::<Day>().expect("a day");
        let input = |host: &str, model: &str, prompt: u64, text: &str| {
            let found = prices.find(&account(host, model), prompt, day(text));
            found.map(|it| it.input.to_string())
        };
        let today = "2026-11-24";
        assert_eq!(
            input("api.mistral.ai", "codestral-latest", 1, today).as_deref(),
            Some("0.30")
        );
        assert_eq!(
            input("elsewhere.example", "codestral-latest", 1, today),
            None
        );
        assert_eq!(input("api.mistral.ai", "codestral-next", 1, today), None);
        assert_eq!(input("api.openai.com", "gpt-5.4", 300_000, today), None);
        assert_eq!(
            input("api.deepseek.com", "deepseek-flash", 1, "2026-09-09"),
            None
        );
        let google = "generativelanguage.googleapis.com";
        assert_eq!(
            input(google, "gemini-3.8-flash", 1, today).as_deref(),
            Some("0.75")
        );
        assert_eq!(
            input(google, "gemini-3.8-flash", 1, "2027-01-01").as_deref(),
            Some("1.50")
        );
    }

    #[test]
    fn what_the_user_says_goes_first() {
        let price = Price {
            currency: "EUR".to_owned(),
            input: Amount(7),
            cached: None,
            output: Amount(8),
        };
        let prices = Prices::shipped().with("codestral-*", price.clone());
        let day = "2026-11-24".parse().expect("a day");
        let found = prices.find(&account("api.mistral.ai", "codestral-latest"), 1, day);
        assert_eq!(found, Some(&price));

        let of = |input| Price {
            input: Amount(input),
            ..price.clone()
        };
        let prices = prices
            .with("*", of(1))
            .with("codestral-latest", of(2))
            .with("code*", of(3));
        let input = |model: &str| {
            let found = prices.find(&account("api.mistral.ai", model), 1, day);
            found.map(|it| it.input.0)
        };
        assert_eq!(input("codestral-latest"), Some(2));
        assert_eq!(input("codestral-2508"), Some(7));
        assert_eq!(input("coder"), Some(3));
        assert_eq!(input("other"), Some(1));
    }

    #[test]
    fn a_request_costs_what_its_tokens_cost_rounded_up() {
        let price = Price {
            currency: "USD".to_owned(),
            input: Amount(300_000),
            cached: Some(Amount(6_000)),
            output: Amount(900_000),
        };
        assert_eq!(price.of(usage(0, 0, 0)), Amount(0));
        assert_eq!(price.of(usage(1, 0, 0)), Amount(1));
        assert_eq!(price.of(usage(2000, 0, 30)), Amount(627));
        assert_eq!(price.of(usage(2000, 1000, 30)), Amount(333));
        // More cached than there is: a provider's slip costs no less than nothing.
        assert_eq!(price.of(usage(10, 1000, 0)), Amount(1));
        assert_eq!(price.of(usage(u64::MAX, 0, u64::MAX)), Amount(u64::MAX));
    }

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, name, expected) in [
            ("a", "a", true),
            ("a", "ab", false),
            ("a*", "a", true),
            ("*", "", true),
            ("a*c", "abbc", true),
            ("a*c", "abcb", false),
            ("a*b*c", "aübüc", true),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }
}
