//! Forward only, never half written, never forgotten because it is damaged.

use tempfile::TempDir;

use super::*;
use crate::journal::merkle::leaf_hash;

fn head(epoch: u32, size: u64, root: &[u8]) -> Signed {
    Signed { epoch, size, root: leaf_hash(root) }
}

fn room() -> (TempDir, PathBuf) {
    let room = tempfile::tempdir().unwrap();
    let path = room.path().join("journal.guard");
    (room, path)
}

#[test]
fn what_was_noted_is_there_after_a_restart() {
    let (_room, path) = room();
    let mut guard = Guard::open(&path).unwrap();
    assert_eq!(guard.last(), None);
    assert!(!path.exists(), "opening creates nothing");
    for next in [head(1, 0, b"a"), head(1, 1, b"b"), head(1, u64::MAX, b"c"), head(2, 7, b"d")] {
        guard.advance(next).unwrap();
        assert_eq!(guard.last(), Some(next));
        assert_eq!(Guard::open(&path).unwrap().last(), Some(next));
    }
}

#[test]
fn it_only_goes_forward() {
    let (_room, path) = room();
    let mut guard = Guard::open(&path).unwrap();
    let last = head(2, 10, b"a");
    guard.advance(last).unwrap();
    for (next, reason) in [
        (head(2, 9, b"a"), "GUARD_BEHIND"),
        (head(1, 11, b"a"), "GUARD_BEHIND"),
        (head(1, 10, b"b"), "GUARD_BEHIND"),
        (head(2, 10, b"b"), "GUARD_FORK"),
    ] {
        assert_eq!(guard.advance(next).unwrap_err().reason(), reason, "{next:?}");
        assert_eq!(guard.last(), Some(last));
        assert_eq!(Guard::open(&path).unwrap().last(), Some(last));
    }
    guard.advance(last).unwrap();
    guard.advance(head(3, 4, b"b")).unwrap();
}

#[test]
fn a_damaged_file_is_not_a_missing_one() {
    let (_room, path) = room();
    let line = render(&head(1, 42, b"a"));
    fs::write(&path, &line).unwrap();
    assert_eq!(Guard::open(&path).unwrap().last(), Some(head(1, 42, b"a")));
    for damaged in [
        "".to_owned(),
        line.trim_end().to_owned(),
        line.replace("size=42", "size=41"),
        line.replace("size=42", "size=042"),
        line.replace("guard/1", "guard/2"),
        format!("{line}{line}"),
        format!(" {line}"),
        format!("{line}{}", " ".repeat(10_000)),
    ] {
        fs::write(&path, &damaged).unwrap();
        assert_eq!(Guard::open(&path).unwrap_err().reason(), "GUARD_DAMAGED", "{damaged}");
    }
    for cut in 0..line.len() {
        fs::write(&path, &line[..cut]).unwrap();
        assert!(Guard::open(&path).is_err(), "cut at {cut}");
    }
    fs::write(&path, b"\xff\xfe").unwrap();
    assert_eq!(Guard::open(&path).unwrap_err().reason(), "GUARD_DAMAGED");
}

#[test]
fn a_crash_before_the_rename_leaves_the_old_head() {
    let (room, path) = room();
    let mut guard = Guard::open(&path).unwrap();
    guard.advance(head(1, 1, b"a")).unwrap();
    fs::write(room.path().join("journal.guard.new"), b"changxiao-gua").unwrap();
    let mut guard = Guard::open(&path).unwrap();
    assert_eq!(guard.last(), Some(head(1, 1, b"a")));
    guard.advance(head(1, 2, b"b")).unwrap();
    assert_eq!(Guard::open(&path).unwrap().last(), Some(head(1, 2, b"b")));
}

#[test]
fn a_disk_that_refuses_leaves_the_head_as_it_was() {
    let (room, path) = room();
    let mut guard = Guard::open(&path).unwrap();
    guard.advance(head(1, 1, b"a")).unwrap();
    // A directory in the way of the new file fails for every user, root included.
    fs::create_dir(room.path().join("journal.guard.new")).unwrap();
    let fault = guard.advance(head(1, 2, b"b")).unwrap_err();
    assert_eq!(fault.reason(), "GUARD_IO");
    assert!(fault.to_string().contains("journal.guard.new"), "{fault}");
    assert_eq!(guard.last(), Some(head(1, 1, b"a")));
    fs::remove_dir(room.path().join("journal.guard.new")).unwrap();
    guard.advance(head(1, 2, b"b")).unwrap();
    assert_eq!(Guard::open(room.path()).unwrap_err().reason(), "GUARD_IO");
}
