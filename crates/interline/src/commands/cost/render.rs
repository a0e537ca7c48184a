//! What was spent, as a table for people.
//!
//! The one idea: numbers stand under numbers, and a bar shows at a glance where the money went.
//!
//! Deliberately absent: rounding to nothing; what is less than a hundredth of a cent is shown as that.

use std::{fmt::Write as _, time::SystemTime};

use il_ledger::{Amount, Day, Sum, Totals};

use super::Cap;
use crate::terminal::{self, FAINT, GHOST, STRONG, WARNING, count, styled};

/// Cells of the longest bar.
const BAR: usize = 16;

pub(super) fn table(
    what: &str,
    (from, to): (Day, Day),
    totals: &Totals,
    caps: &[Cap],
    now: SystemTime,
) -> String {
    let mut out = match from == to {
        true => format!("{}\n\n", styled(STRONG, &format!("{to} (UTC)"))),
        false => format!("{}\n\n", styled(STRONG, &format!("{from} to {to} (UTC)"))),
    };
    let head = ["requests", "prompt", "cached", "answer", "cost"].map(str::to_owned);
    let rows: Vec<(String, [String; 5])> = totals
        .rows
        .iter()
        .map(|it| (terminal::visible(&it.key), cells(&it.sum)))
        .collect();
    let all = cells(&totals.all);
    let mut widths = [0; 5];
    for cells in rows.iter().map(|it| &it.1).chain([&head, &all]) {
        for (width, cell) in widths.iter_mut().zip(cells) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let keys = rows.iter().map(|it| it.0.chars().count());
    let keys = keys.chain([what.len(), "all".len()]).max().unwrap_or(0);
    let line = |key: &str, cells: &[String; 5]| {
        let cells = cells
            .iter()
            .zip(widths)
            .map(|(cell, width)| format!("  {cell:>width$}"));
        format!("  {key:<keys$}{}", cells.collect::<String>())
    };
    let dearest = totals
        .rows
        .iter()
        .map(|it| money(&it.sum))
        .max()
        .unwrap_or_default();
    let _ = writeln!(out, "{}", styled(FAINT, &line(what, &head)));
    for ((key, cells), row) in rows.iter().zip(&totals.rows) {
        let bar = styled(GHOST, &bar(money(&row.sum), dearest));
        let _ = match money(&row.sum) {
            Amount(0) => writeln!(out, "{}", line(key, cells)),
            _ => writeln!(out, "{}  {bar}", line(key, cells)),
        };
    }
    if rows.len() > 1 {
        let _ = writeln!(out, "{}", styled(STRONG, &line("all", &all)));
    }
    notes(&mut out, &totals.all);
    if !caps.is_empty() {
        let _ = writeln!(out);
    }
    for cap in caps {
        cap_line(&mut out, cap, now);
    }
    out
}

fn cells(sum: &Sum) -> [String; 5] {
    let count = |n: u64| indicatif::HumanCount(n).to_string();
    let mut costs: Vec<String> = sum
        .cost
        .iter()
        .map(|(currency, it)| shown(*it, currency))
        .collect();
    if sum.unpriced > 0 {
        costs.push("?".to_owned());
    }
    let about = if sum.estimated > 0 { "~" } else { "" };
    [
        count(sum.requests),
        format!("{about}{}", count(sum.prompt)),
        count(sum.cached),
        format!("{about}{}", count(sum.answer)),
        costs.join(" + "),
    ]
}

/// To a hundredth of a cent, rounded up.
fn shown(amount: Amount, currency: &str) -> String {
    let hundredths = amount.0.div_ceil(100);
    format!(
        "{}.{:04} {currency}",
        hundredths / 10_000,
        hundredths % 10_000
    )
}

fn money(sum: &Sum) -> Amount {
    sum.cost.values().fold(Amount(0), |all, it| all.plus(*it))
}

fn bar(part: Amount, whole: Amount) -> String {
    let cells = u128::from(part.0) * BAR as u128 / u128::from(whole.0.max(1));
    "━".repeat(usize::try_from(cells).unwrap_or(BAR).clamp(1, BAR))
}

/// What the numbers above are not.
fn notes(out: &mut String, all: &Sum) {
    if all.estimated > 0 {
        let requests = count(all.estimated, "request");
        let _ = writeln!(
            out,
            "\n  ~ {requests} with estimated tokens: the provider gave no figures"
        );
    }
    if all.unpriced > 0 {
        let requests = count(all.unpriced, "request");
        let _ = writeln!(
            out,
            "\n  {} {requests} whose cost is not known and not in the sums: set `[price.\"MODEL\"]`",
            styled(WARNING, "?")
        );
    }
}

fn cap_line(out: &mut String, cap: &Cap, now: SystemTime) {
    let whose = match &cap.user {
        Some(user) => format!(
            "`{}` may spend {} a day",
            terminal::visible(user),
            shown(cap.cap, &cap.currency)
        ),
        None => format!(
            "all together may spend {} a day",
            shown(cap.cap, &cap.currency)
        ),
    };
    let left = cap.cap.less(cap.spent);
    let _ = match left {
        Amount(0) => {
            let minutes = Day::of(now).left(now).as_secs().div_ceil(60);
            let opens = format!(
                "opens again at 00:00 UTC, in {} h {} min",
                minutes / 60,
                minutes % 60
            );
            writeln!(
                out,
                "  {whose}: {}; it {opens}",
                styled(WARNING, "all spent")
            )
        }
        left => writeln!(out, "  {whose}: {} left", shown(left, &cap.currency)),
    };
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use expect_test::{Expect, expect};
    use il_ledger::{Record, Total};

    use super::*;

    fn record(prompt: u64, micros: Option<u64>, exact: bool) -> Record {
        Record {
            prompt,
            answer: prompt / 10,
            exact,
            micros,
            currency: micros.map(|_| "USD".to_owned()),
            ..Record::default()
        }
    }

    fn totals(rows: &[(&str, &[Record])]) -> Totals {
        let mut totals = Totals::default();
        for (key, records) in rows {
            let mut sum = Sum::default();
            for record in *records {
                sum.add(record);
                totals.all.add(record);
            }
            totals.rows.push(Total {
                key: (*key).to_owned(),
                sum,
            });
        }
        totals
    }

    #[track_caller]
    fn check(totals: &Totals, caps: &[Cap], expected: &Expect) {
        let now = UNIX_EPOCH + Duration::from_secs(1_795_546_080);
        let days = (Day::of(now).before(6), Day::of(now));
        let text = table("model", days, totals, caps, now);
        expected.assert_eq(&anstream::adapter::strip_str(&text).to_string());
    }

    #[test]
    fn numbers_stand_under_numbers() {
        let cap = |user: Option<&str>, spent| Cap {
            user: user.map(str::to_owned),
            spent: Amount(spent),
            cap: Amount(5_000_000),
            currency: "USD".to_owned(),
        };
        check(
            &totals(&[
                (
                    "codestral-latest",
                    &[
                        record(120_000, Some(46_800), true),
                        record(900, Some(351), false),
                    ],
                ),
                ("claude-haiku-4-5", &[record(1_000, Some(1_500), true)]),
                ("new", &[record(5, None, true)]),
            ]),
            &[cap(None, 5_000_000), cap(Some("ada"), 48_651)],
            &expect![[r#"
                2026-11-18 to 2026-11-24 (UTC)

                  model             requests    prompt  cached   answer            cost
                  codestral-latest         2  ~120,900       0  ~12,090      0.0472 USD  ━━━━━━━━━━━━━━━━
                  claude-haiku-4-5         1     1,000       0      100      0.0015 USD  ━
                  new                      1         5       0        0               ?
                  all                      4  ~121,905       0  ~12,190  0.0487 USD + ?

                  ~ 1 request with estimated tokens: the provider gave no figures

                  ? 1 request whose cost is not known and not in the sums: set `[price."MODEL"]`

                  all together may spend 5.0000 USD a day: all spent; it opens again at 00:00 UTC, in 5 h 12 min
                  `ada` may spend 5.0000 USD a day: 4.9514 USD left
            "#]],
        );
    }

    #[test]
    fn one_row_is_its_own_sum() {
        check(
            &totals(&[("m", &[record(10, Some(1), true)])]),
            &[],
            &expect![[r#"
                2026-11-18 to 2026-11-24 (UTC)

                  model  requests  prompt  cached  answer        cost
                  m             1      10       0       1  0.0001 USD  ━━━━━━━━━━━━━━━━
            "#]],
        );
    }
}
