//! The whole product where there is no network, and what it tries there.
//!
//! The one idea: the test runs itself again in a network namespace that has loopback and no route. The kernel counts there
//! what was sent towards a route that is missing (`OutNoRoutes`), so an attempt shows, whoever makes it and however it is hidden.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    process::{Command, Stdio},
    time::Duration,
};

use serde_json::{Value, json};

use crate::world::{Ran, World, left_out};

/// Set in the process that is inside.
const INSIDE: &str = "INTERLINE_TEST_INSIDE";
/// An address that belongs to nobody: for documentation.
const NOBODY: &str = "192.0.2.1:9";
const ENGINE: &str = "openai-fim:qwen2.5-coder@http://192.0.2.1:9";

/// Runs a test of this name again where there is no network. False inside, where it goes on.
fn goes_inside(test: &str) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return false;
    }
    // As root, or with a user namespace of its own.
    let Some(flags) = [&["-n"][..], &["-r", "-n"]]
        .into_iter()
        .find(|flags| unshare(flags, "true").is_ok_and(|it| it.success()))
    else {
        left_out("no network namespace can be made here (`unshare -n`)");
        return true;
    };
    let this = std::env::current_exe().unwrap();
    let script = format!(
        "ip link set lo up || exit 42; exec '{}' --exact 'air_gap::{test}' --nocapture",
        this.display()
    );
    let status = unshare(flags, &script).unwrap();
    if status.code() == Some(42) {
        left_out("`ip` is missing, which switches loopback on in a namespace");
        return true;
    }
    assert!(status.success(), "it does not hold inside: see above");
    true
}

fn unshare(flags: &[&str], script: &str) -> std::io::Result<std::process::ExitStatus> {
    let mut command = Command::new("unshare");
    command.args(flags).args(["--", "sh", "-c", script]);
    command.env(INSIDE, "1").stdin(Stdio::null()).status()
}

/// What was sent since this namespace is there and found no route.
fn attempts() -> u64 {
    let counters = fs::read_to_string("/proc/net/snmp").unwrap();
    let mut lines = counters.lines().filter(|it| it.starts_with("Ip:"));
    let (names, values) = (lines.next().unwrap(), lines.next().unwrap());
    let mut pairs = names.split_whitespace().zip(values.split_whitespace());
    let found = pairs.find(|(name, _)| *name == "OutNoRoutes");
    found.unwrap().1.parse().unwrap()
}

/// The check must be able to fail.
fn an_attempt_shows() {
    let before = attempts();
    let nobody = NOBODY.parse().unwrap();
    TcpStream::connect_timeout(&nobody, Duration::from_secs(1)).unwrap_err();
    assert_eq!(attempts(), before + 1);
}

#[test]
fn without_a_network_everything_works_and_nothing_is_tried() {
    if goes_inside("without_a_network_everything_works_and_nothing_is_tried") {
        return;
    }
    an_attempt_shows();
    let before = attempts();
    let world = World::shop();
    world.run(&["index"]).good();
    let place = "shop/orders.py:6:24";
    let suggested = world.run(&["complete", place, "--hide", "rest-of-line"]);
    assert!(suggested.good().contains("query_everything"));
    let shown = world.run(&["context", place]).good();
    assert!(shown.contains("shop/customers.py"), "{shown}");
    let found = world.run(&["search", "count_orders"]).good();
    assert!(found.contains("shop/orders.py"), "{found}");
    for arguments in [
        &["doctor"][..],
        &["scan", "."],
        &["privacy", "show"],
        &["config", "show"],
        &["models", "list"],
        &["eval", "replay", "shop/orders.py"],
    ] {
        world.run(arguments).good();
    }
    assert!(speaks_lsp(&world).contains("query_everything"));
    // Whether the page was built into this binary is another test's.
    let page = page(&world);
    assert!(page.starts_with("HTTP/1.1 "), "{page}");
    assert_eq!(attempts(), before, "somebody tried to get out");
    let log = world.run(&["privacy", "log"]);
    assert_eq!(log.code, Some(1), "nothing left: {}", log.all());
}

