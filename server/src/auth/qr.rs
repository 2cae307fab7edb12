//! An invitation as a QR code: as a picture for a screen or paper, and for a terminal.

use qrcode::render::{svg, unicode};
use qrcode::{EcLevel, QrCode};

use crate::error::ServiceError;

/// Least width of the picture.
const PICTURE: u32 = 320;

/// The picture as SVG.
///
/// # Errors
/// [`ServiceError::Internal`] for a text that no QR code holds.
pub fn svg(text: &str) -> Result<String, ServiceError> {
    let picture = code(text)?;
    let drawn = picture
        .render::<svg::Color<'_>>()
        .min_dimensions(PICTURE, PICTURE)
        .build();
    Ok(drawn)
}

/// The picture in characters, for a terminal with a dark background.
///
/// # Errors
/// [`ServiceError::Internal`] for a text that no QR code holds.
pub fn terminal(text: &str) -> Result<String, ServiceError> {
    let drawn = code(text)?
        .render::<unicode::Dense1x2>()
        .dark_color(unicode::Dense1x2::Light)
        .light_color(unicode::Dense1x2::Dark)
        .build();
    Ok(drawn)
}

fn code(text: &str) -> Result<QrCode, ServiceError> {
    QrCode::with_error_correction_level(text.as_bytes(), EcLevel::M)
        .map_err(|e| ServiceError::caused("qr code", e))
}
