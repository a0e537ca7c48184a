//! Every way to tamper with a chain of which only the files are left.

use expect_test::{Expect, expect};
use il_calendar::Moment;
use proptest::prelude::*;

use super::*;
use crate::{Sending, chain::VERSION};

/// A chain of so many records, as lines, and its head.
fn chain_of(records: u64) -> (Vec<String>, Option<Kept>) {
    let mut head = Head::default();
    let mut lines = Vec::new();
    for bytes in 0..records {
        let event = Event::Request(Sending {
            to: "https://a.example:443".to_owned(),
            bytes,
            ..Sending::default()
        });
        let now = Moment::of(std::time::UNIX_EPOCH);
        let (line, next) = chain::seal(&head, now, &event);
        lines.push(line);
        head = next;
    }
    let kept = Kept {
        version: VERSION,
        head,
        file: "f".to_owned(),
        length: 0,
    };
    (lines, Some(kept))
}

fn judge(lines: &[String], kept: &Option<Kept>, elsewhere: Option<&Head>) -> Verdict {
    let text = lines.concat();
    let lines: Vec<Line> = super::lines("f", text.as_bytes()).collect();
    verify(&lines, Some(kept), elsewhere)
}

/// What is said of a chain of six after something was done to it.
#[expect(clippy::needless_pass_by_value, reason = "`expect!` gives it")]
fn check(tamper: impl FnOnce(&mut Vec<String>), expected: Expect) {
    let (mut lines, kept) = chain_of(6);
    tamper(&mut lines);
    let verdict = judge(&lines, &kept, None);
    let said: String = verdict
        .problems
        .iter()
        .map(|it| format!("{it}\n"))
        .collect();
    expected.assert_eq(&said);
}

#[test]
fn a_whole_chain_has_no_problems() {
    check(|_| (), expect![""]);
}

#[test]
fn a_changed_record_is_told() {
    check(
        |it| it[2] = it[2].replace("\"bytes\":2", "\"bytes\":9"),
        expect![[r#"
            f:3: record 3 was changed
        "#]],
    );
}

#[test]
fn a_record_changed_with_its_hash_is_told() {
    check(
        |it| {
            let body = it[2].replace("\"bytes\":2", "\"bytes\":9");
            let body = body.split(",\"hash\"").next().unwrap().to_owned();
            it[2] = format!("{body},\"hash\":\"{}\"}}\n", chain::hex(body.as_bytes()));
        },
        expect![[r#"
            f:4: record 4 does not follow the one before it: one of both was written anew
        "#]],
    );
}

#[test]
fn removed_records_are_told() {
    check(
        |it| drop(it.remove(2)),
        expect![[r#"
        record 3 is missing
    "#]],
    );
    check(
        |it| drop(it.drain(..2)),
        expect![[r#"
        records 1 to 2 are missing from the beginning, and no record says that they were dropped
    "#]],
    );
    check(
        |it| it.truncate(4),
        expect![[r#"
        records 5 to 6 are missing at the end
    "#]],
    );
    check(
        |it| it.clear(),
        expect![[r#"
        records 1 to 6 are missing at the end
    "#]],
    );
}

#[test]
fn swapped_records_are_told() {
    check(
        |it| it.swap(2, 3),
        expect![[r#"
        f:4: record 3 stands after a later one: it was moved or put in
    "#]],
    );
    check(
        |it| it.swap(0, 5),
        expect![[r#"
        f:2: record 2 stands after a later one: it was moved or put in
        f:3: record 3 stands after a later one: it was moved or put in
        f:4: record 4 stands after a later one: it was moved or put in
        f:5: record 5 stands after a later one: it was moved or put in
        f:6: record 1 stands after a later one: it was moved or put in
    "#]],
    );
}

#[test]
fn inserted_lines_are_told() {
    check(
        |it| it.insert(3, it[1].clone()),
        expect![[r#"
        f:4: a second record 2 was put in
    "#]],
    );
    check(
        |it| it.insert(3, "hello\n".to_owned()),
        expect![[r#"
        f:4: this line is no record
    "#]],
    );
    check(
        |it| {
            let (forged, _) = chain_of(9);
            it.push(forged[8].clone());
        },
        expect![[r#"
            records 7 to 8 are missing
        "#]],
    );
}

#[test]
fn a_line_that_is_cut_off_is_told() {
    check(
        |it| {
            let half = it[5].len() / 2;
            it[5].truncate(half);
        },
        expect![[r#"
            f:6: this line is cut off
            record 6 is missing at the end
        "#]],
    );
}

#[test]
fn a_chain_written_anew_is_told_by_a_head_kept_elsewhere_alone() {
    let (old, kept) = chain_of(6);
    let elsewhere = kept.unwrap().head;
    let mut shorter = old[..2].to_vec();
    let (_, mut head) = chain_of(2);
    assert_eq!(judge(&shorter, &head, None).problems, []);
    let told = Problem::NotAsKept { seq: 6 };
    assert_eq!(
        judge(&shorter, &head, Some(&elsewhere)).problems,
        std::slice::from_ref(&told)
    );
    // As long, but with something else in it.
    let mut last = head.clone().unwrap().head;
    for _ in 0..5 {
        let event = Event::Consent {
            to: String::new(),
            given: true,
            repository: String::new(),
        };
        let (line, next) = chain::seal(&last, Moment::of(std::time::UNIX_EPOCH), &event);
        shorter.push(line);
        last = next;
    }
    head.as_mut().unwrap().head = last;
    assert_eq!(judge(&shorter, &head, None).problems, []);
    assert_eq!(judge(&shorter, &head, Some(&elsewhere)).problems, [told]);
    // An honest one goes on.
    let (longer, kept) = chain_of(9);
    assert_eq!(judge(&longer, &kept, Some(&elsewhere)).problems, []);
}

#[test]
fn without_a_head_the_end_is_unknown() {
    let (lines, _) = chain_of(3);
    assert_eq!(judge(&lines, &None, None).problems, [Problem::NoHead]);
}

proptest! {
    /// Whatever is done to the lines but putting them back is told.
    #[test]
    fn nothing_done_to_the_lines_goes_untold(
        steps in proptest::collection::vec((0..4u8, 0..8usize, 0..8usize), 1..5),
    ) {
        let (lines, kept) = chain_of(8);
        let mut tampered = lines.clone();
        for (what, a, b) in steps {
            if tampered.is_empty() {
                break;
            }
            let (a, b) = (a % tampered.len(), b % tampered.len());
            match what {
                0 => tampered.swap(a, b),
                1 => drop(tampered.remove(a)),
                2 => tampered.insert(b, tampered[a].clone()),
                _ => tampered[a] = tampered[a].replacen("\"bytes\":", "\"bytes\":1", 1),
            }
        }
        let verdict = judge(&tampered, &kept, None);
        prop_assert_eq!(verdict.problems.is_empty(), tampered == lines, "{:?}", verdict);
    }
}
