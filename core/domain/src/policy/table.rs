//! The table. It is also printed in `docs/process.md`, where a test compares it.

use crate::case::Role::{
    self, Administrator, Approver, Auditor, Collector, Evaluator, Lender, ObjectionOfficer,
    Reviewer, VillageGroup,
};
use Need::{Authorisation, NoInterest, NotOwnCollection, OneRole, SecondPerson};

/// What must hold besides role and division.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// The actor has not acted in this case in another role (`domain.md` D.2).
    OneRole,
    /// The actor has no conflict of interest (`domain.md` D.1).
    NoInterest,
    /// The actor has not collected in this gacha in this cycle (`domain.md` D.1: a reviewer does
    /// not approve own gacha collection).
    NotOwnCollection,
    /// Another person has proposed it, or it concerns another person.
    SecondPerson,
    /// An authorisation for this lender, subject, purpose and day (`domain.md` L-08).
    Authorisation,
}

/// One row: who may do an action, and what must hold.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// The action.
    pub action: Action,
    /// The roles that may do it, in the division of their grant and below.
    pub roles: &'static [Role],
    /// What must hold besides.
    pub needs: &'static [Need],
}

macro_rules! actions {
    ($($(#[doc = $doc:literal])* $name:ident = $word:literal: $roles:expr, $needs:expr;)+) => {
        /// What somebody can ask for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Action {
            $($(#[doc = $doc])* $name,)+
        }

        impl Action {
            /// Every action, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// What it is, in a sentence.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc),*),)+ }
            }
        }

        crate::subject::words!(Action {
            $(Self::$name => Self::$name => $word,)+
        });

        /// The table: an action that is not in it, or a role that is not in its row, is denied.
        pub const RULES: &[Rule] = &[
            $(Rule { action: Action::$name, roles: &$roles, needs: &$needs },)+
        ];
    };
}

actions! {
    // In the field
    /// Enter values, consents and evidence, and seal.
    Capture = "capture": [Collector], [OneRole, NoInterest];
    /// Fetch what the devices of a gacha should know.
    Pull = "pull": [Collector, VillageGroup], [];
    /// Cast a ballot of the peer evaluation.
    CastBallot = "cast_ballot": [Evaluator], [OneRole, NoInterest];
    /// Take down an objection and give its receipt.
    TakeObjection = "take_objection": [Collector, VillageGroup, Reviewer, ObjectionOfficer], [];

    // The process
    /// Draw evaluators and hold the peer evaluation.
    HoldEvaluation = "hold_evaluation": [VillageGroup], [OneRole, NoInterest];
    /// Confirm the computed grade (初评).
    PreRate = "pre_rate": [VillageGroup], [OneRole, NoInterest];
    /// Send a case back to its collectors.
    Return = "return": [VillageGroup, Reviewer], [OneRole, NoInterest];
    /// Settle values that disagree.
    ResolveConflict = "resolve_conflict":
        [Reviewer], [OneRole, NoInterest, NotOwnCollection];
    /// Decide about an entry in quarantine, a doubtful identity or a duplicate.
    DecideEntry = "decide_entry": [Reviewer], [OneRole, NoInterest, NotOwnCollection];
    /// See what was set aside on its way in: whose, why and since when, not what it says.
    ReadQuarantine = "read_quarantine": [Reviewer, Auditor, Administrator], [];
    /// Review a case or a title (审核), move a grade by one notch.
    Review = "review": [Reviewer], [OneRole, NoInterest, NotOwnCollection];
    /// Publish, give notice, resume and close the period.
    Publish = "publish": [Reviewer], [OneRole, NoInterest, NotOwnCollection];
    /// Put a rating under watch or clear it; suspend it.
    Monitor = "monitor": [Reviewer, Approver], [OneRole, NoInterest];
    /// Answer an objection; correct what was wrong.
    DecideObjection = "decide_objection": [ObjectionOfficer], [OneRole, NoInterest];
    /// Decide by hand what a subject does not want decided by the engine alone (L-17).
    DecideByHand = "decide_by_hand": [Reviewer, Approver], [OneRole, NoInterest, NotOwnCollection];
    /// Approve a rating (审定); confirm or lift a suspension.
    Approve = "approve": [Approver], [OneRole, NoInterest];
    /// Close a case.
    CloseCase = "close_case": [Reviewer, Approver, ObjectionOfficer], [OneRole, NoInterest];
    /// Enter that heirs go on, a household splits or two become one.
    ChangeHousehold = "change_household": [Reviewer], [NoInterest];
    /// Award, warn, keep and take back a title.
    AwardTitle = "award_title": [Approver], [OneRole];

    /// Declare an own conflict of interest.
    DeclareInterest = "declare_interest":
        [Collector, Evaluator, VillageGroup, Reviewer, Approver, ObjectionOfficer, Auditor, Administrator], [];
    /// Record that another person has a conflict of interest.
    RecordInterest = "record_interest": [Reviewer, Approver, ObjectionOfficer, Administrator], [];
    /// Say that a conflict of interest has ended; never one's own.
    EndInterest = "end_interest": [Approver, Administrator], [SecondPerson];
    /// Read who declared which interests.
    ReadInterests = "read_interests": [Reviewer, Approver, Auditor, Administrator], [];
    /// Settle a doubt about how a visit or an evaluation was made; never about oneself.
    SettleDoubt = "settle_doubt": [Reviewer, Approver], [SecondPerson];

    // The rules and the registers
    /// Propose a rule pack or a parameter table, run it in shadow.
    ProposePack = "propose_pack": [Approver, Administrator], [];
    /// Put a proposed rule pack or parameter table into force.
    ActivatePack = "activate_pack": [Approver], [SecondPerson];
    /// Open and close a cycle.
    ManageCycles = "manage_cycles": [Approver], [];
    /// Import and correct register rows; the divisions.
    ManageRegisters = "manage_registers": [Administrator], [];
    /// Put an imported table that decides grades into force, or reject it.
    ActivateImport = "activate_import": [Administrator, Approver], [SecondPerson];

    /// Repair, withdraw, exonerate a credit record; suspend it while its source looks at an objection.
    AmendRecord = "amend_record": [ObjectionOfficer], [NoInterest];
    /// Initiate a measure or an incentive out of its list.
    InitiateMeasure = "initiate_measure": [Approver], [NoInterest];
    /// Accept or decline a measure that another person initiated.
    RespondMeasure = "respond_measure": [Reviewer, Approver], [NoInterest, SecondPerson];
    /// Say what came of a measure.
    FeedbackMeasure = "feedback_measure": [Reviewer, Approver], [NoInterest];

    // Reading
    /// Read counts, shares and titles.
    ReadBoard = "read_board":
        [Collector, VillageGroup, Reviewer, Approver, ObjectionOfficer, Auditor, Administrator], [];
    /// Read a case with its values, trace and history.
    ReadCase = "read_case":
        [Collector, VillageGroup, Reviewer, Approver, ObjectionOfficer, Auditor], [NoInterest];
    /// Look at the pictures beside a case: photos, scanned consents, drawn signatures.
    ReadEvidence = "read_evidence": [Reviewer, Approver, ObjectionOfficer, Auditor], [NoInterest];
    /// Read credit records, official list entries, measures and who repeats.
    ReadRecords = "read_records":
        [Reviewer, Approver, ObjectionOfficer, Auditor, Administrator], [NoInterest];
    /// Screen the applicants of a project: excluded, preferred or eligible.
    ScreenApplicants = "screen_applicants": [Reviewer, Approver], [];
    /// Read names, ID numbers and phones.
    ReadIdentity = "read_identity": [Collector, Reviewer, ObjectionOfficer], [NoInterest];
    /// Read a single ballot: for nobody, only mean and count leave the service.
    ReadBallot = "read_ballot": [], [];
    /// Read inter-rater, override and validation figures.
    ReadMonitoring = "read_monitoring": [Reviewer, Approver, Auditor], [];
    /// Read and verify the audit log.
    ReadLog = "read_log": [Auditor], [];
    /// Export figures without persons.
    ExportFigures = "export_figures": [Approver, Auditor], [];
    /// Export persons in bulk: for nobody.
    ExportPersons = "export_persons": [], [];
    /// Give the special-topic database without names to a recipient, at the server itself.
    ShareData = "share_data": [Approver, Administrator], [];
    /// Confirm that names and numbers of persons go with it.
    SharePersons = "share_persons": [Approver], [SecondPerson];

    // Rights of those who are rated
    /// Serve a subject at the counter: take requests and statements, show and print what is held.
    ServeSubject = "serve_subject": [Collector, Reviewer, ObjectionOfficer], [NoInterest];
    /// Answer a request of a subject.
    AnswerRequest = "answer_request": [ObjectionOfficer], [NoInterest];
    /// Order that a subject's data be kept for the time being, or lift the order.
    HoldSubject = "hold_subject": [Approver], [NoInterest];
    /// List the subjects on a lost device.
    NotifyLoss = "notify_loss": [ObjectionOfficer, Administrator], [];

    // Lenders
    /// Register an authorisation with evidence of written consent.
    RegisterAuthorisation = "register_authorisation": [Lender], [];
    /// Get a report or a certificate.
    QueryReport = "query_report": [Lender], [Authorisation];
    /// Hand in the lender's own parameters of its reference line, read them and take them out of force.
    ProposeLine = "propose_line": [Lender], [];
    /// Put them into force; where the lender has two people, the one who did not hand them in.
    ActivateLine = "activate_line": [Lender], [];
    /// List the credit households of a gacha that authorised the lender, with reference lines.
    ListPreCredit = "list_pre_credit": [Lender], [];
    /// Report loans and their performance.
    ReportLoans = "report_loans": [Lender], [];

    /// Hand in the public key of a lender's machine, end one, look at both.
    ManageLenderKeys = "manage_lender_keys": [Administrator], [];
    /// Let a key serve after comparing its fingerprint with the lender.
    ConfirmLenderKey = "confirm_lender_key": [Administrator, Approver], [SecondPerson];

    // The service
    /// Enrol a device, confirm its fingerprint.
    EnrolDevice = "enrol_device": [Administrator], [];
    /// Revoke a device.
    RevokeDevice = "revoke_device": [Administrator], [];
    /// Give and take roles; nobody gives them to himself.
    ManageOfficers = "manage_officers": [Administrator], [SecondPerson];
    /// Erase a subject for ever.
    EraseSubject = "erase_subject": [Approver], [SecondPerson];
}
