//! Certificates and keys on disk, read with errors an operator can act on.
//!
//! The files may come from the built-in authority or from any other agent that writes PEM; nothing here knows which.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use changxiao_domain::clock::Instant;
use changxiao_domain::enrolment::span_in_words;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use super::key::KeyMaterial;
use super::leaf::{Leaf, LeafError};
use super::words::date_in_words;

/// Nothing of ours comes near this; it keeps a mistaken path from filling memory.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// Why an identity cannot be taken into use. Every message names the file, the reason and the remedy.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    /// The file is not there.
    #[error("{path} does not exist; issue an identity (`identity issue`) or correct the path", path = path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The system refuses to read it.
    #[error("{path} cannot be read: {cause}; let the account that runs this program read it", path = path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// The file has no PEM block of the kind looked for.
    #[error("{path} holds no PEM {what}; put the {what} there in PEM form (a block that begins with -----BEGIN)", path = path.display())]
    NotPem {
        /// The file.
        path: PathBuf,
        /// "certificate" or "private key".
        what: &'static str,
    },
    /// A certificate in it is malformed.
    #[error("{path} holds a certificate that does not serve: {cause}; have it issued again", path = path.display())]
    Certificate {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: LeafError,
    },
    /// The key is of a kind the TLS library does not know.
    #[error("{path} holds a private key that cannot be used: {cause}; use an ECDSA P-256 key in PKCS#8 form", path = path.display())]
    KeyUnusable {
        /// The file.
        path: PathBuf,
        /// What the library says; never the key.
        cause: String,
    },
    /// Key and certificate belong to different pairs.
    #[error("{key} does not match the certificate in {chain}; put the two files of one issue side by side", key = key.display(), chain = chain.display())]
    KeyMismatch {
        /// The key's file.
        key: PathBuf,
        /// The certificate's file.
        chain: PathBuf,
    },
    /// Others on this machine can read the key.
    #[error("{path} is open to other accounts (mode {mode:04o}); run chmod 600 on it and, if others used this machine, issue a new key", path = path.display())]
    KeyExposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// A certificate ran out.
    #[error("{path}: the certificate of {subject} expired on {at}; issue a new one, or correct the clock of this machine", path = path.display(), at = date_in_words(*not_after))]
    Expired {
        /// The file.
        path: PathBuf,
        /// Its subject.
        subject: String,
        /// Last instant of validity.
        not_after: Instant,
    },
    /// A certificate is not valid yet, which nearly always means a wrong clock.
    #[error("{path}: the certificate of {subject} is valid only from {from}, and this machine says it is {now}: its clock is at least {span} behind; set it (timedatectl set-ntp true)",
        path = path.display(), from = date_in_words(*not_before), now = date_in_words(*now), span = span_in_words(not_before.ms_since(*now)))]
    NotYetValid {
        /// The file.
        path: PathBuf,
        /// Its subject.
        subject: String,
        /// First instant of validity.
        not_before: Instant,
        /// What this machine took for now.
        now: Instant,
    },
    /// The trust bundle holds something that may not vouch for anybody.
    #[error("{path}: the certificate of {subject} is not an authority's; a trust bundle lists authorities only", path = path.display())]
    NotAuthority {
        /// The file.
        path: PathBuf,
        /// Its subject.
        subject: String,
    },
}

impl FilesError {
    /// Stable name of the cause.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "IDENTITY_FILE_MISSING",
            Self::Unreadable { .. } => "IDENTITY_FILE_UNREADABLE",
            Self::NotPem { .. } => "IDENTITY_FILE_NOT_PEM",
            Self::Certificate { cause, .. } => cause.reason(),
            Self::KeyUnusable { .. } => "IDENTITY_KEY_UNUSABLE",
            Self::KeyMismatch { .. } => "IDENTITY_KEY_MISMATCH",
            Self::KeyExposed { .. } => "IDENTITY_KEY_EXPOSED",
            Self::Expired { .. } => "CERTIFICATE_EXPIRED",
            Self::NotYetValid { .. } => "CERTIFICATE_NOT_YET_VALID",
            Self::NotAuthority { .. } => "TRUST_BUNDLE_NOT_AUTHORITY",
        }
    }
}

