//! Files that are whole, and files that are not.

use std::fs;

use expect_test::expect;
use proptest::prelude::*;

use super::*;
use crate::build::{Licence, Tree, build};

/// A function in which every `n` is another number, and names are made of it.
fn function(n: usize) -> String {
    format!(
        "/// Number {n}.\npub fn walk_{n}(tree: &Tree, depth: usize) -> Result<Vec<Node>, Error> {{\n    let mut found = \
         Vec::new();\n    for child in tree.children() {{\n        if child.depth() > depth + {n} {{\n            return \
         Err(Error::Deep(child.depth()));\n        }}\n        match child.kind() {{\n            Kind::Leaf => \
         found.push(child.node()),\n            Kind::Branch => found.extend(walk_{n}(child, depth * {n})?),\n        \
         }}\n    }}\n    Ok(found)\n}}\n"
    )
}

fn small(order: [&str; 2]) -> Filter {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, licence, n) in [("one", "MIT", 1), ("two", "GPL-3.0-or-later", 2)] {
        let top = folder.path().join(name);
        fs::create_dir_all(top.join("src")).expect("folders");
        let manifest = format!(
            "[package]\nname = \"{name}\"\nversion = \"0.{n}.0\"\nlicense = \"{licence}\"\n"
        );
        fs::write(top.join("Cargo.toml"), manifest).expect("written");
        let text = (0..n).map(|it| function(it + n)).collect::<String>() + &"use a::b;\n".repeat(n);
        fs::write(top.join("src/lib.rs"), text).expect("written");
        let only = format!(
            "impl Queue{n} {{\n    fn pop(&mut self) -> Option<u8> {{\n        while let Some(x) = self.a.get(self.i) {{\n \
             self.i += {n}; if *x != 0 && self.i < self.b.len() {{ return Some(*x); }} else {{ self.n -= 1; break; \
             }}\n        }}\n        self.b.{}pop()\n    }}\n}}\n",
            "first().map(|it| it + 1).or(None)?.".repeat(n)
        );
        fs::write(top.join("src/queue.rs"), only).expect("written");
    }
    let trees = order.map(|name| Tree {
        folder: folder.path().join(name),
        licence: Licence::Auto,
    });
    build("small", &trees, Grain::SHIPPED, &|_| {})
        .expect("it is built")
        .filter
}

#[test]
fn what_is_written_is_read() {
    let bytes = to_bytes(&small(["one", "two"]));
    let read = from_bytes(&bytes).expect("it is whole");
    assert_eq!(to_bytes(&read), bytes);
    expect![[r#"
        Summary {
            name: "small",
            packages: 2,
            files: 4,
            lines: 61,
            lexemes: 599,
            fingerprints: 45,
            licences: {
                "GPL-3.0-or-later": 2,
                "MIT": 2,
            },
        }"#]]
    .assert_eq(&format!("{:#?}", read.summary()));
}

#[test]
fn the_same_trees_give_the_same_bytes_wherever_they_lie_and_whatever_is_read_first() {
    let one = to_bytes(&small(["one", "two"]));
    let other = to_bytes(&small(["two", "one"]));
    assert!(one == other);
}

#[test]
fn any_wrong_byte_is_noticed() {
    let bytes = to_bytes(&small(["one", "two"]));
    for at in 0..bytes.len() {
        for bit in [0x01, 0x80, 0xff] {
            let mut damaged = bytes.clone();
            damaged[at] ^= bit;
            assert!(from_bytes(&damaged).is_err(), "byte {at}");
        }
    }
}

#[test]
fn a_file_that_is_cut_or_goes_on_is_noticed() {
    let mut bytes = to_bytes(&small(["one", "two"]));
    for end in 0..bytes.len() {
        assert!(from_bytes(&bytes[..end]).is_err(), "{end} bytes");
    }
    bytes.push(0);
    assert!(from_bytes(&bytes).is_err());
}

#[test]
fn a_file_of_another_version_says_so() {
    let mut bytes = to_bytes(&small(["one", "two"]));
    bytes[8] += 1;
    assert_eq!(from_bytes(&bytes).err(), Some(Wrong::OtherVersion));
    assert_eq!(
        from_bytes(b"#!/bin/sh\necho no reference\n").err(),
        Some(Wrong::Foreign)
    );
}

#[test]
fn what_cannot_be_read_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.ilref");
    let why = |path: &Path| {
        let why = read(path).expect_err("it cannot be read").to_string();
        why.replace(&folder.path().display().to_string(), "…")
    };
    expect!["cannot read `…/a.ilref`: No such file or directory (os error 2)"]
        .assert_eq(&why(&path));
    write(&path, &small(["one", "two"])).expect("written");
    assert!(read(&path).is_ok());
    let mut bytes = fs::read(&path).expect("there");
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&path, &bytes).expect("written");
    expect![
        "`…/a.ilref` is damaged (its check sum is wrong): build it again with `interline provenance build`"
    ]
    .assert_eq(&why(&path));
    let there: Vec<_> = fs::read_dir(folder.path()).expect("there").collect();
    assert_eq!(there.len(), 1, "nothing is left beside it");
}

proptest! {
    /// Even with a right check sum, bytes from anywhere are an error and no panic.
    #[test]
    fn any_bytes_are_read_or_refused(rest in prop::collection::vec(any::<u8>(), 0..400), keep in 0_usize..300) {
        let whole = to_bytes(&small_once());
        let mut bytes = whole[..20.min(whole.len())].to_vec();
        bytes.extend_from_slice(&whole[20..(20 + keep).min(whole.len())]);
        bytes.extend_from_slice(&rest);
        let sum = check_sum(&bytes[20..]);
        bytes[12..20].copy_from_slice(&sum.to_le_bytes());
        let _ = from_bytes(&bytes);
    }
}

fn small_once() -> Filter {
    static ONCE: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
    let bytes = ONCE.get_or_init(|| to_bytes(&small(["one", "two"])));
    from_bytes(bytes).expect("it is whole")
}
