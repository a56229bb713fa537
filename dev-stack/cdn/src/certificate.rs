//! The certificate authority made on first run, and the server certificate it signs at every start.
//!
//! The authority is good for the names of this machine alone (RFC 5280 name constraints), so a person can trust it in
//! a browser. The server's key lives in memory only. Does not install the authority anywhere.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose, NameConstraints,
};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use time::{Duration, OffsetDateTime};

use super::error::CdnError;

const NAMES: [&str; 5] = [
    "localhost",
    "cdn.localhost",
    "*.cdn.localhost",
    "127.0.0.1",
    "::1",
];
const AUTHORITY_LIFETIME: Duration = Duration::days(3650);
const SERVER_LIFETIME: Duration = Duration::days(397);
/// A server started today must be able to sign for its whole certificate's lifetime.
const RENEWED_BEFORE: Duration = Duration::days(400);

/// The authority, and where its certificate lies.
pub(super) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub(super) certificate_path: PathBuf,
}

impl Authority {
    /// Loads the authority of the state folder; makes one if there is none or it is near its end.
    pub(super) fn open(state: &Path) -> Result<Self, CdnError> {
        create_private_folder(state)?;
        let certificate_path = state.join("cdn-ca.pem");
        let key_path = state.join("cdn-ca.key");
        if let Some(issuer) = load(&certificate_path, &key_path)? {
            return Ok(Self {
                issuer,
                certificate_path,
            });
        }
        let key = KeyPair::generate().map_err(CdnError::Certificate)?;
        let params = authority_params()?;
        let certificate = params.self_signed(&key).map_err(CdnError::Certificate)?;
        write_atomically(&key_path, &key.serialize_pem(), 0o600)?;
        write_atomically(&certificate_path, &certificate.pem(), 0o644)?;
        tracing::info!(certificate = %certificate_path.display(), "made a certificate authority");
        Ok(Self {
            issuer: Issuer::new(params, key),
            certificate_path,
        })
    }

    /// A TLS configuration with a fresh server certificate, offering HTTP/2 and HTTP/1.1.
    pub(super) fn server_config(&self) -> Result<Arc<ServerConfig>, CdnError> {
        let key = KeyPair::generate().map_err(CdnError::Certificate)?;
        let names = NAMES.map(String::from).to_vec();
        let mut params = CertificateParams::new(names).map_err(CdnError::Certificate)?;
        params.distinguished_name = rcgen::DistinguishedName::new();
        params
            .distinguished_name
            .push(DnType::CommonName, "Keyfront local CDN");
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        (params.not_before, params.not_after) = validity(SERVER_LIFETIME);
        let certificate = params
            .signed_by(&key, &self.issuer)
            .map_err(CdnError::Certificate)?;
        let private = PrivateKeyDer::try_from(key.serialize_der())
            .map_err(|reason| CdnError::Tls(rustls::Error::General(reason.into())))?;
        let mut config =
            ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                .with_safe_default_protocol_versions()
                .map_err(CdnError::Tls)?
                .with_no_client_auth()
                .with_single_cert(vec![certificate.der().clone()], private)
                .map_err(CdnError::Tls)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

fn authority_params() -> Result<CertificateParams, CdnError> {
    let mut params = CertificateParams::new(Vec::new()).map_err(CdnError::Certificate)?;
    params.distinguished_name = rcgen::DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::CommonName, "Keyfront local CDN authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees: vec![
            GeneralSubtree::DnsName("localhost".into()),
            GeneralSubtree::IpAddress(CidrSubnet::from_v4_prefix([127, 0, 0, 0], 8)),
            GeneralSubtree::IpAddress(CidrSubnet::from_v6_prefix(
                std::net::Ipv6Addr::LOCALHOST.octets(),
                128,
            )),
        ],
        excluded_subtrees: Vec::new(),
    });
    (params.not_before, params.not_after) = validity(AUTHORITY_LIFETIME);
    Ok(params)
}

