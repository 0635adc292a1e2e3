//! A private key that cannot be printed by accident.

use std::fmt;

use rustls::pki_types::PrivateKeyDer;

/// Private key material. It has no `Display`, and its `Debug` says only that there is one.
pub struct KeyMaterial(PrivateKeyDer<'static>);

impl KeyMaterial {
    /// Takes hold of a decoded key.
    pub fn new(key: PrivateKeyDer<'static>) -> Self {
        Self(key)
    }

    /// A copy for the TLS library, which insists on owning its keys.
    pub fn to_der(&self) -> PrivateKeyDer<'static> {
        self.0.clone_key()
    }
}

impl Clone for KeyMaterial {
    fn clone(&self) -> Self {
        Self(self.0.clone_key())
    }
}

impl fmt::Debug for KeyMaterial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyMaterial(hidden)")
    }
}

/// A private key as PEM text on its way to a file, hidden in the same manner.
#[derive(Clone)]
pub struct KeyText(String);

impl KeyText {
    pub(super) fn new(pem: String) -> Self {
        Self(pem)
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for KeyText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyText(hidden)")
    }
}
