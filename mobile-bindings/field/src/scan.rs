//! The QR code of an invitation, read from a picture of it. The page sends the brightness of its
//! points and nothing else, so no picture format is read here.

use itgel_domain::trust::Invitation;

/// Most points of a side that a page sends.
const MAX_SIDE: usize = 1_600;

/// The invitation in a grey picture, a byte a point from the top left on.
pub(crate) fn invitation(grey: &[u8], width: usize, height: usize) -> Option<String> {
    let is_picture = (1..=MAX_SIDE).contains(&width)
        && (1..=MAX_SIDE).contains(&height)
        && grey.len() == width * height;
    if !is_picture {
        return None;
    }
    let point = |x: usize, y: usize| grey.get(y * width + x).copied().unwrap_or(u8::MAX);
    let mut picture = rqrr::PreparedImage::prepare_from_greyscale(width, height, point);
    let found = picture.detect_grids().into_iter();
    let texts = found.filter_map(|grid| Some(grid.decode().ok()?.1));
    // Other codes may be in the picture, of a product or a poster.
    texts
        .into_iter()
        .find(|text| text.parse::<Invitation>().is_ok())
}

#[cfg(test)]
mod tests {
    use qrcode::{Color, QrCode};

    use super::*;

    /// Points of a module, and modules of white around the code.
    const POINTS: usize = 4;
    const QUIET: usize = 4;

    fn drawn(text: &str) -> (Vec<u8>, usize) {
        let code = QrCode::new(text).unwrap();
        let side = (code.width() + 2 * QUIET) * POINTS;
        let mut grey = vec![230; side * side];
        for y in 0..code.width() * POINTS {
            for x in 0..code.width() * POINTS {
                let dark = code[(x / POINTS, y / POINTS)] == Color::Dark;
                let at = (y + QUIET * POINTS) * side + x + QUIET * POINTS;
                grey[at] = if dark { 25 } else { 230 };
            }
        }
        (grey, side)
    }

    #[test]
    fn an_invitation_on_a_screen_is_read_and_another_code_is_not() {
        let invitation = Invitation::new("https://xinyong.example.cn", "ABCDEF23", &[5; 32]);
        let (grey, side) = drawn(&invitation.to_string());
        assert_eq!(
            super::invitation(&grey, side, side),
            Some(invitation.to_string())
        );
        let (other, side) = drawn("https://example.cn/poster");
        assert_eq!(super::invitation(&other, side, side), None);
    }

    #[test]
    fn a_picture_that_is_not_as_large_as_it_says_is_no_picture() {
        assert_eq!(invitation(&[0; 10], 100, 100), None);
        assert_eq!(invitation(&[], 0, 0), None);
        assert_eq!(invitation(&[7; 100], 10, 10), None);
    }
}
