//! The root key: made once, kept with mode 0600, used to seal small secrets with AES-256-GCM.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::StateError;
use crate::aes256_gcm::{Aes256Gcm, KEY_BYTES};

pub(super) struct RootKey(Zeroizing<[u8; KEY_BYTES]>);

impl std::fmt::Debug for RootKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RootKey(redacted)")
    }
}

impl RootKey {
    pub(super) fn random() -> Result<Self, StateError> {
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        getrandom::fill(key.as_mut_slice())?;
        Ok(Self(key))
    }

    pub(super) fn load_or_make(path: &Path) -> Result<Self, StateError> {
        match Self::load(path) {
            Err(StateError::RootKeyMissing { .. }) => Self::make(path),
            loaded => loaded,
        }
    }

    pub(super) fn load(path: &Path) -> Result<Self, StateError> {
        let file = File::open(path).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => StateError::RootKeyMissing {
                path: path.to_owned(),
            },
            _ => unwritable(path, source),
        })?;
        refuse_exposed(path, &file)?;
        let mut bytes = Zeroizing::new(Vec::with_capacity(KEY_BYTES + 1));
        file.take(KEY_BYTES as u64 + 1)
            .read_to_end(&mut bytes)
            .map_err(|source| unwritable(path, source))?;
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        if bytes.len() != KEY_BYTES {
            return Err(StateError::RootKeyDamaged {
                path: path.to_owned(),
            });
        }
        key.copy_from_slice(&bytes);
        Ok(Self(key))
    }

    fn make(path: &Path) -> Result<Self, StateError> {
        let key = Self::random()?;
        let fresh = path.with_extension("key.new");
        let written = write_private(&fresh, key.0.as_slice())
            .and_then(|()| fs::rename(&fresh, path))
            .and_then(|()| sync_parent(path));
        written.map_err(|source| unwritable(path, source))?;
        Ok(key)
    }

    pub(super) fn derived(&self, purpose: &str) -> Zeroizing<[u8; KEY_BYTES]> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.as_slice())
            .expect("HMAC takes keys of any length");
        mac.update(purpose.as_bytes());
        Zeroizing::new(mac.finalize().into_bytes().into())
    }

    pub(super) fn seal(&self, purpose: &str, plaintext: &[u8]) -> Result<Vec<u8>, StateError> {
        Ok(self.cipher().seal_whole(purpose.as_bytes(), plaintext)?)
    }

    pub(super) fn unseal(
        &self,
        purpose: &str,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, StateError> {
        self.cipher()
            .open_whole(purpose.as_bytes(), sealed)
            .map_err(|_| StateError::Unsealing)
    }

    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new(&self.0)
    }
}

fn unwritable(path: &Path, source: io::Error) -> StateError {
    StateError::Unwritable {
        path: path.to_owned(),
        source,
    }
}

fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn sync_parent(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) => File::open(parent)?.sync_all(),
        None => Ok(()),
    }
}

#[cfg(unix)]
fn refuse_exposed(path: &Path, file: &File) -> Result<(), StateError> {
    use std::os::unix::fs::PermissionsExt as _;
    let metadata = file.metadata().map_err(|source| unwritable(path, source))?;
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    Err(StateError::RootKeyExposed {
        path: path.to_owned(),
        mode,
    })
}

#[cfg(not(unix))]
fn refuse_exposed(_path: &Path, _file: &File) -> Result<(), StateError> {
    Ok(())
}
