-- The schema of the spine. Portable subset: ids and times made by the application, instants in
-- milliseconds, days as ISO text, money in fen, no triggers, sequences or booleans.
-- Division codes are filled to twelve digits, so that a range condition finds what lies in one.

create table meta (
    name  text primary key,
    value text not null
) without rowid;

-- Keys of contents, wrapped by a key that is not in the database. Deleting one erases its content.
create table content_key (
    scope   text not null, -- 'file' or 'identity'
    id      text not null,
    wrapped blob not null,
    primary key (scope, id)
) without rowid;

-- People and machines ------------------------------------------------------------------------

create table officer (
    id       text primary key,
    name     text not null,
    division text not null
) without rowid;

create table role_grant (
    officer  text not null references officer (id),
    role     text not null,
    division text not null,
    primary key (officer, role, division)
) without rowid;

-- Declared conflicts of interest: who must not act for whom (domain.md D.1).
create table interest (
    subject     text not null,
    officer     text not null references officer (id),
    kind        text not null, -- how they are bound
    declared_by text not null,
    declared_at integer not null,
    source      text not null, -- on what paper
    ended_by    text,
    ended_at    integer,       -- what has ended stays as history
    primary key (subject, officer, kind, declared_at)
) without rowid;
create index interest_by_officer on interest (officer);

create table device (
    id          text primary key,
    officer     text not null references officer (id),
    suite       text not null,
    public_key  blob not null,
    status      text not null, -- 'pending', 'active', 'revoked', 'frozen'
    enrolled_at integer not null,
    number      integer not null unique, -- begins the receipts that the device gives out (D.5)
    revoked_at  integer          -- begins the term of its key (L-21)
) without rowid;

-- Who compared the fingerprint of a device with the one on its screen.
create table device_confirmation (
    device       text primary key references device (id),
    confirmed_by text not null,
    confirmed_at integer not null
) without rowid;

-- The grants that were given: what is entered is judged by the one that the device held then.
create table device_grant (
    device   text not null references device (id),
    seq      integer not null,
    from_at  integer not null,
    until_at integer not null,
    content  text not null,    -- digest over what it says beside its days
    primary key (device, seq)
) without rowid;

-- Orders to delete the store of a device; carried out after the last receipt.
create table device_wipe (
    device     text primary key references device (id),
    nonce      text not null,
    ordered_by text not null,
    ordered_at integer not null,
    wiped_at   integer         -- when the device said so
) without rowid;

-- The heads that devices signed: each vouches for everything before it, for ever. Of a chain with two
-- branches there are those of both.
create table signed_head (
    device      text not null,
    incarnation integer not null,
    seq         integer not null,
    hash        text not null,
    signature   text not null,
    primary key (device, incarnation, seq, hash)
) without rowid;

create table enrolment (
    code_hash  text primary key,
    officer    text not null references officer (id),
    expires_at integer not null,
    confirmed  integer not null, -- 1 for a code of the operator, who stands at both screens
    used_at    integer,
    device     text              -- that used it: a lost answer is given again to the same key
) without rowid;

create table challenge (
    nonce      text primary key,
    principal  text not null,    -- 'device:…' of a nonce, 'lender:…' of a used assertion
    expires_at integer not null
) without rowid;
create index challenge_by_expiry on challenge (expires_at);

-- Places and subjects ------------------------------------------------------------------------

create table division (
    code       text not null,
    valid_from text not null,
    valid_to   text,
    kind       text not null,
    name       text not null,
    name_mn    text,
    civil_code text,          -- of the civil affairs, where it is another (domain.md G 54)
    primary key (code, valid_from)
) without rowid;

-- How divisions follow each other: merged, split, recoded. History stays with the old code.
create table division_succession (
    predecessor text not null, -- filled
    successor   text not null, -- filled
    starts_on   text not null, -- first day of the new state
    kind        text not null,
    source      text not null, -- the approval
    entered_by  text not null,
    entered_at  integer not null,
    primary key (predecessor, successor, starts_on)
) without rowid;
create index succession_by_successor on division_succession (successor, starts_on);

create table subject (
    id         text primary key,
    kind       text not null,
    division   text not null,
    local_code text not null,
    erased_at  integer
) without rowid;
create index subject_by_division on subject (division, kind, local_code);

-- Where a subject lived before it moved: scope is judged by the day of entry.
create table subject_move (
    subject  text not null references subject (id),
    n        integer not null, -- in the order of its moves, from 1
    until    text not null, -- last day; of several with the same one it lived in the first
    division text not null,
    local_code text not null, -- its number there
    primary key (subject, n),
    unique (subject, until, division)
) without rowid;
create index subject_move_by_division on subject_move (division, until);

-- Where an entity is registered, if it operates elsewhere (domain.md G 45), and who runs a family
-- ranch (G 47).
create table entity (
    subject        text primary key references subject (id),
    registered_in  text not null, -- filled
    directory_code text,          -- of a ranch without a licence
    run_by         text,          -- the household
    source         text not null
) without rowid;
create index entity_by_registration on entity (registered_in);
create index entity_by_household on entity (run_by) where run_by is not null;

