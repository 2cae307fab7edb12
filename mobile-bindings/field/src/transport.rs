//! The way to the server, which a test or a special network can replace.

use std::sync::Arc;

use itgel_device::http::{self, Carrier, HttpConfig, HttpError, HttpProtocol};
use itgel_device::sync::{self, Progress, Step, SyncError, SyncReport};
use itgel_device::wipe::WipedWord;
use itgel_device::{Device, Enrolment};
use itgel_domain::file::chain::DeviceSigner;
use itgel_domain::time::AtMs;
use itgel_domain::trust::Invitation;

/// Enrolment and synchronisation, as blocking calls: a page never waits for the second one, it is
/// a job.
pub trait Transport: Send + Sync {
    /// Enrols a key by an invitation.
    ///
    /// # Errors
    /// [`HttpError`]; then nothing was made here.
    fn enrol(&self, invitation: &str, signer: &dyn DeviceSigner) -> Result<Enrolment, HttpError>;

    /// Synchronises `device` with the server at `address`.
    ///
    /// # Errors
    /// [`SyncError`]; what was answered before is kept.
    fn synchronise(
        &self,
        device: &Device,
        address: &str,
        signer: Arc<dyn DeviceSigner>,
        now: AtMs,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<SyncReport, SyncError>;

    /// Tells the server at `address` that a store was deleted by its order.
    ///
    /// # Errors
    /// [`HttpError`]; then the word is kept and told again.
    fn tell_wiped(&self, address: &str, word: &WipedWord) -> Result<(), HttpError>;
}

/// HTTPS by rustls.
#[derive(Debug, Clone, Default)]
pub struct HttpTransport {
    /// The certificate in PEM that the server's own must rest on, where it is not a public one.
    pub root_pem: Option<Vec<u8>>,
    /// What carries the requests instead of the network of this machine.
    pub carrier: Option<Arc<dyn Carrier>>,
}

impl HttpTransport {
    fn config(&self, address: &str) -> HttpConfig {
        HttpConfig {
            root_pem: self.root_pem.clone(),
            carrier: self.carrier.clone(),
            ..HttpConfig::new(address)
        }
    }
}

impl Transport for HttpTransport {
    fn enrol(&self, invitation: &str, signer: &dyn DeviceSigner) -> Result<Enrolment, HttpError> {
        let config = |address: &str| self.config(address);
        let (enrolment, _) = http::enrol_invited(invitation, &config, signer)?;
        Ok(enrolment)
    }

    fn synchronise(
        &self,
        device: &Device,
        address: &str,
        signer: Arc<dyn DeviceSigner>,
        now: AtMs,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<SyncReport, SyncError> {
        let hello_failed = |source: HttpError| SyncError::Protocol {
            step: Step::Hello,
            source: Box::new(source),
        };
        let protocol = HttpProtocol::new(&self.config(address), device.id()?, signer);
        sync::run(device, &protocol.map_err(hello_failed)?, now, progress)
    }

    fn tell_wiped(&self, address: &str, word: &WipedWord) -> Result<(), HttpError> {
        http::tell_wiped(&self.config(address), word)
    }
}

/// The address in an invitation.
pub(crate) fn address_of(invitation: &str) -> Result<String, HttpError> {
    let invitation: Invitation = invitation.parse()?;
    Ok(invitation.address)
}
