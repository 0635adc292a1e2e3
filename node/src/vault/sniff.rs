//! What a file is, by its first bytes; of archives, by the names inside.

use std::{
    fs::File,
    io::{Read as _, Seek as _},
};

use changxiao_domain::media::Media;

use super::zip_names;

/// Bytes looked at to tell text from anything else.
const HEAD: u64 = 8 * 1_024;

/// The kind, or in words what was found instead.
///
/// # Errors
/// The file cannot be read.
pub fn of(file: &mut File) -> std::io::Result<Result<Media, String>> {
    file.rewind()?;
    let mut head = Vec::new();
    file.take(HEAD).read_to_end(&mut head)?;
    file.rewind()?;
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        return Ok(archive(file));
    }
    Ok(plain(&head))
}

fn plain(head: &[u8]) -> Result<Media, String> {
    let begins = |with: &[u8]| head.starts_with(with);
    if begins(b"\xff\xd8\xff") {
        return Ok(Media::Jpeg);
    }
    if begins(b"\x89PNG\r\n\x1a\n") {
        return Ok(Media::Png);
    }
    if begins(b"RIFF") && head.get(8..12) == Some(b"WEBP") {
        return Ok(Media::Webp);
    }
    if begins(b"%PDF-") {
        return Ok(Media::Pdf);
    }
    let known: &[(&[u8], &str)] = &[
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old or password-protected Office document (.xls, .doc)"),
        (b"MZ", "a program"),
        (b"\x7fELF", "a program"),
        (b"#!", "a script"),
        (b"GIF8", "a GIF picture"),
        (b"7z\xbc\xaf", "a 7z archive"),
        (b"Rar!", "a RAR archive"),
        (b"\x1f\x8b", "a gzip archive"),
        (b"<", "a page or XML"),
        (b"{\\rtf", "an RTF document"),
    ];
    if let Some((_, what)) = known.iter().find(|(magic, _)| begins(magic)) {
        return Err((*what).to_owned());
    }
    let marked = begins(b"\xff\xfe") || begins(b"\xfe\xff");
    let is_text = !head.is_empty() && (marked || !head.iter().any(|byte| *byte < 32 && !matches!(byte, b'\t' | b'\n' | b'\r')));
    if is_text { Ok(Media::Csv) } else { Err("of no known kind".to_owned()) }
}

fn archive(file: &mut File) -> Result<Media, String> {
    let names = zip_names::of(file).map_err(|why| format!("an archive that cannot be read: {why}"))?;
    let has = |name: &str| names.iter().any(|entry| entry.name == name);
    let runs = |entry: &zip_names::Entry| {
        let name = entry.name.to_ascii_lowercase();
        name.ends_with("vbaproject.bin") || name.contains("macrosheets/") || name.contains("activex/")
    };
    if names.iter().any(runs) {
        return Err("an Office document with macros".to_owned());
    }
    if !has("[Content_Types].xml") {
        let open = names.iter().any(|entry| entry.name == "mimetype");
        return Err(if open { "an OpenDocument file".to_owned() } else { "an archive".to_owned() });
    }
    if has("xl/workbook.xml") {
        Ok(Media::Xlsx)
    } else if has("xl/workbook.bin") {
        Err("a binary workbook (.xlsb)".to_owned())
    } else if has("word/document.xml") {
        Ok(Media::Docx)
    } else {
        Err("an Office file of another kind".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_decide() {
        for (head, media) in [
            (b"\xff\xd8\xff\xe1".as_slice(), Media::Jpeg),
            (b"\x89PNG\r\n\x1a\n..", Media::Png),
            (b"RIFF\0\0\0\0WEBPVP8 ", Media::Webp),
            (b"%PDF-1.7", Media::Pdf),
            ("企业名称,地址\n".as_bytes(), Media::Csv),
        ] {
            assert_eq!(plain(head), Ok(media));
        }
        for refused in
            [b"MZ\x90".as_slice(), b"<html>", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"", b"\0\x01\x02", b"GIF89a", b"#!/bin/sh"]
        {
            assert!(plain(refused).is_err(), "{refused:?}");
        }
    }
}
