//! Reading a household for a screen: from its projection, against parsing the same data.

use std::hint::black_box;

use itgel_domain::file::facts::FileFacts;
use itgel_domain::id::OfficerId;
use itgel_fixtures::{Banner, Household, SampleSize};

use super::clock::median;
use super::phone::Phone;
use super::table::{Goal, Row};
use super::world::{COLLECTOR, TODAY};
use super::{Outcome, Size};

/// Different households, in turn.
const HOUSEHOLDS: u32 = 256;

pub(crate) fn rows(size: Size) -> Outcome<Vec<Row>> {
    let banner = Banner::draw(SampleSize {
        households: 4_000,
        seed: 7,
    })?;
    let cycle = banner.cycle(TODAY).id;
    let gacha = banner.gachas.first().ok_or("a banner without gachas")?;
    let collector: OfficerId = COLLECTOR.parse()?;
    let mut phone = Phone::new()?;
    let (mut projections, mut texts) = (Vec::new(), Vec::new());
    for number in gacha.first..gacha.first + gacha.households.min(HOUSEHOLDS) {
        let household = Household::draw(&banner, gacha, number, TODAY, &collector);
        let mut facts = FileFacts::default();
        facts.apply(&phone.write(&household, &cycle, &household.found)?);
        projections.push(facts.to_bytes());
        texts.push(serde_json::to_vec(&facts)?);
    }
    let decoded = median(size.runs, projections.len(), || {
        for bytes in &projections {
            black_box(FileFacts::from_bytes(black_box(bytes))?);
        }
        Ok(())
    })?;
    let shown = median(size.runs, projections.len(), || {
        for bytes in &projections {
            black_box(FileFacts::from_bytes(black_box(bytes))?.live(&cycle));
        }
        Ok(())
    })?;
    let parsed = median(size.runs, texts.len(), || {
        for bytes in &texts {
            black_box(serde_json::from_slice::<FileFacts>(black_box(bytes))?);
        }
        Ok(())
    })?;
    let peer = ("serde_json parse of the same data", parsed);
    Ok(vec![
        Row::new(
            "read a household for a screen: decode its projection",
            decoded,
            peer,
            Goal::AtMost(150),
        ),
        Row::new(
            "the same, with what each officer says of each item",
            shown,
            peer,
            Goal::AtMost(150),
        ),
    ])
}
