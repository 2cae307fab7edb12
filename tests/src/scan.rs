//! Pictures for tests: of the smallest form, and unlike each other.

use itgel_domain::hash::Hash;

/// A picture in which so many hashes are drawn from a number, each of 32 bytes.
#[must_use]
pub fn scan(number: u32, hashes: u32) -> Vec<u8> {
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut part = |kind: &[u8; 4], data: &[u8]| {
        out.extend_from_slice(&u32::try_from(data.len()).unwrap_or(0).to_be_bytes());
        out.extend_from_slice(kind);
        out.extend_from_slice(data);
        out.extend_from_slice(&[0; 4]);
    };
    part(b"IHDR", &[0, 0, 1, 0, 0, 0, 1, 0, 8, 0, 0, 0, 0]);
    let noise = |i: u32| {
        let parts = [number.to_be_bytes(), i.to_be_bytes()];
        *Hash::of("noise", &[&parts[0], &parts[1]]).as_bytes()
    };
    let noise: Vec<u8> = (0..hashes).flat_map(noise).collect();
    part(b"IDAT", &noise);
    part(b"IEND", &[]);
    out
}
