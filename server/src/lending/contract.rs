//! Contracts with lenders, and the keys of their machines (`domain.md` L-01, L-08). A contract comes
//! in as a table (`docs/import.md`). A key is handed in by an administrator and serves once a second
//! person has compared its fingerprint with what the lender told him: whoever could put in a key of
//! his own would read what people agreed to show their bank.

use itgel_domain::authorisation::Purpose;
use itgel_domain::division::DivisionCode;
use itgel_domain::error::ErrorCode;
use itgel_domain::hash::Hash;
use itgel_domain::id::{LenderId, OfficerId};
use itgel_domain::log::LeafKind;
use itgel_domain::policy::{self, Action, Actor, Resource};
use itgel_domain::time::AtMs;
use jiff::civil::Date;
use rusqlite::Connection;
use serde_json::json;

use crate::auth::key;
use crate::error::ServiceError;
use crate::store::lender::LenderRecord;
use crate::store::lender_key::LenderKey;
use crate::store::{self, Tx};

/// How long the keys before it go on serving once a new one does: the lender changes its machines
/// in this time, and nothing stands still.
pub const OVERLAP_MS: i64 = 30 * 86_400_000;

/// A key of a machine on its way in.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewLenderKey {
    /// The Ed25519 public key, PEM, as `openssl pkey -pubout` writes it.
    pub public_key: String,
}

/// What the second person was told by the lender.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ComparedKey {
    /// SHA-256 of the key as DER, hexadecimal; blanks and colons make no difference.
    pub fingerprint: String,
}

/// A lender with its contracts and keys.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct LenderView {
    /// Its number, also its client id.
    pub lender: LenderId,
    /// Its name.
    pub name: String,
    /// Its name in Mongolian; empty if none was entered.
    pub name_mn: String,
    /// Its contracts, by their first day.
    pub contracts: Vec<ContractView>,
    /// Its keys, the oldest first.
    pub keys: Vec<KeyView>,
}

/// A contract.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ContractView {
    /// Where it holds.
    pub division: DivisionCode,
    /// What for.
    pub purposes: Vec<Purpose>,
    /// First day.
    pub valid_from: Date,
    /// Last day, once it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<Date>,
    /// Most queries on one day.
    pub daily_quota: u32,
}

/// A key.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct KeyView {
    /// SHA-256 of the key as DER. In a list it is absent while the key waits: the second person has
    /// it from the lender, not from here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// Who handed it in.
    pub entered_by: OfficerId,
    /// When.
    pub entered_at_ms: i64,
    /// Who compared it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirmed_by: Option<OfficerId>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirmed_at_ms: Option<i64>,
    /// From when on it serves no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ends_at_ms: Option<i64>,
}

/// The lenders whose contracts lie where the reader enters or confirms keys.
///
/// # Errors
/// [`ErrorCode::NotAllowed`] for who does neither anywhere; [`ServiceError`] of the database.
pub fn lenders(connection: &Connection, actor: &Actor) -> Result<Vec<LenderView>, ServiceError> {
    let mut divisions = actor.grants.iter().map(|grant| grant.division);
    if !divisions.any(|division| may_read(actor, division)) {
        return Err(ErrorCode::NotAllowed.into());
    }
    let mut found = Vec::new();
    for id in store::lender::list(connection)? {
        let contracts = store::lender::list_contracts(connection, &id)?;
        let keys = store::lender_key::list(connection, &id)?;
        let Some(last) = contracts
            .last()
            .filter(|last| may_read(actor, last.division))
        else {
            continue;
        };
        found.push(LenderView {
            lender: id,
            name: last.name.clone(),
            name_mn: last.name_mn.clone(),
            contracts: contracts.iter().map(shown).collect(),
            keys: keys.into_iter().map(listed).collect(),
        });
    }
    Ok(found)
}

