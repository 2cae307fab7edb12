//! An open store, as native screens and jobs in the background use it.

use std::sync::Arc;

use itgel_device::{Countersign, Error, Listing, Order};
use itgel_domain::assess::Assessment;
use itgel_domain::error::ErrorCode;
use itgel_domain::file::entry::Consent;
use itgel_domain::id::{CycleId, SubjectId};
use itgel_domain::item::Observation;
use itgel_domain::rights::consent;
use itgel_field::native::{self, OpenStore, Unlocked};
use itgel_text as text;

use crate::app::Way;
use crate::convert::Malformed;
use crate::error::{Errors, Fault, FieldError};
use crate::host::SyncListener;
use crate::record::{
    Campaign, Checked, ConsentGiven, ConsentReceipt, Finding, Gacha, Graded, Person, Recipient,
    SealedVisit, SecondSignature, StoreState, SubjectQuery, SubjectRow, VisitDraft, VisitRecord,
};
use crate::sync::{self, SyncOutcome};

/// An unlocked store. Once the program is locked, every call answers [`FieldError::Locked`].
#[derive(uniffi::Object)]
pub struct FieldStore {
    field: itgel_field::FieldApp,
    unlocked: Unlocked,
    way: Way,
}

#[uniffi::export]
impl FieldStore {
    /// Who works with it and where it stands.
    pub fn state(&self) -> Result<StoreState, FieldError> {
        self.with(|store| {
            let device = store.device();
            let print = text::fingerprint(self.field.language(), &device.fingerprint());
            let who = (device.id()?.to_string(), device.officer()?.to_string());
            let trust = device.trust(self.field.instant())?;
            Ok(StoreState::of(who, print, &trust, device.summary()?))
        })
    }

    /// The gachas that are here.
    pub fn gachas(&self) -> Result<Vec<Gacha>, FieldError> {
        self.with(|store| {
            let all = store.device().gachas()?.into_iter();
            Ok(all
                .map(|(code, subjects)| Gacha {
                    code: code.to_string(),
                    subjects,
                })
                .collect())
        })
    }

    /// The campaigns, the latest first.
    pub fn campaigns(&self) -> Result<Vec<Campaign>, FieldError> {
        self.with(|store| {
            let all = store.device().cycles()?.into_iter();
            Ok(all.map(Campaign::from).collect())
        })
    }

    /// A page of the subjects of a gacha.
    pub fn subjects(&self, query: SubjectQuery) -> Result<Vec<SubjectRow>, FieldError> {
        let division = query.gacha.parse().map_err(|_| self.malformed())?;
        let cycle: CycleId = query.campaign.parse().map_err(|_| self.malformed())?;
        let listing = Listing {
            division,
            cycle: &cycle,
            search: &query.search,
            order: Order::default(),
            skip: query.skip,
            limit: query.limit,
        };
        self.with(|store| {
            let rows = store.device().list_subjects(&listing)?.into_iter();
            Ok(rows.map(SubjectRow::from).collect())
        })
    }

    /// What is known and drafted of a visit.
    pub fn visit(&self, subject: String, campaign: String) -> Result<VisitDraft, FieldError> {
        let (subject, cycle) = self.named(&subject, &campaign)?;
        self.with(|store| {
            let device = store.device();
            let known = device.identity(&subject)?.into_iter().next();
            let people = known.map(|record| record.people).unwrap_or_default();
            let drafted = device.draft(&subject, &cycle)?.into_iter();
            let consents = device.draft_consents(&subject, &cycle)?.into_iter();
            let earlier = device.earlier_values(&subject, &cycle)?.into_iter();
            Ok(VisitDraft {
                people: people.into_iter().map(Person::from).collect(),
                findings: drafted.map(Finding::from).collect(),
                consents: consents.map(|consent| consent.person).collect(),
                earlier: earlier
                    .map(|value| Finding::from(value.observation))
                    .collect(),
            })
        })
    }

    /// Writes who the people of a subject are. This is a record of its own, not a draft.
    pub fn put_people(&self, subject: String, people: Vec<Person>) -> Result<(), FieldError> {
        let subject: SubjectId = subject.parse().map_err(|_| self.malformed())?;
        let people = people.into_iter().map(Into::into).collect();
        self.with(|store| {
            let now = self.field.instant();
            store.device().put_identity(&subject, people, now).map(drop)
        })
    }

    /// Keeps a drafted consent with the picture of its signature; one for each person.
    pub fn put_consent(
        &self,
        subject: String,
        campaign: String,
        given: ConsentGiven,
    ) -> Result<(), FieldError> {
        let (subject, cycle) = self.named(&subject, &campaign)?;
        let until = given.until.parse().map_err(|_| self.malformed())?;
        let recipients = given.recipients.into_iter().map(Recipient::read);
        let recipients: Result<Vec<_>, Malformed> = recipients.collect();
        let recipients = recipients.map_err(|_| self.malformed())?;
        self.with(|store| {
            let (device, now) = (store.device(), self.field.instant());
            let consent = Consent {
                person: given.person,
                text_version: given.text_version,
                purposes: given.purposes,
                language: given.language,
                categories: given.categories,
                recipients,
                given_on: self.field.day(),
                until,
                signature: device.put_picture(&subject, &given.signature, now)?,
                witness: device.officer()?,
                receipt: None,
            };
            let wrong = consent::faults(&consent);
            if !wrong.is_empty() {
                return Err(Error::Invalid(wrong));
            }
            device.put_consent(&subject, &cycle, &consent, now)
        })
    }

