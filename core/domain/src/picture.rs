//! Photos and scans: which bytes are a picture, and a picture without what a camera writes
//! beside it.
//!
//! Nothing is decoded. The parts of a JPEG or PNG are walked through, so that what is stored is a
//! picture of a bearable size, and everything that is not needed to show it (the place where it
//! was taken, the owner of the camera, a thumbnail of what was cut off) stays out
//! (`domain.md` B.2).

use crate::error::ErrorCode;

/// Most bytes of a picture: a page of print in good quality has a tenth of it.
pub const MAX_BYTES: usize = 4 << 20;

/// Most points of a picture, so that nothing that shows it has to open more.
pub const MAX_POINTS: u64 = 50_000_000;

/// The formats that are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PictureKind {
    /// A photo.
    Jpeg,
    /// A scan or a drawn signature.
    Png,
}

crate::subject::words!(PictureKind {
    Self::Jpeg => Self::Jpeg => "image/jpeg",
    Self::Png => Self::Png => "image/png",
});

/// A picture and nothing beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Its format.
    pub kind: PictureKind,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Why bytes are no picture that is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    /// More bytes or more points than a picture may have.
    #[error("the picture is larger than allowed")]
    TooLarge,
    /// Neither a whole JPEG nor a whole PNG.
    #[error("the bytes are no JPEG or PNG picture")]
    Malformed,
}

impl PictureError {
    /// Its place in the one list of codes.
    #[must_use]
    pub const fn code(self) -> ErrorCode {
        match self {
            Self::TooLarge => ErrorCode::MediaTooLarge,
            Self::Malformed => ErrorCode::MediaNotPicture,
        }
    }
}

impl Picture {
    /// Reads a picture and leaves out what is not needed to show it.
    ///
    /// # Errors
    /// [`PictureError`].
    pub fn read(bytes: &[u8]) -> Result<Self, PictureError> {
        if bytes.len() > MAX_BYTES {
            return Err(PictureError::TooLarge);
        }
        if bytes.starts_with(&JPEG) {
            let bytes = jpeg(bytes)?;
            return Ok(Self {
                kind: PictureKind::Jpeg,
                bytes,
            });
        }
        if bytes.starts_with(&PNG) {
            let bytes = png(bytes)?;
            return Ok(Self {
                kind: PictureKind::Png,
                bytes,
            });
        }
        Err(PictureError::Malformed)
    }
}

const JPEG: [u8; 3] = [0xff, 0xd8, 0xff];
const PNG: [u8; 8] = *b"\x89PNG\r\n\x1a\n";

/// What a JPEG needs: every segment but comments and application data. `APP0` says how to read
/// the picture and `APP14` its colours, so these two stay.
fn jpeg(bytes: &[u8]) -> Result<Vec<u8>, PictureError> {
    let mut kept = vec![0xff, 0xd8];
    let mut rest = bytes.get(2..).ok_or(PictureError::Malformed)?;
    let (mut has_size, mut has_scan) = (false, false);
    loop {
        let (marker, after) = next_marker(rest)?;
        if marker == 0xd9 {
            kept.extend_from_slice(&[0xff, 0xd9]);
            let is_whole = has_size && has_scan;
            return if is_whole {
                Ok(kept)
            } else {
                Err(PictureError::Malformed)
            };
        }
        let length = after.first_chunk::<2>().ok_or(PictureError::Malformed)?;
        let length = usize::from(u16::from_be_bytes(*length));
        if length < 2 {
            return Err(PictureError::Malformed);
        }
        let (segment, after) = after
            .split_at_checked(length)
            .ok_or(PictureError::Malformed)?;
        if is_frame(marker) {
            check_jpeg_size(segment)?;
            has_size = true;
        }
        let is_beside = matches!(marker, 0xe1..=0xed | 0xef | 0xfe);
        if !is_beside {
            kept.extend_from_slice(&[0xff, marker]);
            kept.extend_from_slice(segment);
        }
        rest = after;
        if marker == 0xda {
            let (scan, after) = rest.split_at(scan_length(rest));
            kept.extend_from_slice(scan);
            has_scan = true;
            rest = after;
        }
    }
}

/// The next marker and what follows it; fill bytes may stand before it.
fn next_marker(bytes: &[u8]) -> Result<(u8, &[u8]), PictureError> {
    let (&first, mut rest) = bytes.split_first().ok_or(PictureError::Malformed)?;
    if first != 0xff {
        return Err(PictureError::Malformed);
    }
    loop {
        let (&marker, after) = rest.split_first().ok_or(PictureError::Malformed)?;
        rest = after;
        match marker {
            0xff => {}
            // Neither a stuffed byte nor a marker without a length belongs here.
            0x00 | 0x01 | 0xd0..=0xd8 => return Err(PictureError::Malformed),
            _ => return Ok((marker, rest)),
        }
    }
}

/// Whether a segment says how large the picture is.
const fn is_frame(marker: u8) -> bool {
    matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc)
}

fn check_jpeg_size(segment: &[u8]) -> Result<(), PictureError> {
    let size = segment
        .get(3..)
        .and_then(|s| s.first_chunk::<4>())
        .ok_or(PictureError::Malformed)?;
    let [h1, h0, w1, w0] = *size;
    let side = |high, low| u64::from(u16::from_be_bytes([high, low]));
    check_points(side(w1, w0), side(h1, h0))
}

