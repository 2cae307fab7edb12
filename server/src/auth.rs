//! Who is asking: devices, workstations and lenders' machines prove that they hold a key and get
//! an access token for ten minutes; every request is then answered for what the database says of
//! them at that moment. A write of a device also carries a [`proof`] of its key.
//!
//! There is no password and no refresh token (`security.md` 5, T22–T24). [`token`] signs and
//! checks access tokens, [`device`] gives them to devices for a signed challenge, [`client`] to
//! lenders for a signed assertion, [`enrol`](mod@enrol) admits new devices and revokes them, [`freeze`]
//! shows and lifts what their chains froze.

pub mod client;
pub mod device;
pub mod enrol;
pub mod freeze;
pub(crate) mod kept;
pub mod key;
pub mod proof;
pub mod qr;
pub mod token;
pub mod trust;

use itgel_domain::case::Role;
use itgel_domain::error::ErrorCode;
use itgel_domain::id::{LenderId, OfficerId};
use itgel_domain::policy::{Actor, Grant};
use itgel_domain::time::AtMs;
use rusqlite::Connection;

pub use self::enrol::{
    Confirmation, EnrolRequest, Enrolment, confirm, enrol, issue_enrolment, revoke, waiting,
};
pub use self::freeze::{FrozenLine, LiftRequest, frozen, lift_freeze};
pub use self::proof::{Proofs, Shown};
pub use self::token::{AccessToken, Principal, Token, Tokens};
use crate::error::ServiceError;
use crate::service::Service;
use crate::store::device::{DeviceRecord, DeviceStatus};
use crate::store::lender::LenderRecord;
use crate::{process, store};

/// Somebody whose token was good, as the database knows them now.
#[derive(Debug, Clone)]
pub enum Caller {
    /// An officer at a device or workstation.
    Officer {
        /// The device; it may be revoked, see [`Caller::officer`].
        device: DeviceRecord,
        /// The person and what was granted.
        actor: Actor,
    },
    /// A lender's machine.
    Lender {
        /// The lender.
        lender: LenderId,
        /// Its machine account and what its contract allows.
        actor: Actor,
    },
}

impl Caller {
    /// The officer, at a device that may work.
    ///
    /// # Errors
    /// [`ErrorCode::DevicePending`] and [`ErrorCode::DeviceRevoked`] for any other device;
    /// [`ErrorCode::NotAllowed`] for a lender.
    pub fn officer(self) -> Result<Actor, ServiceError> {
        match self {
            Self::Officer { device, actor } if device.status == DeviceStatus::Active => Ok(actor),
            Self::Officer { device, .. } if device.status == DeviceStatus::Pending => {
                Err(ErrorCode::DevicePending.into())
            }
            Self::Officer { .. } => Err(ErrorCode::DeviceRevoked.into()),
            Self::Lender { .. } => Err(ErrorCode::NotAllowed.into()),
        }
    }

    /// The device, also a revoked one: it may still upload (`design.md` 9).
    ///
    /// # Errors
    /// [`ErrorCode::NotAllowed`] for a lender.
    pub fn device(self) -> Result<DeviceRecord, ServiceError> {
        match self {
            Self::Officer { device, .. } => Ok(device),
            Self::Lender { .. } => Err(ErrorCode::NotAllowed.into()),
        }
    }

    /// The lender's machine account, or a person who works for a lender.
    ///
    /// # Errors
    /// [`ErrorCode::NotAllowed`] for an officer of the banner.
    pub fn of_lender(self) -> Result<Actor, ServiceError> {
        let actor = match self {
            Self::Lender { actor, .. } => actor,
            officer @ Self::Officer { .. } => officer.officer()?,
        };
        match actor.lender {
            Some(_) => Ok(actor),
            None => Err(ErrorCode::NotAllowed.into()),
        }
    }

    /// The lender's machine account.
    ///
    /// # Errors
    /// [`ErrorCode::NotAllowed`] for an officer.
    pub fn lender(self) -> Result<Actor, ServiceError> {
        match self {
            Self::Lender { actor, .. } => Ok(actor),
            Self::Officer { .. } => Err(ErrorCode::NotAllowed.into()),
        }
    }
}

/// Finds out who holds `token`: reads device and grants as they are now, so that a withdrawn grant and a replaced key take effect at once. A write of a device must come with a
/// proof that the caller holds its key.
///
/// # Errors
/// [`ErrorCode::TokenInvalid`] if the token was given to a
/// key that is no longer the caller's; [`ErrorCode::TokenProof`] as [`Proofs::check`] says.
pub fn authenticate(
    service: &Service,
    proofs: &Proofs,
    token: &Token,
    shown: &Shown,
    now: AtMs,
) -> Result<Caller, ServiceError> {
    let claims = &token.claims;
    let invalid = || ServiceError::refused(ErrorCode::TokenInvalid);
    let caller = service
        .store
        .read(|c| match claims.principal().ok_or_else(invalid)? {
            Principal::Device(id) => {
                let device = store::device::get(c, &id)?.ok_or_else(invalid)?;
                let holds_key = claims.is_bound_to(&device.public_key);
                let mut actor = officer_actor(c, &device.officer)?;
                let standing_in = process::deputised(c, &device.officer, now.on())?;
                actor.grants.extend(standing_in);
                Ok((holds_key, Caller::Officer { device, actor }))
            }
            Principal::Lender(id) => {
                let lender = store::lender::get(c, &id, now.on())?.ok_or_else(invalid)?;
                if !lender.is_in_force(now.on()) {
                    return Err(invalid());
                }
                let keys = client::keys(c, &id, now)?;
                let bound = keys.iter().any(|key| claims.is_bound_to(key));
                let actor = lender_actor(&lender);
                Ok::<_, ServiceError>((bound, Caller::Lender { lender: id, actor }))
            }
        })?;
    let (holds_key, caller) = caller;
    if !holds_key {
        return Err(invalid());
    }
    if let Caller::Officer { device, .. } = &caller {
        proofs.check(shown, &token.text, &device.public_key, now)?;
    }
    Ok(caller)
}

/// The officer with what is granted now.
///
/// # Errors
/// [`ServiceError`] of the store.
pub fn officer_actor(connection: &Connection, officer: &OfficerId) -> Result<Actor, ServiceError> {
    Ok(Actor {
        officer: officer.clone(),
        lender: store::lender::of_officer(connection, officer)?,
        grants: store::officer::grants(connection, officer)?,
    })
}

/// The machine account of a lender: one grant for each purpose of its contract.
#[must_use]
#[expect(clippy::expect_used, reason = "both are identifiers of one form")]
pub fn lender_actor(lender: &LenderRecord) -> Actor {
    let grant = |purpose| Grant {
        role: Role::Lender,
        division: lender.division,
        purpose: Some(purpose),
    };
    Actor {
        officer: lender.id.as_str().parse().expect("an identifier"),
        lender: Some(lender.id.clone()),
        grants: lender.purposes.iter().copied().map(grant).collect(),
    }
}