-- Which registration of an entity or a collective became which other one (domain.md G 51).
create table entity_link (
    predecessor text not null references subject (id),
    successor   text not null references subject (id),
    change      text not null, -- 'renamed', 'merged', 'divided', 'converted'
    on_day      text not null,
    document    text not null,
    goes_on     integer not null, -- 1 if the registration before goes on beside the new one
    entered_by  text not null,
    entered_at  integer not null,
    primary key (predecessor, successor)
) without rowid;
create index entity_link_by_successor on entity_link (successor);

create table cycle (
    id        text primary key,
    banner    text not null,
    kind      text not null,
    name      text not null,
    opens_on  text not null,
    closes_on text not null
) without rowid;

-- Chains and envelopes -----------------------------------------------------------------------

create table chain (
    device      text not null references device (id),
    incarnation integer not null,
    seq         integer not null,
    head        text not null,
    claimed     integer not null default 0, -- the highest place that the device said it has
    said_seq    integer,          -- the end that the newest hello gave which this chain does not hold,
    said_head   text,             -- its hash,
    told_seq    integer,          -- and the end of this chain, which was the answer
    primary key (device, incarnation)
) without rowid;

-- The newest state of the server's log that the envelopes of a device name up to a place: a row
-- where it rises, so that the last row up to a place has the newest.
create table chain_seen (
    device      text not null references device (id),
    incarnation integer not null,
    seq         integer not null,
    seen_at     integer not null, -- when the server signed that state
    primary key (device, incarnation, seq)
) without rowid;

create table envelope (
    device      text not null,
    incarnation integer not null,
    seq         integer not null,
    id          blob not null,    -- H(salt ‖ bytes); the place is in the bytes, so it is unique
    chain_hash  blob not null,    -- the chain's head after it
    kind        text not null,    -- 'file', 'identity', 'ballot', 'objection', 'review'; 'bytes' in stray_bytes
    subject     text not null,    -- empty for 'bytes'
    file        text,             -- of a file envelope
    actor_seq   integer,          -- its place among the same chain's envelopes of the file
    last_op     integer,          -- its last operation counter; both null: not in the document
    verdict     text not null,    -- 'accepted', 'flagged', 'quarantined', 'refused'
    reason      text not null,    -- error code, or flags separated by spaces
    sealed      blob not null,    -- the bytes under the key of the file, identity or ballots
    received_at integer not null,
    leaf        integer not null, -- the number of its leaf in the log
    primary key (device, incarnation, seq)
) without rowid;
create index envelope_by_file on envelope (file, device, incarnation, seq);
-- Commitments and ballots; the envelopes of a subject's files are found by the file.
create index envelope_by_subject on envelope (subject) where file is null;

-- Ahead of a gap, waiting: whole pages, because the signed head of a page vouches for all of it.
create table held_page (
    device      text not null,
    incarnation integer not null,
    first_seq   integer not null,
    head        text not null, -- the signed head
    sealed      blob not null, -- the page under the key of the device
    received_at integer not null,
    primary key (device, incarnation, first_seq, head)
) without rowid;

-- What does not decode, or stands at a taken place of a chain: kept as evidence.
create table stray_bytes (
    id          text primary key,
    device      text not null,
    reason      text not null,
    sealed      blob not null,
    received_at integer not null
) without rowid;

-- What was set aside, until a person decides or what it lacks arrives; the envelope itself stays
-- where it is.
create table quarantine (
    device      text not null,
    incarnation integer not null,
    seq         integer not null,
    subject     text not null,
    file        text,             -- of a file envelope: what waits for another one of it
    division    text not null,    -- whose reviewers decide, filled
    officer     text not null,    -- whose work it is
    reason      text not null,    -- error code
    waived      text not null,    -- codes that persons let pass, separated by spaces
    bytes       integer not null, -- for the quota of the device
    since       integer not null,
    outcome     text,             -- 'released', 'rejected', 'arrived', 'erased'; null while it waits
    decided_by  text,
    decided_at  integer,
    words       text,             -- why, for the officer
    primary key (device, incarnation, seq)
) without rowid;
create index quarantine_by_division on quarantine (division, since);
create index quarantine_of_file on quarantine (file) where outcome is null;
create index quarantine_of_subject on quarantine (subject, decided_at);
create index quarantine_of_officer on quarantine (officer) where outcome is null;
create index quarantine_of_device on quarantine (device, bytes) where outcome is null;
create index stray_by_device on stray_bytes (device);

-- What the stages of admission said so far, for the operator.
create table intake_count (
    verdict text not null,    -- as in envelope; 'held' for pages
    reason  text not null,    -- error code, or empty
    n       integer not null,
    primary key (verdict, reason)
) without rowid;

create table identity (
    subject    text not null,
    commitment text not null,
    version    integer not null,
    author     text not null,
    at         text not null, -- the chain place of its commitment
    current    integer not null, -- 1: nothing was written on top of it
    blind_id   text,
    blind_phone text,
    sealed     blob not null,
    primary key (subject, commitment)
) without rowid;
create index identity_by_id on identity (blind_id);

create table ballot (
    subject   text not null,
    cycle     text not null,
    evaluator text not null,
    promises  integer not null,
    diligence integer not null,
    loans     integer not null,
    rules     integer not null,
    envelope  text not null,
    salt      text not null, -- of its digest in the log
    primary key (subject, cycle, evaluator)
) without rowid;
-- What an evaluator said, for the check after each of his ballots.
create index ballot_by_evaluator on ballot (evaluator, cycle);

