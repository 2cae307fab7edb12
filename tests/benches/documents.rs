//! Folding an envelope into its projection, against loading, extending and reading the document
//! of its file for every change.

use std::hint::black_box;

use itgel_domain::file::document::{Change, Document, Tip, actor, build_change};
use itgel_domain::file::entry::Entry;
use itgel_domain::file::envelope::Envelope;
use itgel_domain::file::facts::FileFacts;
use itgel_domain::id::OfficerId;
use itgel_fixtures::{Banner, Household, SampleSize};

use super::clock::median;
use super::intake::one_more;
use super::phone::{Phone, file_of, sections};
use super::table::{Cost, Goal, Row};
use super::world::{COLLECTOR, TODAY, device_of};
use super::{Outcome, Size};

/// Different files, in turn.
const FILES: u32 = 64;

/// A file as both ways keep it, and the envelope that comes next.
struct Kept {
    projection: Vec<u8>,
    document: Vec<u8>,
    next: Envelope,
    /// The envelopes of the file so far, and the last of their changes.
    before: Vec<Envelope>,
    tip: Tip,
}

pub(crate) fn rows(size: Size) -> Outcome<Vec<Row>> {
    let (fold, document) = of_one_change(size)?;
    let (folded, documents) = of_visits(size)?;
    let peer = "load the document, extend, read, save for each";
    Ok(vec![
        Row::new(
            "an envelope into its row, alone in its page: read the projection, fold, write it",
            fold,
            (peer, document),
            Goal::Cheaper(10),
        ),
        Row::new(
            "an envelope into its row, a visit's sections in one page",
            folded,
            (peer, documents),
            // Not like for like: a document could be kept open for a page too.
            Goal::Told,
        ),
    ])
}

/// What an envelope of a visit costs by the fold, which reads and writes a file once a page, and
/// by a document for each.
fn of_visits(size: Size) -> Outcome<(Cost, Cost)> {
    let files = kept()?;
    let envelopes = files.iter().map(|file| file.before.len()).sum();
    let nothing = FileFacts::default().to_bytes();
    let fold = median(size.runs, envelopes, || {
        for file in &files {
            let mut facts = FileFacts::from_bytes(&nothing)?;
            for envelope in &file.before {
                facts.apply(envelope);
            }
            black_box(facts.to_bytes());
        }
        Ok(())
    })?;
    let document = median(size.runs.min(3), envelopes, || {
        for file in &files {
            let mut stored = Document::new()?.save()?;
            let mut tip = None;
            for (envelope, number) in file.before.iter().zip(1..) {
                let deps: Vec<Tip> = tip.into_iter().collect();
                let change = change(envelope, number, &deps)?;
                tip = Some(change.tip());
                stored = extended(&stored, change)?;
            }
            black_box(stored);
        }
        Ok(())
    })?;
    Ok((fold, document))
}

/// What one changed value costs by the fold and by the document.
pub(crate) fn of_one_change(size: Size) -> Outcome<(Cost, Cost)> {
    let files = kept()?;
    let fold = median(size.runs, files.len() * 10, || {
        for file in files.iter().cycle().take(files.len() * 10) {
            let mut facts = FileFacts::from_bytes(&file.projection)?;
            facts.apply(&file.next);
            black_box(facts.to_bytes());
        }
        Ok(())
    })?;
    let document = median(size.runs, files.len(), || {
        for file in &files {
            let number = file.before.len() as u64 + 1;
            let change = change(&file.next, number, &[file.tip])?;
            black_box(extended(&file.document, change)?);
        }
        Ok(())
    })?;
    Ok((fold, document))
}

/// Loads a document, extends it, reads everything in it, and saves it.
fn extended(stored: &[u8], change: Change) -> Outcome<Vec<u8>> {
    let document = Document::load(stored)?.apply([change])?;
    for bytes in document.entries()?.values() {
        black_box(minicbor::decode::<Entry>(bytes)?);
    }
    Ok(document.save()?)
}

fn kept() -> Outcome<Vec<Kept>> {
    let banner = Banner::draw(SampleSize {
        households: 2_000,
        seed: 7,
    })?;
    let cycle = banner.cycle(TODAY).id;
    let gacha = banner.gachas.first().ok_or("a banner without gachas")?;
    let collector: OfficerId = COLLECTOR.parse()?;
    let mut phone = Phone::new()?;
    let mut files = Vec::new();
    for number in gacha.first..gacha.first + gacha.households.min(FILES) {
        let household = Household::draw(&banner, gacha, number, TODAY, &collector);
        let mut envelopes = Vec::new();
        for section in sections(&household.found) {
            envelopes.push(phone.write(&household, &cycle, section)?);
        }
        let changed = one_more(&household.found).ok_or("a household without figures")?;
        let next = phone.write(&household, &cycle, &[changed])?;
        files.push(keep(envelopes, next)?);
    }
    Ok(files)
}

fn keep(envelopes: Vec<Envelope>, next: Envelope) -> Outcome<Kept> {
    let (mut facts, mut document) = (FileFacts::default(), Document::new()?);
    let mut tip = None;
    for (envelope, number) in envelopes.iter().zip(1..) {
        let deps: Vec<Tip> = tip.into_iter().collect();
        let change = change(envelope, number, &deps)?;
        tip = Some(change.tip());
        document = document.apply([change])?;
        facts.apply(envelope);
    }
    Ok(Kept {
        projection: facts.to_bytes(),
        document: document.save()?,
        next,
        before: envelopes,
        tip: tip.ok_or("a file without envelopes")?,
    })
}

fn change(envelope: &Envelope, number: u64, deps: &[Tip]) -> Outcome<Change> {
    let (device, _) = device_of(COLLECTOR)?;
    let file = file_of(envelope.subject());
    let actor = actor(&device.public_key, &file, 0);
    Ok(build_change(envelope, actor, number, deps)?)
}
