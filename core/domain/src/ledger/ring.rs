//! Who guarantees whom in a circle (互保圈): a risk tip, never a score (`domain.md` F.3).

use std::collections::{BTreeMap, BTreeSet};

/// Mutual guarantees in a cycle.
pub const GUARANTEE_RING: &str = "TIP_GUARANTEE_RING";

/// Of those who guarantee and are guaranteed, those on a cycle. `edges` lead from the one who
/// guarantees to the one who owes; a guarantee for oneself is no ring.
///
/// The strongly connected components (Tarjan) of more than one member, with a stack of its own
/// so that no length of a chain can exhaust that of the program.
#[must_use]
pub fn in_rings<P: Ord + Clone>(edges: &[(P, P)]) -> BTreeSet<P> {
    let names: BTreeSet<&P> = edges.iter().flat_map(|(from, to)| [from, to]).collect();
    let places: BTreeMap<&P, usize> = names.iter().copied().zip(0..).collect();
    let mut targets = vec![Vec::new(); names.len()];
    for (from, to) in edges {
        if let (Some(from), Some(to)) = (places.get(from), places.get(to)) {
            targets[*from].push(*to);
        }
    }
    let on_cycle = Search::over(&targets);
    let found = names.into_iter().zip(on_cycle);
    found
        .filter(|(_, is_in)| *is_in)
        .map(|(name, _)| name.clone())
        .collect()
}

struct Search<'a> {
    targets: &'a [Vec<usize>],
    /// When a node was found, from 1; 0 before.
    found: Vec<usize>,
    /// The earliest node that can be reached back to.
    low: Vec<usize>,
    is_waiting: Vec<bool>,
    waiting: Vec<usize>,
    on_cycle: Vec<bool>,
    count: usize,
}

impl<'a> Search<'a> {
    fn over(targets: &'a [Vec<usize>]) -> Vec<bool> {
        let size = targets.len();
        let mut search = Self {
            targets,
            found: vec![0; size],
            low: vec![0; size],
            is_waiting: vec![false; size],
            waiting: Vec::new(),
            on_cycle: vec![false; size],
            count: 0,
        };
        for node in 0..size {
            if search.found[node] == 0 {
                search.walk(node);
            }
        }
        search.on_cycle
    }

    fn walk(&mut self, start: usize) {
        // A node with the place of the next edge to follow.
        let mut path = vec![(start, 0)];
        self.enter(start);
        while let Some((node, next)) = path.last_mut() {
            let node = *node;
            if let Some(&target) = self.targets[node].get(*next) {
                *next += 1;
                if self.found[target] == 0 {
                    self.enter(target);
                    path.push((target, 0));
                } else if self.is_waiting[target] {
                    self.low[node] = self.low[node].min(self.found[target]);
                }
                continue;
            }
            path.pop();
            if let Some((parent, _)) = path.last() {
                self.low[*parent] = self.low[*parent].min(self.low[node]);
            }
            if self.low[node] == self.found[node] {
                self.close(node);
            }
        }
    }

    fn enter(&mut self, node: usize) {
        self.count += 1;
        self.found[node] = self.count;
        self.low[node] = self.count;
        self.is_waiting[node] = true;
        self.waiting.push(node);
    }

    /// Takes a component off the stack.
    fn close(&mut self, root: usize) {
        let Some(first) = self.waiting.iter().rposition(|node| *node == root) else {
            return;
        };
        let component = self.waiting.split_off(first);
        let is_ring = component.len() > 1;
        for node in component {
            self.is_waiting[node] = false;
            self.on_cycle[node] = is_ring;
        }
    }
}
