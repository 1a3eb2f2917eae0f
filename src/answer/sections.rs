//! From where a walk ended to the whole answer: response code, flags, authority and additional sections.

use crate::model::RecordType;
use crate::snapshot::{CompiledGlue, Node, Target, View, Zone};

use super::choose::{Choice, Pick};
use super::describe;
use super::walk::{End, Walk};
use super::why::{Topic, Why};
use super::{Additional, AnsweredSet, AnsweredValues, Authority, Completeness, Owner, ResponseCode};

impl<'s, W: Why> Walk<'s, '_, W> {
    pub(super) fn finish(&mut self, end: End<'s>) {
        match end {
            End::Found(zone) => self.add_authority(zone),
            End::LeftByCname(zone, left) => {
                self.answer.completeness = left;
                self.add_authority(zone);
            }
            End::NoData(zone) => {
                self.because(Topic::Result, &["Z-15", "Z-16"], || "NODATA".to_owned());
                self.add_soa(zone);
            }
            End::NoName(zone) => {
                // Z-35: the code of the last name.
                self.because(Topic::Result, &["Z-15", "Z-16"], || "NXDOMAIN".to_owned());
                self.answer.response_code = ResponseCode::NameError;
                self.add_soa(zone);
            }
            End::Delegation(zone, cut) if self.view == View::Internet => {
                // Z-20; after a CNAME the answer section is ours to vouch for.
                self.answer.authoritative = !self.answer.answer.is_empty();
                self.because(Topic::Result, &["Z-20", "Z-21"], || "referral".to_owned());
                self.refer(zone, cut);
            }
            End::Delegation(..) | End::NotHeld => {
                self.answer.authoritative = false;
                if matches!(self.view, View::Vpc(_)) {
                    self.answer.completeness = Completeness::MustAskUpstream;
                }
                if self.answer.answer.is_empty() {
                    self.because(Topic::Result, &["P-7"], || "REFUSED".to_owned());
                    self.answer.response_code = ResponseCode::Refused;
                }
            }
            End::Refused => {
                self.answer.authoritative = false;
                self.answer.response_code = ResponseCode::Refused;
            }
            End::AliasLimitReached => {
                self.because(Topic::Result, &["A-14"], || {
                    "SERVFAIL: aliases lead in a circle, or through too many branches".to_owned()
                });
                self.answer.response_code = ResponseCode::ServerFailure;
                self.answer.authoritative = false;
                self.answer.answer.clear();
            }
        }
        self.answer.scope = self.chooser.scope;
    }

    /// P-2, P-5, P-18: outside a VPC a positive answer carries the zone's name servers, unless it is them, and the
    /// addresses of the names in both.
    fn add_authority(&mut self, zone: &'s Zone) {
        if self.view != View::Internet {
            return;
        }
        let (mut names_hosts, mut has_apex_ns) = (false, false);
        for index in 0..self.answer.answer.len() {
            let set = &self.answer.answer[index];
            // Others name no hosts.
            if matches!(set.record_type, RecordType::Mx | RecordType::Srv | RecordType::Ns) {
                let values = set.values;
                values.iter().for_each(|values| self.add_addresses(zone, values.hosts));
                names_hosts = true;
                has_apex_ns |= values.first().is_some_and(|values| values.is(zone.apex_ns()));
            }
        }
        if has_apex_ns {
            return;
        }
        self.answer.authority = Authority::NameServers(zone);
        match zone.compiled_glue() {
            CompiledGlue::Nothing => {}
            CompiledGlue::Ready(_) if !W::KEEPS && !names_hosts && !self.answers_for_any(zone.apex_ns_hosts()) => {
                self.answer.additional = Additional::OfNameServers(zone);
            }
            CompiledGlue::Ready(_) | CompiledGlue::Varies => self.add_addresses(zone, zone.apex_ns_hosts()),
        }
    }

    /// Whether the answer is about one of these hosts itself.
    fn answers_for_any(&self, hosts: &[Target]) -> bool {
        hosts.iter().any(|host| self.answer.answer.iter().any(|set| self.is_owner(set, &host.name)))
    }

    fn refer(&mut self, zone: &'s Zone, cut: &'s Node) {
        let values = cut.only_values(RecordType::Ns);
        self.answer.authority = Authority::Set(AnsweredSet {
            owner: Owner::Name(cut.name()),
            record_type: RecordType::Ns,
            ttl: values.ttl,
            values: AnsweredValues::of_record_set(values),
        });
        self.add_addresses(zone, values.hosts);
    }

    /// P-18: addresses are chosen like a query's. They never fail an answer.
    fn add_addresses(&mut self, zone: &'s Zone, hosts: &'s [Target]) {
        for node in hosts.iter().filter_map(|host| zone.find_target(host)) {
            for group in node.address_groups() {
                let (name, record_type) = (node.name(), group.record_type());
                if self.has_set(name, record_type) {
                    continue;
                }
                self.because(Topic::Result, &["P-18"], || {
                    format!("also the {record_type} address of {}", describe::name(name))
                });
                if let Ok(Pick::Choice(Choice { ttl, values })) = self.chooser.choose(zone, group, 0) {
                    let set = AnsweredSet { owner: Owner::Name(name), record_type, ttl, values };
                    if let Additional::Sets(sets) = &mut self.answer.additional {
                        sets.push(set);
                    }
                }
            }
        }
    }

    /// Whether the answer or the additional section has this RRset already.
    fn has_set(&self, name: &[u8], record_type: RecordType) -> bool {
        let additional = match &self.answer.additional {
            Additional::Sets(sets) => &sets[..],
            Additional::OfNameServers(_) => &[],
        };
        let mut sets = self.answer.answer.iter().chain(additional);
        sets.any(|set| set.record_type == record_type && self.is_owner(set, name))
    }

    /// Z-16, Z-17.
    fn add_soa(&mut self, zone: &'s Zone) {
        // Inside a VPC a CNAME may have led from another zone here: then the question does not end as the apex.
        let is_of_question = self.answer.answer.is_empty() || self.view == View::Internet;
        let soa = Authority::NegativeSoa(zone);
        self.answer.authority = if is_of_question { soa } else { soa.set().map_or(Authority::Nothing, Authority::Set) };
    }
}
