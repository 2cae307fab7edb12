//! Whether a device computed what the server computes from the same inputs: the alarm that keeps
//! both halves honest.

use std::sync::Arc;

use itgel_domain::assess::{Context, Inputs, assess_measured};
use itgel_domain::division::DivisionCode;
use itgel_domain::error::ErrorCode;
use itgel_domain::file::entry::Seal;
use itgel_domain::file::envelope::Envelope;
use itgel_domain::file::facts::FileFacts;
use itgel_domain::file::{ChainRef, FileId};
use itgel_domain::pack::{Parameters, RulePack};
use itgel_domain::subject::Subject;
use itgel_domain::sync::push::Verdict;
use itgel_domain::sync::quarantine::Outcome;

use super::Assessed;
use crate::error::ServiceError;
use crate::service::Service;
use crate::store::{self, Tx};
use crate::{contents, context, epoch};

/// Decisions about one subject that a device may not have heard of when it sealed, at most.
const DECISIONS_TRIED: usize = 16;

/// Whether a device computed what the server computes from the same inputs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Recomputed {
    /// Byte for byte the same.
    Same(Box<Assessed>),
    /// Another result, or other inputs: an alarm.
    Differs,
    /// Other inputs, sealed on lists that this server no longer has: it was restored from a backup
    /// since, and positions were given anew. Nobody can say what the device held.
    OtherLists,
    /// The rules that the device used are not known here.
    UnknownRules,
}

/// Forms the inputs that a device had when it sealed — what its envelope knew of the file, the
/// registers up to the position that it names, the rules that it names — and compares.
///
/// # Errors
/// [`ServiceError`] of the database.
pub(crate) fn recompute(
    service: &Service,
    tx: &Tx<'_>,
    subject: &Subject,
    (file, facts): (&FileId, &FileFacts),
    envelope: &Envelope,
    seal: &Seal,
) -> Result<Recomputed, ServiceError> {
    let pack = service.rules.find_pack(tx, &envelope.pack)?;
    let parameters = service.rules.find_parameters(tx, &seal.parameters)?;
    let (Some(pack), Some(parameters)) = (pack, parameters) else {
        return Ok(Recomputed::UnknownRules);
    };
    let sealed = Sealed {
        subject,
        seal,
        pack,
        parameters,
        verified: verified_there(tx, subject, &envelope.at)?,
    };
    let Some(inputs) = inputs_at(service, tx, &sealed, (file, facts), &envelope.at)? else {
        return Ok(if is_before_a_restore(tx, envelope)? {
            Recomputed::OtherLists
        } else {
            Recomputed::Differs
        });
    };
    let assessed = assess_measured(&inputs, seal.inputs);
    Ok(if assessed.0.hash() == seal.assessment {
        Recomputed::Same(Box::new(assessed))
    } else {
        Recomputed::Differs
    })
}

/// What was sealed, and under which rules.
struct Sealed<'a> {
    subject: &'a Subject,
    seal: &'a Seal,
    pack: Arc<RulePack>,
    parameters: Arc<Parameters>,
    /// Whether the device held a verified identity, the likelier answer first.
    verified: Vec<bool>,
}

/// Whether a device can have held a verified identity where it sealed: what counts now, and where
/// the kept versions allow it the other answer, too. A device counts what it wrote itself until it
/// hears that it was set aside, and what others wrote from when it hears of it.
fn verified_there(
    tx: &Tx<'_>,
    subject: &Subject,
    place: &ChainRef,
) -> Result<Vec<bool>, ServiceError> {
    let mut versions = store::identity::list_all(tx, &subject.id)?;
    versions.retain(|version| version.blind_id.is_some());
    let is_own_before = |at: &str| {
        at.parse().is_ok_and(|at: ChainRef| {
            at.device == place.device && (at.incarnation, at.seq) < (place.incarnation, place.seq)
        })
    };
    let mut current = versions
        .iter()
        .filter(|version| version.is_current)
        .peekable();
    let counts = current.peek().is_some();
    let otherwise = match counts {
        true => !current.any(|version| is_own_before(&version.at)),
        false => !versions.is_empty(),
    };
    Ok(std::iter::once(counts)
        .chain(otherwise.then_some(!counts))
        .collect())
}

