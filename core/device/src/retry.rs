//! When to synchronise next: a state machine that is asked and told, with no clock of its own.
//!
//! A failed attempt is followed by another one, later and later, and at once when the network
//! comes back. A refused sign-in pauses the queue and deletes nothing (`lessons.md` 8, 9).

use itgel_domain::time::AtMs;

/// The first pause after a failure.
const FIRST_MS: i64 = 15_000;

/// The longest pause.
const LONGEST_MS: i64 = 30 * 60_000;

/// How often a device looks for news when nothing waits.
const QUIET_MS: i64 = 60 * 60_000;

/// When to synchronise next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Retry {
    failures: u32,
    next_attempt: AtMs,
    needs_sign_in: bool,
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    /// Everything went through.
    Done,
    /// No way to the server, or it asked to come later.
    Failed {
        /// What the server asked for.
        retry_after_ms: Option<i64>,
    },
    /// The server does not accept this device now: a person has to look.
    SignInRequired,
}

impl Retry {
    /// Tells how an attempt ended. `jitter` is a random number that spreads the devices of a
    /// gacha which all lost the network together.
    #[must_use]
    pub fn after(self, attempt: Attempt, now: AtMs, jitter: u32) -> Self {
        match attempt {
            Attempt::Done => Self {
                failures: 0,
                next_attempt: now.plus_ms(QUIET_MS),
                needs_sign_in: false,
            },
            Attempt::Failed { retry_after_ms } => {
                let failures = self.failures.saturating_add(1);
                let pause = pause_ms(failures).max(retry_after_ms.unwrap_or(0));
                let spread = i64::from(jitter) % (pause / 4 + 1);
                Self {
                    failures,
                    next_attempt: now.plus_ms(pause + spread),
                    ..self
                }
            }
            Attempt::SignInRequired => Self {
                needs_sign_in: true,
                ..self
            },
        }
    }

    /// Tells that something new waits to be sent.
    #[must_use]
    pub fn on_new_work(self, now: AtMs) -> Self {
        if self.failures == 0 {
            Self {
                next_attempt: now,
                ..self
            }
        } else {
            self
        }
    }

    /// Tells that the network came back.
    #[must_use]
    pub fn on_connectivity(self, now: AtMs) -> Self {
        Self {
            next_attempt: self.next_attempt.min(now),
            ..self
        }
    }

    /// Tells that the officer asked for it, or signed in again.
    #[must_use]
    pub fn on_request(self, now: AtMs) -> Self {
        Self {
            failures: 0,
            next_attempt: now,
            needs_sign_in: false,
        }
    }

    /// Whether to synchronise now.
    #[must_use]
    pub fn is_due(self, now: AtMs) -> bool {
        !self.needs_sign_in && self.next_attempt <= now
    }

    /// When to ask again; `None` while a person has to act first.
    #[must_use]
    pub fn next_attempt(self) -> Option<AtMs> {
        (!self.needs_sign_in).then_some(self.next_attempt)
    }
}

/// Twice as long after every failure.
fn pause_ms(failures: u32) -> i64 {
    let doublings = failures.saturating_sub(1).min(16);
    (FIRST_MS << doublings).min(LONGEST_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: AtMs = AtMs(1_000_000);
    const FAILED: Attempt = Attempt::Failed {
        retry_after_ms: None,
    };

    #[test]
    fn a_failed_upload_is_tried_again_without_any_new_edit() {
        let mut retry = Retry::default();
        assert!(retry.is_due(NOW));
        let mut now = NOW;
        let mut pauses = Vec::new();
        for _ in 0..20 {
            retry = retry.after(FAILED, now, 0);
            let next = retry.next_attempt().unwrap();
            assert!(
                !retry.is_due(now) && retry.is_due(next),
                "never a state without a next try"
            );
            pauses.push(next.0 - now.0);
            now = next;
        }
        assert!(pauses.windows(2).all(|p| p[0] <= p[1]), "{pauses:?}");
        assert_eq!((pauses[0], pauses[19]), (FIRST_MS, LONGEST_MS));
    }

    #[test]
    fn the_network_coming_back_does_not_wait_for_the_timer() {
        let failed = (0..9).fold(Retry::default(), |r, _| r.after(FAILED, NOW, 7));
        assert!(!failed.is_due(NOW));
        assert!(failed.on_connectivity(NOW).is_due(NOW));
    }

    #[test]
    fn a_refused_sign_in_pauses_and_a_person_lifts_it() {
        let paused = Retry::default().after(Attempt::SignInRequired, NOW, 0);
        assert_eq!(paused.next_attempt(), None);
        assert!(
            !paused
                .on_connectivity(NOW)
                .on_new_work(NOW)
                .is_due(AtMs(i64::MAX))
        );
        assert!(paused.on_request(NOW).is_due(NOW));
    }

    #[test]
    fn the_server_can_ask_for_more_time_and_devices_spread() {
        let asked = Attempt::Failed {
            retry_after_ms: Some(120_000),
        };
        let retry = Retry::default();
        let (a, b) = (retry.after(asked, NOW, 3), retry.after(asked, NOW, 20_000));
        assert!(a.next_attempt().unwrap() >= NOW.plus_ms(120_000));
        assert_ne!(a.next_attempt(), b.next_attempt());
    }
}