/// Hands in the key of a lender's machine. It waits for the second person; the same key again
/// changes nothing while it waits.
///
/// # Errors
/// [`ErrorCode::LenderUnknown`]; [`ErrorCode::LenderKeyInvalid`] for what is no Ed25519 public key;
/// [`ErrorCode::LenderKeyKnown`] for a key that serves or served anybody;
/// [`ErrorCode::NotAllowed`] or [`ErrorCode::ScopeOutside`]; [`ServiceError`] of the database.
pub fn enter_key(
    tx: &Tx<'_>,
    actor: &Actor,
    lender: &LenderId,
    new: &NewLenderKey,
    now: AtMs,
) -> Result<KeyView, ServiceError> {
    allow(tx, actor, (Action::ManageLenderKeys, None), lender, now)?;
    let public_key = key::from_pem(&new.public_key).ok_or(ErrorCode::LenderKeyInvalid)?;
    let fingerprint = key::fingerprint(&public_key);
    if let Some(known) = store::lender_key::get(tx, &fingerprint)? {
        let waits = known.confirmed_by.is_none() && known.ends_at.is_none();
        return match waits && known.lender == *lender {
            true => Ok(view(known)),
            false => Err(ErrorCode::LenderKeyKnown.into()),
        };
    }
    let key = LenderKey {
        fingerprint,
        lender: lender.clone(),
        public_key: key::to_pem(&public_key),
        entered_by: actor.officer.clone(),
        entered_at: now,
        confirmed_by: None,
        confirmed_at: None,
        ends_at: None,
    };
    store::lender_key::put(tx, &key)?;
    record(tx, actor, "lender.key_entered", &key, now)?;
    Ok(view(key))
}

/// Lets a key serve: another person than who handed it in gives the fingerprint that the lender told
/// him. The keys before it end after [`OVERLAP_MS`]. Whether there is such a key is the answer; a
/// fingerprint that fits none leaves a row in the audit.
///
/// # Errors
/// [`ErrorCode::LenderUnknown`]; [`ErrorCode::SecondPerson`] for who handed it in, also if nothing
/// fits; [`ErrorCode::NotAllowed`] or [`ErrorCode::ScopeOutside`]; [`ServiceError`] of the database.
pub fn confirm_key(
    tx: &Tx<'_>,
    actor: &Actor,
    lender: &LenderId,
    compared: &ComparedKey,
    now: AtMs,
) -> Result<bool, ServiceError> {
    let fingerprint = plain(&compared.fingerprint);
    let keys = store::lender_key::list(tx, lender)?;
    let waits = |key: &&LenderKey| key.confirmed_by.is_none() && key.ends_at.is_none();
    let found = keys.iter().find(|key| key.fingerprint == fingerprint);
    let first = found.or_else(|| keys.iter().rfind(waits));
    let nobody = nobody();
    let first = first.map_or(&nobody, |key| &key.entered_by);
    allow(
        tx,
        actor,
        (Action::ConfirmLenderKey, Some(first)),
        lender,
        now,
    )?;
    let Some(mut key) = found.filter(|key| key.ends_at.is_none()).cloned() else {
        let resource = format!("lender/{lender}");
        let (by, action) = (actor.officer.as_str(), "lender.fingerprint_differs");
        store::log::audit(tx, now, by, action, &resource, &json!({}))?;
        return Ok(false);
    };
    if key.confirmed_by.is_some() {
        return Ok(true);
    }
    for mut before in keys.iter().filter(|key| key.serves(now)).cloned() {
        let ends = now.plus_ms(OVERLAP_MS);
        before.ends_at = Some(before.ends_at.map_or(ends, |at| at.min(ends)));
        store::lender_key::put(tx, &before)?;
    }
    key.confirmed_by = Some(actor.officer.clone());
    key.confirmed_at = Some(now);
    store::lender_key::put(tx, &key)?;
    record(tx, actor, "lender.key_confirmed", &key, now)?;
    Ok(true)
}

/// Ends a key at once, whether it serves or waits; tokens that were given to it end with it. One
/// person is enough.
///
/// # Errors
/// [`ErrorCode::LenderUnknown`]; [`ErrorCode::LenderKeyUnknown`]; [`ErrorCode::NotAllowed`] or
/// [`ErrorCode::ScopeOutside`]; [`ServiceError`] of the database.
pub fn end_key(
    tx: &Tx<'_>,
    actor: &Actor,
    lender: &LenderId,
    fingerprint: &str,
    now: AtMs,
) -> Result<(), ServiceError> {
    allow(tx, actor, (Action::ManageLenderKeys, None), lender, now)?;
    let found = store::lender_key::get(tx, &plain(fingerprint))?;
    let found = found.filter(|key| key.lender == *lender);
    let mut key = found.ok_or(ErrorCode::LenderKeyUnknown)?;
    if key.ends_at.is_some_and(|at| at <= now) {
        return Ok(());
    }
    key.ends_at = Some(now);
    store::lender_key::put(tx, &key)?;
    record(tx, actor, "lender.key_ended", &key, now)
}

