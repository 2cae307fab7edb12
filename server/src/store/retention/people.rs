//! Officers who work no more and devices that were revoked: names and keys end, the ids stay, so
//! that who acted is known for ever (`domain.md` SR-31, L-21, L-24).

use itgel_domain::exchange::{EndsBy, Schema, Term};
use itgel_domain::time::AtMs;
use rusqlite::{Connection, params};

use super::super::{StoreError, Tx, log_row};
use super::first_kept;

/// Devices whose term is over at `now`, by id: revoked so long ago, and nothing is kept of what
/// they signed for which their key is needed.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_devices(
    connection: &Connection,
    now: AtMs,
    limit: u32,
) -> Result<Vec<String>, StoreError> {
    let sql = "select d.id from device d where d.status = 'revoked' and d.revoked_at < ?1
                   and d.public_key <> x''
                   and not exists (select 1 from envelope e where e.device = d.id
                       and e.kind in ('file', 'ballot', 'objection') and e.sealed <> x'')
                   and not exists (select 1 from quarantine q where q.device = d.id
                       and q.outcome is null)
               order by d.id limit ?2";
    list(connection, sql, EndsBy::Device, now, limit)
}

/// Officers whose term is over at `now`, by id: none of their devices is in use, the last one was
/// revoked and their last action was so long ago.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_officers(
    connection: &Connection,
    now: AtMs,
    limit: u32,
) -> Result<Vec<String>, StoreError> {
    // Last what reads many rows: hardly an officer comes so far.
    let sql = "select o.id from officer o where o.name <> ''
                   and not exists (select 1 from device d where d.officer = o.id
                       and (d.revoked_at is null or d.revoked_at >= ?1))
                   and (exists (select 1 from device d where d.officer = o.id)
                       or exists (select 1 from audit a where a.actor = o.id))
                   and not exists (select 1 from case_event e where e.actor = o.id and e.at >= ?1)
                   and o.id not in (select a.actor from audit a where a.at >= ?1)
               order by o.id limit ?2";
    list(connection, sql, EndsBy::Officer, now, limit)
}

/// Deletes or empties what the register of fields lets end with a device or an officer; how many
/// rows.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn delete(tx: &Tx<'_>, by: EndsBy, id: &str) -> Result<usize, StoreError> {
    let mut ended = 0;
    for (table, term) in Schema::builtin().terms().filter(|(_, term)| term.by == by) {
        let found: Vec<String> = term.key.iter().map(|key| format!("{key} = ?1")).collect();
        let sql = match term.clears.is_empty() {
            true => format!("delete from {table} where {}", found.join(" and ")),
            false => format!(
                "update {table} set {} where {}",
                emptied(tx, table, &term.clears)?,
                found.join(" and ")
            ),
        };
        ended += log_row::run(tx, table, &sql, params![id], term.clears.is_empty())?;
    }
    if by == EndsBy::Device {
        let sql = "delete from content_key where scope = 'device' and id = ?1";
        ended += tx.prepare_cached(sql)?.execute(params![id])?;
    }
    Ok(ended)
}

/// What empties columns of a table: what may be absent is absent, a text has no letter and bytes
/// are none.
///
/// # Errors
/// [`StoreError`] of the database.
pub(super) fn emptied(
    connection: &Connection,
    table: &str,
    columns: &[String],
) -> Result<String, StoreError> {
    let sql = "select case when \"notnull\" = 0 then 'null'
                           when lower(type) = 'blob' then 'x''''' else '''''' end
               from pragma_table_info(?1) where name = ?2";
    let mut query = connection.prepare_cached(sql)?;
    let mut set = Vec::new();
    for column in columns {
        let empty: String = query.query_row(params![table, column], |row| row.get(0))?;
        set.push(format!("{column} = {empty}"));
    }
    Ok(set.join(", "))
}

fn list(
    connection: &Connection,
    sql: &str,
    by: EndsBy,
    now: AtMs,
    limit: u32,
) -> Result<Vec<String>, StoreError> {
    let terms = Schema::builtin().terms();
    let of = terms.filter(|(_, term)| term.by == by);
    let Some(years) = of.map(|(_, term): (_, &Term)| term.years).max() else {
        return Ok(Vec::new());
    };
    let kept = AtMs::start_of(first_kept(now, years));
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![kept.0, limit], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
