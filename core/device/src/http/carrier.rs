//! What carries a request to the server: rustls over the network of the machine, or something that
//! the program brings along, for networks that only their owner can speak.

use std::fmt::Debug;
use std::time::Duration;

use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use super::{HttpConfig, HttpError};

/// A POST on its way to the server.
#[derive(Debug, Clone)]
pub struct Call<'a> {
    /// The whole address.
    pub url: &'a str,
    /// The head: names in small letters, and values.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: &'a [u8],
    /// Most bytes of an answer that are read.
    pub limit: u64,
}

/// What came back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The head; names in any case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// The way did not carry the call, or not its answer.
pub type CarrierError = Box<dyn std::error::Error + Send + Sync>;

/// Carries requests. It follows no redirect: the server sends none, a captive portal does.
pub trait Carrier: Debug + Send + Sync {
    /// Carries one request and brings its answer, whatever its status.
    ///
    /// # Errors
    /// [`CarrierError`] if no whole answer came within the time of the program.
    fn post(&self, call: &Call<'_>) -> Result<Reply, CarrierError>;
}

/// The network of this machine.
#[derive(Debug)]
pub struct Network(Agent);

impl Network {
    /// The network with the certificate and the time of `config`.
    ///
    /// # Errors
    /// [`HttpError::Config`] for a certificate that is none.
    pub fn new(config: &HttpConfig) -> Result<Self, HttpError> {
        let mut tls = TlsConfig::builder();
        if let Some(pem) = &config.root_pem {
            let root = Certificate::from_pem(pem).map_err(|_| HttpError::Config)?;
            tls = tls.root_certs(RootCerts::new_with_certs(&[root]));
        }
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_millis(config.timeout_ms)))
            // A captive portal redirects; the server never does.
            .max_redirects(0)
            .tls_config(tls.build())
            .build()
            .new_agent();
        Ok(Self(agent))
    }
}

impl Carrier for Network {
    fn post(&self, call: &Call<'_>) -> Result<Reply, CarrierError> {
        let mut request = self.0.post(call.url);
        for (name, value) in &call.headers {
            request = request.header(*name, value);
        }
        let mut response = request.send(call.body)?;
        let status = response.status();
        let named = response.headers().iter();
        let headers = named
            .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())))
            .collect();
        let config = response.body_mut().with_config();
        let body = match config.limit(call.limit).read_to_vec() {
            // The status of a refusal is worth more than what was said about it.
            Err(_) if !status.is_success() => Vec::new(),
            read => read?,
        };
        Ok(Reply {
            status: status.as_u16(),
            headers,
            body,
        })
    }
}
