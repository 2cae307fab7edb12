//! The one list of error codes.
//!
//! A code is a dotted word that never changes its meaning. From its kind follow the HTTP status
//! and what a caller should do next; the problem `type`, the key of its text and the variant on a
//! device are derived from the code itself, so there is no second list to keep.
//! A new code comes with its text in `core/text/ftl/*/errors.ftl`; without one `itgel-text` does
//! not build.

use std::fmt;
use std::str::FromStr;

/// What went wrong, in the one way that a caller can act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The bytes are not what the interface says; sending them again changes nothing.
    Malformed,
    /// Sign in again; a queue pauses and keeps everything.
    Unauthenticated,
    /// Signed in, and not allowed.
    Forbidden,
    /// Nothing here that this caller may know of.
    NotFound,
    /// The state has moved on; read it again.
    Conflict,
    /// Too many bytes or too many things.
    TooLarge,
    /// Understood, and against a rule; the violations say which.
    Invalid,
    /// Later.
    TooMany,
    /// Not now.
    Unavailable,
    /// No room.
    StorageFull,
    /// Unlock with the PIN first.
    Locked,
    /// Our fault; a reference leads to the log.
    Internal,
}

impl Kind {
    /// The HTTP status of this kind; a device-only kind has that of a refused request.
    #[must_use]
    pub const fn http_status(self) -> u16 {
        match self {
            Self::Malformed => 400,
            Self::Unauthenticated => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::Conflict => 409,
            Self::TooLarge => 413,
            Self::Invalid => 422,
            Self::Locked => 423,
            Self::TooMany => 429,
            Self::Internal => 500,
            Self::Unavailable => 503,
            Self::StorageFull => 507,
        }
    }

    /// Whether the same request can succeed later without a change.
    #[must_use]
    pub const fn is_retryable(self) -> bool {
        matches!(
            self,
            Self::Unauthenticated | Self::TooMany | Self::Unavailable | Self::StorageFull
        )
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $word:literal, $kind:ident;)+) => {
        /// A stable, machine-readable reason.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ErrorCode {
            $($(#[$doc])* $name,)+
        }

        impl ErrorCode {
            /// Every code, in the order of the list.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The dotted word.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)+ }
            }

            /// What a caller can do about it.
            #[must_use]
            pub const fn kind(self) -> Kind {
                match self { $(Self::$name => Kind::$kind,)+ }
            }
        }

        impl FromStr for ErrorCode {
            type Err = UnknownCode;

            fn from_str(text: &str) -> Result<Self, UnknownCode> {
                match text {
                    $($word => Ok(Self::$name),)+
                    _ => Err(UnknownCode),
                }
            }
        }
    };
}

