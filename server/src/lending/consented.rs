//! The authorisation of a lender that a consent names (`design.md` 4.13, `domain.md` L-08, L-19): made
//! when the consent counts, for its own days, and taken back when the withdrawal is received. A
//! consent that names a lender without a contract there counts for everything else: the person
//! agreed to be rated, whoever may ask afterwards. What it says stays in the file, under a mark for
//! the reviewer; a later contract needs a new consent.

use itgel_domain::authorisation::{Authorisation, Ground};
use itgel_domain::file::entry::{Consent, Entry, EntryId, Recipient};
use itgel_domain::file::envelope::Envelope;
use itgel_domain::hash::Hash;
use itgel_domain::id::AuthorisationId;
use itgel_domain::subject::Subject;
use itgel_domain::time::AtMs;
use rusqlite::Connection;

use super::authorise::record;
use crate::error::ServiceError;
use crate::store::{self, Tx};

/// Does what the entries of an envelope that counts say of lenders. Twice is harmless.
///
/// # Errors
/// [`ServiceError`] of the database.
pub(crate) fn follow(
    tx: &Tx<'_>,
    subject: &Subject,
    envelope: &Envelope,
    now: AtMs,
) -> Result<(), ServiceError> {
    for (id, entry) in envelope.identified() {
        match entry {
            Entry::Consent(consent) => give(tx, subject, (&id, consent), envelope, now)?,
            Entry::ConsentWithdrawal(withdrawal) => {
                take_back(tx, subject, &withdrawal.consent, envelope, now)?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whether every lender that a consent names has a contract for it where the subject lives.
///
/// # Errors
/// [`ServiceError`] of the database.
pub(crate) fn is_covered(
    connection: &Connection,
    subject: &Subject,
    consent: &Consent,
) -> Result<bool, ServiceError> {
    for recipient in &consent.recipients {
        if !has_contract(connection, subject, consent, recipient)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn give(
    tx: &Tx<'_>,
    subject: &Subject,
    (id, consent): (&EntryId, &Consent),
    envelope: &Envelope,
    now: AtMs,
) -> Result<(), ServiceError> {
    for recipient in &consent.recipients {
        if !has_contract(tx, subject, consent, recipient)? {
            continue;
        }
        let given = Authorisation {
            id: number(id, recipient)?,
            lender: recipient.lender.clone(),
            subject: subject.id.clone(),
            purpose: recipient.purpose,
            from: consent.given_on,
            until: consent.until,
            ground: Ground::Consent(id.to_string()),
            revoked: false,
        };
        if store::authorisation::get(tx, &given.id)?.is_none() {
            store::authorisation::put(tx, &given)?;
            record(
                tx,
                &envelope.officer,
                "authorisation.consented",
                &given,
                now,
            )?;
        }
    }
    Ok(())
}

fn take_back(
    tx: &Tx<'_>,
    subject: &Subject,
    consent: &EntryId,
    envelope: &Envelope,
    now: AtMs,
) -> Result<(), ServiceError> {
    let ground = Ground::Consent(consent.to_string());
    for given in store::authorisation::list_about(tx, &subject.id)? {
        if given.ground == ground && !given.revoked {
            store::authorisation::revoke(tx, &given.id, now)?;
            record(
                tx,
                &envelope.officer,
                "authorisation.withdrawn",
                &given,
                now,
            )?;
        }
    }
    Ok(())
}

fn has_contract(
    connection: &Connection,
    subject: &Subject,
    consent: &Consent,
    recipient: &Recipient,
) -> Result<bool, ServiceError> {
    let lender = store::lender::get(connection, &recipient.lender, consent.given_on)?;
    Ok(lender.is_some_and(|lender| {
        lender.purposes.contains(&recipient.purpose)
            && lender.item().serves(subject.division, consent.given_on)
    }))
}

/// The same for the same consent, lender and purpose, so that what is judged again gives no second.
fn number(id: &EntryId, recipient: &Recipient) -> Result<AuthorisationId, ServiceError> {
    let entry = id.to_string();
    let parts = [
        entry.as_str(),
        recipient.lender.as_str(),
        recipient.purpose.as_str(),
    ];
    let digest = Hash::of("itgel.authorisation.id.v1", &parts.map(str::as_bytes));
    let first = digest.as_bytes().first_chunk::<16>();
    let bytes = first.ok_or_else(|| ServiceError::internal("a digest is short"))?;
    Ok(AuthorisationId::from_random(*bytes))
}