-- Photos and scans that entries announced; the bytes come later, in chunks.
create table media (
    subject      text not null,
    content      text not null,    -- SHA-256 of the bytes
    file         text not null,    -- whose entry announced it; its key seals the chunks
    device       text not null,    -- that announced it, and brings it
    length       integer,          -- as the entry says; null where it does not
    announced_at integer not null,
    received     integer not null, -- bytes that are here
    received_at  integer,          -- when it was complete and came out right
    primary key (subject, content)
) without rowid;

create table media_chunk (
    subject text not null,
    content text not null,
    at      integer not null, -- where it begins
    sealed  blob not null,
    primary key (subject, content, at)
);

-- What devices pull --------------------------------------------------------------------------

create table list_head (
    division text primary key,
    position integer not null,
    digest   blob not null
) without rowid;

create table list_item (
    division text not null,
    position integer not null,
    kind     integer not null,
    ref      text not null, -- of an envelope its place, of an identity subject and commitment,
                            -- of a register row its id, of a case, task or subject the subject
    bytes    blob not null, -- of an envelope whether it is quarantined (1) and whether its subject
                            -- has moved away since (2), of an identity nothing,
                            -- of everything else the item itself
    hash     blob not null, -- of the item, for the digest once its content is erased
    digest   blob not null, -- of the list up to here
    primary key (division, position)
) without rowid;
-- Where a register row stands in the list of a gacha.
create index list_item_of_register on list_item (division, ref) where kind = 6;

-- The log ------------------------------------------------------------------------------------

create table log_leaf (
    n    integer primary key,
    kind text not null,
    hash blob not null
);

-- What a leaf of kind 'rows' stands for: rows that may change, as they are from this leaf on.
create table log_row (
    n    integer primary key,
    said text not null -- lines: table, key, digest of the row or '-' for one that is gone
);

-- Where the log ends, signed at the end of each transaction that appended to it: what is put in
-- or taken away behind the newest checkpoint does not fit it.
create table log_end (
    one       integer primary key,
    size      integer not null,
    digest    blob not null, -- of every leaf, one after the other
    signature text not null  -- empty: it did not fit when the log went on, and never does again
);

create table checkpoint (
    size      integer primary key,
    root      text not null,
    at        integer not null,
    signature text not null,
    frontier  text not null -- the right edge of the tree, JSON: the next one goes on from here
);

create table audit (
    n        integer primary key,
    at       integer not null,
    actor    text not null,
    action   text not null,
    resource text not null,
    detail   text not null
);

-- Rules and registers ------------------------------------------------------------------------

create table rule_file (
    hash         text primary key,
    kind         text not null, -- 'pack' or 'parameters'
    name         text not null,
    subject_kinds text not null, -- of a pack, separated by spaces
    division     text,          -- of a parameter table, filled
    valid_from   text not null,
    valid_to     text,
    ends_on      text,          -- last day in force, once another file takes its place
    text         text not null,
    proposed_by  text,          -- null: with the first setup of an empty server
    proposed_at  integer,
    activated_by text,
    activated_at integer,
    impact       text,          -- reference of the impact assessment (domain.md L-25)
    replaces     text,          -- the file whose place it takes
    withdrawn_at integer        -- of a proposal
) without rowid;

-- A proposed file in shadow beside the rules in force: what it would change. One run for each file,
-- never a rating and never a lender's to read.
create table shadow_run (
    file        text primary key references rule_file (hash),
    rules       text not null,  -- digest of the rules in force when it began
    asked_by    text not null,
    asked_at    integer not null,
    finished_at integer,
    place       text not null,  -- campaigns still to walk and the last standing that is done, JSON
    expected    integer not null, -- standings when it began
    done        integer not null,
    measured    integer not null, -- of these, measured again from their inputs
    migration   text not null   -- what was counted so far, JSON
) without rowid;

create table shadow_division (
    file     text not null,
    division text not null,     -- a gacha, filled
    counted  text not null,     -- matrix and reasons, JSON
    primary key (file, division)
) without rowid;

-- The national holiday calendar as it was published, one row a year.
create table calendar (
    year       integer primary key,
    content    text not null, -- the days off and worked, JSON
    source     text not null, -- SHA-256 of the file
    entered_at integer not null
);

create table register_row (
    id            text primary key,
    register      text not null,
    division      text not null,  -- where it applies, filled
    subject       text,           -- whom it is about, if one
    row_key       text not null,  -- what it is about within the register
    revision      integer not null, -- counts the rows with the same register, object and key
    valid_from    text not null,
    valid_to      text,
    content       text not null,  -- the typed row as JSON
    source        text not null,
    entered_by    text not null,
    entered_at    integer not null,
    superseded_at integer
) without rowid;
create index register_by_subject on register_row (subject, register);
-- The subject stands in it so that rows about the division itself are found without passing over
-- those about each of its households.
create index register_by_division on register_row (division, subject, register);
-- Whom an entity or a collective is related to: the key names the household.
create index register_of_related on register_row (row_key) where register = 'related';
-- The registration from which an entity or a collective comes, likewise.
create index register_of_predecessor on register_row (row_key) where register = 'predecessor';

