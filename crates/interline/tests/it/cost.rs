//! `interline cost`.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpListener,
    thread,
    time::{SystemTime, UNIX_EPOCH},
};

use crate::world::{Ran, World};

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

/// A server that completes everything with `paid(rows)` at 1000 tokens, and its address.
pub(crate) fn server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut seen = Vec::new();
            // The request is whole when its body is, which ends with a brace.
            while !(seen.ends_with(b"}") && seen.windows(4).any(|it| it == b"\r\n\r\n")) {
                let mut bytes = [0; 4096];
                let read = stream.read(&mut bytes).unwrap();
                if read == 0 {
                    break;
                }
                seen.extend_from_slice(&bytes[..read]);
            }
            let body = "data: {\"choices\":[{\"text\":\"paid(rows)\",\"index\":0,\"finish_reason\":\"stop\"}],\
                        \"usage\":{\"prompt_tokens\":1000,\"completion_tokens\":0,\"total_tokens\":1000}}\n\n\
                        data: [DONE]\n\n";
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                body.len()
            );
            let _ = stream.write_all((head + body).as_bytes());
        }
    });
    format!("http://{address}/v1")
}

#[test]
fn a_cap_that_is_reached_leads_down_the_ladder() {
    let world = World::shop();
    let settings = world.root().with_file_name("settings.toml");
    // Room for what one request may cost at most, and for the thousand tokens of one that was answered.
    let text = format!(
        "version = 1\n[inline]\nuse = \"endpoint:paid\"\n[endpoint.paid]\nspeaks = \"openai\"\nmodel = \"m\"\n\
         url = \"{}\"\nfree = false\nretries = 0\ncontext_tokens = 2000\nanswer_tokens = 100\n\
         [price.m]\ninput = 1\noutput = 1\n[budget]\nper_day = \"0.0025\"\n",
        server()
    );
    fs::write(&settings, text).unwrap();
    let complete = || {
        let mut command = world.command(&[
            "complete",
            "shop/orders.py:7:16",
            "--hide",
            "rest-of-line",
            "--json",
        ]);
        command.env("INTERLINE_CONFIG", &settings);
        world.read(command.output().unwrap())
    };
    let text = |ran: &Ran| ran.json()["text"].as_str().unwrap_or_default().to_owned();
    let first = complete();
    assert_eq!(text(&first), "paid(rows)", "{}", first.all());
    let second = complete();
    assert_eq!(text(&second), "len(rows)", "{}", second.all());
    let document = world.run(&["cost", "--json"]).json();
    assert_eq!(document["all"]["requests"], 1, "{document}");
    assert_eq!(document["all"]["cost"]["USD"], "0.001");
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
