use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::csv_table::rows;

const VECTORS: &str = include_str!("../../../deploy/data/uscc_vectors.csv");

fn credit(text: &str) -> Result<UnifiedSocialCreditCode, CodeFault> {
    text.parse()
}

fn organisation(text: &str) -> Result<OrganisationCode, CodeFault> {
    text.parse()
}

fn registration(text: &str) -> Result<RegistrationNumber, CodeFault> {
    text.parse()
}

/// The text with the character at `index` replaced.
fn with(text: &str, index: usize, byte: u8) -> String {
    let mut bytes = text.as_bytes().to_vec();
    bytes[index] = byte;
    String::from_utf8(bytes).unwrap()
}

/// The text with the characters at `index` and `index + 1` swapped.
fn swapped(text: &str, index: usize) -> String {
    let mut bytes = text.as_bytes().to_vec();
    bytes.swap(index, index + 1);
    String::from_utf8(bytes).unwrap()
}

#[test]
fn the_vectors_hold() {
    let rows = rows("uscc_vectors.csv", VECTORS).unwrap();
    assert_eq!(rows.len(), 10);
    for row in rows {
        let (code, valid) = (row.field(0), row.field(1) == "true");
        assert_eq!(credit(code).is_ok(), valid, "{code}: {}", row.field(2));
        if let Ok(read) = credit(code) {
            assert_eq!(read.to_string(), code);
            assert_eq!(organisation(&code[8..17]), Ok(read.organisation_code()));
        }
    }
    assert_eq!(credit("N2530581YYYY000981").unwrap().authority(), 'N');
}

#[test]
fn a_refusal_names_what_is_wrong() {
    use CodeFault::*;
    for (code, fault) in [
        ("", Length { expected: 18, got: 0 }),
        ("91530581YYYY0001", Length { expected: 18, got: 16 }),
        ("91530581YYYY00012N0", Length { expected: 18, got: 19 }),
        ("九1530581YYYY00012", Length { expected: 18, got: 17 }),
        ("91530581OYYY00011A", ForbiddenCharacter { position: 9, character: 'O' }),
        ("9153058AYYYY00012N", ForbiddenCharacter { position: 8, character: 'A' }),
        ("91530581yYYY00012N", ForbiddenCharacter { position: 9, character: 'y' }),
        ("91530581YYYY00012保", ForbiddenCharacter { position: 18, character: '保' }),
        ("91530581YYYY00013N", OrganisationCheck { expected: '2', got: '3' }),
        ("91530581YYYY00012P", CodeCheck { expected: 'N', got: 'P' }),
        ("91530281YYYY00012N", CodeCheck { expected: credit_check(b"91530281YYYY00012"), got: 'N' }),
    ] {
        assert_eq!(credit(code), Err(fault), "{code}");
    }
    let fault = credit("91530581YYYY00013N").unwrap_err();
    assert_eq!(fault.to_string(), "check character of the organisation code: expected 2, got 3");
    assert_eq!(fault.reason(), "CODE_ORGANISATION_CHECK");
}

#[test]
fn organisation_codes_are_read_with_and_without_hyphen() {
    assert_eq!(organisation("YYYY0001-2"), organisation("YYYY00012"));
    assert_eq!(organisation("YYYY00012").unwrap().to_string(), "YYYY00012");
    // The check character may be X; 60003734 and its 1 are the body of a published example.
    assert_eq!(organisation("YYYY0008X").unwrap().as_str(), "YYYY0008X");
    assert!(organisation("600037341").is_ok());
    for (code, reason) in [
        ("YYYY-00012", "CODE_LENGTH"),
        ("YYYY0001--2", "CODE_LENGTH"),
        ("-YYYY0001", "CODE_FORBIDDEN_CHARACTER"),
        ("YYYY0001A", "CODE_FORBIDDEN_CHARACTER"),
        ("YYYY00013", "CODE_ORGANISATION_CHECK"),
    ] {
        assert_eq!(organisation(code).unwrap_err().reason(), reason, "{code}");
    }
}

#[test]
fn registration_numbers_carry_a_check_digit() {
    // ISO 7064 gives 0794 and check digit 5 as its example of MOD 11,10.
    assert_eq!(registration_check(b"0794"), '5');
    let body = b"53052210000012";
    let number = format!("53052210000012{}", registration_check(body));
    assert_eq!(registration(&number).unwrap().to_string(), number);
    assert_eq!(registration("5305221000001").unwrap_err(), CodeFault::Length { expected: 15, got: 13 });
    assert_eq!(registration("5305221000001X5").unwrap_err(), CodeFault::ForbiddenCharacter { position: 14, character: 'X' });
}

