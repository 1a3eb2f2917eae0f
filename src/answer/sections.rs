//! From where a walk ended to the whole answer: response code, flags, authority and additional sections.

use crate::model::RecordType;
use crate::snapshot::{NodeId, Values, View, Zone};

use super::choose::{Choice, Pick};
use super::describe;
use super::walk::{End, Walk};
use super::why::{Topic, Why};
use super::{Answer, AnsweredSet, AnsweredValues, AuthorityRole, Completeness, Owner, ResponseCode};

impl<'s, W: Why> Walk<'s, '_, W> {
    pub(super) fn finish(mut self, end: End<'s>) -> Answer<'s> {
        let mut response_code = ResponseCode::NoError;
        let mut completeness = Completeness::Complete;
        let mut authoritative = self.view == View::Internet;
        let authority_role = match end {
            End::Found(_) | End::LeftByCname(..) => AuthorityRole::Courtesy,
            _ => AuthorityRole::Essential,
        };
        match end {
            End::Found(zone) => self.add_authority(zone),
            End::LeftByCname(zone, left) => {
                completeness = left;
                self.add_authority(zone);
            }
            End::NoData(zone) => {
                self.because(Topic::Result, &["Z-15", "Z-16"], || "NODATA".to_owned());
                self.add_soa(zone);
            }
            End::NoName(zone) => {
                // Z-35: the code of the last name.
                self.because(Topic::Result, &["Z-15", "Z-16"], || "NXDOMAIN".to_owned());
                response_code = ResponseCode::NameError;
                self.add_soa(zone);
            }
            End::Delegation(zone, cut) if self.view == View::Internet => {
                // Z-20; after a CNAME the answer section is ours to vouch for.
                authoritative = !self.answer.is_empty();
                self.because(Topic::Result, &["Z-20", "Z-21"], || "referral".to_owned());
                self.refer(zone, cut);
            }
            End::Delegation(..) | End::NotHeld => {
                authoritative = false;
                if matches!(self.view, View::Vpc(_)) {
                    completeness = Completeness::MustAskUpstream;
                }
                if self.answer.is_empty() {
                    self.because(Topic::Result, &["P-7"], || "REFUSED".to_owned());
                    response_code = ResponseCode::Refused;
                }
            }
            End::Refused => {
                authoritative = false;
                response_code = ResponseCode::Refused;
            }
            End::AliasLimitReached => {
                self.because(Topic::Result, &["A-14"], || {
                    "SERVFAIL: aliases lead in a circle, or through too many branches".to_owned()
                });
                response_code = ResponseCode::ServerFailure;
                authoritative = false;
                self.answer.clear();
            }
        }
        Answer {
            response_code,
            authoritative,
            recursion_available: self.view != View::Internet,
            answer: self.answer,
            authority: self.authority,
            authority_role,
            additional: self.additional,
            scope: self.chooser.scope,
            completeness,
        }
    }

    /// P-2, P-5, P-18: outside a VPC a positive answer carries the zone's name servers, unless it is them, and the
    /// addresses of the names in both.
    fn add_authority(&mut self, zone: &'s Zone) {
        if self.view != View::Internet {
            return;
        }
        let apex_ns = zone.apex_ns();
        let mut has_apex_ns = false;
        for index in 0..self.answer.len() {
            let AnsweredSet { record_type, values, .. } = self.answer[index];
            // Others name no hosts.
            if matches!(record_type, RecordType::Mx | RecordType::Srv | RecordType::Ns) {
                values.iter().for_each(|values| self.add_addresses(zone, values));
                has_apex_ns |= values.first().is_some_and(|values| std::ptr::eq(values, apex_ns));
            }
        }
        if !has_apex_ns {
            self.authority.push(AnsweredSet {
                owner: Owner::Name(zone.name().wire()),
                record_type: RecordType::Ns,
                ttl: apex_ns.ttl,
                values: AnsweredValues::of_record_set(apex_ns),
                compiled: zone.compiled_ns().filter(|_| zone.holds(self.query_name)),
            });
            self.add_addresses(zone, apex_ns);
        }
    }

    fn refer(&mut self, zone: &'s Zone, cut: NodeId) {
        let node = zone.node(cut);
        let Some(group) = zone.group_of(node, RecordType::Ns) else { return };
        let values = zone.only_values(group);
        self.authority.push(AnsweredSet {
            owner: Owner::Name(&node.name),
            record_type: RecordType::Ns,
            ttl: values.ttl,
            values: AnsweredValues::of_record_set(values),
            compiled: None,
        });
        self.add_addresses(zone, values);
    }

    /// P-18: addresses are chosen like a query's. They never fail an answer.
    fn add_addresses(&mut self, zone: &'s Zone, values: &'s Values) {
        for (node, group) in &values.additional {
            let name = &*zone.node(*node).name;
            let group = zone.group(*group);
            if self.has_set(name, group.record_type) {
                continue;
            }
            let owner = Owner::Name(name);
            self.because(Topic::Result, &["P-18"], || {
                format!("also the {} address of {}", group.record_type, describe::name(name))
            });
            if let Ok(Pick::Choice(Choice { ttl, values })) = self.chooser.choose(zone, group, 0) {
                self.additional.push(AnsweredSet {
                    owner,
                    record_type: group.record_type,
                    ttl,
                    values,
                    compiled: None,
                });
            }
        }
    }

    /// Z-16, Z-17.
    fn add_soa(&mut self, zone: &'s Zone) {
        self.authority.push(AnsweredSet {
            owner: Owner::Name(zone.name().wire()),
            record_type: RecordType::Soa,
            ttl: zone.negative_ttl(),
            values: AnsweredValues::of_record_set(zone.apex_soa()),
            compiled: zone.compiled_negative_soa().filter(|_| zone.holds(self.query_name)),
        });
    }
}
