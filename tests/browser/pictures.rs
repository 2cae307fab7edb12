//! Pictures of every screen, for the documents:
//! `ITGEL_PICTURES=1 cargo test -p itgel-tests --test browser pictures` writes them into
//! `docs/pictures/field`; without it they are taken all the same, beside the build, so that the way
//! to every screen stays open.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use itgel_tests::World;

use crate::browser::Screen;
use crate::officer::Officer;
use crate::on_the_way;
use crate::visit::at;

/// Most bytes of a picture: the documents stay quick to open.
const MAX_BYTES: u64 = 100 * 1024;

/// Where the pictures of the documents are.
fn shown() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/pictures/field")
}

#[test]
fn pictures_of_the_documents_show_screens_that_are_gone() {
    on_the_way(async {
        let folder = match std::env::var_os("ITGEL_PICTURES") {
            Some(_) => shown(),
            None => Path::new(env!("CARGO_TARGET_TMPDIR")).join("pictures"),
        };
        drop(std::fs::remove_dir_all(&folder));
        std::fs::create_dir_all(&folder).unwrap();
        let world = World::with_households(150);
        let officer = Officer::with_a_new_device(&world, Screen::Phone).await;
        Album {
            officer,
            folder: folder.clone(),
        }
        .take(&world)
        .await;
        assert_eq!(names(&folder), names(&shown()), "take the pictures again");
        let told = std::fs::read_to_string(shown().join("../../field.md")).unwrap();
        for name in names(&folder) {
            assert!(told.contains(&name), "docs/field.md does not show {name}");
            let bytes = std::fs::metadata(folder.join(&name)).unwrap().len();
            assert!(bytes <= MAX_BYTES, "{name} has {bytes} bytes");
        }
    });
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.collect()
}

/// An officer whose day is taken down in pictures.
struct Album<'w> {
    officer: Officer<'w>,
    folder: PathBuf,
}

impl Album<'_> {
    async fn take(&self, world: &World) {
        let officer = &self.officer;
        self.picture("01-enrol").await;
        officer.enrol(&world.sample.teams[1].collector).await;
        officer.wait_for_sync().await;
        self.picture("12-sync").await;
        officer.go("/device").await;
        self.picture("02-device").await;
        let household = &world.households()[0];
        officer.open_household(household).await;
        officer
            .press(".parts a[href$='/people']", &at(household, "people"))
            .await;
        officer.identify(household).await;
        officer.ask_consent(household).await;
        officer.fill(household).await;
        officer.browser.goto_in_page(&at(household, "photos")).await;
        officer.take_photo(600).await;
        for (place, name) in [
            ("", "04-visit"),
            ("people", "05-people"),
            ("consent", "06-consent"),
            ("section/herd", "07-herd"),
            ("section/pasture", "08-pasture"),
            ("photos", "09-photos"),
            ("grade", "10-grade"),
        ] {
            self.open(&at(household, place)).await;
            self.picture(name).await;
        }
        officer.seal(household).await;
        self.picture("11-slip").await;
        officer.synchronise().await;
        self.open(&at(household, "records")).await;
        self.picture("13-records").await;
        self.open("/").await;
        self.picture("03-list").await;
        self.in_other_words(household).await;
    }

    /// Mongolian, the door and the practice.
    async fn in_other_words(&self, household: &itgel_fixtures::Household) {
        let officer = &self.officer;
        officer.speak("mn-Mong").await;
        self.picture("14-list-mn").await;
        for (place, name) in [
            ("consent", "15-consent-mn"),
            ("section/herd", "16-herd-mn"),
            ("grade", "17-grade-mn"),
        ] {
            self.open(&at(household, place)).await;
            self.picture(name).await;
        }
        officer.speak("zh-CN").await;
        officer.go("/device").await;
        officer.press("form[action='/lock'] button", "/").await;
        self.picture("18-door").await;
        officer.tap("form[action='/practice'] button").await;
        officer
            .browser
            .until("practice", "document.querySelector('nav')")
            .await;
        self.picture("19-practice").await;
    }

    async fn open(&self, place: &str) {
        let place = match place {
            "/" => place,
            other => other.trim_end_matches('/'),
        };
        self.officer.browser.goto_in_page(place).await;
        self.officer.look().await;
    }

    async fn picture(&self, name: &str) {
        let browser = &self.officer.browser;
        // No caret that blinks, every letter there.
        browser
            .ask("document.activeElement.blur(); scrollTo(0, 0)", Vec::new())
            .await;
        browser
            .until("the letters", "document.fonts.status === 'loaded'")
            .await;
        let taken = browser.client.screenshot().await.unwrap();
        let path = self.folder.join(format!("{name}.png"));
        std::fs::write(path, with_few_colours(&taken)).unwrap();
    }
}

/// The same picture in at most 256 colours: those of a page are few, and the edges of its letters
/// need no more.
fn with_few_colours(picture: &[u8]) -> Vec<u8> {
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