-- The numbers behind a subject as blind indexes: by these the ledger and the registers of persons
-- find whom they speak of. Of current versions of identities only.
create table party (
    subject    text not null,
    commitment text not null, -- the version that it stands in
    role       text not null, -- 'head', 'spouse', 'organisation', ...
    blind      text not null,
    borrows    integer not null, -- 1 if loans of this number are loans of the subject
    primary key (subject, commitment, role, blind)
) without rowid;
create index party_by_blind on party (blind);

-- Who holds an office: behind an entity or a collective, or as a cadre of a gacha.
create table office_holder (
    id         text primary key,
    object     text not null,  -- the subject; of a cadre the code of the gacha
    office     text not null,
    blind      text not null,  -- the person's number
    valid_from text not null,
    valid_to   text,
    source     text not null,
    entered_by text not null,
    entered_at integer not null,
    superseded_at integer
);
create index office_holder_by_object on office_holder (object, superseded_at);
create index office_holder_by_blind on office_holder (blind, superseded_at);

-- The lenders' loan ledger -------------------------------------------------------------------

-- Which lenders are expected to report for a banner, and how soon (domain.md G 60).
create table ledger_duty (
    lender     text not null references lender (id),
    division   text not null,    -- the banner, filled
    from_month text not null,
    to_month   text,             -- last month; open if null
    due_days   integer not null, -- after the last day of the month
    source     text not null,
    entered_by text not null,
    entered_at integer not null,
    primary key (lender, division, from_month)
) without rowid;

-- What a lender reported for a month.
create table ledger (
    id         text primary key,
    lender     text not null references lender (id),
    division   text not null,    -- the banner, filled
    month      text not null,
    state      text not null,    -- 'open', 'proposed', 'active', 'replaced', 'rejected'
    unit       text not null,
    source     text not null,
    lines      integer not null, -- taken
    refused    integer not null,
    tally      text not null,    -- sizes of its amounts, JSON
    digest     text not null,    -- of the lines in the order in which they came
    entered_by text not null,
    entered_at integer not null,
    decided_by text,
    decided_at integer,
    batch      text              -- of the table that it came as
) without rowid;
create index ledger_by_month on ledger (lender, division, month, state);
create index ledger_by_division on ledger (division, state, month);

create table loan_line (
    ledger     text not null,
    n          integer not null, -- the row as the lender counts
    loan       text not null,    -- the reference as a blind index
    borrower   text not null,    -- the number as a blind index
    opened_on  text not null,
    due_on     text not null,
    closed_on  text,
    amount_fen integer not null,
    balance_fen integer not null,
    rate_centi integer,
    purpose    text not null,
    days_past_due integer not null,
    worst_days_past_due integer not null,
    class      text not null,
    marks      integer not null, -- 1 disaster, 2 refinanced, 4 written off, 8 guarantee paid
    primary key (ledger, n)
) without rowid;
create index loan_line_by_loan on loan_line (loan, ledger);
create index loan_line_by_borrower on loan_line (borrower, ledger);

create table loan_guarantee (
    ledger    text not null,
    n         integer not null,
    guarantor text not null, -- the number as a blind index
    primary key (ledger, n, guarantor)
) without rowid;

-- Rows that were refused, so that the lender can correct them.
create table ledger_fault (
    ledger text not null,
    n      integer not null,
    field  text not null,
    code   text not null,
    args   text not null, -- figures of the rule, JSON
    primary key (ledger, n, field, code)
) without rowid;

-- Subjects that a ledger in force still has to be brought to.
create table ledger_subject (
    division text not null, -- the banner, filled
    home     text not null, -- where the subject lives, filled: neighbours are done together
    subject  text not null,
    primary key (division, home, subject)
) without rowid;

-- Who stands in a circle of guarantees now.
create table ledger_ring (
    division text not null, -- the banner, filled
    subject  text not null,
    primary key (division, subject)
) without rowid;

-- A table of officials on its way into force (two persons where it decides grades).
create table import_batch (
    id         text primary key,
    kind       text not null, -- the kind of table
    file_hash  text not null, -- SHA-256 of the file: the same one changes nothing
    source     text not null, -- who keeps the table, with the number of its document
    division   text not null, -- of the grant of the person who entered it, filled
    cycle      text,          -- the campaign that values are for, if it has any
    state      text not null, -- 'staging', 'proposed', 'activating', 'active', 'rejected'
    heads      text not null, -- the heads that were read, JSON
    notes      text not null, -- columns that were not read, with their reason, JSON
    entered_by text not null,
    entered_at integer not null,
    decided_by text,
    decided_at integer
) without rowid;
create index import_batch_by_file on import_batch (kind, file_hash);
create index import_batch_by_entry on import_batch (entered_at, id);

create table import_row (
    batch      text not null references import_batch (id),
    n          integer not null, -- the row as Excel numbers it
    state      text not null,    -- 'staged', 'refused'; once in force 'applied', 'same', 'failed'
    place      text,             -- hash of what it is about: two rows of one place must not overlap
    valid_from text,
    valid_to   text,
    faults     text not null,    -- what is wrong or was left out, JSON without values
    sealed     blob not null,    -- the cells and the typed row under the key of the batch
    primary key (batch, n)
) without rowid;
create index import_row_by_state on import_row (batch, state, n);
create index import_row_by_place on import_row (batch, place) where place is not null;

