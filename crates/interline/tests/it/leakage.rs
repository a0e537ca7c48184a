//! A repository full of secrets, worked on as a person does, with servers that write down all that they are sent: no secret
//! arrives, none is in a log, none is in what is kept on the disk.
//!
//! The one idea: what is looked for are the random signs that the secrets were made of, whatever the rules say a secret is.
//!
//! Deliberately absent: the dialects of providers, which `il-engine-remote` asks one by one.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::Path,
    sync::{Arc, Mutex},
    thread,
};

use il_privacy::{Rules, samples};
use serde_json::{Value, json};

use crate::world::World;

/// The kind of what a file is called.
const NAME: &str = "a file's name";

/// What must not be seen, and of which kind it is.
struct Sign {
    kind: String,
    text: String,
}

/// The random signs of a sample that cannot be there by chance.
fn signs(kind: &str, template: &str, seed: u64) -> Vec<Sign> {
    let sample = samples::sample(template, seed);
    let secrets = sample.secret.iter().map(|it| &sample.text[it.clone()]);
    let lines = secrets.flat_map(str::lines);
    let telling = lines.filter(|it| it.len() >= 8 && !it.starts_with("-----"));
    let sign = |it: &str| Sign {
        kind: kind.to_owned(),
        text: it.to_owned(),
    };
    telling.map(sign).collect()
}

/// A repository with a secret of every kind in it, and their signs.
fn planted() -> (World, Vec<Sign>) {
    let world = World::shop();
    let mut all = Vec::new();
    let rules: Vec<_> = Rules::shipped().iter().filter(|it| it.is_on()).collect();
    assert!(rules.len() >= 200, "{}", rules.len());
    for (n, rule) in rules.iter().enumerate() {
        let template = &rule.positives[n % rule.positives.len()];
        // Far apart, since two templates may make the same signs of seeds that are near.
        let seed = (n as u64) << 16;
        let line = samples::expand(template, seed);
        all.extend(signs(&rule.id, template, seed));
        let file = format!("shop/part_{}.py", n / 10);
        let mut text = fs::read_to_string(world.path(&file)).unwrap_or_default();
        // What takes several lines is no comment as it is.
        let place = if n % 3 == 1 && line.contains('\n') {
            2
        } else {
            n % 3
        };
        text += &match place {
            // As code, as a comment, as text of several lines.
            0 => {
                format!("{line}\n\n\ndef count_{n}(region):\n    return open_session(region)\n\n\n")
            }
            1 => format!("# {line}\n\n\n"),
            _ => format!("TEXT_{n} = \"\"\"\n{line}\n\"\"\"\n\n\n"),
        };
        world.write(&file, text.as_bytes());
    }
    let name = samples::expand("AKIA{base32:16}", 4711);
    world.write(
        &format!("shop/{name}.py"),
        b"def count_keys(region):\n    return 1\n",
    );
    all.push(Sign {
        kind: "a file's name".to_owned(),
        text: name[4..].to_owned(),
    });
    (world, all)
}

/// Everything that was sent to a server: bytes, and the texts that the JSON in them means.
type Seen = Arc<Mutex<String>>;

/// A server that writes down what it is sent. It speaks OpenAI's completions and Ollama's embeddings.
fn recording() -> (String, Seen) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let seen = Seen::default();
    let writing = Arc::clone(&seen);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let writing = Arc::clone(&writing);
            thread::spawn(move || serve(stream, &writing));
        }
    });
    (format!("http://{address}"), seen)
}

