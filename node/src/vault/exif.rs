//! What a photograph says of itself: when and where it was taken. A claim of whoever made the file, never a finding.

use std::{
    fs::File,
    io::{BufReader, Cursor, Read as _, Seek as _},
};

use exif::{In, Rational, Tag, Value};

/// The claims stand at the beginning of a photograph; only this much is looked at.
const HEAD: u64 = 256 * 1_024;

/// `time=…;latitude=…;longitude=…`, as far as the file says so and it could be read; else empty.
#[must_use]
pub fn claims(file: &mut File) -> String {
    let mut head = Vec::new();
    if file.rewind().is_err() || file.take(HEAD).read_to_end(&mut head).is_err() {
        return String::new();
    }
    let Ok(found) = exif::Reader::new().read_from_container(&mut BufReader::new(Cursor::new(head))) else {
        return String::new();
    };
    let mut claims = Vec::new();
    let time = found.get_field(Tag::DateTimeOriginal, In::PRIMARY).or_else(|| found.get_field(Tag::DateTime, In::PRIMARY));
    if let Some(Value::Ascii(texts)) = time.map(|field| &field.value) {
        let text: String = texts.iter().flatten().take(40).map(|byte| char::from(*byte)).collect();
        if text.chars().all(|c| c.is_ascii_digit() || matches!(c, ':' | ' ')) && text.len() == 19 {
            claims.push(format!("time={text}"));
        }
    }
    let degrees = |tag, reference, negative: u8| {
        let Value::Rational(parts) = &found.get_field(tag, In::PRIMARY)?.value else { return None };
        let sign = match &found.get_field(reference, In::PRIMARY).map(|field| &field.value) {
            Some(Value::Ascii(texts)) if texts.iter().flatten().next() == Some(&negative) => -1.0,
            _ => 1.0,
        };
        of_parts(parts).map(|degrees| format!("{:.6}", degrees * sign))
    };
    let latitude = degrees(Tag::GPSLatitude, Tag::GPSLatitudeRef, b'S');
    let longitude = degrees(Tag::GPSLongitude, Tag::GPSLongitudeRef, b'W');
    claims.extend(latitude.map(|text| format!("latitude={text}")));
    claims.extend(longitude.map(|text| format!("longitude={text}")));
    claims.join(";")
}

fn of_parts(parts: &[Rational]) -> Option<f64> {
    let [degrees, minutes, seconds] = parts else { return None };
    let part = |one: &Rational| (one.denom != 0).then(|| f64::from(one.num) / f64::from(one.denom));
    let sum = part(degrees)? + part(minutes)? / 60.0 + part(seconds)? / 3_600.0;
    (sum <= 180.0).then_some(sum)
}

/// One claim by its name; empty if it is not made.
#[must_use]
pub fn claim<'t>(claims: &'t str, name: &str) -> &'t str {
    claims.split(';').find_map(|one| one.strip_prefix(name)?.strip_prefix('=')).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    /// A photograph of nothing, with the position of a synthetic place (25°1'12" N, 98°29'42.72" E).
    fn photograph() -> Vec<u8> {
        let mut tiff = b"II*\0\x08\0\0\0".to_vec();
        let entry = |tag: u16, kind: u16, count: u32, value: u32| {
            [tag.to_le_bytes().to_vec(), kind.to_le_bytes().to_vec(), count.to_le_bytes().to_vec(), value.to_le_bytes().to_vec()]
                .concat()
        };
        // IFD0 at 8: time, pointer to GPS.
        tiff.extend(2_u16.to_le_bytes());
        tiff.extend(entry(0x0132, 2, 20, 38));
        tiff.extend(entry(0x8825, 4, 1, 58));
        tiff.extend(0_u32.to_le_bytes());
        tiff.extend(b"2015:08:20 10:11:12\0");
        assert_eq!(tiff.len(), 58);
        tiff.extend(4_u16.to_le_bytes());
        tiff.extend(entry(1, 2, 2, u32::from_le_bytes(*b"N\0\0\0")));
        tiff.extend(entry(2, 5, 3, 112));
        tiff.extend(entry(3, 2, 2, u32::from_le_bytes(*b"E\0\0\0")));
        tiff.extend(entry(4, 5, 3, 136));
        tiff.extend(0_u32.to_le_bytes());
        assert_eq!(tiff.len(), 112);
        for (num, denom) in [(25_u32, 1_u32), (1, 1), (12, 1), (98, 1), (29, 1), (4272, 100)] {
            tiff.extend(num.to_le_bytes());
            tiff.extend(denom.to_le_bytes());
        }
        let mut jpeg = b"\xff\xd8\xff\xe1".to_vec();
        jpeg.extend(u16::try_from(tiff.len() + 8).unwrap().to_be_bytes());
        jpeg.extend(b"Exif\0\0");
        jpeg.extend(tiff);
        jpeg.extend(b"\xff\xd9");
        jpeg
    }

    #[test]
    fn place_and_time_are_read_as_claims() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&photograph()).unwrap();
        let said = claims(&mut file);
        assert_eq!(said, "time=2015:08:20 10:11:12;latitude=25.020000;longitude=98.495200");
        assert_eq!(claim(&said, "latitude"), "25.020000");
        assert_eq!(claim(&said, "altitude"), "");
    }

    #[test]
    fn cut_anywhere_it_claims_less_and_never_fails() {
        let whole = photograph();
        for end in 0..whole.len() {
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(&whole[..end]).unwrap();
            let _ = claims(&mut file);
        }
    }
}
