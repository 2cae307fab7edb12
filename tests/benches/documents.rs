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
    /// Envelopes of the file so far, and the last of their changes.
    changes: u64,
    tip: Tip,
}

pub(crate) fn rows(size: Size) -> Outcome<Vec<Row>> {
    let (fold, document) = of_one_change(size)?;
    let what = "an envelope into its row: read the projection, fold, write it";
    let peer = ("load the document, extend, read, save", document);
    Ok(vec![Row::new(what, fold, peer, Goal::Cheaper(10))])
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
            let document = Document::load(&file.document)?;
            let change = change(&file.next, file.changes + 1, &[file.tip])?;
            let document = document.apply([change])?;
            for bytes in document.entries()?.values() {
                black_box(minicbor::decode::<Entry>(bytes)?);
            }
            black_box(document.save()?);
        }
        Ok(())
    })?;
    Ok((fold, document))
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
        files.push(keep(&envelopes, next)?);
    }
    Ok(files)
}

fn keep(envelopes: &[Envelope], next: Envelope) -> Outcome<Kept> {
    let (mut facts, mut document) = (FileFacts::default(), Document::new()?);
    let (mut tip, mut changes) = (None, 0);
    for envelope in envelopes {
        changes += 1;
        let deps: Vec<Tip> = tip.into_iter().collect();
        let change = change(envelope, changes, &deps)?;
        tip = Some(change.tip());
        document = document.apply([change])?;
        facts.apply(envelope);
    }
    Ok(Kept {
        projection: facts.to_bytes(),
        document: document.save()?,
        next,
        changes,
        tip: tip.ok_or("a file without envelopes")?,
    })
}

fn change(envelope: &Envelope, number: u64, deps: &[Tip]) -> Outcome<Change> {
    let (device, _) = device_of(COLLECTOR)?;
    let file = file_of(envelope.subject());
    let actor = actor(&device.public_key, &file, 0);
    Ok(build_change(envelope, actor, number, deps)?)
}
