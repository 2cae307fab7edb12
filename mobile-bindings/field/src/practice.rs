//! Practice: a gacha that does not exist, in a store of its own, without enrolment. The rules are those
//! that ship with the program, so that a grade means what it means in earnest.

use std::fs;
use std::sync::Arc;

use itgel_device::files::private_folder;
use itgel_device::vault;
use itgel_device::{Device, Error};
use itgel_domain::case::cycle::{Cycle, CycleKind};
use itgel_domain::division::DivisionCode;
use itgel_domain::file::chain::SoftwareSigner;
use itgel_domain::hash::Hash;
use itgel_domain::id::{OfficerId, SubjectId};
use itgel_domain::identity::{IdentityRecord, Person};
use itgel_domain::pack::shipped;
use itgel_domain::register::{
    CreditRecord, CreditStatus, Quota, RegisterContent, RegisterRow, Season,
};
use itgel_domain::subject::SubjectKind;
use itgel_domain::sync::pull::{IdentityItem, PullItem, RulesItem, SubjectItem};
use jiff::civil::{Date, date};

use crate::app::FieldApp;
use crate::officers::{Officers, Opened, Profile};

/// A banner and a gacha with numbers that nobody has.
const BANNER: &str = "159999";
const GACHA: &str = "159999501201";

const FOLDER: &str = "practice";
const STORE: &str = "practice.db";

/// Who opens it needs no secret of their own: there is nothing to protect.
const PIN: &str = "000000";

/// Where the animals of the invented pastures may graze: 20 mu a sheep unit.
const MU_PER_SU: &str = "20";

/// The heads of the invented households and their spouses, each marked as an example.
const HOUSEHOLDS: [(&str, &str); 8] = [
    ("示例·巴特尔", "示例·其其格"),
    ("示例·那仁", ""),
    ("示例·张三", "示例·李四"),
    ("示例·乌云", "示例·达来"),
    ("示例·王五", ""),
    ("示例·苏和", "示例·萨仁"),
    ("示例·赵六", "示例·钱七"),
    ("示例·图雅", ""),
];

impl Officers {
    /// Opens the store for practice, made if it is not there, with a campaign of the year of `today`.
    pub(crate) fn practise(&self, today: Date) -> Result<Opened, Error> {
        let folder = self.data().join(FOLDER);
        private_folder(&folder).map_err(vault::VaultError::from)?;
        let store = folder.join(STORE);
        let secrets = self.secrets(PIN);
        let entropy = Arc::clone(self.entropy());
        let officer: OfficerId = named(FOLDER)?;
        if !vault::exists(&store) {
            vault::create(&store, &secrets, entropy.as_ref())?;
        }
        let key = vault::unlock(&store, &secrets)?;
        let signer = Arc::new(SoftwareSigner::from_secret(&key.signing_seed()));
        let device = match store.exists() {
            true => Device::open(&store, &secrets, signer.clone(), entropy)?,
            false => {
                let own = (named(FOLDER)?, officer.clone());
                Device::create_practice(&store, &secrets, own, signer.clone(), entropy)?
            }
        };
        device.invent(&village(today, &officer)?)?;
        Ok(Opened {
            profile: Profile {
                folder: FOLDER.to_owned(),
                officer,
                server: String::new(),
            },
            device,
            signer,
        })
    }

    /// Deletes the store for practice with everything in it.
    pub(crate) fn end_practice(&self) -> Result<(), Error> {
        let folder = self.data().join(FOLDER);
        self.forget(&folder.join(STORE))?;
        match fs::remove_dir_all(folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(vault::VaultError::from(error).into())
            }
            _ => Ok(()),
        }
    }
}

impl FieldApp {
    /// Unlocks the store for practice.
    pub(crate) fn practise(&self) -> Result<(), Error> {
        let opened = self.officers().practise(self.today())?;
        self.unlock(opened);
        Ok(())
    }

    /// Locks the store for practice, if it is the open one, and deletes it.
    pub(crate) fn end_practice(&self) -> Result<(), Error> {
        let open = self.session().filter(|open| open.profile.is_practice());
        if open.is_some() {
            self.lock();
        }
        drop(open);
        self.officers().end_practice()
    }
}

