-- The store of one officer on one device. The whole file is encrypted; nothing in it leaves the
-- device but envelopes and identity records, and nothing is deleted before its receipt.
-- Division codes are filled to twelve digits, days are ISO text, instants milliseconds.

create table device (
    one         integer primary key check (one = 1),
    id          text not null,
    officer     text not null,
    public_key  blob not null,    -- of this device
    server_key  blob not null,    -- pinned at enrolment
    incarnation integer not null, -- the chain that is written now
    epoch       integer,          -- of the server; null before the first word
    checkpoint  blob,             -- the newest signed state of the server's log
    revoked     integer not null,
    number      integer not null, -- begins the receipts that are given out here (D.5)
    receipts    integer not null, -- how many were given out
    is_practice integer not null  -- everything in it is invented, and nothing is ever sent
) strict;

-- Keys that the pinned one came after: what stands in lists may be signed by them.
create table earlier_server_key (
    key blob primary key
) strict, without rowid;

-- What the server stated about this device; each line was checked when it came.
create table trust (
    one         integer primary key check (one = 1),
    is_pending  integer not null, -- an administrator has not compared the fingerprint yet
    certificate text,
    grant_seq   integer not null, -- 0 for none
    grant_until integer,          -- by the server's clock
    left_ms     integer,          -- of the grant at the last contact
    used_ms     integer not null, -- time of use since then, as far as it can be told
    used_at     integer,          -- by the device's clock, which is never trusted
    contact_at  integer,          -- when the server was last heard, by its clock
    packs       text not null,    -- named by the grant, one a line
    wipe_nonce  text,             -- of the order to delete this store
    is_wiping   integer not null  -- nothing more is entered
) strict;

-- The own chains ----------------------------------------------------------------------------

create table link (
    incarnation integer not null,
    seq         integer not null,
    id          text not null,    -- the envelope's salted id
    kind        text not null,    -- 'file', 'identity', 'ballot', 'objection', 'review'
    head        text not null,    -- the chain's hash after it
    subject     text not null,
    cycle       text,             -- of a visit, a ballot or an objection
    state       text not null,    -- 'waiting', 'sending', 'received', 'needs_you', 'moved', 'erased'
    verdict     blob,
    received_at integer,          -- by the server's clock
    written_at  integer not null, -- by ours
    primary key (incarnation, seq)
) strict, without rowid;
create index link_by_subject on link (subject, cycle);
create index link_open on link (state, incarnation, seq) where state in ('waiting', 'sending');

create table signed_head (
    incarnation integer not null,
    seq         integer not null,
    hash        text not null,
    signature   text not null,
    primary key (incarnation, seq)
) strict, without rowid;

create table receipt (
    incarnation integer not null,
    from_seq    integer not null,
    up_to_seq   integer not null,
    answer      blob not null,
    primary key (incarnation, from_seq, up_to_seq)
) strict, without rowid;

-- Files --------------------------------------------------------------------------------------

create table envelope (
    device      text not null,
    incarnation integer not null,
    seq         integer not null,
    id          text not null,
    subject     text not null,
    year        integer not null,  -- of the file; 0 for what is in no file
    counts      integer not null,  -- 0 while it is in quarantine
    listed      integer not null,  -- 1 once the server's list held it
    lost        integer not null default 0, -- 1 once a restored server's lists ended without it
    bytes       blob not null,
    primary key (device, incarnation, seq)
) strict;
create index envelope_by_subject on envelope (subject, year);
create index envelope_unlisted on envelope (device, subject, year) where listed = 0 and lost = 0;
create index envelope_lost on envelope (device) where lost = 1;

create table projection (
    subject text not null,
    year    integer not null,
    facts   blob not null,
    primary key (subject, year)
) strict;

-- When a file's household was visited and where that was, for the order of a list; the place only
-- while a consent to it stands. Written with the projection.
create table last_visit (
    subject        text not null,
    year           integer not null,
    visited_on     text not null,
    latitude_mdeg  integer,
    longitude_mdeg integer,
    primary key (subject, year)
) strict, without rowid;
create index last_visit_by_place on last_visit (latitude_mdeg, longitude_mdeg)
    where latitude_mdeg is not null;

create table picture (
    subject     text not null,
    content     text not null,     -- SHA-256 of the bytes
    length      integer not null,
    added_at    integer not null,
    sent        integer not null,  -- bytes that the server has
    received_at integer,           -- by the server's clock, under its signature
    is_photo    integer not null,  -- 1 for what shows items, 0 for a signature or a scanned paper
    primary key (subject, content)
) strict, without rowid;

create table picture_chunk (
    subject text not null,
    content text not null,
    at      integer not null,
    bytes   blob not null,
    primary key (subject, content, at)
) strict;

create table draft_value (
    subject     text not null,
    cycle       text not null,
    item        text not null,
    observation blob not null,
    reason      text not null,     -- why an own sealed value is corrected
    changed_at  integer not null,
    primary key (subject, cycle, item)
) strict, without rowid;

