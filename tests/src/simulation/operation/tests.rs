use super::super::fault::{Fault, Planned};
use super::*;

#[test]
fn a_printed_list_is_read_as_what_it_was() {
    let faults = |fault| vec![Planned { request: 2, fault }];
    let mut ops: Vec<Op> = Fault::ALL
        .iter()
        .map(|(fault, _)| Op::Sync {
            device: 3,
            faults: faults(*fault),
        })
        .collect();
    ops.extend([
        Op::Visit {
            device: 1,
            household: 2,
            value: 3,
        },
        Op::Identity {
            device: 1,
            household: 2,
            value: 3,
        },
        Op::Ballot {
            device: 1,
            household: 2,
            value: 3,
        },
        Op::Withdraw {
            device: 1,
            household: 2,
        },
        Op::Sync {
            device: 1,
            faults: Vec::new(),
        },
        Op::Reopen { device: 1 },
        Op::Copy { device: 1 },
        Op::Restore { device: 1 },
        Op::Skew {
            device: 1,
            minutes: -525_600,
        },
        Op::Revoke { device: 1 },
        Op::Replace { device: 1 },
        Op::Confirm { device: 1 },
        Op::Clog { device: 1 },
        Op::Heal { device: 1 },
        Op::Pass { minutes: 180 },
        Op::Backup,
        Op::RestoreServer,
        Op::RestartServer,
        Op::Move {
            household: 4,
            gacha: 1,
        },
        Op::Erase { household: 4 },
        Op::Interest {
            device: 1,
            household: 2,
        },
        Op::Resolve { gacha: 0 },
        Op::Release { gacha: 0 },
        Op::Reject { gacha: 1 },
        Op::Picture {
            device: 1,
            household: 2,
            value: 3,
        },
        Op::Bundle { device: 1 },
        Op::Carry {
            device: 1,
            number: 2,
        },
        Op::Answer {
            device: 1,
            number: 2,
        },
        Op::Announce,
        Op::Rotate,
        Op::Retract {
            device: 1,
            household: 2,
        },
        Op::Note {
            device: 1,
            household: 2,
            value: 3,
        },
    ]);
    assert_eq!(read(&print(&ops)).unwrap(), ops);
    assert_eq!(
        read("# seed 7\n\nbackup # at noon\n").unwrap(),
        [Op::Backup]
    );
    assert!(read("visit 1 2").is_err() && read("sync 1 2:often").is_err());
}
