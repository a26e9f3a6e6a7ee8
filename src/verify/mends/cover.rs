//! The cheapest cover of a bipartite graph: for each pair the left one or the right one is taken. By König's theorem a
//! greatest flow shows it, exactly. Pure.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// What a cover takes of either side.
pub(super) type Cover<Left, Right> = (BTreeSet<Left>, BTreeSet<Right>);

/// The cheapest choice that holds at least one of each pair. All costs are above zero.
pub(super) fn cheapest_cover<Left: Ord + Clone, Right: Ord + Clone>(
    pairs: &BTreeSet<(Left, Right)>,
    cost_left: impl Fn(&Left) -> u64,
    cost_right: impl Fn(&Right) -> u64,
) -> Cover<Left, Right> {
    let rights: BTreeSet<&Right> = pairs.iter().map(|(_, right)| right).collect();
    let rights: Vec<&Right> = rights.into_iter().collect();
    let place = |right: &Right| rights.binary_search(&right).unwrap_or_default();
    let mut around: BTreeMap<&Left, BTreeSet<usize>> = BTreeMap::new();
    for (left, right) in pairs {
        around.entry(left).or_default().insert(place(right));
    }
    // Those with the same neighbours are taken together, or none of them.
    let mut alike: BTreeMap<BTreeSet<usize>, Vec<&Left>> = BTreeMap::new();
    for (left, neighbours) in around {
        alike.entry(neighbours).or_default().push(left);
    }
    let lefts: Vec<(BTreeSet<usize>, Vec<&Left>)> = alike.into_iter().collect();
    let cost = |lefts: &[&Left]| lefts.iter().map(|left| cost_left(left)).sum();
    let mut flow = Flow {
        neighbours: lefts.iter().map(|(neighbours, _)| neighbours).collect(),
        room_left: lefts.iter().map(|(_, lefts)| cost(lefts)).collect(),
        room_right: rights.iter().map(|right| cost_right(right)).collect(),
        through: BTreeMap::new(),
    };
    let cut = flow.cut();
    let taken_left = lefts
        .iter()
        .enumerate()
        .filter(|(left, _)| !cut.0.contains(left));
    let taken_left = taken_left.flat_map(|(_, (_, lefts))| lefts.iter().copied().cloned());
    let taken_right = cut.1.iter().filter_map(|right| rights.get(*right));
    (
        taken_left.collect(),
        taken_right.copied().cloned().collect(),
    )
}

/// What still fits through, from the left to the right.
struct Flow<'n> {
    neighbours: Vec<&'n BTreeSet<usize>>,
    room_left: Vec<u64>,
    room_right: Vec<u64>,
    /// What flows from a left one to a right one.
    through: BTreeMap<(usize, usize), u64>,
}

/// Where a walk from the left came by: each right one from a left one, each left one from a right one, or from nowhere.
struct FlowWalk {
    lefts: BTreeMap<usize, Option<usize>>,
    rights: BTreeMap<usize, usize>,
    end: Option<usize>,
}

impl Flow<'_> {
    /// Fills it, and gives what can still be reached then.
    fn cut(&mut self) -> (BTreeSet<usize>, BTreeSet<usize>) {
        loop {
            let walk = self.walk();
            let Some(end) = walk.end else {
                return (
                    walk.lefts.into_keys().collect(),
                    walk.rights.into_keys().collect(),
                );
            };
            self.push(&walk, end);
        }
    }

    /// Walks as far as there is room, to the first right one that has some.
    fn walk(&self) -> FlowWalk {
        let room = self
            .room_left
            .iter()
            .enumerate()
            .filter(|(_, room)| **room > 0);
        let mut walk = FlowWalk {
            lefts: room.map(|(left, _)| (left, None)).collect(),
            rights: BTreeMap::new(),
            end: None,
        };
        let mut next: VecDeque<usize> = walk.lefts.keys().copied().collect();
        while let Some(left) = next.pop_front() {
            for right in self.neighbours.get(left).into_iter().copied().flatten() {
                if walk.rights.contains_key(right) {
                    continue;
                }
                walk.rights.insert(*right, left);
                if self.room_right.get(*right).is_some_and(|room| *room > 0) {
                    walk.end = Some(*right);
                    return walk;
                }
                for (back, _) in self.through.keys().filter(|(_, to)| to == right) {
                    if !walk.lefts.contains_key(back) {
                        walk.lefts.insert(*back, Some(*right));
                        next.push_back(*back);
                    }
                }
            }
        }
        walk
    }

    /// Lets flow along the walk what fits.
    fn push(&mut self, walk: &FlowWalk, end: usize) {
        let mut steps = Vec::new();
        let mut right = end;
        let mut room = self.room_right.get(end).copied().unwrap_or_default();
        let first = loop {
            let Some(left) = walk.rights.get(&right).copied() else {
                return;
            };
            steps.push((left, right));
            match walk.lefts.get(&left).copied().flatten() {
                Some(before) => {
                    let back = self.through.get(&(left, before)).copied();
                    room = room.min(back.unwrap_or_default());
                    steps.push((left, before));
                    right = before;
                }
                None => break left,
            }
        };
        let Some(of_first) = self.room_left.get_mut(first) else {
            return;
        };
        room = room.min(*of_first);
        *of_first -= room;
        if let Some(of_end) = self.room_right.get_mut(end) {
            *of_end -= room;
        }
        for (number, step) in steps.into_iter().enumerate() {
            let flows = self.through.entry(step).or_default();
            *flows = match number % 2 {
                0 => *flows + room,
                _ => flows.saturating_sub(room),
            };
            if *flows == 0 {
                self.through.remove(&step);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The cheapest of all choices, tried one by one.
    fn by_trying(pairs: &BTreeSet<(u8, u8)>, costs: &[u64; 12]) -> u64 {
        let choices = 0_u32..1 << 12;
        let holds = |choice: &u32| {
            let taken = |place: u8| choice >> place & 1 == 1;
            pairs
                .iter()
                .all(|(left, right)| taken(*left) || taken(6 + *right))
        };
        let cost = |choice: u32| {
            let all = costs.iter().enumerate();
            let taken = all.filter(|(place, _)| choice >> place & 1 == 1);
            taken.map(|(_, cost)| *cost).sum()
        };
        choices.filter(holds).map(cost).min().unwrap_or_default()
    }

    #[test]
    fn no_cover_is_cheaper() {
        let mut chance = fastrand::Rng::with_seed(7);
        for _ in 0..60 {
            let pairs: BTreeSet<(u8, u8)> = (0..chance.usize(0..14))
                .map(|_| (chance.u8(0..6), chance.u8(0..6)))
                .collect();
            let costs: [u64; 12] = std::array::from_fn(|_| chance.u64(1..4));
            let of = |place: u8| costs[usize::from(place)];
            let (left, right) = cheapest_cover(&pairs, |left| of(*left), |right| of(6 + *right));
            let covered = |(one, other): &(u8, u8)| left.contains(one) || right.contains(other);
            assert!(pairs.iter().all(covered), "{pairs:?}: {left:?} {right:?}");
            let cost: u64 = left.iter().map(|left| of(*left)).sum::<u64>()
                + right.iter().map(|right| of(6 + *right)).sum::<u64>();
            assert_eq!(cost, by_trying(&pairs, &costs), "{pairs:?} {costs:?}");
        }
    }
}