fn serve(mut stream: TcpStream, seen: &Seen) {
    let mut request = Vec::new();
    let json: Value = loop {
        let mut bytes = [0; 65536];
        let read = stream.read(&mut bytes).unwrap_or(0);
        request.extend_from_slice(&bytes[..read]);
        let head = request.windows(4).position(|it| it == b"\r\n\r\n");
        let body = head.and_then(|at| serde_json::from_slice(&request[at + 4..]).ok());
        match body {
            Some(json) => break json,
            None if read == 0 => return,
            None => {}
        }
    };
    {
        let mut seen = seen.lock().unwrap();
        *seen += &String::from_utf8_lossy(&request);
        texts(&json, &mut seen);
    }
    let (kind, answer) = match json.get("input") {
        Some(input) => {
            let count = input.as_array().map_or(1, Vec::len);
            let vectors = vec![vec![0.5; 8]; count];
            ("application/json", json!({"embeddings": vectors}).to_string())
        }
        None => (
            "text/event-stream",
            "data: {\"choices\":[{\"text\":\"from_server()\",\"index\":0,\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n".to_owned(),
        ),
    };
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        answer.len()
    );
    // Whoever has hung up has what it wanted.
    drop(stream.write_all((head + &answer).as_bytes()));
}

fn texts(json: &Value, out: &mut String) {
    match json {
        Value::String(text) => {
            out.push_str(text);
            out.push('\n');
        }
        Value::Array(all) => all.iter().for_each(|it| texts(it, out)),
        Value::Object(all) => all.values().for_each(|it| texts(it, out)),
        _ => {}
    }
}

/// The kinds of which something stands in these bytes.
fn found<'a>(signs: &'a [Sign], bytes: &[u8]) -> Vec<&'a str> {
    let text = String::from_utf8_lossy(bytes);
    let there = signs.iter().filter(|it| text.contains(&it.text));
    there.map(|it| it.kind.as_str()).collect()
}

/// The same for the files below a folder.
fn kept<'a>(signs: &'a [Sign], folder: &Path) -> Vec<(String, &'a str)> {
    let mut all = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else {
        return all;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(kept(signs, &path));
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        all.extend(
            found(signs, name.as_bytes())
                .into_iter()
                .map(|it| (name.clone(), it)),
        );
        all.extend(
            found(signs, &bytes)
                .into_iter()
                .map(|it| (name.clone(), it)),
        );
    }
    all
}

#[test]
fn no_secret_reaches_a_server_a_log_or_the_disk() {
    let (world, signs) = planted();
    let (url, seen) = recording();
    let engine = format!("openai-fim:qwen2.5-coder-7b@{url}");
    let files = fs::read_dir(world.path("shop")).unwrap().count();
    assert!(files > 20, "{files}");
    let mut logs = String::new();
    let mut run = |arguments: &[&str]| {
        let mut command = world.command(arguments);
        command.env("INTERLINE_LOG", "trace");
        let ran = world.read(command.output().unwrap());
        logs += &ran.stderr;
        ran
    };
    let embeddings = format!("ollama:embedder@{url}");
    let indexed = run(&["index", "--embeddings", &embeddings]);
    assert_eq!(indexed.code, Some(0), "{}", indexed.all());
    // At the end of files, where a line was just begun, and at their beginning.
    for part in (0..files - 5).step_by(3) {
        let place = if part % 2 == 0 { "" } else { ":1:1" };
        let place = format!("shop/part_{part}.py{place}");
        run(&["complete", &place, "--engine", &engine, "--explain"]);
    }
    let shown = run(&["context", "shop/orders.py:6:16", "--engine", &engine]);
    assert_eq!(shown.code, Some(0), "{}", shown.all());
    run(&["search", "count region", "--json"]);

    let seen = seen.lock().unwrap();
    assert!(
        seen.contains("def count_") && seen.contains("REDACTED"),
        "{seen}"
    );
    assert_eq!(found(&signs, seen.as_bytes()), Vec::<&str>::new(), "sent");
    assert_eq!(found(&signs, logs.as_bytes()), Vec::<&str>::new(), "logged");
    assert_eq!(
        found(&signs, shown.stdout.as_bytes()),
        Vec::<&str>::new(),
        "shown as sent"
    );
    let mut cached = kept(&signs, &world.cache());
    // What is indexed says which file it is of.
    cached.retain(|it| it.1 != NAME);
    assert_eq!(cached, [], "cached");
    assert_eq!(kept(&signs, &world.data()), [], "kept");
}