create table draft_consent (
    subject    text not null,
    cycle      text not null,
    person     text not null,
    consent    blob not null,
    changed_at integer not null,
    primary key (subject, cycle, person)
) strict, without rowid;

-- The people of a subject as they are written down, before they become a version of its identity.
create table draft_people (
    subject    text not null primary key,
    people     blob not null,
    changed_at integer not null
) strict, without rowid;

-- What the server told -----------------------------------------------------------------------

-- What the divisions of the lists are called; the server says so when a name is new.
create table division_name (
    division text primary key,
    name     text not null,
    name_mn  text
) strict, without rowid;

create table subject (
    id         text primary key,
    kind       text not null,
    division   text not null,
    local_code text not null,
    name       text not null,      -- of the head, for a list
    born_year  integer,            -- of the head; with the spouse it tells namesakes apart
    spouse     text not null,
    find       text not null       -- normalised names and ID numbers, for the search
) strict, without rowid;
-- With the texts of the search: it passes over a whole gacha without opening a row.
create index subject_by_division on subject (division, local_code, id, find);

-- ID and phone numbers of a subject's people in the form in which they are compared.
create table mark (
    subject text not null,
    mark    text not null,
    primary key (subject, mark)
) strict, without rowid;
create index mark_by_mark on mark (mark, subject);

-- Door and names of a subject in the form in which they are compared within its division.
create table compared (
    division text not null,
    subject  text not null,
    kind     text not null,
    door     text not null,
    names    text not null,        -- one a line
    primary key (division, subject)
) strict, without rowid;
create index compared_by_subject on compared (subject);

create table identity (
    subject     text not null,
    commitment  text not null,     -- what its author's chain carries of it
    version     integer not null,
    record      blob not null,
    incarnation integer,           -- place of the own commitment
    seq         integer,
    listed      integer not null default 0,  -- the server's lists held it
    lost        integer not null default 0,  -- the lists of a restored server ended without it
    primary key (subject, commitment)
) strict, without rowid;
create index identity_by_place on identity (incarnation, seq);
create index identity_lost on identity (subject) where lost = 1;

create table rule_file (
    hash     text primary key,
    kind     text not null,        -- 'pack' or 'parameters'
    name     text not null,
    text     text not null,
    position integer not null      -- in its list: later is newer
) strict, without rowid;

create table register_row (
    list     text not null,        -- the list it came in
    id       text not null,
    division text not null,
    subject  text,
    row      blob not null,
    primary key (list, id)
) strict, without rowid;
create index register_by_subject on register_row (subject);

create table cycle (
    id    text primary key,
    cycle blob not null
) strict, without rowid;

-- Lenders with a contract, whom a consent can name.
create table lender (
    id   text primary key,
    item blob not null
) strict, without rowid;

-- Who evaluates and who is of the group of a gacha, as digests: no name and no number.
create table roll (
    division text primary key,
    roll     blob not null
) strict, without rowid;

create table rating_case (
    subject text not null,
    cycle   text not null,
    state   text not null,
    grade   text,
    primary key (subject, cycle)
) strict, without rowid;

create table task (
    subject text not null,
    cycle   text not null,
    item    text not null,         -- empty if no item caused it
    words   text not null,
    primary key (subject, cycle, item)
) strict, without rowid;

create table list (
    division text primary key,
    position integer not null,
    digest   text not null,
    -- files of others are only named up to here; 0 once the first download came to it
    brief_until integer not null
) strict, without rowid;

-- Items of a kind that this version does not know, for a later version.
create table kept_item (
    division text not null,
    position integer not null,
    kind     integer not null,
    bytes    blob not null,
    primary key (division, position)
) strict, without rowid;

-- Envelopes that a list named and that come later.
create table deferred (
    list     text not null,
    position integer not null,
    subject  text not null,
    hash     text not null,        -- of the item
    primary key (list, position)
) strict, without rowid;
create index deferred_by_subject on deferred (subject);

-- Keys that answers to bundles are sealed to.
create table bundle_key (
    name    text primary key,      -- hash of the public key
    secret  blob not null,
    asked   text not null,         -- digest of the hello in the bundle
    made_at integer not null
) strict, without rowid;

-- Signed states of the server's log; the newest stands in `device`, too.
create table log_state (
    size      integer primary key,
    state     blob not null,
    signature text not null,
    epoch     integer not null     -- of the server that told it
) strict;

-- States that do not fit, or that came unsigned: evidence.
create table log_alarm (
    code       text not null,
    held       blob not null,
    shown      blob not null,
    signature  text not null,
    noticed_at integer not null,   -- by the device's clock
    primary key (code, held, shown)
) strict, without rowid;

create table tombstone (
    subject text primary key
) strict, without rowid;

-- Years of subjects that the server ended: deleted here once nothing of them waits.
create table ended_year (
    subject   text not null,
    year      integer not null,
    statement blob not null,
    primary key (subject, year)
) strict, without rowid;

create table revoked_device (
    device text primary key
) strict, without rowid;
