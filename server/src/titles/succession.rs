//! What becomes of titles when divisions change (`domain.md` G 52, 53). A title belongs to those
//! who lived there: who is merged or divided has none until it is computed anew on those who live
//! there then. Another code is the same place: its title goes on there, and the history stays with
//! the old code too.

use itgel_domain::case::Reason;
use itgel_domain::case::title::{EndGround, TitleCase, TitleStep};
use itgel_domain::division::DivisionCode;
use itgel_domain::division::succession::{Succession, SuccessionKind};
use itgel_domain::time::AtMs;
use itgel_domain::title::TitleHolder;

use super::snapshot::{Asked, apply};
use crate::error::ServiceError;
use crate::service::Service;
use crate::store::title::TitleRow;
use crate::store::title_joint::JointRow;
use crate::store::{self, Tx};

/// Carries out what an edge that was just written means for titles.
pub(crate) fn follow(
    service: &Service,
    tx: &Tx<'_>,
    edge: &Succession,
    now: AtMs,
) -> Result<(), ServiceError> {
    match edge.kind {
        SuccessionKind::Merged => {
            end(service, tx, edge.from, EndGround::Merged, now)?;
            end(service, tx, edge.into, EndGround::Merged, now)
        }
        SuccessionKind::Split => end(service, tx, edge.from, EndGround::Split, now),
        SuccessionKind::Recoded => recode(service, tx, edge, now),
    }
}

/// Ends what a division holds, shares or is to get, and its pair.
pub(super) fn end(
    service: &Service,
    tx: &Tx<'_>,
    division: DivisionCode,
    ground: EndGround,
    now: AtMs,
) -> Result<(), ServiceError> {
    for mut row in going_on(tx, division)? {
        // Who is separated was never assessed alone in the meantime: what was computed before is
        // computed anew, not ended.
        if ground == EndGround::Separated && row.holder.jointly_with.is_none() {
            continue;
        }
        let step = TitleStep::End { ground };
        let asked = Asked::by_rule(step, Reason::code(ground.as_str()), now);
        apply(service, tx, &mut row, asked)?;
    }
    Ok(store::title_joint::end(tx, division, now)?)
}

fn recode(
    service: &Service,
    tx: &Tx<'_>,
    edge: &Succession,
    now: AtMs,
) -> Result<(), ServiceError> {
    let edges = store::division::list_all_successions(tx)?;
    let new_code = |code| if code == edge.from { edge.into } else { code };
    let before = going_on(tx, edge.from)?;
    let pair = store::title_joint::get(tx, edge.from)?;
    end(service, tx, edge.from, EndGround::Recoded, now)?;
    for row in before {
        let division = new_code(row.holder.division);
        let holder = match row.holder.jointly_with.map(new_code) {
            None => TitleHolder::alone(division, &edges, now.on()),
            // A gacha that went to another sumu is no neighbour any more.
            Some(other) => match TitleHolder::jointly(division, other, &edges, now.on()) {
                Ok(holder) => holder,
                Err(_) => continue,
            },
        };
        let title = TitleCase::new(holder.division, row.title.computed().clone());
        let carried = TitleRow {
            title: title.replayed(row.title.history().iter().cloned()),
            holder,
            carried_from: Some(edge.from),
            ..row
        };
        store::title::put(tx, &carried)?;
    }
    let Some(pair) = pair else { return Ok(()) };
    let codes = [pair.division, pair.jointly_with].map(new_code);
    if codes[0].parent() == codes[1].parent() {
        let pair = JointRow {
            division: codes[0].min(codes[1]),
            jointly_with: codes[0].max(codes[1]),
            ..pair
        };
        store::title_joint::put(tx, &pair)?;
    }
    Ok(())
}

/// The titles of exactly this division, alone and shared, that are not over.
fn going_on(tx: &Tx<'_>, division: DivisionCode) -> Result<Vec<TitleRow>, ServiceError> {
    let mut rows = store::title::list_going_on(tx, division)?;
    rows.retain(|row| row.holder.members().any(|member| member == division));
    Ok(rows)
}