/// Everything that a server would list of the gacha.
fn village(today: Date, officer: &OfficerId) -> Result<Vec<(DivisionCode, PullItem)>, Error> {
    let (banner, gacha): (DivisionCode, DivisionCode) = (named(BANNER)?, named(GACHA)?);
    let mut items = Vec::new();
    items.extend(
        shipped::PACKS
            .iter()
            .map(|f| (banner, PullItem::Pack(file(f)))),
    );
    // The table of the worked cases, which holds for the whole region.
    let table = shipped::PARAMETERS
        .iter()
        .filter(|(name, _)| *name == "ex-1.toml");
    items.extend(table.map(|f| (banner, PullItem::Parameters(file(f)))));
    items.push((banner, PullItem::Cycle(campaign(today, banner)?)));
    for (n, (head, spouse)) in (1..).zip(HOUSEHOLDS) {
        let subject: SubjectId = named(&format!("{FOLDER}-{n}"))?;
        items.push((
            gacha,
            PullItem::Subject(SubjectItem {
                subject: subject.clone(),
                kind: SubjectKind::Household,
                division: gacha,
                local_code: format!("{n:03}"),
            }),
        ));
        let people = [("head", head), ("spouse", spouse)].into_iter();
        let people = people.filter(|(_, name)| !name.is_empty()).map(person);
        items.push((
            gacha,
            PullItem::Identity(IdentityItem {
                record: IdentityRecord {
                    subject: subject.clone(),
                    version: 1,
                    based_on: Vec::new(),
                    people: people.collect(),
                    author: officer.clone(),
                    registration: None,
                },
                commitment: Hash::of("practice", &[subject.as_str().as_bytes()]),
            }),
        ));
        for content in registers() {
            items.push((gacha, PullItem::Register(row(&subject, gacha, content)?)));
        }
    }
    Ok(items)
}

fn campaign(today: Date, banner: DivisionCode) -> Result<Cycle, Error> {
    let year = today.year();
    Ok(Cycle {
        id: named(&format!("{FOLDER}-{year}"))?,
        banner,
        kind: CycleKind::Annual,
        name: format!("练习 {year}"),
        opens_on: date(year, 1, 1),
        closes_on: date(year, 12, 31),
    })
}

fn person((role, name): (&str, &str)) -> Person {
    Person {
        role: role.to_owned(),
        full_name: name.to_owned(),
        name_mn: None,
        id_number: None,
        phone: None,
    }
}

/// What registers would know: a clean credit record and the quota of the pasture.
fn registers() -> impl Iterator<Item = RegisterContent> {
    let credit = CreditRecord {
        status: CreditStatus::Known,
        first_loan_on: Some(date(2018, 10, 20)),
        ..CreditRecord::default()
    };
    let quota = MU_PER_SU.parse().ok().map(|mu_per_su| {
        RegisterContent::Quota(Quota {
            plot: None,
            season: Season::Year,
            valid_from: date(2020, 1, 1),
            valid_to: None,
            mu_per_su,
            before_disaster: None,
        })
    });
    std::iter::once(RegisterContent::Credit(credit)).chain(quota)
}

fn row(
    subject: &SubjectId,
    division: DivisionCode,
    content: RegisterContent,
) -> Result<RegisterRow, Error> {
    Ok(RegisterRow {
        id: named(&format!("{}-{subject}", content.register()))?,
        division,
        subject: Some(subject.clone()),
        key: String::new(),
        revision: 1,
        valid_from: date(2020, 1, 1),
        valid_to: None,
        source: "示例".to_owned(),
        content,
    })
}

fn file((name, text): &(&str, &str)) -> RulesItem {
    RulesItem {
        hash: Hash::of_file(text.as_bytes()),
        name: (*name).to_owned(),
        text: (*text).to_owned(),
    }
}

/// A word of ours as what it names; none of them is wrong.
fn named<T: std::str::FromStr>(word: &str) -> Result<T, Error> {
    word.parse().map_err(|_| Error::Practice)
}
