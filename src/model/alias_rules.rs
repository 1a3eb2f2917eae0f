//! The rules of aliases into their own zone: the target is there, and following aliases ends.

use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};

use super::hosted_zone::HostedZoneParts;
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
    let endless = groups_before_a_loop(&edges);
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

/// The groups from which following aliases can go on for ever: what is left when those that lead to values only are
/// taken away, again and again.
fn groups_before_a_loop<'a>(edges: &HashMap<Group<'a>, Vec<(usize, Group<'a>)>>) -> HashSet<Group<'a>> {
    let mut aliases_left: HashMap<Group<'a>, usize> = HashMap::new();
    let mut led_from: HashMap<Group<'a>, Vec<Group<'a>>> = HashMap::new();
    for (&group, targets) in edges {
        let to_aliases = targets.iter().map(|(_, next)| *next).filter(|next| edges.contains_key(next));
        aliases_left.insert(group, to_aliases.clone().count());
        to_aliases.for_each(|next| led_from.entry(next).or_default().push(group));
    }
    let mut ended: Vec<Group<'a>> = edges.keys().copied().filter(|group| aliases_left[group] == 0).collect();
    while let Some(group) = ended.pop() {
        aliases_left.remove(&group);
        for before in led_from.get(&group).into_iter().flatten() {
            if let Some(left) = aliases_left.get_mut(before) {
                *left -= 1;
                if *left == 0 {
                    ended.push(*before);
                }
            }
        }
    }
    aliases_left.into_keys().collect()
}
