//! `interline cost`.

use std::{
    fs,
    time::{SystemTime, UNIX_EPOCH},
};

use crate::world::World;

/// A world in which this was spent today.
fn spent(micros: &[Option<u64>]) -> World {
    let world = World::shop();
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let mut text = "{\"is\":\"header\",\"version\":1}\n".to_owned();
    for it in micros {
        let (micros, currency) = match it {
            Some(micros) => (micros.to_string(), "\"USD\""),
            None => ("null".to_owned(), "null"),
        };
        text += &format!(
            "{{\"is\":\"answer\",\"time\":{now},\"user\":\"ada\",\"task\":\"inline\",\"endpoint\":\"work\",\
             \"model\":\"m\",\"prompt\":1000,\"cached\":0,\"answer\":10,\"exact\":true,\
             \"micros\":{micros},\"currency\":{currency}}}\n"
        );
    }
    let today = SystemTime::now();
    let directory = world.data().join("costs");
    fs::create_dir_all(&directory).unwrap();
    let name = il_ledger::Day::of(today).to_string();
    fs::write(directory.join(format!("{name}.jsonl")), text).unwrap();
    world
}

#[test]
fn nothing_spent_is_a_sentence_and_an_exit_code() {
    let ran = World::shop().run(&["cost"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""));
    assert!(
        ran.stderr
            .starts_with("nothing was spent in the last 7 days"),
        "{}",
        ran.all()
    );
}

#[test]
fn what_was_spent_is_summed_and_what_is_unknown_stands_beside() {
    let world = spent(&[Some(1_500), Some(250), None]);
    let table = world.run(&["cost", "--by", "model"]).good();
    assert!(table.contains("0.0018 USD + ?"), "{table}");
    assert!(
        table.contains("1 request whose cost is not known and not in the sums"),
        "{table}"
    );
    let document = world.run(&["cost", "--by", "model", "--json"]).json();
    assert_eq!(document["rows"][0]["model"], "m");
    assert_eq!(document["all"]["cost"]["USD"], "0.00175");
    assert_eq!(document["all"]["unpriced_requests"], 1);
}

#[test]
fn a_cap_is_shown_with_what_is_left_of_it() {
    let world = spent(&[Some(1_500_000)]);
    let settings = world.root().with_file_name("settings.toml");
    fs::write(&settings, "version = 1\n[budget]\nper_day = 2\n").unwrap();
    let mut command = world.command(&["cost"]);
    let table = world.read(command.env("INTERLINE_CONFIG", settings).output().unwrap());
    let table = table.good();
    assert!(
        table.contains("may spend 2.0000 USD a day: 0.5000 USD left"),
        "{table}"
    );
}