-- Credit records, list entries, honours and commitments as staff search them: one row for each
-- register row in force.
create table credit_record (
    subject      text not null,
    register     text not null, -- 'public_record', 'list_entry', 'honour', 'commitment'
    row_key      text not null,
    row          text not null, -- the register row in force
    class        text not null, -- of the five
    kind         text,          -- of the ten publicity kinds
    body         text not null,
    item         text not null,
    reference    text not null,
    began_on     text not null, -- decided, listed, awarded, signed
    closed_on    text,          -- first day on which it is used no more
    published_to text,
    suspended    integer not null,
    delete_on    text,          -- adverse and of a natural person: end and five years
    primary key (subject, register, row_key)
) without rowid;
create index credit_record_by_day on credit_record (began_on, row);
create index credit_record_by_row on credit_record (row);
create index credit_record_by_deletion on credit_record (delete_on);

-- Measures against and incentives for subjects, each out of its list.
create table measure (
    id              text primary key,
    subject         text not null,
    kind            text not null, -- 'restraint', 'incentive'
    state           text not null,
    version         integer not null,
    ground_register text not null, -- the place of what it rests on
    ground_key      text not null,
    list_version    text not null,
    item            text not null,
    initiated_at    integer not null,
    content         text not null  -- the measure, JSON
) without rowid;
create index measure_by_subject on measure (subject);
create index measure_by_state on measure (state, subject);
-- The registers of land and animals behind the rows of the register 'land' (domain.md C.3, G 18-21):
-- rights to plots, leases, joint-herd groups, entrusted animals. No row is edited; one with the same
-- register, number and first day takes its place.
create table land_row (
    id         text primary key,
    register   text not null,     -- 'plot', 'lease', 'joint', 'entrusted'
    banner     text not null,     -- filled; numbers are unique within it
    number     text not null,     -- of the contract or group; of a plot with that of its contract
    valid_from text not null,
    valid_to   text,
    division   text not null,     -- filled; whose registrar keeps it
    revision   integer not null,
    content    text not null,     -- the typed record as JSON
    source     text not null,
    entered_by text not null,
    entered_at integer not null,
    ended_at   integer,           -- when it was replaced or withdrawn
    ended_by   text
) without rowid;
create index land_row_by_number on land_row (register, banner, number, valid_from);
create index land_row_by_division on land_row (division, register);

-- Whom and what a row in force is about: 'subject', 'member' of a group, 'plot'.
create table land_link (
    kind   text not null,
    banner text not null,
    about  text not null,
    row    text not null references land_row (id),
    primary key (kind, banner, about, row)
) without rowid;
create index land_link_by_row on land_link (row);

-- What contradicts itself between rows in force: as they were resolved last.
create table land_fault (
    id         text primary key,  -- hash of the banner and of what it says
    banner     text not null,     -- filled
    object     text not null,     -- 'plot', 'group'
    about      text not null,     -- number of the plot or group
    division   text not null,     -- filled; whose registrar keeps it
    kind       text not null,
    contracts  text not null,     -- numbers of the contracts, as JSON
    valid_from text not null,
    valid_to   text
) without rowid;
create index land_fault_by_object on land_fault (banner, object, about);
create index land_fault_by_division on land_fault (division, about, id);

-- What screens and decisions read ------------------------------------------------------------

-- With a rowid: rows of several pages have no place in the leaves of a key.
create table projection (
    file    text primary key not null,
    subject text not null,
    facts   blob not null
);
create index projection_by_subject on projection (subject, file);

create table standing (
    subject      text not null,
    cycle        text not null,
    division     text not null,
    filed        integer not null, -- 1 once a seal arrived
    conflicts    integer not null, -- open ones
    conflict_matters integer not null, -- 1 if they change the grade
    grade_low    text,
    grade_high   text,
    score        integer,          -- hundredths of a point
    completeness integer,          -- hundredths of a per cent
    inputs_hash  text,
    assessed_at  integer,
    contribution text not null,    -- what the counters hold of it, as JSON
    primary key (subject, cycle)
) without rowid;
create index standing_by_division on standing (cycle, division);
-- All campaigns of a division, page by page: after a register row every one of them is looked at.
create index standing_by_place on standing (division, cycle);

-- The measured columns behind each standing in the order in which a candidate walks them. A copy:
-- columns that are missing or of another program are measured again.
create table standing_columns (
    cycle       text not null,
    division    text not null,
    subject     text not null,
    kind        text not null, -- what kind of subject
    inputs_hash blob not null,
    pack        blob not null, -- the pack that measured
    parameters  blob not null,
    columns     blob not null,
    primary key (cycle, division, subject)
) without rowid;

-- With a rowid, as projections.
create table assessment (
    inputs_hash text primary key not null,
    subject     text not null,
    cycle       text not null,
    as_of       text not null,
    inputs      blob not null,
    result      text not null, -- canonical JSON
    made_at     integer not null,
    shortened_at integer       -- when a record that had to be deleted was taken out of the inputs
);
create index assessment_by_subject on assessment (subject, cycle);

create table conflict (
    subject   text not null,
    cycle     text not null,
    item      text not null,
    entries   text not null, -- JSON list of entry ids, officers and values
    opened_at integer not null,
    decision  text,
    primary key (subject, cycle, item)
) without rowid;

