//! Reading a message: names, questions and records. What is read is what stands there, to the last byte.

#![no_main]

use libfuzzer_sys::fuzz_target;
use route53d::dns::message::{HEADER_LENGTH, Header, Request, Unreadable};
use route53d::model::DomainName;
use route53d::model::domain_name::{is_plain_for_people, wire_to_text};

fuzz_target!(|input: &[u8]| {
    let Some((&[form, cut], bytes)) = input.split_first_chunk::<2>() else { return };
    let message = &match form {
        // As it comes.
        0..128 => bytes.to_vec(),
        // Behind a header that promises little, so that what follows is read.
        _ => [&[0, 7, 1, 0, 0, 1, 0, form & 1, 0, form >> 1 & 1, 0, form >> 2 & 3][..], bytes].concat(),
    }[..];
    let Some(header) = Header::read(message) else {
        assert!(message.len() < HEADER_LENGTH);
        return;
    };
    let (question, is_whole) = match Request::read(message, header) {
        Ok(request) => (request.question, true),
        Err(Unreadable::Edns { question, .. }) => (question, true),
        Err(Unreadable::Message) => (None, false),
    };
    if let Some(question) = question {
        assert_eq!(header.question_count, 1);
        assert!(message[HEADER_LENGTH..].starts_with(question.bytes));
        let ends = [question.query_type, question.class].map(u16::to_be_bytes).concat();
        assert_eq!([question.name(), &ends].concat(), question.bytes);
        let name = DomainName::from_wire(question.name()).expect("a name that was read is well-formed");
        let text = wire_to_text(question.name(), is_plain_for_people);
        assert_eq!(DomainName::parse(&text), Ok(name.clone()), "{text}");
        assert_eq!(DomainName::parse(&name.to_api_text()), Ok(name));
    }
    if is_whole && message.len() > HEADER_LENGTH {
        // Nothing less says it, and nothing more.
        let end = HEADER_LENGTH + usize::from(cut) % (message.len() - HEADER_LENGTH);
        assert!(matches!(Request::read(&message[..end], header), Err(Unreadable::Message)));
        let longer = [message, &[cut]].concat();
        assert!(matches!(Request::read(&longer, header), Err(Unreadable::Message)));
    }
});
