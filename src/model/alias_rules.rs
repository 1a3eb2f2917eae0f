//! The rules of aliases into their own zone: the target is there, and following aliases ends.

use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};

use super::hosted_zone::HostedZoneParts;
use super::limits;
use super::zone_rules::{Group, Groups, Violations, ZoneRule};

/// Every rule that aliases into the zone break.
pub(super) fn check(zone: &HostedZoneParts, groups: &Groups<'_>, violations: &mut Violations) {
    let mut edges: HashMap<Group<'_>, Vec<(usize, Group<'_>)>> = HashMap::new();
    for (place, set) in zone.record_sets.iter().enumerate() {
        let Some(target) = set.alias_target().filter(|target| target.hosted_zone_id == zone.id) else { continue };
        let group = (&target.dns_name, set.record_type());
        if !target.dns_name.is_at_or_below(&zone.name) {
            violations.add(place, ZoneRule::AliasTargetOutsideZone(target.dns_name.clone()));
        } else if !groups.contains_key(&group) {
            violations.add(place, ZoneRule::AliasTargetMissing(target.dns_name.clone(), set.record_type()));
        } else {
            edges.entry((set.name(), set.record_type())).or_default().push((place, group));
        }
    }
    let Walks { endless, too_deep } = walk_back(&edges);
    for start in too_deep {
        violations.add(edges[&start][0].0, ZoneRule::AliasTooDeep(start.0.clone(), start.1));
    }
    for &start in &endless {
        // Only the aliases that lead into a loop are walked: other zones pay nothing.
        let mut seen = HashSet::new();
        let mut to_visit: Vec<Group<'_>> = edges[&start].iter().map(|(_, group)| *group).collect();
        while let Some(group) = to_visit.pop() {
            if group == start {
                violations.add(edges[&start][0].0, ZoneRule::AliasLoop(start.0.clone(), start.1));
                break;
            }
            if seen.insert(group) {
                to_visit.extend(
                    edges.get(&group).into_iter().flatten().map(|(_, next)| *next).filter(|it| endless.contains(it)),
                );
            }
        }
    }
}

/// Where following aliases leads.
struct Walks<'a> {
    /// The groups from which it can go on for ever.
    endless: HashSet<Group<'a>>,
    /// the groups from which it takes one alias more than [`limits::ALIAS_DEPTH`]. Those before them need more
    /// still, and are not told.
    too_deep: Vec<Group<'a>>,
}

/// Goes backward from the aliases that lead to values only, again and again; what is never reached is endless.
fn walk_back<'a>(edges: &HashMap<Group<'a>, Vec<(usize, Group<'a>)>>) -> Walks<'a> {
    let mut aliases_left: HashMap<Group<'a>, usize> = HashMap::new();
    let mut led_from: HashMap<Group<'a>, Vec<Group<'a>>> = HashMap::new();
    for (&group, targets) in edges {
        let to_aliases = targets.iter().map(|(_, next)| *next).filter(|next| edges.contains_key(next));
        aliases_left.insert(group, to_aliases.clone().count());
        to_aliases.for_each(|next| led_from.entry(next).or_default().push(group));
    }
    let mut depths: HashMap<Group<'a>, usize> = edges.keys().map(|group| (*group, 1)).collect();
    let mut ended: Vec<Group<'a>> = edges.keys().copied().filter(|group| aliases_left[group] == 0).collect();
    let mut too_deep = Vec::new();
    while let Some(group) = ended.pop() {
        aliases_left.remove(&group);
        let depth = depths[&group];
        if depth == limits::ALIAS_DEPTH + 1 {
            too_deep.push(group);
        }
        for before in led_from.get(&group).into_iter().flatten() {
            let deepest = depths.entry(*before).or_insert(1);
            *deepest = (*deepest).max(depth + 1);
            if let Some(left) = aliases_left.get_mut(before) {
                *left -= 1;
                if *left == 0 {
                    ended.push(*before);
                }
            }
        }
    }
    Walks { endless: aliases_left.into_keys().collect(), too_deep }
}