    /// Keeps the drafted values of a screen, all of them or none; they are on the disk when this
    /// returns.
    pub fn put_values(
        &self,
        subject: String,
        campaign: String,
        findings: Vec<Finding>,
    ) -> Result<(), FieldError> {
        let (subject, cycle) = self.named(&subject, &campaign)?;
        let observations = findings.into_iter().map(Finding::read);
        let observations: Result<Vec<Observation>, Malformed> = observations.collect();
        let observations = observations.map_err(|_| self.malformed())?;
        self.with(|store| {
            let now = self.field.instant();
            store
                .device()
                .put_values(&subject, &cycle, &observations, now)
        })
    }

    /// Everything that is wrong or looks wrong with a visit.
    pub fn check(&self, subject: String, campaign: String) -> Result<Checked, FieldError> {
        let (subject, cycle) = self.named(&subject, &campaign)?;
        let lang = self.field.language();
        self.with(|store| {
            let checked = store.device().check(&subject, &cycle, self.field.day())?;
            let (faults, warnings) = (checked.violations.iter(), checked.warnings.iter());
            Ok(Checked {
                faults: faults.map(|one| Errors(lang).violation(one)).collect(),
                warnings: warnings
                    .map(|warning| Fault {
                        item: warning.field.clone(),
                        code: warning.code.as_str().to_owned(),
                        text: native::warned(lang, warning),
                    })
                    .collect(),
            })
        })
    }

    /// The provisional grade (暂定) of what is drafted and known.
    pub fn grade(&self, subject: String, campaign: String) -> Result<Graded, FieldError> {
        let (subject, cycle) = self.named(&subject, &campaign)?;
        self.with(|store| {
            let device = store.device();
            let assessment = device.assess_provisional(&subject, &cycle, self.field.day())?;
            self.graded(store, &subject, &assessment)
        })
    }

    /// Seals a visit under the signature of this store and a second one.
    pub fn seal(
        &self,
        subject: String,
        campaign: String,
        second: SecondSignature,
    ) -> Result<SealedVisit, FieldError> {
        let (subject, cycle) = self.named(&subject, &campaign)?;
        match second {
            SecondSignature::Drawn { picture } => self.with(|store| {
                let now = self.field.instant();
                let picture = store.device().put_picture(&subject, &picture, now)?;
                self.sealed(store, &subject, &cycle, &Countersign::Drawn { picture })
            }),
            SecondSignature::Officer { key, pin } => {
                let signed = self.field.signer_of(&key, &pin);
                let (officer, signer) = signed.map_err(|error| self.errors().open(&error))?;
                let countersign = Countersign::Officer {
                    officer,
                    signer: &signer,
                    steady_ms: Some(self.field.steady_clock_ms()),
                };
                self.with(|store| self.sealed(store, &subject, &cycle, &countersign))
            }
        }
    }

    /// Where the records of a subject stand.
    pub fn records(
        &self,
        subject: String,
        campaign: String,
    ) -> Result<Vec<VisitRecord>, FieldError> {
        let (subject, cycle) = self.named(&subject, &campaign)?;
        let lang = self.field.language();
        self.with(|store| {
            let records = store.device().records(&subject, &cycle)?.into_iter();
            Ok(records.map(|one| VisitRecord::of(lang, one)).collect())
        })
    }

    /// Synchronises, and comes back when everything went through or something stopped it.
    ///
    /// # Errors
    /// [`FieldError::NotAllowed`] in practice; [`FieldError::Offline`] without a way to the server, with the code `sync.stopped` where the
    /// listener stopped it. What was answered before is kept.
    pub fn sync(&self, listener: Option<Arc<dyn SyncListener>>) -> Result<SyncOutcome, FieldError> {
        let store = self.open()?;
        let now = self.field.instant();
        sync::run(&store, &self.way, now, listener.as_deref(), self.errors())
    }
}

impl FieldStore {
    pub(crate) fn new(field: itgel_field::FieldApp, unlocked: Unlocked, way: Way) -> Arc<Self> {
        Arc::new(Self {
            field,
            unlocked,
            way,
        })
    }

    fn open(&self) -> Result<OpenStore, FieldError> {
        let locked = || self.errors().of(ErrorCode::StoreLocked);
        self.unlocked.store().ok_or_else(locked)
    }

    fn with<T>(&self, work: impl FnOnce(&OpenStore) -> Result<T, Error>) -> Result<T, FieldError> {
        work(&self.open()?).map_err(|error| self.errors().device(&error))
    }

    fn named(&self, subject: &str, campaign: &str) -> Result<(SubjectId, CycleId), FieldError> {
        let subject = subject.parse().map_err(|_| self.malformed())?;
        Ok((subject, campaign.parse().map_err(|_| self.malformed())?))
    }

    fn sealed(
        &self,
        store: &OpenStore,
        subject: &SubjectId,
        cycle: &CycleId,
        second: &Countersign<'_>,
    ) -> Result<SealedVisit, Error> {
        let (today, now) = (self.field.day(), self.field.instant());
        let sealed = store.device().seal(subject, cycle, today, now, second)?;
        let receipts = sealed.consent_receipts.into_iter();
        Ok(SealedVisit {
            code: sealed.code,
            graded: self.graded(store, subject, &sealed.assessment)?,
            consent_receipts: receipts
                .map(|(person, number)| ConsentReceipt {
                    person,
                    number: number.to_string(),
                })
                .collect(),
        })
    }

    fn graded(
        &self,
        store: &OpenStore,
        subject: &SubjectId,
        assessment: &Assessment,
    ) -> Result<Graded, Error> {
        let (pack, _) = store.device().rules_for(subject, self.field.day())?;
        Ok(Graded::of(self.field.language(), assessment, &pack))
    }

    fn errors(&self) -> Errors {
        Errors(self.field.language())
    }

    fn malformed(&self) -> FieldError {
        self.errors().malformed()
    }
}

/// Nothing of a store is shown.
impl std::fmt::Debug for FieldStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FieldStore(redacted)")
    }
}