#[test]
fn with_the_air_gap_a_server_elsewhere_is_refused_at_once_and_that_is_recorded() {
    if goes_inside("with_the_air_gap_a_server_elsewhere_is_refused_at_once_and_that_is_recorded") {
        return;
    }
    let world = World::shop();
    let ask = |engines: &str, closed: bool| -> Ran {
        let place = "shop/orders.py:6:24";
        let mut command = world.command(&[
            "complete",
            place,
            "--hide",
            "rest-of-line",
            "--explain",
            "--engine",
            engines,
        ]);
        if closed {
            command.env("INTERLINE_AIR_GAP", "1");
        }
        world.read(command.output().unwrap())
    };
    let with_repo = format!("{ENGINE},repo");

    let before = attempts();
    let open = ask(&with_repo, false);
    assert!(attempts() > before, "the check must be able to fail");
    assert!(open.stdout.contains("query_everything"), "{}", open.all());

    let before = attempts();
    let closed = ask(&with_repo, true);
    assert_eq!(attempts(), before, "{}", closed.all());
    assert!(
        closed.stdout.contains("query_everything"),
        "{}",
        closed.all()
    );
    let said = [&*closed.stdout, &*closed.stderr].concat();
    assert!(
        said.contains("`air_gap` is on (INTERLINE_AIR_GAP)"),
        "{said}"
    );

    let mut pull = world.command(&["models", "pull", "qwen2.5-coder-1.5b"]);
    let pulled = world.read(pull.env("INTERLINE_AIR_GAP", "1").output().unwrap());
    assert_ne!(pulled.code, Some(0), "{}", pulled.all());
    assert!(
        pulled.stderr.contains("nothing may leave"),
        "{}",
        pulled.all()
    );
    assert_eq!(attempts(), before, "{}", pulled.all());

    let log = world.run(&["privacy", "log", "--json"]).json();
    let refused = log["records"].as_array().unwrap().iter();
    let refused = refused.filter(|it| it["why"] == "forbidden");
    assert!(refused.count() >= 2, "{log:#}");
}

/// What a language server suggests at the end of a line, over its own streams.
fn speaks_lsp(world: &World) -> String {
    let text = fs::read_to_string(world.path("shop/orders.py")).unwrap();
    let text = text.replacen("query_everything(region, \"orders\")", "", 1);
    let uri = format!("file://{}", world.path("shop/orders.py").display());
    let root = format!("file://{}", world.root().display());
    let mut server = world
        .command(&["lsp"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = server.stdin.take().unwrap();
    let mut output = server.stdout.take().unwrap();
    let capabilities = json!({"textDocument": {"inlineCompletion": {}}});
    let document = json!({"uri": uri, "languageId": "python", "version": 1, "text": text});
    let position = json!({"line": 5, "character": 23});
    let at = json!({
        "textDocument": {"uri": uri},
        "position": position,
        "context": {"triggerKind": 1},
    });
    let mut send = |message: Value| {
        let body = message.to_string();
        write!(input, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
    };
    send(json!({
        "jsonrpc": "2.0", "id": 1, "method": "initialize",
        "params": {"capabilities": capabilities, "rootUri": root, "processId": null},
    }));
    send(json!({"jsonrpc": "2.0", "method": "initialized", "params": {}}));
    send(json!({
        "jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {"textDocument": document},
    }));
    // It answers when it has learnt the repository; until then, that it has not yet.
    let mut answer = String::new();
    for id in 2..200 {
        send(json!({
            "jsonrpc": "2.0", "id": id, "method": "textDocument/inlineCompletion", "params": at,
        }));
        answer = answer_to(&mut output, id);
        if answer.contains("query_everything") {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    server.kill().unwrap();
    server.wait().unwrap();
    answer
}

fn answer_to(output: &mut impl std::io::Read, id: i64) -> String {
    loop {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            output.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap();
        let length = head.split("Content-Length:").nth(1).unwrap();
        let length = length.split_whitespace().next().unwrap().parse().unwrap();
        let mut body = vec![0; length];
        output.read_exact(&mut body).unwrap();
        let message: Value = serde_json::from_slice(&body).unwrap();
        if message["id"] == id && message.get("method").is_none() {
            return message.to_string();
        }
    }
}

/// The answer of a playground to the request for its page.
fn page(world: &World) -> String {
    let (mut child, url) = world.playground();
    let rest = url.strip_prefix("http://").unwrap();
    let (address, path) = rest.split_at(rest.find('/').unwrap());
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    answer
}
