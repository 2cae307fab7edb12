//! Files between a device and the server: what waits goes on a card, somebody brings it to the
//! office sooner or later, once or twice, and brings the answer back or not.

use itgel_device::{Error, OwnState};
use itgel_server::bundle;

use super::check;
use super::failure::Outcome;
use super::fleet::Fleet;

/// Files of each kind that fit on a card: the oldest gives way.
const KEPT: usize = 4;

/// A card with its files, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Card {
    bundles: Vec<Vec<u8>>,
    answers: Vec<Vec<u8>>,
}

impl Fleet<'_> {
    /// Writes what waits on the device's card.
    pub(super) fn save(&mut self, number: usize) -> Outcome<String> {
        let now = self.host.borrow().now();
        let phone = self.phone(number)?;
        let bytes = phone.device().write_bundle(phone.clock(now))?;
        let told = format!("{} bytes", bytes.len());
        put(&mut phone.card.bundles, bytes);
        Ok(told)
    }

    /// Brings a file of the card to the server.
    pub(super) fn carry(&mut self, number: usize, file: usize) -> Outcome<String> {
        let Some(bytes) = at(&self.phone(number)?.card.bundles, file) else {
            return Ok("no file".into());
        };
        let taken = self
            .host
            .borrow()
            .work(|service| bundle::take(service, &bytes));
        let taken = match taken {
            Ok(taken) => taken,
            Err(error) => return check::refusal(&error),
        };
        let told = format!(
            "{} records except {} pictures {} pages {} refused {:?}",
            taken.records, taken.except, taken.pictures, taken.pages, taken.refused
        );
        put(&mut self.phone(number)?.card.answers, taken.answer);
        Ok(told)
    }

    /// Lets the device take an answer from its card.
    pub(super) fn take_answer(&mut self, number: usize, file: usize) -> Outcome<String> {
        let phone = self.phone(number)?;
        let Some(bytes) = at(&phone.card.answers, file) else {
            return Ok("no answer".into());
        };
        let report = match phone.device().take_answer(&bytes) {
            Ok(report) => report,
            // The key for this answer went with a storage that was put back.
            Err(Error::Bundle(code)) => return Ok(format!("refused {code}")),
            Err(error) => return Err(error.into()),
        };
        self.note_receipts(number)?;
        Ok(format!("{report:?}"))
    }

    /// Notes for what the device holds a receipt now, however it came.
    fn note_receipts(&mut self, number: usize) -> Outcome<()> {
        let phone = &self.phones[number];
        for own in phone.device().own_envelopes()? {
            if matches!(own.state, OwnState::Answered(verdict) if verdict.is_received()) {
                let device = phone.handset.device.clone();
                self.receipted.borrow_mut().insert(own.id, device);
            }
        }
        let pictures = phone.receipted_pictures()?;
        self.shown.borrow_mut().extend(pictures);
        Ok(())
    }
}

fn put(files: &mut Vec<Vec<u8>>, bytes: Vec<u8>) {
    files.push(bytes);
    if files.len() > KEPT {
        files.remove(0);
    }
}

fn at(files: &[Vec<u8>], number: usize) -> Option<Vec<u8>> {
    let number = number.checked_rem(files.len())?;
    files.get(number).cloned()
}