create table board (
    division text not null,
    cycle    text not null,
    counts   text not null, -- the counters as JSON
    primary key (division, cycle)
) without rowid;

-- The process --------------------------------------------------------------------------------

create table rating_case (
    id         text primary key,
    subject    text not null,
    cycle      text not null,
    division   text not null,
    state      text not null,
    version    integer not null,
    as_of      text not null,
    inputs_hash text,          -- the assessment that the case rests on
    grade      text,
    period_from integer,       -- publicity or notice posted at
    since      integer not null, -- in this state since
    attention  integer not null, -- how soon it needs a person: 0 first, 9 not at all
    seals      text not null,  -- the seals that the case took in, as entry ids, JSON
    is_current integer not null, -- 0: void or without consent, another may take its place
    due_on     text              -- the earliest deadline that runs
) without rowid;
create unique index case_current on rating_case (subject, cycle) where is_current = 1;
create index case_of_subject on rating_case (subject, cycle);
create index case_by_due on rating_case (cycle, due_on, id);
create index case_by_state on rating_case (cycle, state, division);
create index case_by_attention on rating_case (cycle, attention, since, id);
create index case_by_period on rating_case (state, period_from);

-- What was done in a case: the case is the sum of its events.
create table case_event (
    case_id text not null,
    n       integer not null,
    step    text not null,
    actor   text not null,     -- an officer, 'subject' or 'rule'
    at      integer not null,
    salt    text not null,     -- of its leaf in the log
    event   text not null,     -- the event itself, JSON
    primary key (case_id, n)
) without rowid;
create index case_event_by_step on case_event (step, at);

-- Who has a part in a case, one role each.
create table case_person (
    case_id text not null,
    officer text not null,
    role    text not null,
    primary key (case_id, officer)
) without rowid;
create index case_person_by_officer on case_person (officer, role);

-- Which register rows moved the assessment that a case rests on, away from what was sealed.
create table case_moved (
    case_id text primary key,
    moved   text not null -- JSON
) without rowid;

-- Which letters about an objection were given out: the receipt note, the written answer.
create table letter (
    case_id    text not null,
    receipt    text not null,
    kind       text not null,
    lang       text not null,
    printed_by text not null,
    printed_at integer not null,
    primary key (case_id, receipt, kind)
) without rowid;

-- Households that changed as such: heirs, a split, a merger (domain.md G 10 to G 12).
create table household_change (
    id         text primary key,
    kind       text not null,
    on_day     text not null, -- of the document
    document   text not null,
    content    text not null, -- who has which animals after it, JSON
    entered_by text not null,
    entered_at integer not null
) without rowid;

create table household_link (
    change_id   text not null references household_change (id),
    predecessor text not null,
    successor   text not null,
    primary key (change_id, predecessor, successor)
) without rowid;
create index household_link_by_successor on household_link (successor);

-- Who borrowed for a household before it was divided: their loans of that time stand with every
-- part of it (domain.md G 11).
create table joint_debtor (
    subject   text not null,  -- the part
    change_id text not null references household_change (id),
    blind     text not null,  -- the number of whoever borrowed, as a blind index
    primary key (subject, change_id, blind)
) without rowid;
create index joint_debtor_by_blind on joint_debtor (blind);
create index household_link_by_predecessor on household_link (predecessor);

-- Who stands in for whom, from day to day (domain.md G 44).
create table absence (
    officer    text not null references officer (id),
    first_on   text not null,
    last_on    text not null,
    deputy     text not null references officer (id),
    entered_by text not null,
    entered_at integer not null,
    primary key (officer, first_on, deputy)
) without rowid;
create index absence_by_deputy on absence (deputy, last_on);

-- What looks wrong about how a visit or an evaluation was made, and what a person made of it.
create table doubt (
    id         text primary key,
    kind       text not null,
    division   text not null,    -- the gacha, filled
    cycle      text not null,
    subject    text,             -- absent for an evaluation as a whole
    officer    text not null,    -- who has to explain it
    cause      text not null,    -- the seal, the case or the gacha: raised once for each
    detail     text not null,    -- figures and places, JSON
    raised_at  integer not null,
    outcome    text,
    settled_by text,
    settled_at integer,
    reason     text,
    unique (kind, officer, cycle, cause)
) without rowid;
create index doubt_by_division on doubt (cycle, division);

create table rating (
    case_id      text primary key,
    subject      text not null,
    cycle        text not null,
    division     text not null,
    grade        text not null,
    score        integer not null,
    inputs_hash  text not null,
    effective_on text not null,
    valid_to     text not null,
    status       text not null, -- the state of its case
    salt         text not null  -- of its digest in the log
) without rowid;
create index rating_by_subject on rating (subject, status);
create index rating_by_division on rating (cycle, division, status);
-- All ratings of a division, page by page.
create index rating_by_place on rating (division, case_id);

