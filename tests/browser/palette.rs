//! Pictures small enough for the documents.

use std::collections::BTreeMap;

/// The same picture in at most 256 colours: those of a page are few, and the edges of its letters
/// need no more.
pub(crate) fn with_few_colours(picture: &[u8]) -> Vec<u8> {
    let mut reader = png::Decoder::new(std::io::Cursor::new(picture))
        .read_info()
        .unwrap();
    let mut points = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut points).unwrap();
    let samples = info.color_type.samples();
    let colours: Vec<[u8; 3]> = points
        .chunks_exact(samples)
        .map(|p| [p[0], p[1], p[2]])
        .collect();
    // As many bits as still fit; a bucket is shown in the colour that most of its points have.
    let shift = (2..8)
        .find(|shift| buckets(&colours, *shift).len() <= 256)
        .unwrap();
    let numbered: BTreeMap<[u8; 3], (u8, [u8; 3])> = (0..=u8::MAX)
        .zip(buckets(&colours, shift))
        .map(|(n, (bucket, shown))| (bucket, (n, shown)))
        .collect();
    let mut palette = vec![0; numbered.len() * 3];
    for (n, shown) in numbered.values() {
        palette[usize::from(*n) * 3..][..3].copy_from_slice(shown);
    }
    let indexed: Vec<u8> = colours
        .iter()
        .map(|c| numbered[&c.map(|part| part >> shift)].0)
        .collect();
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, info.width, info.height);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_palette(palette);
    encoder.set_compression(png::Compression::High);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&indexed).unwrap();
    writer.finish().unwrap();
    out
}

/// The colours that fall together without their lowest bits, each with the most frequent one.
fn buckets(colours: &[[u8; 3]], shift: u32) -> BTreeMap<[u8; 3], [u8; 3]> {
    let mut counted: BTreeMap<[u8; 3], u32> = BTreeMap::new();
    for colour in colours {
        *counted.entry(*colour).or_default() += 1;
    }
    let mut most: BTreeMap<[u8; 3], (u32, [u8; 3])> = BTreeMap::new();
    for (colour, count) in counted {
        let bucket = most
            .entry(colour.map(|part| part >> shift))
            .or_insert((count, colour));
        *bucket = (*bucket).max((count, colour));
    }
    most.into_iter()
        .map(|(bucket, (_, colour))| (bucket, colour))
        .collect()
}