/// Starts a day ago, since clocks on one machine still differ between it and its containers.
fn validity(lifetime: Duration) -> (OffsetDateTime, OffsetDateTime) {
    let now = OffsetDateTime::now_utc();
    (now - Duration::DAY, now + lifetime)
}

fn load(
    certificate_path: &Path,
    key_path: &Path,
) -> Result<Option<Issuer<'static, KeyPair>>, CdnError> {
    let (Some(certificate), Some(key)) = (
        read_if_present(certificate_path)?,
        read_if_present(key_path)?,
    ) else {
        return Ok(None);
    };
    let Some(issuer) = usable(&certificate, &key) else {
        tracing::warn!(certificate = %certificate_path.display(), "replacing an unusable or expiring certificate authority");
        return Ok(None);
    };
    fs::set_permissions(key_path, fs::Permissions::from_mode(0o600))
        .map_err(state_error("write", key_path))?;
    Ok(Some(issuer))
}

fn usable(certificate_pem: &str, key_pem: &str) -> Option<Issuer<'static, KeyPair>> {
    let key = KeyPair::from_pem(key_pem).ok()?;
    let der = rustls::pki_types::CertificateDer::from_pem_slice(certificate_pem.as_bytes()).ok()?;
    let (_, parsed) = x509_parser::parse_x509_certificate(&der).ok()?;
    let ends = parsed.validity().not_after.to_datetime();
    let same_key = parsed.public_key().subject_public_key.data.as_ref() == key.public_key_raw();
    if !same_key || ends - OffsetDateTime::now_utc() < RENEWED_BEFORE {
        return None;
    }
    Issuer::from_ca_cert_der(&der, key).ok()
}

fn read_if_present(path: &Path) -> Result<Option<String>, CdnError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(absent) if absent.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(state_error("read", path)(source)),
    }
}

fn create_private_folder(path: &Path) -> Result<(), CdnError> {
    fs::create_dir_all(path).map_err(state_error("write", path))
}

/// A reader sees the old file or the new one, and a key is never readable by others, not even for a moment.
fn write_atomically(path: &Path, text: &str, mode: u32) -> Result<(), CdnError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let written = tempfile::Builder::new()
        .permissions(fs::Permissions::from_mode(mode))
        .tempfile_in(folder)
        .and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.as_file().sync_all()?;
            file.persist(path).map_err(|failed| failed.error)
        });
    written.map(drop).map_err(state_error("write", path))
}

fn state_error(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> CdnError {
    let path = path.to_path_buf();
    move |source| CdnError::State {
        action,
        path,
        source,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn second_start_reuses_the_authority_and_key_is_private() {
        let state = tempfile::tempdir().unwrap();
        let first = Authority::open(state.path()).unwrap();
        let pem = fs::read(&first.certificate_path).unwrap();
        let second = Authority::open(state.path()).unwrap();
        assert_eq!(pem, fs::read(&second.certificate_path).unwrap());
        let mode = fs::metadata(state.path().join("cdn-ca.key"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        second.server_config().unwrap();
    }

    #[test]
    fn authority_whose_key_does_not_match_is_replaced() {
        let state = tempfile::tempdir().unwrap();
        let first = Authority::open(state.path()).unwrap();
        let pem = fs::read(&first.certificate_path).unwrap();
        let stranger = KeyPair::generate().unwrap().serialize_pem();
        fs::write(state.path().join("cdn-ca.key"), stranger).unwrap();
        Authority::open(state.path()).unwrap();
        assert_ne!(pem, fs::read(&first.certificate_path).unwrap());
    }

    #[test]
    fn authority_near_its_end_is_replaced() {
        let key = KeyPair::generate().unwrap();
        let mut params = authority_params().unwrap();
        params.not_after = OffsetDateTime::now_utc() + Duration::days(30);
        let pem = params.self_signed(&key).unwrap().pem();
        assert!(usable(&pem, &key.serialize_pem()).is_none());
        params.not_after = OffsetDateTime::now_utc() + AUTHORITY_LIFETIME;
        let pem = params.self_signed(&key).unwrap().pem();
        assert!(usable(&pem, &key.serialize_pem()).is_some());
    }
}
