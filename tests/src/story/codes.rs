//! Identifiers of invented enterprises, with check characters computed here. The organisation body begins with YYYY, which no real
//! code does.

const CREDIT_ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// Organisation code of nine characters (GB 11714) for an invented body `YYYY0001`.
pub fn organisation_code(serial: u32) -> String {
    let body = format!("YYYY{serial:04}");
    let sum: u32 =
        body.chars().zip([3, 7, 9, 10, 5, 8, 4, 2]).map(|(letter, weight)| letter.to_digit(36).unwrap() * weight).sum();
    let check = match 11 - sum % 11 {
        10 => 'X',
        11 => '0',
        digit => char::from_digit(digit, 10).unwrap(),
    };
    format!("{body}{check}")
}

/// Unified social credit code (GB 32100) of an invented enterprise registered in a county.
pub fn credit_code(county_code: &str, serial: u32) -> String {
    let body = format!("91{county_code}{}", organisation_code(serial));
    let mut weight = 1;
    let mut sum = 0;
    for letter in body.bytes() {
        sum += CREDIT_ALPHABET.iter().position(|known| *known == letter).unwrap() * weight;
        weight = weight * 3 % 31;
    }
    let check = CREDIT_ALPHABET[(31 - sum % 31) % 31];
    format!("{body}{}", char::from(check))
}

/// Registration number of 15 digits (ISO 7064 MOD 11,10) of an invented enterprise.
pub fn registration_number(county_code: &str, serial: u32) -> String {
    let body = format!("{county_code}9{serial:07}");
    let mut product = 10;
    for digit in body.bytes().map(|byte| u32::from(byte - b'0')) {
        let sum = match (product + digit) % 10 {
            0 => 10,
            sum => sum,
        };
        product = sum * 2 % 11;
    }
    format!("{body}{}", (11 - product) % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_table_of_vectors() {
        assert_eq!(credit_code("530581", 1), "91530581YYYY00012N");
        assert_eq!(organisation_code(1), "YYYY00012");
    }

    #[test]
    fn the_programs_would_take_them() {
        for serial in [1, 17, 999, 2_866] {
            registration_number("530502", serial).parse::<changxiao_domain::credit_code::RegistrationNumber>().unwrap();
            credit_code("530524", serial).parse::<changxiao_domain::credit_code::UnifiedSocialCreditCode>().unwrap();
        }
    }
}