codes! {
    // Values
    /// The catalogue has no such item.
    ItemUnknown = "item.unknown", Invalid;
    /// The item does not belong to this kind of subject.
    ItemWrongSubject = "item.wrong_subject", Invalid;
    /// Outside the plausible range of the item.
    ValueOutOfRange = "value.out_of_range", Invalid;
    /// A unit that the item does not have, or an amount that is not whole in base units.
    ValueWrongUnit = "value.wrong_unit", Invalid;
    /// Text for a number, or a number for a text.
    ValueWrongType = "value.wrong_type", Invalid;
    /// Not one of the choices of the item.
    ValueNotAChoice = "value.not_a_choice", Invalid;
    /// A text that is no day.
    ValueBadDay = "value.bad_day", Invalid;
    /// Words that tell of what must not be collected (`domain.md` L-03); they are left out.
    TextForbidden = "text.forbidden", Invalid;
    /// A core field has no value.
    ValueMissing = "value.missing", Invalid;
    /// A restricted field without the consent that unlocks it (`domain.md` L-04).
    ConsentMissing = "consent.missing", Invalid;
    /// Consent that has ended or was withdrawn.
    ConsentEnded = "consent.ended", Invalid;
    /// A consent to a text or in a language that does not exist, or naming a recipient twice.
    ConsentText = "consent.text", Invalid;
    /// A consent without a purpose, to one that its text does not name, or to one twice.
    ConsentPurpose = "consent.purpose", Invalid;
    /// A consent for longer than its text allows.
    ConsentTerm = "consent.term", Invalid;
    /// A resident ID number with a wrong length, date, area or check digit.
    PersonIdInvalid = "person.id_number", Invalid;
    /// A name with characters that no register can hold.
    PersonNameInvalid = "person.name", Invalid;
    /// A household that looks like one that is known here, and nobody said why it is another one.
    SubjectAlike = "subject.alike", Conflict;
    /// A unified social credit code with a wrong character or check digit.
    CreditCodeInvalid = "entity.credit_code", Invalid;
    /// A collective under a number that is not its own certificate's: registration department N
    /// (`domain.md` G 49).
    CreditCodeNotCollective = "collective.credit_code", Invalid;
    /// A division code that cannot be one.
    DivisionInvalid = "division.code", Invalid;
    /// A division that no register has.
    DivisionUnknown = "division.unknown", Invalid;
    /// A division follows itself, another level, or two others as a whole (`domain.md` G 52).
    DivisionSuccession = "division.succession", Invalid;
    /// A division that has ended, on that day.
    DivisionEnded = "division.ended", Invalid;
    /// A change of divisions before its first day.
    DivisionNotYet = "division.not_yet", Invalid;
    /// An observation dated in the future, or before the window that is open.
    ObservedOutOfTime = "observation.out_of_time", Invalid;
    /// Whether it was allowed depends on a day that the server cannot know: the household moved, or
    /// a consent ended, at a time that an impossible clock says nothing about.
    DateUnclear = "date.unclear", Invalid;
    /// The seal lacks its second signature.
    SealUnsigned = "seal.unsigned", Invalid;
    /// The second signature is of a device that was revoked or frozen since it was confirmed.
    SealKeyEnded = "seal.key_ended", Invalid;
    /// Both signatures of a seal come from one person.
    SealSameOfficer = "seal.same_officer", Invalid;

    // Rules
    /// The text is not TOML or JSON.
    RulesSyntax = "rules.syntax", Invalid;
    /// A key that the format does not have.
    RulesUnknownKey = "rules.unknown_key", Invalid;
    /// A key that the format needs.
    RulesMissingKey = "rules.missing_key", Invalid;
    /// A value of the wrong type, or a number that cannot be read.
    RulesBadValue = "rules.bad_value", Invalid;
    /// A binary floating-point number; decimals are written as strings.
    RulesFloat = "rules.float", Invalid;
    /// Weights that do not add up to 100.
    RulesWeights = "rules.weights", Invalid;
    /// Bands that overlap or leave a gap.
    RulesBands = "rules.bands", Invalid;
    /// A field that must never be scored (`domain.md` B.2).
    RulesForbiddenField = "rules.forbidden_field", Invalid;
    /// A reason without its text in a language.
    RulesMissingText = "rules.missing_text", Invalid;
    /// A measure, item or code that the domain does not know.
    RulesUnknownName = "rules.unknown_name", Invalid;
    /// The file is no proposal: it is in force, or was taken back.
    RulesState = "rules.state", Conflict;
    /// No finished shadow run of this file beside the rules in force today (`domain.md` B.8 f).
    RulesShadow = "rules.shadow", Conflict;
    /// No reference of an impact assessment (`domain.md` L-25).
    RulesImpact = "rules.impact", Invalid;
    /// Another file holds for the same subjects on the same days and is not named as replaced.
    RulesOverlap = "rules.overlap", Conflict;
    /// The first day has passed: rules do not reach back.
    RulesDays = "rules.days", Conflict;
    /// The first setup is for a server on which nobody stands anywhere yet.
    RulesNotEmpty = "rules.not_empty", Conflict;
    /// A rule pack that nobody has loaded.
    PackUnknown = "pack.unknown", NotFound;
    /// A parameter table that nobody has loaded, or none valid on the day.
    ParametersUnknown = "parameters.unknown", NotFound;

    // Envelopes
    /// Bytes that do not decode, or are not in canonical form.
    EnvelopeMalformed = "envelope.malformed", Malformed;
    /// Larger than an envelope may be, or with more entries.
    EnvelopeTooLarge = "envelope.too_large", TooLarge;
    /// The chain head is not signed by the device's key.
    EnvelopeSignature = "envelope.signature", Malformed;
    /// The envelope names another device than the one that pushes it.
    EnvelopeForeignDevice = "envelope.foreign_device", Forbidden;
    /// The officer of the envelope does not work with this device.
    EnvelopeForeignOfficer = "envelope.foreign_officer", Forbidden;
    /// An earlier envelope of the chain has not arrived; this one waits.
    EnvelopeGap = "envelope.gap", Conflict;
    /// Another envelope stands at this place of the chain.
    EnvelopeFork = "envelope.fork", Conflict;
    /// A dependency that the file does not have.
    EnvelopeUnknownDep = "envelope.unknown_dep", Invalid;
    /// A start counter that does not follow from the dependencies.
    EnvelopeStartOp = "envelope.start_op", Invalid;
    /// A dependency is itself in quarantine.
    EnvelopeBlocked = "envelope.blocked", Invalid;
    /// More bytes or points than a picture may have.
    MediaTooLarge = "media.too_large", TooLarge;
    /// Neither a JPEG nor a PNG picture.
    MediaNotPicture = "media.not_picture", Invalid;
    /// No entry of this device announced the picture.
    MediaUnknown = "media.unknown", NotFound;
    /// The bytes that came are not those that were announced; they are sent again from the start.
    MediaDiffers = "media.differs", Conflict;
    /// No bundle, or one that was cut or changed.
    BundleMalformed = "bundle.malformed", Malformed;
    /// A bundle for another server, or an answer for another device.
    BundleForeign = "bundle.foreign", Forbidden;
    /// A bundle that is sealed to a key of this server which is not kept any more.
    BundleKeyGone = "bundle.key_gone", Conflict;
    /// Two signed states of the log that cannot both be of one history.
    LogForked = "log.forked", Conflict;
    /// The log is shorter than a state of it that was signed before.
    LogWentBack = "log.went_back", Conflict;
    /// A state of the log that the server told without its signature.
    LogUnsigned = "log.unsigned", Conflict;
    /// An answer that the server did not sign, or that answers something else.
    AnswerUnsigned = "answer.unsigned", Malformed;
    /// A kind of entry that a device may not write.
    EntryForbidden = "entry.forbidden", Forbidden;
    /// A correction or retraction of somebody else's entry.
    EntryNotOwn = "entry.not_own", Forbidden;
    /// A reference to an entry that the file does not have.
    EntryUnknown = "entry.unknown", Invalid;
    /// Outside the officer's divisions.
    ScopeOutside = "scope.outside", Forbidden;
    /// A subject that the register does not have; what was sent waits until it does.
    SubjectUnknown = "subject.unknown", NotFound;
    /// The file or identity was erased; nothing more is kept of it.
    SubjectErased = "subject.erased", Conflict;

    // Quarantine
    /// No such envelope in quarantine, or not in the actor's divisions.
    QuarantineUnknown = "quarantine.unknown", NotFound;
    /// It was released or rejected before, or what it lacked has arrived.
    QuarantineDecided = "quarantine.decided", Conflict;
    /// What is against it no person may let pass.
    QuarantineFirm = "quarantine.firm", Conflict;
    /// A device has as much in quarantine as may wait there; what it sends stays on it.
    QuarantineFull = "quarantine.full", TooMany;

    // Rights of those who are rated
    /// No such request of a subject, or not in the actor's divisions.
    RightRequestUnknown = "rights.unknown", NotFound;
    /// The request was answered, or carried out, before.
    RequestAnswered = "rights.answered", Conflict;
    /// A refusal without a ground that the law gives for such a request, or without words.
    RefusalGround = "rights.refusal", Invalid;
    /// An answer that does not fit the request, or says of a case what is not true of it.
    RequestOutcome = "rights.outcome", Conflict;
    /// Near relatives cannot ask for this in the place of a person who has died.
    RightNotOfRelatives = "rights.relatives", Invalid;
    /// The identity record has no such person.
    RightPerson = "rights.person", Invalid;
    /// The law orders that the subject's data be kept for the time being.
    SubjectHeld = "rights.held", Conflict;
    /// A statement that speaks of no record or value of the subject.
    StatementAbout = "rights.statement", Invalid;

    // Identity of persons and machines
    /// No token, or one that cannot be read.
    TokenMissing = "token.missing", Unauthenticated;
    /// The token's time is over.
    TokenExpired = "token.expired", Unauthenticated;
    /// Wrong signature, algorithm, type, issuer or audience.
    TokenInvalid = "token.invalid", Unauthenticated;
    /// The challenge was used, has ended or was never given.
    ChallengeInvalid = "challenge.invalid", Unauthenticated;
    /// The device is revoked.
    DeviceRevoked = "device.revoked", Forbidden;
    /// The device waits until an administrator has compared its fingerprint.
    DevicePending = "device.pending", Forbidden;
    /// The words are not those of the device's key: another device may have used the code.
    DeviceFingerprint = "device.fingerprint", Conflict;
    /// The grant and its days of grace are over: read and upload, and enter again after a contact.
    GrantEnded = "device.grant_ended", Forbidden;
    /// The store is about to be deleted by the server's order: nothing more is entered.
    DeviceWiping = "device.wiping", Forbidden;
    /// A store for practice: nothing of it is sent, and nothing real comes into it.
    DevicePractice = "device.practice", Forbidden;
    /// No such device.
    DeviceUnknown = "device.unknown", Unauthenticated;
    /// The enrolment code was used, has ended or was never given.
    EnrolmentCode = "enrolment.code", Forbidden;
    /// A text that is no invitation to enrol a device.
    InvitationMalformed = "enrolment.invitation", Malformed;
    /// The server that answered has another key than the invitation says.
    InvitationServer = "enrolment.server", Forbidden;
    /// No proof that the caller holds the token's key, or one that does not fit or was used before.
    TokenProof = "token.proof", Unauthenticated;
    /// The role, division or purpose does not allow it.
    NotAllowed = "policy.not_allowed", Forbidden;
    /// The same person would act twice in one case.
    ActedBefore = "policy.acted_before", Forbidden;
    /// A conflict of interest.
    ConflictOfInterest = "policy.conflict_of_interest", Forbidden;
    /// A person whom the list of officers does not have.
    OfficerUnknown = "officer.unknown", Invalid;
    /// A role in a larger division than such a role may have.
    OfficerScope = "officer.scope", Invalid;
    /// It needs a second person, who did not propose it and whom it does not concern.
    SecondPerson = "policy.second_person", Forbidden;

    // Workflow
    /// The state does not allow the step.
    CaseStep = "case.step", Conflict;
    /// The case has moved on since it was read.
    CaseStale = "case.stale", Conflict;
    /// The publicity or notice period is not over.
    CasePeriodOpen = "case.period_open", Conflict;
    /// An open objection.
    CaseObjection = "case.objection", Conflict;
    /// Values that disagree and decide the grade.
    CaseConflict = "case.conflict", Conflict;
    /// Peer evaluation has not been held.
    CasePeerPending = "case.peer_pending", Conflict;
    /// A credit grade must be published, any other told to the subject; a period that was kept
    /// through an objection is resumed.
    CasePath = "case.path", Conflict;
    /// An override of more than one notch, over a veto, above a cap, or signed by one person.
    CaseOverride = "case.override", Invalid;
    /// A step without its reason, or a decision without words.
    CaseReason = "case.reason", Invalid;
    /// Days in the wrong order, or a day that has not come or has passed.
    CaseDates = "case.dates", Conflict;
    /// The case or title has no such open objection.
    ObjectionUnknown = "objection.unknown", NotFound;
    /// An objection with this receipt number is there already.
    ObjectionKnown = "objection.known", Conflict;
    /// No evaluator of the gacha, by its register.
    EvaluatorUnlisted = "evaluator.unlisted", Forbidden;
    /// Not of the gacha's group, which alone reviews for it.
    GroupUnlisted = "group.unlisted", Forbidden;
    /// The evaluator has voted on the subject on this device already.
    BallotCast = "ballot.cast", Conflict;
    /// An objection under a receipt number that its device does not give out.
    ObjectionNumber = "objection.number", Invalid;
    /// No such case.
    CaseUnknown = "case.unknown", NotFound;
    /// A change of households whose parties, document or day do not fit.
    HouseholdParties = "household.parties", Invalid;
    /// A change of households after which animals are lost or counted twice (`domain.md` G 11).
    HouseholdBalance = "household.balance", Invalid;
    /// A change of registration whose parties, document or day do not fit (`domain.md` G 51).
    EntityLink = "entity.link", Invalid;
    /// An absence with its days in the wrong order, too long, or with oneself as deputy.
    AbsenceDays = "absence.days", Invalid;
    /// No such declared interest stands.
    InterestUnknown = "interest.unknown", NotFound;
    /// No such doubt, or it was settled already.
    DoubtUnknown = "doubt.unknown", NotFound;
    /// A family ranch without a licence that is in no directory is rated as its household.
    EntityUnlisted = "entity.unlisted", Invalid;
    /// The animals of a family are counted in its household and in its ranch.
    EntityAnimals = "entity.animals", Conflict;
    /// Only two gachas of one sumu are assessed jointly for a title.
    TitleJoint = "title.joint", Invalid;
    /// Neither gacha is too small to be assessed alone.
    TitleNotSmall = "title.not_small", Conflict;
    /// A gacha has a title of its own, or one is under way.
    TitleUnderWay = "title.under_way", Conflict;
    /// The gachas are not assessed jointly.
    TitleNotJoint = "title.not_joint", NotFound;
    /// The conflict was settled already, or never existed.
    ConflictUnknown = "conflict.unknown", NotFound;
    /// No such cycle, or it is closed.
    CycleClosed = "cycle.closed", Conflict;
    /// An import row that breaks a rule of its register.
    RegisterRow = "register.row", Invalid;
    /// A record of land or animals that cannot be one: days, areas, parties or numbers.
    LandRecord = "land.record", Invalid;
    /// A contract whose days overlap those of the same contract.
    LandOverlap = "land.overlap", Invalid;
    /// The same land is claimed by two.
    LandClaimedTwice = "land.claimed_twice", Conflict;
    /// A plot is in dispute.
    LandDisputed = "land.disputed", Conflict;
    /// Leases that lead back to where they began.
    LandLeaseCycle = "land.lease_cycle", Conflict;
    /// More is leased out than there is.
    LandSubletBeyond = "land.sublet_beyond", Conflict;
    /// The register of plots does not know the plot.
    LandPlotUnknown = "land.plot_unknown", Conflict;
    /// A joint group that does not cover the day on which a member was counted.
    LandGroupMissesCount = "land.group_misses_count", Conflict;
    /// A household in two joint groups on one day.
    LandTwoGroups = "land.two_groups", Conflict;
    /// A member of a joint group without a count.
    LandUncounted = "land.uncounted", Conflict;

    // The lenders' ledger
    /// A lender that has no contract here.
    LenderUnknown = "lender.unknown", Invalid;
    /// No Ed25519 public key in PEM.
    LenderKeyInvalid = "lender.key_invalid", Invalid;
    /// The key was handed in before: for this lender or another, in use, waiting or ended.
    LenderKeyKnown = "lender.key_known", Conflict;
    /// No key with this fingerprint waits for, or serves, this lender.
    LenderKeyUnknown = "lender.key_unknown", NotFound;
    /// The person works for another lender.
    LenderPerson = "lender.person", Conflict;
    /// No such ledger.
    LedgerUnknown = "ledger.unknown", NotFound;
    /// The ledger takes no more lines, or is not ready to be put into force.
    LedgerState = "ledger.state", Conflict;
    /// The month of the ledger has not ended.
    LedgerMonth = "ledger.month", Invalid;
    /// Most amounts are implausible for the unit that was said: 万元 for 元 (`domain.md` G 60).
    LedgerUnit = "ledger.unit", Invalid;
    /// The loan stands in this ledger already.
    LedgerDuplicate = "ledger.duplicate", Invalid;
    /// A day after the month of the ledger, or an end before its beginning.
    LedgerDates = "ledger.dates", Invalid;
    /// More owed than was lent, or something owed on a settled loan.
    LedgerBalance = "ledger.balance", Invalid;
    /// Days past due that contradict each other, the age of the loan or its settlement.
    LedgerOverdue = "ledger.overdue", Invalid;
    /// A borrower who guarantees the own loan.
    LedgerOwnGuarantor = "ledger.own_guarantor", Invalid;

    // Credit records, official lists, measures
    /// A record of serious dishonesty: such a fact comes as an official list entry only (SR-44).
    RecordSerious = "record.serious", Invalid;
    /// A form that the subject does not have: a natural person for an organisation.
    RecordForm = "record.form", Invalid;
    /// A record or list entry that names no responsible body (SR-31).
    RecordBody = "record.body", Invalid;
    /// A record without an item of the public credit catalogue (SR-14).
    RecordCatalogueItem = "record.catalogue_item", Invalid;
    /// Days of a record that are missing, in the future or in the wrong order.
    RecordDates = "record.dates", Invalid;
    /// No such record, or not in the actor's divisions.
    RecordUnknown = "record.unknown", NotFound;
    /// The record does not allow the step: it is repaired, withdrawn or exonerated already.
    RecordStep = "record.step", Conflict;
    /// Another entry says the same for overlapping days.
    RecordOverlap = "record.overlap", Conflict;
    /// A version of the public credit catalogue that nobody has entered (SR-14).
    CatalogueVersion = "catalogue.version", Invalid;
    /// A version of a list or catalogue that nobody has entered (SR-42, SR-43).
    ListVersion = "list.version", Invalid;
    /// A list entry or measure without the item of its list.
    ListItem = "list.item", Invalid;
    /// A list entry without the law that its list rests on (SR-44).
    ListBasis = "list.basis", Invalid;
    /// A list of a body below banner level (SR-45).
    ListBodyLevel = "list.body_level", Invalid;
    /// A fact that comes as an imported entry of an official list, or not at all (SR-44).
    ListByImport = "list.by_import", Invalid;
    /// Whether a commitment was kept is said without evidence.
    CommitmentEvidence = "commitment.evidence", Invalid;
    /// No such measure, or not in the actor's divisions.
    MeasureUnknown = "measure.unknown", NotFound;
    /// The measure does not allow the step.
    MeasureStep = "measure.step", Conflict;
    /// The measure has moved on since it was read.
    MeasureStale = "measure.stale", Conflict;
    /// Nothing that stands today is a ground for the measure.
    MeasureGround = "measure.ground", Invalid;
    /// The measure is out of proportion to its ground (过惩相当, SR-43).
    MeasureProportion = "measure.proportion", Invalid;
    /// A check for a quarter that has not begun, or is over for long.
    MonitoringQuarter = "monitoring.quarter", Invalid;
    /// No such check.
    MonitoringUnknown = "monitoring.unknown", NotFound;
    /// No such early warning, or not in the actor's divisions.
    WarningUnknown = "warning.unknown", NotFound;
    /// The warning does not wait for anybody any more.
    WarningStep = "warning.step", Conflict;
    /// The warning has moved on since it was read.
    WarningStale = "warning.stale", Conflict;

    // Tables and imports
    /// A file that is neither a workbook nor a text table, or is broken.
    TableUnreadable = "table.unreadable", Invalid;
    /// A workbook in the format of before 2007, or one with a password.
    TableOldFormat = "table.old_format", Invalid;
    /// A text in another encoding than UTF-8 and GB18030.
    TableEncoding = "table.encoding", Invalid;
    /// A file without a table, or without the sheet that was asked for.
    TableEmpty = "table.empty", Invalid;
    /// A file that is, or unpacks to, more than fits.
    TableTooLarge = "table.too_large", TooLarge;
    /// More rows than are taken at once.
    TableTooManyRows = "table.too_many_rows", TooLarge;
    /// Something beyond the last column that is read.
    TableTooManyColumns = "table.too_many_columns", Invalid;
    /// A required column is missing.
    TableHeadMissing = "table.head_missing", Invalid;
    /// A column that is there twice.
    TableHeadDuplicate = "table.head_duplicate", Invalid;
    /// A head whose unit does not measure the column.
    TableHeadUnit = "table.head_unit", Invalid;
    /// A head over several columns or rows.
    TableMergedHead = "table.merged_head", Invalid;
    /// A merged cell: which row the value belongs to cannot be known.
    TableMerged = "table.merged", Invalid;
    /// A formula, whose value may be another one tomorrow.
    TableFormula = "table.formula", Invalid;
    /// A cell that shows an error, as #N/A.
    TableCellError = "table.cell_error", Invalid;
    /// A number of more than 15 digits, which Excel has cut.
    TableDigitsLost = "table.digits_lost", Invalid;
    /// A quotation mark that is not closed, or a line break in a value.
    TableOpenQuote = "table.open_quote", Invalid;
    /// No such kind of import.
    ImportKind = "import.kind", NotFound;
    /// No such import.
    ImportUnknown = "import.unknown", NotFound;
    /// The import was put into force or rejected already.
    ImportState = "import.state", Conflict;
    /// An import must say where its table comes from.
    ImportSource = "import.source", Invalid;
    /// The same thing stands in another row of the file.
    ImportRepeated = "import.repeated", Invalid;
    /// Two values for one thing whose days of validity overlap.
    ImportOverlap = "import.overlap", Invalid;
    /// Days of validity that overlap with those of another row of the file.
    ImportOverlapRow = "import.overlap_row", Invalid;
    /// A row that contradicts other rows of its file; the rows go in, nobody here knows which of
    /// them is wrong.
    ImportContradicts = "import.contradicts", Conflict;
    /// An area with a fraction of a 亩, which goes in without the fraction.
    ImportRounded = "import.rounded", Invalid;
    /// An amount that looks as if 万元 were written for 元, or the other way round.
    ImportUnitDoubt = "import.unit_doubt", Invalid;
    /// The household number belongs to another person, or the ID number to another household.
    ImportIdentity = "import.identity", Invalid;
    /// No household or organisation with this number in this place.
    ImportSubject = "import.subject", Invalid;
    /// A last day before the first, or a day outside what it belongs to.
    ImportDays = "import.days", Invalid;
    /// A column that may not be collected (`domain.md` B.2); its values were not read.
    ImportForbidden = "import.forbidden", Invalid;
    /// A column that the template does not have; its values were not read.
    ImportIgnored = "import.ignored", Invalid;

    // Lenders
    /// Absent, or not authorised: one answer for both (`domain.md` L-08).
    ReportNotFound = "report.not_found", NotFound;
    /// The lender has handed in no such parameters of a reference line.
    LineUnknown = "line.unknown", NotFound;
    /// The purpose is not one of the authorisation.
    ReportPurpose = "report.purpose", NotFound;

    // Exchange
    /// The manifest of an export is missing, cannot be read, or its signature is wrong.
    ExchangeManifest = "exchange.manifest", Invalid;
    /// An export of another schema.
    ExchangeSchema = "exchange.schema", Invalid;
    /// An export of a server with other keys: its contents do not open here.
    ExchangeKeys = "exchange.keys", Invalid;
    /// A row of an export is not as it was written.
    ExchangeRow = "exchange.row", Invalid;
    /// A table of an export is missing, or has other rows than the manifest says.
    ExchangeTable = "exchange.table", Invalid;
    /// A cell that cannot be written for a platform, or read from it.
    ExchangeCell = "exchange.cell", Invalid;
    /// An export without everything that an import needs.
    ExchangePartial = "exchange.partial", Invalid;
    /// The database has rows already.
    ExchangeNotEmpty = "exchange.not_empty", Conflict;
    /// What was restored does not compute to what the export says.
    ExchangeDiffers = "exchange.differs", Invalid;
    /// A request to give data without recipient, department or legal basis.
    ShareIncomplete = "share.incomplete", Invalid;

    // Service
    /// The request is not what the interface says.
    RequestMalformed = "request.malformed", Malformed;
    /// The body is larger than the interface takes.
    RequestTooLarge = "request.too_large", TooLarge;
    /// The idempotency key was used for another request.
    RequestKeyReused = "request.key_reused", Invalid;
    /// The protocol version is not spoken here.
    ProtocolVersion = "protocol.version", Malformed;
    /// No such address.
    NotFound = "request.not_found", NotFound;
    /// Too many requests.
    TooMany = "request.too_many", TooMany;
    /// The server is starting, stopping or overloaded.
    Unavailable = "service.unavailable", Unavailable;
    /// A synchronisation was stopped by whoever began it; everything is kept.
    SyncStopped = "sync.stopped", Unavailable;
    /// The disk is full.
    StorageFull = "storage.full", StorageFull;
    /// The store is locked.
    StoreLocked = "store.locked", Locked;
    /// Our fault.
    Internal = "internal", Internal;
}