/// Notes a contract that has been put into force.
///
/// # Errors
/// [`ServiceError`] of the database.
pub(crate) fn record_contract(
    tx: &Tx<'_>,
    by: &OfficerId,
    lender: &LenderRecord,
    now: AtMs,
) -> Result<(), ServiceError> {
    let resource = format!("lender/{}", lender.id);
    let detail = serde_json::to_value(shown(lender))
        .map_err(|e| ServiceError::caused("a contract as JSON", e))?;
    store::log::audit(tx, now, by.as_str(), "lender.contract", &resource, &detail)?;
    let said = detail.to_string();
    let leaf = Hash::of(
        "itgel.lender.contract.v1",
        &[resource.as_bytes(), said.as_bytes()],
    );
    store::log::leaf(tx, LeafKind::Access, &leaf)?;
    Ok(())
}

/// Whether somebody may do something about a lender: where its contract of the day holds.
fn allow(
    tx: &Tx<'_>,
    actor: &Actor,
    (action, first_person): (Action, Option<&OfficerId>),
    lender: &LenderId,
    now: AtMs,
) -> Result<(), ServiceError> {
    let contract = store::lender::get(tx, lender, now.on())?;
    let contract = contract.ok_or(ErrorCode::LenderUnknown)?;
    let resource = Resource {
        first_person,
        ..Resource::at(contract.division)
    };
    policy::may(actor, action, &resource).map_err(|denial| denial.code())?;
    Ok(())
}

fn may_read(actor: &Actor, division: DivisionCode) -> bool {
    let nobody = nobody();
    let resource = Resource {
        first_person: Some(&nobody),
        ..Resource::at(division)
    };
    [Action::ManageLenderKeys, Action::ConfirmLenderKey]
        .into_iter()
        .any(|action| policy::may(actor, action, &resource).is_ok())
}

/// Who has handed in nothing.
fn nobody() -> OfficerId {
    OfficerId::from_random([0; 16])
}

fn record(
    tx: &Tx<'_>,
    actor: &Actor,
    action: &str,
    key: &LenderKey,
    now: AtMs,
) -> Result<(), ServiceError> {
    let resource = format!("lender/{}", key.lender);
    let detail = json!({ "fingerprint": key.fingerprint });
    store::log::audit(tx, now, actor.officer.as_str(), action, &resource, &detail)?;
    let parts = [resource.as_str(), action, key.fingerprint.as_str()];
    let leaf = Hash::of("itgel.lender.key.v1", &parts.map(str::as_bytes));
    store::log::leaf(tx, LeafKind::Access, &leaf)?;
    Ok(())
}

/// A fingerprint without what people put between its digits.
fn plain(fingerprint: &str) -> String {
    let digits = fingerprint.chars().filter(char::is_ascii_hexdigit);
    digits.map(|digit| digit.to_ascii_lowercase()).collect()
}

fn shown(contract: &LenderRecord) -> ContractView {
    ContractView {
        division: contract.division,
        purposes: contract.purposes.clone(),
        valid_from: contract.valid_from,
        valid_to: contract.valid_to,
        daily_quota: contract.daily_quota,
    }
}

fn listed(key: LenderKey) -> KeyView {
    let is_waiting = key.confirmed_by.is_none() && key.ends_at.is_none();
    let shown = view(key);
    KeyView {
        fingerprint: shown.fingerprint.filter(|_| !is_waiting),
        ..shown
    }
}

fn view(key: LenderKey) -> KeyView {
    KeyView {
        fingerprint: Some(key.fingerprint),
        entered_by: key.entered_by,
        entered_at_ms: key.entered_at.0,
        confirmed_by: key.confirmed_by,
        confirmed_at_ms: key.confirmed_at.map(|at| at.0),
        ends_at_ms: key.ends_at.map(|at| at.0),
    }
}
