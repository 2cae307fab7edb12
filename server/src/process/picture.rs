//! Pictures beside a case (`domain.md` D.2, SR-29): photos of what was found, scans of consents,
//! drawn signatures. A case names them; each look at one is a query on record.

use itgel_domain::error::ErrorCode;
use itgel_domain::hash::Hash;
use itgel_domain::id::{CaseId, SubjectId};
use itgel_domain::log::LeafKind;
use itgel_domain::picture::{Picture, PictureKind};
use itgel_domain::policy::{Action, Actor};
use itgel_domain::time::AtMs;
use rusqlite::Connection;

use super::desk::allow_case;
use crate::error::ServiceError;
use crate::media;
use crate::service::Service;
use crate::store::{self, Tx};

/// A picture that entries about the subject of a case announced.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct PictureLine {
    /// SHA-256 of its bytes.
    pub content: Hash,
    /// The year of the file whose entry announced it.
    pub year: i16,
    /// When that entry came.
    pub announced_at: AtMs,
    /// When the picture was there as a whole; absent while it is on its way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub received_at: Option<AtMs>,
    /// Where to read it, once it is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub href: Option<String>,
}

/// The bytes of a picture, and what they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Its format.
    pub kind: PictureKind,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// The pictures about a subject, by when they were announced.
pub(super) fn list(
    connection: &Connection,
    case: &CaseId,
    subject: &SubjectId,
) -> Result<Vec<PictureLine>, ServiceError> {
    let rows = store::media::list(connection, subject)?.into_iter();
    let line = |row: store::media::MediaRow| PictureLine {
        content: row.content,
        year: row.file.year,
        announced_at: row.announced_at,
        received_at: row.received_at,
        href: row
            .received_at
            .map(|_| format!("/v1/cases/{case}/pictures/{}", row.content)),
    };
    Ok(rows.map(line).collect())
}

/// A picture about the subject of a case, with its audit row and its leaf in the same commit. The
/// record names the case and the picture, and nobody.
///
/// # Errors
/// [`ErrorCode::CaseUnknown`] if the case does not exist or lies outside the person's divisions;
/// [`ErrorCode::NotAllowed`], [`ErrorCode::ConflictOfInterest`]; [`ErrorCode::MediaUnknown`] for a
/// picture that is not about this subject, has not come yet, or was erased; [`ServiceError`] of the
/// database.
pub fn show_picture(
    service: &Service,
    tx: &Tx<'_>,
    actor: &Actor,
    (case, content): (&CaseId, &Hash),
    now: AtMs,
) -> Result<Shown, ServiceError> {
    let row = store::case::get(tx, case)?.ok_or(ErrorCode::CaseUnknown)?;
    allow_case(tx, actor, Action::ReadEvidence, &row.case)?;
    let bytes = media::read(service, tx, &row.case.subject, content)?;
    let bytes = bytes.ok_or(ErrorCode::MediaUnknown)?;
    let picture = Picture::read(&bytes).map_err(|_| ErrorCode::MediaUnknown)?;
    let resource = format!("case/{case}");
    let detail = serde_json::json!({ "picture": content });
    let who = actor.officer.as_str();
    let n = store::log::audit(tx, now, who, "picture.shown", &resource, &detail)?;
    let parts: [&[u8]; 2] = [resource.as_bytes(), &n.to_be_bytes()];
    store::log::leaf(tx, LeafKind::Query, &Hash::of("itgel.query.v1", &parts))?;
    Ok(Shown {
        kind: picture.kind,
        bytes,
    })
}