/// Bytes of coded picture before the next marker.
fn scan_length(bytes: &[u8]) -> usize {
    let pairs = bytes.windows(2);
    let is_marker = |pair: &[u8]| pair[0] == 0xff && !matches!(pair[1], 0x00 | 0xd0..=0xd7 | 0xff);
    pairs.clone().position(is_marker).unwrap_or(bytes.len())
}

/// What a PNG needs: the critical chunks, and those that say how colours look.
fn png(bytes: &[u8]) -> Result<Vec<u8>, PictureError> {
    const COLOURS: [&[u8]; 5] = [b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP"];
    let mut kept = PNG.to_vec();
    let mut rest = bytes.get(PNG.len()..).ok_or(PictureError::Malformed)?;
    let mut is_first = true;
    loop {
        let length = rest.first_chunk::<4>().ok_or(PictureError::Malformed)?;
        let length = u32::from_be_bytes(*length) as usize;
        let whole = length.checked_add(12).ok_or(PictureError::Malformed)?;
        let (chunk, after) = rest
            .split_at_checked(whole)
            .ok_or(PictureError::Malformed)?;
        let (kind, data) = (&chunk[4..8], &chunk[8..8 + length]);
        if is_first != (kind == b"IHDR") {
            return Err(PictureError::Malformed);
        }
        if is_first {
            check_png_size(data)?;
            is_first = false;
        }
        if kind[0].is_ascii_uppercase() || COLOURS.contains(&kind) {
            kept.extend_from_slice(chunk);
        }
        if kind == b"IEND" {
            return Ok(kept);
        }
        rest = after;
    }
}

fn check_png_size(header: &[u8]) -> Result<(), PictureError> {
    let (width, rest) = header
        .split_first_chunk::<4>()
        .ok_or(PictureError::Malformed)?;
    let height = rest.first_chunk::<4>().ok_or(PictureError::Malformed)?;
    let side = |bytes: &[u8; 4]| u64::from(u32::from_be_bytes(*bytes));
    check_points(side(width), side(height))
}

fn check_points(width: u64, height: u64) -> Result<(), PictureError> {
    if width == 0 || height == 0 {
        return Err(PictureError::Malformed);
    }
    if width.saturating_mul(height) > MAX_POINTS {
        return Err(PictureError::TooLarge);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A JPEG of the smallest form: an application segment, a frame, a scan with a stuffed byte.
    fn photo(beside: &[u8], width: u16) -> Vec<u8> {
        let mut bytes = vec![0xff, 0xd8];
        let mut segment = |marker: u8, data: &[u8]| {
            let length = u16::try_from(data.len() + 2).unwrap();
            bytes.extend_from_slice(&[0xff, marker]);
            bytes.extend_from_slice(&length.to_be_bytes());
            bytes.extend_from_slice(data);
        };
        segment(0xe0, b"JFIF\0");
        segment(0xe1, beside);
        let [high, low] = width.to_be_bytes();
        segment(0xc0, &[8, 0, 16, high, low, 1, 1, 0x11, 0]);
        segment(0xda, &[1, 1, 0, 0, 63, 0]);
        bytes.extend_from_slice(&[1, 2, 0xff, 0, 3, 0xff, 0xd0, 4, 0xff, 0xd9]);
        bytes
    }

    fn scan(beside: &[u8], width: u32) -> Vec<u8> {
        let mut bytes = PNG.to_vec();
        let mut chunk = |kind: &[u8; 4], data: &[u8]| {
            bytes.extend_from_slice(&u32::try_from(data.len()).unwrap().to_be_bytes());
            bytes.extend_from_slice(kind);
            bytes.extend_from_slice(data);
            bytes.extend_from_slice(&[0; 4]);
        };
        let mut header = width.to_be_bytes().to_vec();
        header.extend_from_slice(&[0, 0, 0, 16, 8, 0, 0, 0, 0]);
        chunk(b"IHDR", &header);
        chunk(b"tEXt", beside);
        chunk(b"IDAT", &[7; 30]);
        chunk(b"IEND", &[]);
        bytes
    }

    #[test]
    fn where_a_photo_was_taken_does_not_leave_the_device() {
        for bytes in [photo(b"Exif GPS 45.0", 16), scan(b"GPS 45.0", 16)] {
            let picture = Picture::read(&bytes).unwrap();
            let kept = String::from_utf8_lossy(&picture.bytes).into_owned();
            assert!(!kept.contains("GPS"), "{:?}", picture.kind);
            assert!(picture.bytes.len() < bytes.len());
            assert_eq!(Picture::read(&picture.bytes).unwrap(), picture);
        }
        let trailing = [photo(b"", 16), b"hidden".to_vec()].concat();
        let kept = Picture::read(&trailing).unwrap().bytes;
        assert!(!kept.ends_with(b"hidden"));
    }

    #[test]
    fn what_is_no_picture_or_too_large_is_refused_by_its_own_code() {
        let code = |bytes: &[u8]| Picture::read(bytes).unwrap_err().code();
        assert_eq!(code(b"%PDF-1.4"), ErrorCode::MediaNotPicture);
        assert_eq!(code(&vec![0xff; 30 << 20]), ErrorCode::MediaTooLarge);
        assert_eq!(code(&scan(b"", 1 << 30)), ErrorCode::MediaTooLarge);
        assert_eq!(code(&photo(b"", 0)), ErrorCode::MediaNotPicture);
    }

    #[test]
    fn a_cut_picture_at_any_byte_is_refused_and_ends() {
        for whole in [photo(b"Exif", 16), scan(b"note", 16)] {
            for length in 0..whole.len() {
                assert!(Picture::read(&whole[..length]).is_err(), "{length}");
            }
        }
    }
}
