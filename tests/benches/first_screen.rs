//! The first screen over 3G: when a new device can enter the first household of its gacha, in the
//! time of a simulated link. The server's and the device's own work is not in it.

use std::time::Duration;

use itgel_device::Device;
use itgel_device::sync::{self, Progress};
use itgel_server::sync::DeviceSession;
use itgel_tests::slow::{Network, SlowLink};

use super::device::new_device;
use super::phone::Phone;
use super::table::{Cost, Goal, Row};
use super::world::{SECOND, World, device_of, now};
use super::{Outcome, Size};

/// Households of the gacha, also with `--quick`: fewer would be another question.
const HOUSEHOLDS: u32 = 1_000;

pub(crate) fn rows(_: Size) -> Outcome<Vec<Row>> {
    let world = World::with_households(HOUSEHOLDS)?;
    let mut phone = Phone::new()?;
    for household in &world.households {
        phone.identify(household)?;
        phone.write(household, &world.cycle.id, &household.found)?;
    }
    let session = DeviceSession::new(world.service.clone(), phone.device.clone());
    for page in phone.pages() {
        itgel_domain::sync::SyncProtocol::push(&session, &page)?;
    }
    let (record, _) = device_of(SECOND)?;
    let session = DeviceSession::new(world.service.clone(), record);
    let device = new_device(&world, SECOND)?;
    let link = SlowLink::new(&session, Network::PLAIN_3G, 0, 1);
    let mut usable = None;
    // Told with the first page of files of others: the names came before them.
    let mut watch = |told: Progress| {
        if usable.is_none() && matches!(told, Progress::Filling { .. }) {
            let at = (link.now_ms(), link.carried());
            usable = Some((at, can_enter(&world, &device)));
        }
    };
    sync::run(&device, &link, now(), &mut watch)?;
    let ((ms, bytes), can_enter) = usable.ok_or("nothing was left for later")?;
    if !can_enter {
        return Err("the first screen shows no household that can be entered".into());
    }
    let time = |ms: u64| Cost::of(Duration::from_millis(ms), 1);
    let bare = time(bytes / Network::PLAIN_3G.bytes_per_ms);
    Ok(vec![
        Row::new(
            format!("first screen over 3G, {HOUSEHOLDS} households, {bytes} B, simulated"),
            time(ms),
            ("the same bytes without latency and loss", bare),
            Goal::Within(Duration::from_secs(60)),
        ),
        Row::new(
            format!("the same, every file here, {} B", link.carried()),
            time(link.now_ms()),
            (
                "the same bytes without latency and loss",
                time(link.carried() / Network::PLAIN_3G.bytes_per_ms),
            ),
            Goal::Told,
        ),
    ])
}

/// Whether everybody is listed and something can be written down about the first one.
fn can_enter(world: &World, device: &Device) -> bool {
    let listed = device.count_subjects(world.gacha.code);
    let subject = &world.households[0].subject;
    listed.is_ok_and(|n| n == u64::from(HOUSEHOLDS))
        && device.put_note(subject, "示例", now()).is_ok()
}
