use super::*;

#[test]
fn everything_wrong_with_a_password_is_said_at_once() {
    for (password, wrong) in [
        ("correct horse battery", 0),
        ("隐患排查治理要长效坚持", 0),
        ("short", 1),
        ("PassWord123", 1),
        ("clerk-1 is here", 1),
        ("bs-tengchong 2026", 1),
        ("aaaaaaaaaaaa", 1),
        ("abcdefghijkl", 1),
        ("with\u{7}a bell", 1),
        ("clerk-1", 2),
    ] {
        assert_eq!(violations(password, "clerk-1", "bs-tengchong").len(), wrong, "{password}");
    }
    assert_eq!(violations(&"é".repeat(128), "a-b", "c-d"), vec!["must not be one character repeated or counted on"]);
    assert!(violations(&"éx".repeat(65), "a-b", "c-d").contains(&"must have at most 128 characters"));
}

#[test]
fn the_common_list_is_in_small_letters_and_without_gaps() {
    for common in COMMON.lines() {
        assert_eq!(common, common.trim().to_lowercase());
        assert!(common.chars().count() >= CHARACTERS_MIN, "{common} is refused for its length anyway");
    }
}

#[test]
fn only_the_password_itself_fits_its_hash() {
    let hashed = Hashed::new("correct horse battery", [3; 16]).unwrap();
    assert!(hashed.is_of("correct horse battery").unwrap());
    assert!(!hashed.is_of("Correct horse battery").unwrap());
    assert!(!Hashed::of_nobody().is_of("").unwrap());
    assert_ne!(Hashed::new("correct horse battery", [4; 16]).unwrap().hash, hashed.hash);
}

#[test]
fn parameters_are_not_below_the_least_that_is_recommended() {
    let hashed = Hashed::new("password", *b"somesaltsomesalt").unwrap();
    assert!(hashed.memory_kib >= 19 * 1_024 && hashed.passes >= 2 && hashed.lanes == 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_is_turned_away_and_two_are_computed_at_a_time() {
    let hasher = Hasher::default();
    let held = (hasher.turn().await.unwrap(), hasher.turn().await.unwrap());
    let waiting: Vec<_> = (0..WAITING_MAX)
        .map(|_| {
            let hasher = hasher.clone();
            tokio::spawn(async move { hasher.turn().await.map(drop) })
        })
        .collect();
    while hasher.waiting.load(Ordering::SeqCst) < WAITING_MAX {
        tokio::task::yield_now().await;
    }
    assert!(matches!(hasher.turn().await, Err(Fault::Overloaded)));
    drop(held);
    for waited in waiting {
        waited.await.unwrap().unwrap();
    }
    assert_eq!(hasher.waiting.load(Ordering::SeqCst), 0);
    assert!(hasher.turn().await.is_ok());
}
