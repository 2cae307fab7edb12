//! Faults that no server may have, put between a device and a right one: each of them must make a
//! run fail, which proves that its checks bite.

use itgel_domain::sync::pull::Pull;
use itgel_domain::sync::push::{Push, PushAnswer};
use itgel_server::{Service, ServiceError, store};
use rusqlite::params;

/// A server that is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutant {
    /// It gives a receipt and commits nothing.
    ReceiptWithoutCommit,
    /// It loses an envelope after its receipt.
    LosesAnEnvelope,
    /// It keeps an envelope twice.
    KeepsTwice,
    /// Its cursor passes over an item.
    CursorSkips,
    /// It freezes a device without proof.
    Freezes,
}

impl Mutant {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::ReceiptWithoutCommit,
        Self::LosesAnEnvelope,
        Self::KeepsTwice,
        Self::CursorSkips,
        Self::Freezes,
    ];

    /// A receipt for a page that was never taken.
    pub(super) fn receipt(
        self,
        service: &Service,
        page: &Push,
    ) -> Result<Option<PushAnswer>, ServiceError> {
        if self != Self::ReceiptWithoutCommit {
            return Ok(None);
        }
        let checkpoint = itgel_server::sync::checkpoint(service, service.now())?;
        let mut answer = PushAnswer {
            up_to: page.head.at.clone(),
            head: page.head.hash,
            except: Vec::new(),
            from_seq: page.head.at.seq + 1 - page.envelopes.len() as u64,
            received_at: service.now(),
            checkpoint: checkpoint.checkpoint.tree(),
            signature: String::new(),
        };
        answer.signature = service.keys.sign(&answer.message());
        Ok(Some(answer))
    }

    /// What it does behind a page that was taken.
    pub(super) fn after_push(self, service: &Service, page: &Push) -> Result<(), ServiceError> {
        let sql = match self {
            Self::LosesAnEnvelope => {
                "delete from envelope where device = ?1 and incarnation = ?2 and seq = ?3"
            }
            Self::KeepsTwice => {
                "insert or ignore into envelope
                 select device, incarnation, seq + 1000000, randomblob(32), chain_hash, kind,
                        subject, file, actor_seq, last_op, verdict, reason, sealed, received_at
                 from envelope where device = ?1 and incarnation = ?2 and seq = ?3"
            }
            Self::Freezes => {
                "update device set status = 'frozen' where id = ?1 and ?2 = 0 and ?3 > 0"
            }
            Self::ReceiptWithoutCommit | Self::CursorSkips => return Ok(()),
        };
        let at = page.head.at.clone();
        service.transact("mutant", move |_, tx| {
            let seq = i64::try_from(at.seq).unwrap_or(i64::MAX);
            tx.execute(sql, params![at.device.as_str(), at.incarnation, seq])
                .map_err(store::StoreError::from)?;
            Ok(())
        })
    }

    /// What it reads when it is asked for this.
    pub(super) fn asked(self, request: &Pull) -> Pull {
        let skipped = u64::from(self == Self::CursorSkips);
        Pull {
            after: request.after + skipped,
            ..request.clone()
        }
    }
}