/// Where the three files of an identity lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// Private key, PEM, readable by its owner alone.
    pub key: PathBuf,
    /// Certificate chain, PEM, own certificate first.
    pub chain: PathBuf,
    /// Authorities trusted to vouch for others, PEM.
    pub bundle: PathBuf,
}

impl Paths {
    /// The names the built-in authority gives them: `key.pem`, `cert.pem`, `bundle.pem`.
    pub fn in_dir(dir: &Path) -> Self {
        Self { key: dir.join("key.pem"), chain: dir.join("cert.pem"), bundle: dir.join("bundle.pem") }
    }
}

/// Authorities a connection may chain up to.
#[derive(Debug, Clone)]
pub struct TrustBundle {
    authorities: Vec<CertificateDer<'static>>,
}

impl TrustBundle {
    /// Reads a bundle and checks that it lists authorities, at least one of them valid now.
    ///
    /// # Errors
    /// Any [`FilesError`] about a certificate file.
    pub fn load(path: &Path, now: Instant) -> Result<Self, FilesError> {
        let authorities = read_certificates(path)?;
        let mut first_trouble = None;
        let mut valid = 0_usize;
        for der in &authorities {
            let authority = read_leaf(path, der)?;
            if !authority.is_authority {
                return Err(FilesError::NotAuthority { path: path.to_owned(), subject: authority.subject });
            }
            // While one root replaces another, the bundle rightly holds one that ran out or is yet to begin.
            match check_validity(path, &authority, now) {
                Ok(()) => valid += 1,
                Err(trouble) => first_trouble = first_trouble.or(Some(trouble)),
            }
        }
        match first_trouble {
            Some(trouble) if valid == 0 => Err(trouble),
            _ => Ok(Self { authorities }),
        }
    }

    /// Authorities that were believed for another reason than that they lie in a file.
    pub fn of(authorities: Vec<CertificateDer<'static>>) -> Self {
        Self { authorities }
    }

    /// The certificates, in file order.
    pub fn authorities(&self) -> &[CertificateDer<'static>] {
        &self.authorities
    }
}

/// An identity ready for use: chain, key and whom to trust.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// Own certificate first, then the authorities between it and the root.
    pub chain: Vec<CertificateDer<'static>>,
    /// The key of the first certificate.
    pub key: KeyMaterial,
    /// Whom to believe.
    pub bundle: TrustBundle,
    /// What the first certificate says.
    pub leaf: Leaf,
}

impl Credentials {
    /// Reads and checks the three files: present, PEM, one pair, private, and valid now.
    ///
    /// # Errors
    /// Any [`FilesError`]; the first trouble found, in the order key, chain, pair, dates, bundle.
    pub fn load(paths: &Paths, now: Instant) -> Result<Self, FilesError> {
        let held = Self::load_lapsed(paths, now)?;
        for der in &held.chain {
            check_validity(&paths.chain, &read_leaf(&paths.chain, der)?, now)?;
        }
        Ok(held)
    }

    /// The same whatever the dates of its own certificates. Nobody believes a lapsed identity, and it shows all the same whose it was:
    /// a program that was cut off must be able to start.
    ///
    /// # Errors
    /// Any [`FilesError`] but those about the dates of the chain.
    pub fn load_lapsed(paths: &Paths, now: Instant) -> Result<Self, FilesError> {
        let key = read_key(&paths.key)?;
        let chain = read_certificates(&paths.chain)?;
        let Some(first) = chain.first() else {
            return Err(FilesError::NotPem { path: paths.chain.clone(), what: "certificate" });
        };
        let leaf = read_leaf(&paths.chain, first)?;
        check_pair(paths, &chain, &key)?;
        let bundle = TrustBundle::load(&paths.bundle, now)?;
        Ok(Self { chain, key, bundle, leaf })
    }
}

