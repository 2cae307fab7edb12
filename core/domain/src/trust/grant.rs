//! What a device may do without the server, and for how long (`security.md` 4.4, T25, T33).
//!
//! A grant is renewed at every contact, so it ends only after 45 days without one. Then entry goes on
//! for another fortnight and is flagged; after that the device reads and uploads, and nothing else.
//! A grant cannot be called back from a device that hears nothing: these 59 days are the bound.

use super::jws::{self, JwsError, thumbprint};
use crate::case::Role;
use crate::division::DivisionCode;
use crate::file::chain::DeviceSigner;
use crate::id::{DeviceId, OfficerId};
use crate::time::AtMs;

/// Days of a grant (`design.md` 9).
pub const GRANT_DAYS: i64 = 45;

/// Days of entry after its end, flagged (`security.md` T25).
pub const GRACE_DAYS: i64 = 14;

const DAY_MS: i64 = 86_400_000;

const TYPE: &str = "grant+jwt";

/// A grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The server that gives it: its address.
    pub issuer: String,
    /// The device.
    pub device: DeviceId,
    /// Its officer.
    pub officer: OfficerId,
    /// The thumbprint of the device's key.
    pub key: String,
    /// The roles of the officer.
    pub roles: Vec<Role>,
    /// The divisions in which the officer holds them.
    pub divisions: Vec<DivisionCode>,
    /// The packs in force when it was given, as `HH-NM-1/2`: an older version of one of them is
    /// outdated, whatever a device still holds.
    pub packs: Vec<String>,
    /// Counts the grants of the device; a lower one is never taken after a higher one.
    pub seq: u64,
    /// From when on.
    pub from: AtMs,
    /// Until when.
    pub until: AtMs,
}

/// How far a grant covers an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coverage {
    /// It is covered.
    Covered,
    /// The grant has ended, and entry goes on for the days of grace, flagged.
    Grace,
    /// Nothing more is entered; what is there can be read and uploaded.
    Ended,
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Confirmation {
    pub(super) jkt: String,
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    iss: String,
    aud: String,
    sub: DeviceId,
    officer: OfficerId,
    roles: Vec<Role>,
    divisions: Vec<DivisionCode>,
    packs: Vec<String>,
    grant_seq: u64,
    nbf: i64,
    exp: i64,
    jti: String,
    cnf: Confirmation,
}

impl Confirmation {
    pub(super) fn of(public_key: &[u8]) -> Self {
        Self {
            jkt: thumbprint(public_key),
        }
    }
}

impl Grant {
    /// The grant as the server signs it. Times are milliseconds, as everywhere in the product.
    #[must_use]
    pub fn sign(&self, server: &dyn DeviceSigner) -> String {
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: self.issuer.clone(),
            sub: self.device.clone(),
            officer: self.officer.clone(),
            roles: self.roles.clone(),
            divisions: self.divisions.clone(),
            packs: self.packs.clone(),
            grant_seq: self.seq,
            nbf: self.from.0,
            exp: self.until.0,
            jti: Self::jti(&self.device, self.seq),
            cnf: Confirmation {
                jkt: self.key.clone(),
            },
        };
        jws::sign(TYPE, &claims, server)
    }

    /// Reads a grant that one of the server's keys signed for a key and a device.
    ///
    /// # Errors
    /// [`JwsError`] for anything else, also a grant of another device.
    pub fn verify(
        text: &str,
        server_keys: &[&[u8]],
        device: &DeviceId,
        public_key: &[u8],
    ) -> Result<Self, JwsError> {
        let claims: Claims = jws::verify(TYPE, text, server_keys)?;
        let is_ours = claims.sub == *device
            && claims.cnf.jkt == thumbprint(public_key)
            && claims.aud == claims.iss
            && claims.jti == Self::jti(device, claims.grant_seq)
            && claims.nbf < claims.exp
            && claims.exp - claims.nbf <= GRANT_DAYS * DAY_MS;
        if !is_ours {
            return Err(JwsError);
        }
        Ok(Self {
            issuer: claims.iss,
            device: claims.sub,
            officer: claims.officer,
            key: claims.cnf.jkt,
            roles: claims.roles,
            divisions: claims.divisions,
            packs: claims.packs,
            seq: claims.grant_seq,
            from: AtMs(claims.nbf),
            until: AtMs(claims.exp),
        })
    }

    /// Where a grant that is given at `now` ends.
    #[must_use]
    pub const fn end(now: AtMs) -> AtMs {
        now.plus_ms(GRANT_DAYS * DAY_MS)
    }

    /// Whether the pack with this id and version is older than one that the grant names.
    #[must_use]
    pub fn outdates(&self, id: &str, version: &str) -> bool {
        let packs = self.packs.iter().map(String::as_str);
        outdates(packs, id, version)
    }

    fn jti(device: &DeviceId, seq: u64) -> String {
        format!("{device}.{seq}")
    }
}

