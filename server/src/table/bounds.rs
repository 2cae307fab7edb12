//! What a file may unpack to: checked by unpacking into nothing, before anything of it is kept.
//! The sizes that an archive declares of itself are not believed.

use std::io::{Read, Seek, SeekFrom};

use itgel_domain::error::ErrorCode;
use zip::ZipArchive;

use super::unreadable;
use crate::error::ServiceError;

/// Most parts of a workbook.
const MAX_PARTS: usize = 10_000;

/// Most bytes of a worksheet, which is read cell by cell.
const MAX_SHEET: u64 = 512 << 20;

/// Most bytes of the shared texts, which are held in memory.
const MAX_STRINGS: u64 = 96 << 20;

/// Most bytes of any other part that is read.
const MAX_PART: u64 = 16 << 20;

/// Reads the first bytes and goes back.
pub(super) fn peek<R: Read + Seek>(
    source: &mut R,
    buffer: &mut [u8],
) -> Result<usize, ServiceError> {
    let mut read = 0;
    while let Some(rest) = buffer.get_mut(read..).filter(|rest| !rest.is_empty()) {
        match source.read(rest).map_err(unreadable)? {
            0 => break,
            more => read += more,
        }
    }
    source.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    Ok(read)
}

/// Refuses an archive that unpacks to more than its limits.
pub(super) fn check_archive<R: Read + Seek>(source: &mut R) -> Result<(), ServiceError> {
    let mut archive = ZipArchive::new(&mut *source).map_err(unreadable)?;
    if archive.len() > MAX_PARTS {
        return Err(ErrorCode::TableTooLarge.into());
    }
    for index in 0..archive.len() {
        let mut part = archive.by_index(index).map_err(unreadable)?;
        let Some(limit) = limit_of(&part.name().map_err(unreadable)?) else {
            continue;
        };
        let mut within = part.by_ref().take(limit + 1);
        let size = std::io::copy(&mut within, &mut std::io::sink()).map_err(unreadable)?;
        if size > limit {
            return Err(ErrorCode::TableTooLarge.into());
        }
    }
    source.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    Ok(())
}

/// The limit of a part; pictures and other parts that nobody reads have none.
fn limit_of(name: &str) -> Option<u64> {
    let name = name.to_ascii_lowercase();
    if name.contains("worksheets/sheet") {
        Some(MAX_SHEET)
    } else if name.contains("sharedstrings") {
        Some(MAX_STRINGS)
    } else if name.ends_with(".xml") || name.ends_with(".rels") || name.ends_with(".bin") {
        Some(MAX_PART)
    } else {
        None
    }
}