/// Whether the key in a file belongs to the first of these certificates.
///
/// # Errors
/// The key cannot be read or used.
pub fn pair_fits(key: &Path, chain: &[CertificateDer<'static>]) -> Result<bool, FilesError> {
    let material = read_key(key)?;
    let paths = Paths { key: key.to_owned(), chain: PathBuf::new(), bundle: PathBuf::new() };
    match check_pair(&paths, chain, &material) {
        Ok(()) => Ok(true),
        Err(FilesError::KeyMismatch { .. }) => Ok(false),
        Err(other) => Err(other),
    }
}

/// The certificates in a PEM file, in file order.
///
/// # Errors
/// [`FilesError`] if it is missing, unreadable or holds none.
pub fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, FilesError> {
    read_certificates(path)
}

pub(super) fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, FilesError> {
    let not_pem = || FilesError::NotPem { path: path.to_owned(), what: "certificate" };
    let found: Vec<_> = CertificateDer::pem_slice_iter(&read_file(path)?).collect::<Result<_, _>>().map_err(|_| not_pem())?;
    if found.is_empty() { Err(not_pem()) } else { Ok(found) }
}

pub(super) fn read_key(path: &Path) -> Result<KeyMaterial, FilesError> {
    let bytes = read_file(path)?;
    check_private(path)?;
    PrivateKeyDer::from_pem_slice(&bytes)
        .map(KeyMaterial::new)
        .map_err(|_| FilesError::NotPem { path: path.to_owned(), what: "private key" })
}

pub(super) fn read_leaf(path: &Path, der: &CertificateDer<'_>) -> Result<Leaf, FilesError> {
    Leaf::read(der).map_err(|cause| FilesError::Certificate { path: path.to_owned(), cause })
}

pub(super) fn check_validity(path: &Path, leaf: &Leaf, now: Instant) -> Result<(), FilesError> {
    let (path, subject) = (path.to_owned(), leaf.subject.clone());
    if now > leaf.not_after {
        Err(FilesError::Expired { path, subject, not_after: leaf.not_after })
    } else if now < leaf.not_before {
        Err(FilesError::NotYetValid { path, subject, not_before: leaf.not_before, now })
    } else {
        Ok(())
    }
}

pub(super) fn check_pair(paths: &Paths, chain: &[CertificateDer<'static>], key: &KeyMaterial) -> Result<(), FilesError> {
    let signing = rustls::crypto::ring::sign::any_supported_type(&key.to_der())
        .map_err(|e| FilesError::KeyUnusable { path: paths.key.clone(), cause: e.to_string() })?;
    // Ring's keys always know their public half, so "unknown" cannot hide a mismatch here.
    CertifiedKey::new(chain.to_vec(), signing)
        .keys_match()
        .map_err(|_| FilesError::KeyMismatch { key: paths.key.clone(), chain: paths.chain.clone() })
}

fn read_file(path: &Path) -> Result<Vec<u8>, FilesError> {
    let unreadable = |cause| FilesError::Unreadable { path: path.to_owned(), cause };
    let size = match fs::metadata(path) {
        Ok(about) if !about.is_file() => {
            return Err(unreadable(io::Error::other("it is not a file")));
        }
        Ok(about) => about.len(),
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            return Err(FilesError::Missing { path: path.to_owned() });
        }
        Err(e) => return Err(unreadable(e)),
    };
    if size > FILE_BYTES_MAX {
        return Err(unreadable(io::Error::other(format!("it has {size} bytes, far more than certificates need"))));
    }
    fs::read(path).map_err(unreadable)
}

/// Nobody but the owner may do anything with a key: 0600 or less.
pub(crate) fn check_private(path: &Path) -> Result<(), FilesError> {
    use std::os::unix::fs::PermissionsExt;
    let about = fs::metadata(path).map_err(|cause| FilesError::Unreadable { path: path.to_owned(), cause })?;
    let mode = about.permissions().mode() & 0o7777;
    if mode & 0o077 != 0 { Err(FilesError::KeyExposed { path: path.to_owned(), mode }) } else { Ok(()) }
}