impl Coverage {
    /// How far a grant until `until` covers what is entered at `at`.
    #[must_use]
    pub const fn at(until: AtMs, at: AtMs) -> Self {
        if at.0 < until.0 {
            Self::Covered
        } else if at.0 < until.plus_ms(GRACE_DAYS * DAY_MS).0 {
            Self::Grace
        } else {
            Self::Ended
        }
    }
}

/// Whether the pack with this id and version is older than one of `packs`, as a grant names them.
#[must_use]
pub fn outdates<'a>(packs: impl IntoIterator<Item = &'a str>, id: &str, version: &str) -> bool {
    packs.into_iter().any(|named| {
        named
            .rsplit_once('/')
            .is_some_and(|(known, least)| known == id && is_older(version, least))
    })
}

/// Versions count part by part: 1.9 is older than 1.10.
fn is_older(version: &str, least: &str) -> bool {
    let parts = |text: &str| -> Vec<u64> {
        text.split('.')
            .map(|part| part.parse().unwrap_or(0))
            .collect()
    };
    parts(version) < parts(least)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::chain::SoftwareSigner;

    fn grant() -> Grant {
        Grant {
            issuer: "https://a.example".into(),
            device: "d1".parse().unwrap(),
            officer: "o1".parse().unwrap(),
            key: thumbprint(&[7; 32]),
            roles: vec![Role::Collector],
            divisions: vec!["150623200201".parse().unwrap()],
            packs: vec!["HH-NM-1/1.10".into()],
            seq: 3,
            from: AtMs(0),
            until: Grant::end(AtMs(0)),
        }
    }

    #[test]
    fn a_grant_is_good_for_its_own_device_and_key_alone() {
        let server = SoftwareSigner::from_secret(&[1; 32]);
        let keys = server.public_key();
        let text = grant().sign(&server);
        let read = |device: &str, key: &[u8]| {
            Grant::verify(&text, &[&keys], &device.parse().unwrap(), key)
        };
        assert_eq!(read("d1", &[7; 32]), Ok(grant()));
        assert_eq!(read("d2", &[7; 32]), Err(JwsError));
        assert_eq!(read("d1", &[8; 32]), Err(JwsError));
        let longer = Grant {
            until: Grant::end(AtMs(1)),
            ..grant()
        };
        let text = longer.sign(&server);
        let read = Grant::verify(&text, &[&keys], &longer.device, &[7; 32]);
        assert_eq!(read, Err(JwsError), "longer than a grant may be");
    }

    #[test]
    fn entry_goes_on_for_a_fortnight_after_the_grant_and_then_ends() {
        let until = Grant::end(AtMs(0));
        let day = |n: i64| AtMs(n * DAY_MS);
        assert_eq!(Coverage::at(until, day(45).plus_ms(-1)), Coverage::Covered);
        assert_eq!(Coverage::at(until, day(45)), Coverage::Grace);
        assert_eq!(Coverage::at(until, day(59).plus_ms(-1)), Coverage::Grace);
        assert_eq!(Coverage::at(until, day(59)), Coverage::Ended);
    }

    #[test]
    fn an_older_version_of_a_pack_in_force_is_outdated_and_no_other_pack() {
        let grant = grant();
        assert!(grant.outdates("HH-NM-1", "1.9") && grant.outdates("HH-NM-1", "1"));
        assert!(!grant.outdates("HH-NM-1", "1.10") && !grant.outdates("HH-NM-1", "2"));
        assert!(!grant.outdates("COOP-1", "1"));
    }
}