/// The inputs whose hash the seal names, from what the device can have known where it sealed.
fn inputs_at(
    service: &Service,
    tx: &Tx<'_>,
    sealed: &Sealed<'_>,
    (file, facts): (&FileId, &FileFacts),
    place: &ChainRef,
) -> Result<Option<Inputs>, ServiceError> {
    let own = facts.known_at(place);
    let files = store::projection::list(tx, &file.subject)?.into_iter();
    let others: Vec<FileFacts> = files
        .filter(|(other, _)| other != file)
        .map(|(_, facts)| facts)
        .collect();
    let with = |others: &[FileFacts]| {
        let mut known = own.clone();
        others.iter().for_each(|facts| known.join(facts));
        known
    };
    let from = |known: &FileFacts| match inputs_before_verdicts(service, tx, sealed, known, place)?
    {
        Some(inputs) => Ok(Some(inputs)),
        None => inputs_before_strikes(service, tx, sealed, known, place),
    };
    // Most often the device had all of the other years.
    let all = with(&others);
    let found: Result<_, ServiceError> = from(&all);
    let found = found?;
    if found.is_some() || others.is_empty() {
        return Ok(found);
    }
    let subject = sealed.subject;
    let before = store::subject::list_moves(tx, &subject.id)?.into_iter();
    for list in std::iter::once(subject.division).chain(before.map(|(_, division)| division)) {
        let held = others_held(tx, list, &others, (place, sealed.seal.registers_at))?;
        let found = from(&with(&held))?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// What a device had of other years' files that it sealed with the list of its gacha up to a
/// position: what the list had named by then, and what it had written itself. A colleague's late
/// envelope is not among it.
fn others_held(
    tx: &Tx<'_>,
    list: DivisionCode,
    others: &[FileFacts],
    (place, registers_at): (&ChainRef, u64),
) -> Result<Vec<FileFacts>, ServiceError> {
    let mut held = Vec::new();
    for facts in others {
        let named = store::list::list_named(tx, list, &facts.places(), registers_at)?;
        let is_own = |at: &ChainRef| {
            at.device == place.device && (at.incarnation, at.seq) < (place.incarnation, place.seq)
        };
        held.push(facts.only(|at| is_own(at) || named.contains(at)));
    }
    Ok(held)
}

/// The inputs whose hash the seal names; `None` if no state in which the device can have been has
/// them.
fn inputs_of(
    tx: &Tx<'_>,
    sealed: &Sealed<'_>,
    known: &FileFacts,
) -> Result<Option<Inputs>, ServiceError> {
    if let Some(inputs) = inputs_with(tx, sealed, known)? {
        return Ok(Some(inputs));
    }
    // Of what was let count since, the device had heard up to some decision and not further:
    // decisions come down in their order.
    let let_count = store::quarantine::list_let_count(tx, &sealed.subject.id)?;
    let later: Vec<ChainRef> = let_count
        .into_iter()
        .filter(|at| known.counts(at))
        .collect();
    for unheard in 1..=later.len().min(DECISIONS_TRIED) {
        let before = known.before_counting(&later[later.len() - unheard..]);
        if let Some(inputs) = inputs_with(tx, sealed, &before)? {
            return Ok(Some(inputs));
        }
    }
    Ok(None)
}

/// The inputs, also if the device had not heard yet that envelopes of its own were set aside: until the
/// receipt it counts what it wrote, also in another year's file. Receipts come in the order of the chain.
fn inputs_before_verdicts(
    service: &Service,
    tx: &Tx<'_>,
    sealed: &Sealed<'_>,
    known: &FileFacts,
    place: &ChainRef,
) -> Result<Option<Inputs>, ServiceError> {
    if let Some(inputs) = inputs_of(tx, sealed, known)? {
        return Ok(Some(inputs));
    }
    let is_before = |at: &ChainRef| {
        (&at.device, at.incarnation) == (&place.device, place.incarnation) && at.seq < place.seq
    };
    let written = store::envelope::list_of_subject(tx, &sealed.subject.id)?;
    let aside = written.into_iter().rev().filter(|(row, _)| {
        is_before(&row.at) && row.file.is_some() && matches!(row.verdict, Verdict::Quarantined(_))
    });
    let mut counting = known.clone();
    for (row, _) in aside.take(DECISIONS_TRIED) {
        let Some(kept) = store::envelope::get_sealed(tx, &row.at)? else {
            continue;
        };
        let Some(own) = contents::read_envelope(service, tx, &kept)? else {
            continue;
        };
        counting.apply(&own);
        if let Some(inputs) = inputs_with(tx, sealed, &counting)? {
            return Ok(Some(inputs));
        }
    }
    Ok(None)
}

/// The inputs if the device had not heard yet of interests that were found: what a related officer had
/// entered counted until then. That it counts no more comes down in the order of declarations and places.
fn inputs_before_strikes(
    service: &Service,
    tx: &Tx<'_>,
    sealed: &Sealed<'_>,
    known: &FileFacts,
    place: &ChainRef,
) -> Result<Option<Inputs>, ServiceError> {
    let found = store::interest::history(tx, Some(&sealed.subject.id), None)?;
    if found.is_empty() {
        return Ok(None);
    }
    let mut struck = struck(service, tx, sealed.subject, known)?;
    struck.sort_by_key(|one| found.iter().position(|i| i.officer == one.officer));
    // A page of the list may have ended between two envelopes of one declaration.
    let mut counting = known.clone();
    for envelope in struck.iter().rev().take(DECISIONS_TRIED) {
        counting.apply(envelope);
        let inputs = inputs_before_verdicts(service, tx, sealed, &counting, place)?;
        if inputs.is_some() {
            return Ok(inputs);
        }
    }
    Ok(None)
}

/// What the device knew, and had counted until an interest of its author was found, as it came: what comes
/// from a barred officer waits for a person, and this does not.
fn struck(
    service: &Service,
    tx: &Tx<'_>,
    subject: &Subject,
    known: &FileFacts,
) -> Result<Vec<Envelope>, ServiceError> {
    let out = Verdict::Quarantined(ErrorCode::ConflictOfInterest);
    let mut struck = Vec::new();
    for (row, _) in store::envelope::list_of_subject(tx, &subject.id)? {
        if row.verdict != out || known.last_op(&row.at).is_none() {
            continue;
        }
        let aside = store::quarantine::get(tx, &row.at)?;
        if aside.is_some_and(|aside| !aside.outcome.is_some_and(Outcome::counts)) {
            continue;
        }
        if let Some(kept) = store::envelope::get_sealed(tx, &row.at)? {
            struck.extend(contents::read_envelope(service, tx, &kept)?);
        }
    }
    Ok(struck)
}

/// The inputs of the seal if the device knew this of the files: with the lists of the gacha in
/// which the subject lives, or of one that it has moved from, since the device may not have known
/// of the move yet.
fn inputs_with(
    tx: &Tx<'_>,
    sealed: &Sealed<'_>,
    known: &FileFacts,
) -> Result<Option<Inputs>, ServiceError> {
    let Sealed { subject, seal, .. } = *sealed;
    let mut inputs = Inputs {
        subject: subject.id.clone(),
        subject_kind: subject.kind,
        as_of: seal.as_of,
        facts: known.facts(&seal.cycle),
        context: Context::default(),
        parameters: Arc::clone(&sealed.parameters),
        pack: Arc::clone(&sealed.pack),
    };
    if is_sealed_with(tx, sealed, known, (&mut inputs, subject.division))? {
        return Ok(Some(inputs));
    }
    for (_, division) in store::subject::list_moves(tx, &subject.id)? {
        if is_sealed_with(tx, sealed, known, (&mut inputs, division))? {
            return Ok(Some(inputs));
        }
    }
    Ok(None)
}

/// Whether the seal names the inputs with what the registers of a division say.
fn is_sealed_with(
    tx: &Tx<'_>,
    sealed: &Sealed<'_>,
    known: &FileFacts,
    (inputs, division): (&mut Inputs, DivisionCode),
) -> Result<bool, ServiceError> {
    let seal = sealed.seal;
    let there = Subject {
        division,
        ..sealed.subject.clone()
    };
    let held = context::held_by_device(tx, &there, seal.registers_at)?;
    Ok(sealed.verified.iter().any(|verified| {
        inputs.context = Context::of_subject(&held, &there, seal.as_of, known, *verified);
        inputs.hash() == seal.inputs
    }))
}

/// Whether an envelope was written before its device heard that the server had been restored: the
/// log that it had seen ends before the break, or went on in another way.
fn is_before_a_restore(tx: &Tx<'_>, envelope: &Envelope) -> Result<bool, ServiceError> {
    let Some(restored) = epoch::restored(tx)? else {
        return Ok(false);
    };
    let Some(seen) = envelope
        .checkpoint
        .filter(|seen| seen.size > restored.log.size)
    else {
        return Ok(true);
    };
    let ours = store::log::frontier_at(tx, seen.size)?;
    Ok(ours.is_none_or(|ours| ours.root() != seen.root))
}
