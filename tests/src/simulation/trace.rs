//! What happened in a run, as lines: the same seed gives the same lines, byte for byte.

use itgel_domain::hash::Hash;

/// The lines of a run, or at least their digest.
#[derive(Debug, Clone)]
pub struct Trace {
    digest: Hash,
    lines: Option<Vec<String>>,
    count: u64,
}

impl Trace {
    /// An empty one; it keeps its lines if they are to be `kept`.
    #[must_use]
    pub fn new(kept: bool) -> Self {
        Self {
            digest: Hash::from_bytes([0; 32]),
            lines: kept.then(Vec::new),
            count: 0,
        }
    }

    /// Writes a line.
    pub fn note(&mut self, line: String) {
        let parts = [self.digest.as_bytes(), line.as_bytes()];
        self.digest = Hash::of("itgel.simulation.trace.v1", &parts);
        self.count += 1;
        if let Some(lines) = &mut self.lines {
            lines.push(line);
        }
    }

    /// The digest over all lines.
    #[must_use]
    pub const fn digest(&self) -> Hash {
        self.digest
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.count
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The lines, if they were kept.
    #[must_use]
    pub fn lines(&self) -> &[String] {
        self.lines.as_deref().unwrap_or_default()
    }
}
