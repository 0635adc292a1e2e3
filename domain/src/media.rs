//! Which files are taken, by what their bytes are and not by what their name says; and how large they may be.
//!
//! The list is closed: pictures and documents that an office opens every day. What can run (macros, archives, programs, pages)
//! is not on it. Limits are [P]: a photograph of a telephone is 2 to 8 MB, a scanned report seldom above 20.

use crate::refusals;

/// A kind of file that is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Media {
    /// Photograph.
    Jpeg,
    /// Picture.
    Png,
    /// Picture.
    Webp,
    /// Document.
    Pdf,
    /// Workbook without macros.
    Xlsx,
    /// Document without macros.
    Docx,
    /// Values separated by commas; only to be imported or exported.
    Csv,
}

impl Media {
    /// Every kind.
    pub const ALL: [Self; 7] = [Self::Jpeg, Self::Png, Self::Webp, Self::Pdf, Self::Xlsx, Self::Docx, Self::Csv];

    /// Media type.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
            Self::Pdf => "application/pdf",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Csv => "text/csv",
        }
    }

    /// From the media type.
    #[must_use]
    pub fn of(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|media| media.id() == id)
    }

    /// Whether it may be attached as evidence.
    #[must_use]
    pub const fn is_evidence(self) -> bool {
        !matches!(self, Self::Csv)
    }

    /// Whether rows can be read from it.
    #[must_use]
    pub const fn is_table(self) -> bool {
        matches!(self, Self::Xlsx | Self::Csv)
    }
}

/// What an upload is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// 佐证材料
    Evidence,
    /// 导入
    Import,
}

impl Purpose {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Evidence, Self::Import];

    /// Identifier.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Evidence => "evidence",
            Self::Import => "import",
        }
    }

    /// From its identifier.
    #[must_use]
    pub fn of(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.id() == id)
    }

    /// Largest file, bytes.
    #[must_use]
    pub const fn most_bytes(self) -> u64 {
        match self {
            Self::Evidence => 50 << 20,
            Self::Import => 20 << 20,
        }
    }
}

/// Bytes of one account's uploads that nothing refers to yet.
pub const ACCOUNT_BYTES_MAX: u64 = 200 << 20;
/// Uploads of one account that nothing refers to yet.
pub const ACCOUNT_UPLOADS_MAX: u64 = 100;

refusals! {
    /// Larger than any file of its purpose.
    TooLarge { size: u64, most: u64 } InvalidArgument "UPLOAD_TOO_LARGE"
        "the file has {size} bytes; {most} is the most that is taken", "文件大小为{size}字节,超过上限{most}字节";
    /// The account keeps too much that nothing refers to.
    Quota { most: u64 } FailedPrecondition "UPLOAD_QUOTA"
        "your uploads that nothing refers to yet would exceed {most} bytes or 100 files; attach or import them, or wait until they are tidied up",
        "待使用的上传文件将超过{most}字节或100个,请先关联或导入,或等待系统清理";
    /// A chunk begins after what is there.
    Gap { offset: u64, received: u64 } FailedPrecondition "UPLOAD_GAP"
        "the chunk begins at {offset}, but only {received} bytes are there; go on from there", "分块起点为{offset},但已收到{received}字节,请从该处继续";
    /// More bytes than were announced.
    Beyond { end: u64, size: u64 } InvalidArgument "UPLOAD_BEYOND"
        "the chunk ends at {end}, beyond the {size} bytes that were announced", "分块末尾为{end},超出所声明的{size}字节";
    /// Finished too early, or not at all.
    Unfinished { received: u64, size: u64 } FailedPrecondition "UPLOAD_UNFINISHED"
        "{received} of {size} bytes are there; send the rest and finish the upload", "已收到{received}/{size}字节,请传完并结束上传";
    /// The bytes are not those that were announced.
    Digest { } InvalidArgument "UPLOAD_DIGEST"
        "the bytes do not have the SHA-256 that was announced; they were thrown away, begin anew", "文件内容与所声明的SHA-256不符,已丢弃,请重新上传";
    /// The bytes are of no kind that is taken.
    Kind { found: String } InvalidArgument "FILE_KIND_REFUSED"
        "this is {found}; taken are jpeg, png, webp, pdf, xlsx and docx without macros, and csv to import", "文件类型({found})不被接受;可上传jpeg、png、webp、pdf、不含宏的xlsx和docx,导入时另可用csv";
    /// Taken, but not for this.
    Purpose { media: String } FailedPrecondition "UPLOAD_PURPOSE"
        "the upload ({media}) is of another kind or purpose than this needs; upload the file for this purpose", "该上传文件({media})的类型或用途不符,请按用途重新上传";
    /// The bytes are gone from the disk.
    Missing { digest: String } FailedPrecondition "FILE_MISSING"
        "the bytes of {digest} are not on this node's disk; tell its operator to run `verify`", "文件{digest}的内容不在本节点磁盘上,请通知管理员运行 verify";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_and_purposes_are_found_by_what_they_are_called() {
        for media in Media::ALL {
            assert_eq!(Media::of(media.id()), Some(media));
        }
        for purpose in Purpose::ALL {
            assert_eq!(Purpose::of(purpose.id()), Some(purpose));
        }
        assert_eq!(Media::of("text/html"), None);
        assert!(!Media::Csv.is_evidence() && Media::Xlsx.is_table() && !Media::Docx.is_table());
    }
}
