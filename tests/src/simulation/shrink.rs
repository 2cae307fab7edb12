//! Makes a failing list smaller while it still fails.

use super::operation::Op;

/// The smallest list that was found within `tries` executions: parts are taken out, smaller and
/// smaller ones (delta debugging), then the faults of the synchronisations that are left.
pub fn shrink(ops: &[Op], tries: u32, mut fails: impl FnMut(&[Op]) -> bool) -> Vec<Op> {
    let mut left = tries;
    let mut smallest = ops.to_vec();
    let mut size = smallest.len().div_ceil(2);
    while size > 0 {
        let mut from = 0;
        while from < smallest.len() && left > 0 {
            let mut without = smallest.clone();
            without.drain(from..(from + size).min(smallest.len()));
            left -= 1;
            if fails(&without) {
                smallest = without;
            } else {
                from += size;
            }
        }
        size = if size == 1 { 0 } else { size.div_ceil(2) };
    }
    without_faults(smallest, left, &mut fails)
}

fn without_faults(
    mut ops: Vec<Op>,
    mut left: u32,
    fails: &mut impl FnMut(&[Op]) -> bool,
) -> Vec<Op> {
    for at in 0..ops.len() {
        let Op::Sync { device, faults } = ops[at].clone() else {
            continue;
        };
        for planned in faults {
            let Op::Sync { faults, .. } = &ops[at] else {
                continue;
            };
            let mut fewer = faults.clone();
            fewer.retain(|other| *other != planned);
            let mut without = ops.clone();
            without[at] = Op::Sync {
                device,
                faults: fewer,
            };
            if left == 0 {
                return ops;
            }
            left -= 1;
            if fails(&without) {
                ops = without;
            }
        }
    }
    ops
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulation::fault::{Fault, Planned};

    #[test]
    fn what_does_not_matter_is_taken_out() {
        let mut ops: Vec<Op> = (0..60).map(|minutes| Op::Pass { minutes }).collect();
        let fault = |request, fault| Planned { request, fault };
        let faults = vec![fault(1, Fault::Cut), fault(2, Fault::Kill)];
        ops.insert(20, Op::Sync { device: 3, faults });
        ops.insert(40, Op::Backup);
        let matters = |ops: &[Op]| {
            let killed = ops.iter().any(|op| {
                matches!(op, Op::Sync { faults, .. } if faults.contains(&fault(2, Fault::Kill)))
            });
            killed && ops.contains(&Op::Backup)
        };
        let faults = vec![fault(2, Fault::Kill)];
        let wanted = [Op::Sync { device: 3, faults }, Op::Backup];
        assert_eq!(shrink(&ops, 1_000, matters), wanted);
    }
}