-- A title of a division as it was formed on a day (domain.md G 52), alone or of two small gachas
-- together (G 59).
create table title (
    division     text not null, -- filled; of two the first
    cycle        text not null,
    formed_on    text not null, -- last merger or division; '' if never
    jointly_with text not null, -- filled; '' if alone
    state       text not null,
    level       text not null,
    version     integer not null,
    as_of       text not null,
    period_from integer,       -- publicity posted at
    snapshot    text not null, -- the snapshot that it rests on
    inputs      blob not null,
    result      text not null, -- the assessment with its gates, canonical JSON
    body        text not null, -- history, JSON
    primary key (division, cycle, formed_on, jointly_with)
) without rowid;
create index title_by_period on title (state, period_from);
create index title_by_neighbour on title (jointly_with, cycle);

-- Every snapshot of a title, also after another took its place: what was judged, and of it, what
-- was counted. From its households and this, inputs and result can be made again.
create table title_snapshot (
    id           text primary key, -- hash of what it holds
    division     text not null,
    cycle        text not null,
    formed_on    text not null,
    jointly_with text not null,
    as_of        text not null,
    counted      text not null, -- facts of registers and titles of villages, canonical JSON
    inputs       blob not null,
    result       text not null,
    made_at      integer not null
) without rowid;
create index title_snapshot_by_division on title_snapshot (division, as_of);

-- The households that a snapshot counted. After erasure the counts stay and say not whose they are.
create table title_counted (
    snapshot text not null references title_snapshot (id),
    division text not null,
    n        integer not null,
    subject  text,
    rating   text,          -- inputs of the rating in effect
    counts   text not null, -- grade, loans, pasture, JSON
    primary key (snapshot, division, n)
) without rowid;
create index title_counted_by_subject on title_counted (subject) where subject is not null;

-- Small gachas that are assessed together with a neighbour on request (domain.md G 59).
create table title_joint (
    division     text not null, -- filled; the first of the two
    jointly_with text not null, -- filled
    entered_at   integer not null,
    entered_by   text not null,
    source       text not null, -- the request
    ended_at     integer,
    primary key (division, jointly_with, entered_at)
) without rowid;
create index title_joint_by_neighbour on title_joint (jointly_with);

-- What a gacha's board showed (domain.md D.4): never more than this of anybody.
create table publicity (
    case_id     text primary key,
    division    text not null,
    cycle       text not null,
    subject     text not null,
    masked_name text not null,
    local_code  text not null,
    grade       text not null,
    posted_at   integer not null,
    closes_on   text not null, -- last day for an objection
    is_provisional integer not null -- 1: reckoned without the holidays of a year
) without rowid;
create index publicity_by_division on publicity (cycle, division);
create index publicity_by_subject on publicity (subject);

-- Monitoring (domain.md D.2, SR-57 to SR-61): the quarterly check of a banner's ratings in effect, a
-- page of them a transaction.
create table monitor_run (
    banner      text not null, -- filled
    quarter     text not null, -- '2026-Q4'
    as_of       text not null, -- the day on which the registers are read
    rules       text not null, -- SHA-256 of the rules of monitoring
    place       text not null, -- the last rating that is done, '<division>~<case>'; empty before
    counts      text not null, -- what was checked and found, JSON
    started_by  text not null, -- an officer, or 'rule'
    started_at  integer not null,
    finished_at integer,
    primary key (banner, quarter)
) without rowid;

-- What a check found about a rating and what persons did about it; at most one is open.
create table warning (
    id         text primary key,
    case_id    text not null,
    subject    text not null,
    division   text not null,    -- the home of the subject, filled
    quarter    text not null,    -- of the check that found it
    state      text not null,    -- 'open', 'cleared', 'suspended', 'ended'
    version    integer not null, -- counts its events
    urgency    integer not null, -- 0 talk, 1 warn, 2 remind: what it calls for
    done       text,             -- the strongest reaction that a person recorded
    watch      integer not null, -- 1 if the rating is under watch for it
    findings   text not null,    -- JSON
    opened_at  integer not null
) without rowid;
create index warning_by_case on warning (case_id, state);
create index warning_by_subject on warning (subject);
create index warning_by_urgency on warning (state, urgency, opened_at, id);
create index warning_by_division on warning (division, state);

create table warning_event (
    warning  text not null,
    n        integer not null,
    step     text not null,
    reaction text,             -- what a person did
    actor    text not null,    -- an officer, or 'rule'
    at       integer not null,
    reason   text not null,    -- words of a person, or a code
    findings text not null,    -- what a check added, JSON
    primary key (warning, n)
) without rowid;

create table decision (
    id       text primary key,
    kind     text not null,
    actor    text not null,
    subject  text not null,
    at       integer not null,
    content  text not null,
    salt     text not null -- of its digest in the log
) without rowid;

-- Rights of those who are rated --------------------------------------------------------------

-- What somebody asks for by right, a decision by hand and a repair among it, and the answer
-- (domain.md L-12, L-17, L-20, L-22, L-23).
create table rights_request (
    id        text primary key,
    subject   text not null,
    division  text not null,    -- where the subject lived when it was taken, filled
    kind      text not null,
    state     text not null,    -- 'open', 'granted', 'done', 'refused'
    due_on    text not null,
    taken_at  integer not null,
    closed_at integer,          -- when it was refused or done
    sealed    blob not null     -- the request with its words under the key of the identity
) without rowid;
create index rights_request_by_subject on rights_request (subject, taken_at);
create index rights_request_by_state on rights_request (state, due_on);