fn credit_codes() -> impl Strategy<Value = String> {
    let letters = || prop::sample::select(&CREDIT_ALPHABET[..]);
    (prop::collection::vec(letters(), 2), "[0-9]{6}", prop::collection::vec(letters(), 8)).prop_map(|(kind, division, body)| {
        let (kind, body) = (String::from_utf8(kind).unwrap(), String::from_utf8(body).unwrap());
        let inner = format!("{kind}{division}{body}{}", organisation_check(body.as_bytes()));
        format!("{inner}{}", credit_check(inner.as_bytes()))
    })
}

fn organisation_codes() -> impl Strategy<Value = String> {
    "[0-9A-Z]{8}".prop_map(|body| format!("{body}{}", organisation_check(body.as_bytes())))
}

fn registration_numbers() -> impl Strategy<Value = String> {
    "[0-9]{14}".prop_map(|body| format!("{body}{}", registration_check(body.as_bytes())))
}

/// Value of a character modulo 11, the way GB 11714 sees it.
fn residue(byte: u8) -> u32 {
    char::from(byte).to_digit(36).unwrap() % 11
}

proptest! {
    #[test]
    fn a_credit_code_survives_no_single_change_and_no_swap(code in credit_codes()) {
        prop_assert_eq!(credit(&code).unwrap().to_string(), code.clone());
        for index in 0..18 {
            for byte in (0x20..0x7f).filter(|&byte| byte != code.as_bytes()[index]) {
                prop_assert!(credit(&with(&code, index, byte)).is_err());
            }
        }
        for index in (0..17).filter(|&index| code.as_bytes()[index] != code.as_bytes()[index + 1]) {
            prop_assert!(credit(&swapped(&code, index)).is_err());
        }
    }

    #[test]
    fn an_organisation_code_misses_only_what_is_equal_modulo_11(code in organisation_codes()) {
        let bytes = code.as_bytes();
        for (index, &original) in bytes.iter().enumerate() {
            for byte in (0x20..0x7f).filter(|&byte| byte != original) {
                let missed = index < 8
                    && (byte.is_ascii_digit() || byte.is_ascii_uppercase())
                    && residue(byte) == residue(original);
                prop_assert_eq!(organisation(&with(&code, index, byte)).is_ok(), missed);
            }
        }
        for index in (0..8).filter(|&index| bytes[index] != bytes[index + 1]) {
            let pair = [bytes[index], bytes[index + 1]];
            let missed = if index < 7 {
                residue(pair[0]) == residue(pair[1])
            } else {
                pair == *b"1X" || pair == *b"X1"
            };
            prop_assert_eq!(organisation(&swapped(&code, index)).is_ok(), missed);
        }
    }

    #[test]
    fn a_registration_number_misses_only_some_swaps_of_digits_that_differ_by_one(number in registration_numbers()) {
        let bytes = number.as_bytes();
        for (index, &original) in bytes.iter().enumerate() {
            for byte in (b'0'..=b'9').filter(|&byte| byte != original) {
                prop_assert!(registration(&with(&number, index, byte)).is_err());
            }
        }
        for index in (0..14).filter(|&index| bytes[index] != bytes[index + 1]) {
            let distance = bytes[index].abs_diff(bytes[index + 1]);
            if registration(&swapped(&number, index)).is_ok() {
                prop_assert!(distance == 1 || distance == 9);
            }
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,20}") {
        let _ = credit(&text);
        let _ = organisation(&text);
        let _ = registration(&text);
    }
}

/// For every pair of neighbours exactly one of the ten states hides their swap.
#[test]
fn a_registration_number_hides_a_swap_in_one_state_of_ten() {
    for digit in 0..10u8 {
        let pair = [b'0' + digit, b'0' + (digit + 1) % 10];
        // Each first digit leaves the check in another of its ten states.
        let hidden: BTreeSet<u8> = (b'0'..=b'9')
            .filter(|&first| registration_check(&[first, pair[0], pair[1]]) == registration_check(&[first, pair[1], pair[0]]))
            .collect();
        assert_eq!(hidden.len(), 1, "{digit}");
    }
}
