//! Laws of values, checked on random input.

use proptest::collection::vec;
use proptest::prelude::*;

use super::table::assert_round_trips;
use super::{RecordValue, target_name};
use crate::model::RecordType;

fn record_type() -> impl Strategy<Value = RecordType> {
    proptest::sample::select(RecordType::ALL.to_vec())
}

fn name() -> impl Strategy<Value = String> {
    r#"\.|([a-zA-Z0-9_"*@-]|\\056|\\000|\\377){1,8}(\.[a-zA-Z]{1,8}){0,3}\.?"#
}

fn quoted() -> impl Strategy<Value = String> {
    r#""([ -!#-\[\]-~]|\\"|\\\\|\\[0-3][0-7][0-7]){0,40}""#
}

fn parameters() -> impl Strategy<Value = String> {
    let parameter = prop_oneof![
        r#"alpn="?([a-z0-9]|\\\\,|\\\\\\\\){1,9}(,h2){0,2}"#.prop_map(|text| match text.contains('"') {
            true => text + "\"",
            false => text,
        }),
        "port=[0-9]{1,4}",
        "ipv4hint=[1-9]\\.2\\.3\\.4(,1\\.2\\.3\\.4){0,2}",
        "ipv6hint=(::1|2001:DB8::[0-9])",
        "no-default-alpn",
        "ohttp",
        "ech=([A-Za-z0-9+/]{4}){1,9}",
        "dohpath=/[a-z]{0,5}\\{\\?dns\\}",
        "tls-supported-groups=[1-9][0-9]{0,3}(,2[3-9])?",
        "docpath(=[a-z]{1,4}(,[a-z]{1,4})?)?",
        "mandatory=(alpn|port|alpn,port)",
        "key[1-9][0-9]{2,3}(=\"?[a-z]\"?)?",
        quoted().prop_map(|text| format!("key77={text}")),
    ];
    vec(parameter, 0..4).prop_map(|parameters| parameters.join(" "))
}

/// Texts that are values most of the time.
fn likely_value() -> impl Strategy<Value = (RecordType, String)> {
    let blank = || "[ \t]{1,2}";
    let number = || any::<u16>().prop_map(|number| number.to_string());
    prop_oneof![
        any::<std::net::Ipv4Addr>().prop_map(|address| (RecordType::A, address.to_string())),
        any::<std::net::Ipv6Addr>().prop_map(|address| (RecordType::Aaaa, address.to_string())),
        name().prop_map(|name| (RecordType::Cname, name)),
        (number(), blank(), name())
            .prop_map(|(number, blank, name)| (RecordType::Mx, format!("{number}{blank}{name}"))),
        (number(), number(), name()).prop_map(|(a, b, name)| (RecordType::Srv, format!("{a} {b} {a} {name}"))),
        (name(), name(), any::<u32>()).prop_map(|(a, b, n)| (RecordType::Soa, format!("{a} {b} {n} 0{n} {n} 1 {n}"))),
        vec(quoted(), 1..4).prop_map(|strings| (RecordType::Txt, strings.join(" "))),
        vec(quoted(), 1..4).prop_map(|strings| (RecordType::Spf, strings.concat())),
        ("(0|128) [a-zA-Z0-9]{1,9} ", quoted()).prop_map(|(tag, value)| (RecordType::Caa, tag + &value)),
        (number(), quoted(), quoted(), name())
            .prop_map(|(n, a, b, c)| (RecordType::Naptr, format!("{n} 1 {a} {b} \"\" {c}"))),
        (number(), quoted(), quoted()).prop_map(|(n, a, b)| (RecordType::Naptr, format!("{n} 1 {a} \"\" {b} ."))),
        "[0-9]{1,4} 8 (1 [0-9a-f]{20} ?[0-9A-F]{20}|2 [0-9a-f]{64})".prop_map(|text| (RecordType::Ds, text)),
        "4 (1 [0-9a-f]{40}|2 [0-9A-F]{64})".prop_map(|text| (RecordType::Sshfp, text)),
        "3 1 (0 [0-9a-f]{40}|1 [0-9A-F]{64})".prop_map(|text| (RecordType::Tlsa, text)),
        ("[1-9]", name(), parameters())
            .prop_map(|(n, name, rest)| { (RecordType::Svcb, format!("{n} {name} {rest}").trim_end().to_owned()) }),
        (name(), parameters())
            .prop_map(|(name, rest)| (RecordType::Https, format!("1 {name} {rest}").trim_end().to_owned())),
    ]
}

proptest! {
    #[test]
    fn a_value_leads_back_to_its_text_and_its_rdata((record_type, text) in likely_value()) {
        if let Ok(value) = RecordValue::parse(record_type, &text) {
            assert_round_trips(record_type, &text, &value);
        }
    }

    #[test]
    fn any_bytes_fit_in_a_txt(strings in vec(vec(any::<u8>(), 0..=255), 1..4)) {
        let rdata: Vec<u8> = strings.iter().flat_map(|bytes| [&[bytes.len() as u8][..], bytes].concat()).collect();
        for record_type in [RecordType::Txt, RecordType::Spf] {
            let text = RecordValue::canonical_text(record_type, &rdata);
            let value = RecordValue::parse(record_type, &text).unwrap();
            prop_assert_eq!(value.rdata(), &rdata[..]);
        }
    }

    #[test]
    fn no_text_makes_parsing_panic(text in any::<String>(), near in r#"[0-9a-z."\\ =,:#é-]{0,40}"#) {
        for record_type in RecordType::ALL {
            for text in [&text, &near] {
                if let Err(error) = RecordValue::parse(record_type, text) {
                    let message = error.to_string();
                    prop_assert!(!message.is_empty() && !message.ends_with('.'));
                    error.route53_message(text);
                }
            }
        }
    }

    #[test]
    fn no_cut_or_changed_value_makes_parsing_panic((record_type, text) in likely_value(), at: usize, put: char) {
        let mut characters: Vec<char> = text.chars().collect();
        let at = at % (characters.len() + 1);
        let cut: String = characters[..at].iter().collect();
        characters.insert(at, put);
        let changed: String = characters.into_iter().collect();
        for text in [cut, changed] {
            if let Ok(value) = RecordValue::parse(record_type, &text) {
                assert_round_trips(record_type, &text, &value);
            }
        }
    }

    #[test]
    fn any_rdata_has_a_text_that_never_means_something_else(
        record_type in record_type(),
        rdata in vec(prop_oneof![any::<u8>(), 0u8..8], 0..60),
    ) {
        let text = RecordValue::canonical_text(record_type, &rdata);
        if let Ok(value) = RecordValue::parse(record_type, &text) {
            prop_assert_eq!(value.rdata(), &rdata[..]);
        }
        if let Some(name) = target_name(record_type, &rdata) {
            prop_assert!(name.ends_with(&[0]));
        }
    }
}

#[test]
fn likely_values_are_values_most_of_the_time() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut accepted = std::collections::BTreeMap::new();
    for _ in 0..2000 {
        let (record_type, text) = likely_value().new_tree(&mut runner).unwrap().current();
        *accepted.entry(record_type).or_insert(0) += usize::from(RecordValue::parse(record_type, &text).is_ok());
    }
    assert!(accepted.values().all(|count| *count > 30), "{accepted:?}");
}