-- Subjects whose data the law orders to be kept for the time being (domain.md L-21).
create table legal_hold (
    id        text primary key,
    subject   text not null,
    basis     text not null,    -- the law or the order with its number
    placed_by text not null,
    placed_at integer not null,
    lifted_by text,
    lifted_at integer
) without rowid;
create index legal_hold_by_subject on legal_hold (subject);

-- What a subject said to a record or a value; it stands beside it wherever it is shown (L-06).
create table statement (
    id           text primary key,
    subject      text not null,
    about        text not null, -- a register with its key, or an item
    made_on      text not null,
    taken_by     text not null,
    taken_at     integer not null,
    withdrawn_at integer,
    sealed       blob not null  -- the words under the key of the identity
) without rowid;
create index statement_by_subject on statement (subject, taken_at);

-- That a person was told of an adverse record of ours before it leaves the system (L-05).
create table adverse_notice (
    subject  text not null,
    register text not null,
    row_key  text not null,
    channel  text not null,     -- 'in_person', 'letter', 'phone', 'message'
    told_on  text not null,
    told_by  text not null,
    noted_at integer not null,
    primary key (subject, register, row_key)
) without rowid;

-- Lenders ------------------------------------------------------------------------------------

create table lender (
    id          text primary key,
    name        text not null,
    name_mn     text not null -- in Mongolian, empty if none was entered
) without rowid;

-- What was agreed with a lender; contracts of one lender follow one another and never overlap.
create table lender_contract (
    lender      text not null references lender (id),
    valid_from  text not null, -- first day
    valid_to    text,          -- last day, once it is known
    division    text not null, -- where it holds, filled
    purposes    text not null, -- what it lets the lender ask for, separated by spaces
    daily_quota integer not null, -- most queries on one day
    primary key (lender, valid_from)
) without rowid;

-- The keys of a lender's machines: each serves after a second person has compared its fingerprint.
create table lender_key (
    digest       text primary key, -- SHA-256 of the key as DER, hexadecimal
    lender       text not null references lender (id),
    public_key   text not null, -- Ed25519, PEM
    entered_by   text not null, -- officer
    entered_at   integer not null,
    confirmed_by text, -- officer; absent while it waits
    confirmed_at integer,
    ends_at      integer -- from when on it serves no more, once that is known
) without rowid;
create index lender_key_by_lender on lender_key (lender, entered_at);

-- What a lender asked for on a day: quotas survive a restart.
create table lender_day (
    lender  text not null references lender (id),
    day     text not null,
    queries integer not null,
    misses  integer not null, -- answered with "absent or not authorised"
    primary key (lender, day)
) without rowid;

create table authorisation (
    id       text primary key,
    lender   text not null references lender (id),
    subject  text not null,
    purpose  text not null,
    valid_from text not null,
    valid_to text not null,
    ground   text not null, -- JSON
    revoked_at integer
) without rowid;
create index authorisation_by_subject on authorisation (subject, lender, purpose);
create index authorisation_by_lender on authorisation (lender, id);

create table report (
    id            text primary key,
    authorisation text not null,
    lender        text not null,
    subject       text not null,
    purpose       text not null,
    made_at       integer not null,
    sealed        blob not null
) without rowid;
create index report_by_subject on report (subject, made_at);
create index report_by_authorisation on report (authorisation);

-- People of a lender, beside its machine.
create table lender_officer (
    lender  text not null references lender (id),
    officer text not null references officer (id),
    primary key (lender, officer)
) without rowid;
create index lender_officer_by_officer on lender_officer (officer);

-- What a lender makes of ratings (domain.md F.2): its own parameter files, never part of a rating.
create table line_parameters (
    lender       text not null references lender (id),
    hash         text not null, -- SHA-256 of the file
    name         text not null, -- id and version
    subject_kinds text not null, -- separated by spaces
    purposes     text not null, -- separated by spaces
    valid_from   text not null,
    valid_to     text,
    text         text not null,
    proposed_by  text not null,
    proposed_at  integer not null,
    activated_by text,
    activated_at integer,
    withdrawn_at integer,
    primary key (lender, hash)
) without rowid;

create table idempotency (
    principal    text not null,
    key          text not null,
    request_hash text not null,
    status       integer not null,
    response     text not null, -- the identifier of what was made, never a body
    at           integer not null,
    primary key (principal, key)
) without rowid;

-- Data given to others (domain.md L-33): asked for before the first row is read.
create table data_share (
    id                text primary key,
    at                integer not null,
    officer           text not null,
    second_officer    text,             -- who confirmed it, where persons are among the data
    source_department text not null,
    recipient         text not null,
    basis             text not null,
    items             text not null,    -- the tables, separated by spaces
    with_persons      integer not null,
    format            text not null,    -- 'folder', 'workbook'
    mapping           text,             -- hash of the mapping file
    digest            text,             -- of what was written
    "rows"            integer,
    finished_at       integer           -- null: begun and never finished
) without rowid;

-- Jobs ---------------------------------------------------------------------------------------

create table job (
    id          text primary key,
    kind        text not null,
    dedupe      text not null unique,
    content     text not null,
    run_at      integer not null,
    attempts    integer not null,
    leased_until integer,
    fence       integer not null,
    last_error  text
) without rowid;
create index job_due on job (run_at);
