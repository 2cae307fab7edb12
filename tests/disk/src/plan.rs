//! What can be asked of a disk, and what it can be told to do wrong.

/// An operation on a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Op {
    /// Open, or look whether it is there.
    Open,
    /// Read, or ask for the size.
    Read,
    /// Write.
    Write,
    /// Make durable.
    Sync,
    /// Cut to a length.
    Truncate,
    /// Delete.
    Delete,
    /// Take a lock, or map memory that connections share.
    Lock,
}

/// How an operation fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The device reports an error (EIO).
    Io,
    /// There is no room (ENOSPC); what needs none succeeds.
    Full,
    /// Power goes during the operation: what it writes may be torn, and all that follows fails.
    Power,
}

/// Which operation fails, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// The number of the operation, from 1, counted among those of `ops`.
    pub nth: u64,
    /// How.
    pub how: Failure,
    /// Whether all later ones fail too.
    pub stays: bool,
    /// Which operations are counted and can fail.
    pub ops: &'static [Op],
}

impl Op {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::Open,
        Self::Read,
        Self::Write,
        Self::Sync,
        Self::Truncate,
        Self::Delete,
        Self::Lock,
    ];
    /// Those that change something on the disk.
    pub const CHANGES: &'static [Self] = &[Self::Write, Self::Sync, Self::Truncate, Self::Delete];

    pub(crate) const fn place(self) -> usize {
        self as usize
    }
}

impl Fault {
    /// The `nth` operation of any kind fails once.
    #[must_use]
    pub const fn once(nth: u64, how: Failure) -> Self {
        Self {
            nth,
            how,
            stays: false,
            ops: Op::ALL,
        }
    }

    /// Every operation of any kind fails from the `nth` on.
    #[must_use]
    pub const fn from(nth: u64, how: Failure) -> Self {
        Self {
            stays: true,
            ..Self::once(nth, how)
        }
    }

    /// The same among these operations alone.
    #[must_use]
    pub const fn among(self, ops: &'static [Op]) -> Self {
        Self { ops, ..self }
    }
}