/// A word that is no error code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an error code")]
pub struct UnknownCode;

impl ErrorCode {
    /// The problem `type` of RFC 9457.
    #[must_use]
    pub fn problem_type(self) -> String {
        format!("urn:itgel:problem:{}", self.as_str())
    }

    /// The key of its text in the catalogue of words.
    #[must_use]
    pub fn text_key(self) -> String {
        format!("error-{}", self.as_str().replace(['.', '_'], "-"))
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

crate::id::text_codec!(ErrorCode);

/// One broken rule: which item or field, which code, and the figures of the rule. Never a
/// sentence, and never the value itself.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, thiserror::Error)]
#[error("{field}: {code}")]
pub struct Violation {
    /// The item path, or the name of the field.
    pub field: String,
    /// What is wrong.
    pub code: ErrorCode,
    /// The figures of the rule by name (`min`, `max`, `unit`, `choices`), for the text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<(String, String)>,
}

impl Violation {
    /// A violation without figures.
    #[must_use]
    pub fn new(field: impl Into<String>, code: ErrorCode) -> Self {
        Self {
            field: field.into(),
            code,
            args: Vec::new(),
        }
    }

    /// The same with one more figure.
    #[must_use]
    pub fn with(mut self, name: &str, figure: impl fmt::Display) -> Self {
        self.args.push((name.to_owned(), figure.to_string()));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_code_reads_back_and_no_two_share_a_word() {
        let words: BTreeSet<_> = ErrorCode::ALL.iter().map(|c| c.as_str()).collect();
        assert_eq!(words.len(), ErrorCode::ALL.len());
        for code in ErrorCode::ALL {
            assert_eq!(code.as_str().parse(), Ok(*code));
        }
    }
}
