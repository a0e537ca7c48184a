//! `interline playground`: that it serves; what it serves is tested in `il-playground`.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
};

use crate::world::World;

#[test]
fn it_prints_its_address_and_serves_the_page() {
    let world = World::shop();
    let (mut child, url) = world.playground();
    let rest = url
        .strip_prefix("http://")
        .unwrap_or_else(|| panic!("no address: {url}"));
    let (address, path) = rest.split_at(rest.find('/').unwrap());
    assert!(address.starts_with("127.0.0.1:"), "{address}");
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.to_lowercase().contains("<html"), "{answer}");
}

#[cfg(unix)]
#[test]
fn an_interrupt_saves_the_index_first() {
    let world = World::shop();
    let (mut child, _) = world.playground();
    while world.saved_models().is_empty() {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let interrupt = ["-INT".to_owned(), child.id().to_string()];
    let sent = std::process::Command::new("kill").args(interrupt).status();
    assert!(sent.unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let found = world.run(&["search", "count_orders", "--no-update"]).good();
    assert!(found.contains("shop/orders.py"), "{found}");
}

#[test]
fn a_port_that_is_taken_is_said() {
    let world = World::shop();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let ran = world.run(&["playground", "--no-open", "--port", &port]);
    assert_eq!(ran.code, Some(1), "{}", ran.all());
    assert!(
        ran.stderr
            .contains(&format!("cannot listen on 127.0.0.1:{port}")),
        "{}",
        ran.all()
    );
}
