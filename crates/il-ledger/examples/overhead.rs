//! How long the books keep a request waiting: `cargo run --release -p il-ledger --example overhead`.
//!
//! Deliberately absent: a verdict; the figures are in docs/cost.md.

use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use il_ledger::{Account, Amount, Budget, Ledger, Price, Prices, Usage};

const REQUESTS: usize = 5000;

#[expect(clippy::print_stdout, reason = "it is what the example is for")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let price = Price {
        currency: "USD".to_owned(),
        input: Amount(300_000),
        cached: None,
        output: Amount(900_000),
    };
    let account = Account {
        user: "ada".to_owned(),
        task: "inline".to_owned(),
        endpoint: "work".to_owned(),
        host: "api.example".to_owned(),
        model: "m".to_owned(),
        free: false,
    };
    let usage = Usage {
        prompt: 2000,
        cached: 0,
        answer: 60,
        exact: true,
    };
    for cap in [None, Some(Amount(1_000_000_000))] {
        let directory =
            std::env::temp_dir().join(format!("il-ledger-overhead-{}", std::process::id()));
        let budget = Budget {
            per_day: cap,
            ..Budget::default()
        };
        let prices = Prices::none().with("m", price.clone());
        let ledger = Ledger::open(&directory, prices, budget, Arc::new(SystemTime::now))?;
        let meter = ledger.meter(account.clone(), usage);
        let (mut before, mut after) = (Vec::new(), Vec::new());
        for _ in 0..REQUESTS {
            let start = Instant::now();
            meter.allow()?;
            before.push(start.elapsed());
            let start = Instant::now();
            meter.used(usage);
            after.push(start.elapsed());
        }
        std::fs::remove_dir_all(&directory)?;
        let cap = if cap.is_some() {
            "with a cap"
        } else {
            "without"
        };
        println!(
            "{cap}: before {}, after {}",
            figures(&mut before),
            figures(&mut after)
        );
    }
    Ok(())
}

fn figures(times: &mut [Duration]) -> String {
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100].as_micros();
    format!("p50 {} µs, p99 {} µs", at(50), at(99))
}
