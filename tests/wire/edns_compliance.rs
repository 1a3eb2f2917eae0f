//! The probes of ISC's EDNS compliance tester, and those of the options that came later, as a table: a query in bytes,
//! and what must come back. Here they go through the responder; `tests/serve/edns.rs` asks a server over its sockets.
//!
//! The server holds `example.com`, with more TXT at `big.example.com` than 512 bytes, and is called `ns1`.

/// One question and what is right.
pub struct Probe {
    pub name: &'static str,
    pub query: Vec<u8>,
    pub expected: Expected,
}

/// What must come back.
#[derive(Clone, Debug)]
pub struct Expected {
    /// With the bits that OPT holds.
    pub rcode: u16,
    pub answer: Answer,
    pub opt: Opt,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The SOA of the zone, with AA.
    Soa,
    /// No record at all.
    Nothing,
    /// No record of what was asked, but of who knows: with AA.
    NoData,
    /// Nothing, and TC over UDP; all of it over what is not UDP.
    TooBigForUdp,
}

#[derive(Clone, Debug)]
pub enum Opt {
    Absent,
    /// Version 0, no flag but DO, and these options in any order.
    Present {
        dnssec_ok: bool,
        options: Vec<Said>,
    },
}

/// An option of the response.
#[derive(Clone, Debug)]
pub enum Said {
    Exactly(u16, Vec<u8>),
    /// 24 bytes, of which the first are these.
    Cookie([u8; 8]),
    /// Over TCP only.
    IdleTimeout,
}

/// How the probe went out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Udp,
    Tcp,
}

const NSID: u16 = 3;
const SUBNET: u16 = 8;
const EXPIRE: u16 = 9;
const COOKIE: u16 = 10;
const KEEPALIVE: u16 = 11;
const PADDING: u16 = 12;
const SOA: u16 = 6;
const TXT: u16 = 16;
const DNSKEY: u16 = 48;
const TYPE_666: u16 = 666;
const CLIENT: [u8; 8] = *b"a client";
const ID: u16 = 0x15c0;

const NOERROR: u16 = 0;
const FORMERR: u16 = 1;
const NOTIMP: u16 = 4;
const REFUSED: u16 = 5;
const BADVERS: u16 = 16;
const BADCOOKIE: u16 = 23;

/// A query in the making.
struct Asking {
    flags: u16,
    question: Option<(&'static [u8], u16, u16)>,
    /// Records of the answer and the authority section, whole; of an UPDATE, of its prerequisites and its changes.
    answers: Vec<Vec<u8>>,
    authorities: Vec<Vec<u8>>,
    /// OPT records, whole.
    opts: Vec<Vec<u8>>,
    /// What stands behind all sections.
    after: &'static [u8],
}

const APEX: &[u8] = b"\x07example\x03com\0";
const BIG: &[u8] = b"\x03big\x07example\x03com\0";
const ELSEWHERE: &[u8] = b"\x09elsewhere\x04test\0";
const VERSION_BIND: &[u8] = b"\x07version\x04bind\0";

/// Without EDNS, as the tester asks: no recursion.
fn soa() -> Asking {
    let question = Some((APEX, SOA, 1));
    Asking { flags: 0, question, answers: Vec::new(), authorities: Vec::new(), opts: Vec::new(), after: b"" }
}

fn about(name: &'static [u8], query_type: u16, class: u16) -> Asking {
    Asking { question: Some((name, query_type, class)), ..soa() }
}

impl Asking {
    fn flags(self, flags: u16) -> Asking {
        Asking { flags, ..self }
    }

    fn answer(mut self, record: Vec<u8>) -> Asking {
        self.answers.push(record);
        self
    }

    fn authority(mut self, record: Vec<u8>) -> Asking {
        self.authorities.push(record);
        self
    }

    fn opt(self, opt: EdnsOf) -> Asking {
        self.raw_opt(opt.record())
    }

    fn raw_opt(mut self, record: Vec<u8>) -> Asking {
        self.opts.push(record);
        self
    }

    fn bytes(&self) -> Vec<u8> {
        let sections = [&self.answers, &self.authorities, &self.opts];
        let counts = sections.map(|section| section.len() as u16);
        let counts = [&[u16::from(self.question.is_some())][..], &counts].concat();
        let mut bytes: Vec<u8> = [ID, self.flags].iter().chain(&counts).flat_map(|word| word.to_be_bytes()).collect();
        if let Some((name, query_type, class)) = self.question {
            bytes.extend([name, &query_type.to_be_bytes(), &class.to_be_bytes()].concat());
        }
        bytes.extend(sections.map(|section| section.concat()).concat());
        bytes.extend(self.after);
        bytes
    }
}

/// An OPT record in the making.
#[derive(Clone)]
struct EdnsOf {
    owner: &'static [u8],
    size: u16,
    version: u8,
    flags: u16,
    rdata: Vec<u8>,
}

fn edns() -> EdnsOf {
    EdnsOf { owner: b"\0", size: 4096, version: 0, flags: 0, rdata: Vec::new() }
}

fn edns1() -> EdnsOf {
    EdnsOf { version: 1, ..edns() }
}

const DO: u16 = 0x8000;

/// A record that is no OPT.
fn record(name: &[u8], record_type: u16, class: u16, rdata: &[u8]) -> Vec<u8> {
    let head = [record_type, class, 0, 0, rdata.len() as u16].map(u16::to_be_bytes).concat();
    [name, &head, rdata].concat()
}

impl EdnsOf {
    fn option(mut self, code: u16, value: &[u8]) -> EdnsOf {
        self.rdata.extend([&code.to_be_bytes()[..], &(value.len() as u16).to_be_bytes(), value].concat());
        self
    }

    fn record(&self) -> Vec<u8> {
        let head = [self.owner, &[0, 41], &self.size.to_be_bytes(), &[0, self.version], &self.flags.to_be_bytes()];
        [&head.concat(), &(self.rdata.len() as u16).to_be_bytes()[..], &self.rdata].concat()
    }
}

fn expect(rcode: u16, answer: Answer, opt: Opt) -> Expected {
    Expected { rcode, answer, opt }
}

fn plain_opt() -> Opt {
    with(Vec::new())
}

fn with(options: Vec<Said>) -> Opt {
    Opt::Present { dnssec_ok: false, options }
}

fn with_do() -> Opt {
    Opt::Present { dnssec_ok: true, options: Vec::new() }
}

/// The SOA and an OPT that says no more than that it is there.
fn good() -> Expected {
    expect(NOERROR, Answer::Soa, plain_opt())
}

fn bad_version() -> Expected {
    expect(BADVERS, Answer::Nothing, plain_opt())
}

fn malformed_edns() -> Expected {
    expect(FORMERR, Answer::Nothing, plain_opt())
}

fn cookie_back() -> Opt {
    with(vec![Said::Cookie(CLIENT)])
}

/// Of 24 bytes in the form of ours, and never ours.
fn forged_cookie() -> Vec<u8> {
    [&CLIENT[..], &[1, 0, 0, 0, 0x5c, 0xf7, 0x9f, 0x11], &[0xee; 8]].concat()
}

pub fn probes() -> Vec<Probe> {
    let mut probes = Vec::new();
    let mut add = |name, asking: Asking, expected| probes.push(Probe { name, query: asking.bytes(), expected });
    for (name, flags) in [
        ("dns", 0),
        ("rd", 0x0100),
        ("ra", 0x0080),
        ("tc", 0x0200),
        ("aa", 0x0400),
        ("z", 0x40),
        ("ad", 0x20),
        ("cd", 0x10),
    ] {
        add(name, soa().flags(flags), expect(NOERROR, Answer::Soa, Opt::Absent));
    }
    add("type666", about(APEX, TYPE_666, 1), expect(NOERROR, Answer::NoData, Opt::Absent));
    // P-8: types that no zone has, of messages (RFC 6895 §3.1) and of mailboxes (RFC 1035 §3.2.3), among them.
    for (name, query_type) in [
        ("type 0", 0),
        ("type OPT", 41),
        ("type NXNAME", 128),
        ("type TKEY", 249),
        ("type TSIG", 250),
        ("type MAILB", 253),
        ("type MAILA", 254),
        ("type 65535", 65_535),
    ] {
        add(name, about(APEX, query_type, 1), expect(NOERROR, Answer::NoData, Opt::Absent));
        add(name, about(APEX, query_type, 1).opt(edns()), expect(NOERROR, Answer::NoData, plain_opt()));
    }
    let opcode = Asking { question: None, ..soa() }.flags(15 << 11);
    add("opcode", opcode, expect(NOTIMP, Answer::Nothing, Opt::Absent));
    add("opcodeflg", soa().flags(15 << 11 | 0x07f0), expect(NOTIMP, Answer::Nothing, Opt::Absent));
    // RFC 6891 §6.1.1: who shows an OPT is shown one, whatever the opcode, as far as the message can be read.
    let status = || soa().flags(2 << 11);
    let notimp = |opt| expect(NOTIMP, Answer::Nothing, opt);
    add("opcode with edns", soa().flags(15 << 11).opt(edns()), notimp(plain_opt()));
    add("opcode with edns, no question", Asking { question: None, ..status() }.opt(edns()), notimp(plain_opt()));
    add("opcode with do", status().opt(EdnsOf { flags: DO, ..edns() }), notimp(with_do()));
    add("opcode with a cookie", status().opt(edns().option(COOKIE, &CLIENT)), notimp(cookie_back()));
    // RFC 6891 §6.1.3: before what is asked.
    add("opcode with edns1", status().opt(edns1()), bad_version());
    add("opcode with a malformed option", status().opt(edns().option(SUBNET, &[0])), notimp(plain_opt()));
    add("opcode with two OPTs", status().opt(edns()).opt(edns()), notimp(plain_opt()));
    // RFC 1996 §3.7: the new SOA may stand in the answer.
    let new_soa = [APEX, APEX, &[0; 20]].concat();
    let notify = soa().flags(4 << 11 | 0x0400).answer(record(APEX, SOA, 1, &new_soa));
    add("notify with edns", notify.opt(edns()), notimp(plain_opt()));
    // RFC 2136 §2.4.4, §2.5.2: "name is in use", and "delete a record set".
    let update = soa().flags(5 << 11).answer(record(APEX, 255, 255, b"")).authority(record(BIG, TXT, 255, b""));
    add("update with edns", update.opt(edns()), notimp(plain_opt()));
    // RFC 8490 §5.4: behind a header of counts of 0 there is something else than sections.
    let keepalive = &[0, 1, 0, 8, 0, 0, 0, 9, 0, 0, 0, 9];
    let dso = Asking { question: None, after: keepalive, ..soa() }.flags(6 << 11);
    add("dso", dso, notimp(Opt::Absent));
    add("bind11", about(VERSION_BIND, TXT, 3), expect(REFUSED, Answer::Nothing, Opt::Absent));

    add("edns", soa().opt(edns()), good());
    add("edns@512", soa().opt(EdnsOf { size: 512, ..edns() }), good());
    add("edns@0", soa().opt(EdnsOf { size: 0, ..edns() }), good());
    let dnskey = EdnsOf { size: 512, flags: DO, ..edns() };
    add("edns@512 dnskey", about(APEX, DNSKEY, 1).opt(dnskey), expect(NOERROR, Answer::NoData, with_do()));
    let big = || about(BIG, TXT, 1);
    add(
        "edns@512 truncated",
        big().opt(EdnsOf { size: 512, ..edns() }),
        expect(NOERROR, Answer::TooBigForUdp, plain_opt()),
    );
    add("dns truncated", big(), expect(NOERROR, Answer::TooBigForUdp, Opt::Absent));
    add("ednsopt", soa().opt(edns().option(100, b"")), good());
    add("ednsopt with a value", soa().opt(edns().option(100, &[0xff; 40])), good());
    add("ednsopt 0 and 65535", soa().opt(edns().option(0, b"x").option(65_535, b"")), good());
    add("ednsflags", soa().opt(EdnsOf { flags: 0x0080, ..edns() }), good());
    add("every flag", soa().opt(EdnsOf { flags: 0xffff, ..edns() }), expect(NOERROR, Answer::Soa, with_do()));
    add("do", soa().opt(EdnsOf { flags: DO, ..edns() }), expect(NOERROR, Answer::Soa, with_do()));
    add("refused", about(ELSEWHERE, SOA, 1).opt(edns()), expect(REFUSED, Answer::Nothing, Opt::Absent));

    add("edns1", soa().opt(edns1()), bad_version());
    add("edns255", soa().opt(EdnsOf { version: 255, ..edns() }), bad_version());
    add("edns1opt", soa().opt(edns1().option(100, b"")), bad_version());
    add("edns1flags", soa().opt(EdnsOf { flags: 0x0080, ..edns1() }), bad_version());
    add("edns1do", soa().opt(EdnsOf { flags: DO, ..edns1() }), expect(BADVERS, Answer::Nothing, with_do()));
    add("edns1nsid", soa().opt(edns1().option(NSID, b"")), bad_version());
    add("edns1cookie", soa().opt(edns1().option(COOKIE, &CLIENT)), bad_version());
    add("edns1expire", soa().opt(edns1().option(EXPIRE, b"")), bad_version());
    add("edns1subnet", soa().opt(edns1().option(SUBNET, &[0, 1, 0, 0])), bad_version());
    add("edns1keepalive", soa().opt(edns1().option(KEEPALIVE, b"")), bad_version());
    add("edns1 keepalive with a time", soa().opt(edns1().option(KEEPALIVE, &[0, 1])), bad_version());
    add("edns1padding", soa().opt(edns1().option(PADDING, &[0; 100])), bad_version());
    add("edns1optlist", soa().opt(edns1().option(NSID, b"").option(COOKIE, &CLIENT)), bad_version());
    // What stands in the options of a version that nobody knows is not ours to judge.
    add("edns1 malformed", soa().opt(EdnsOf { rdata: vec![0, 8, 0], ..edns1() }), bad_version());

    let nsid = Said::Exactly(NSID, b"ns1".to_vec());
    let subnet = Said::Exactly(SUBNET, vec![0, 1, 0, 0]);
    add("ednsnsid", soa().opt(edns().option(NSID, b"")), expect(NOERROR, Answer::Soa, with(vec![nsid.clone()])));
    add(
        "ednsnsid with a value",
        soa().opt(edns().option(NSID, b"x")),
        expect(NOERROR, Answer::Soa, with(vec![nsid.clone()])),
    );
    add("ednsexpire", soa().opt(edns().option(EXPIRE, b"")), good());
    add(
        "ednssubnet",
        soa().opt(edns().option(SUBNET, &[0, 1, 0, 0])),
        expect(NOERROR, Answer::Soa, with(vec![subnet.clone()])),
    );
    add("subnet of spare bits", soa().opt(edns().option(SUBNET, &[0, 1, 4, 0, 0xff])), malformed_edns());
    let list = edns().option(NSID, b"").option(SUBNET, &[0, 1, 0, 0]).option(EXPIRE, b"").option(COOKIE, &CLIENT);
    let listed = vec![nsid, subnet, Said::Cookie(CLIENT)];
    add("optlist", soa().opt(list), expect(NOERROR, Answer::Soa, with(listed)));

    add("ednscookie", soa().opt(edns().option(COOKIE, &CLIENT)), expect(NOERROR, Answer::Soa, cookie_back()));
    let cookie_and_do = EdnsOf { flags: DO, ..edns() }.option(COOKIE, &CLIENT);
    let both = Opt::Present { dnssec_ok: true, options: vec![Said::Cookie(CLIENT)] };
    add("docookie", soa().opt(cookie_and_do), expect(NOERROR, Answer::Soa, both));
    add("badcookie", soa().opt(edns().option(COOKIE, &forged_cookie())), expect(NOERROR, Answer::Soa, cookie_back()));
    let foreign = [&CLIENT[..], &[7; 32]].concat();
    add("foreign cookie", soa().opt(edns().option(COOKIE, &foreign)), expect(NOERROR, Answer::Soa, cookie_back()));
    let twice = edns().option(COOKIE, &CLIENT).option(COOKIE, b"short");
    add("two cookies", soa().opt(twice), expect(NOERROR, Answer::Soa, cookie_back()));
    let refused = about(ELSEWHERE, SOA, 1).opt(edns().option(COOKIE, &CLIENT));
    add("refused cookie", refused, expect(REFUSED, Answer::Nothing, cookie_back()));
    for (name, length) in
        [("cookie of 0", 0), ("cookie of 7", 7), ("cookie of 9", 9), ("cookie of 15", 15), ("cookie of 41", 41)]
    {
        add(name, soa().opt(edns().option(COOKIE, &vec![7; length])), malformed_edns());
    }
    let alone = || Asking { question: None, ..soa() };
    add("cookie alone", alone().opt(edns().option(COOKIE, &CLIENT)), expect(NOERROR, Answer::Nothing, cookie_back()));
    let forged = edns().option(COOKIE, &forged_cookie());
    add("badcookie alone", alone().opt(forged), expect(BADCOOKIE, Answer::Nothing, cookie_back()));
    // P-19, and RFC 6891 §6.1.1.
    add("nothing alone", alone().opt(edns()), malformed_edns());
    add("nothing alone, without edns", alone(), expect(FORMERR, Answer::Nothing, Opt::Absent));

    let idle = with(vec![Said::IdleTimeout]);
    add("keepalive", soa().opt(edns().option(KEEPALIVE, b"")), expect(NOERROR, Answer::Soa, idle));
    add("padding in the open", soa().opt(edns().option(PADDING, &[0; 100])), good());
    add("option past the end", soa().opt(EdnsOf { rdata: vec![0, 100, 0, 9, 1], ..edns() }), malformed_edns());
    add("option cut short", soa().opt(EdnsOf { rdata: vec![0, 100, 0], ..edns() }), malformed_edns());
    add("two OPTs", soa().opt(edns()).opt(edns()), malformed_edns());
    add("OPT not at the root", soa().opt(EdnsOf { owner: b"\x01a\0", ..edns() }), malformed_edns());
    // RFC 6891 §6.1.1: an OPT stands in the additional section, and there is one at the most.
    add("OPT in the answer", soa().answer(edns().record()), malformed_edns());
    add("OPT in the authority", soa().authority(edns().record()), malformed_edns());
    add("OPT in the answer, and another", soa().answer(edns().record()).opt(edns()), malformed_edns());
    add("OPT in the authority, and another", soa().authority(edns().record()).opt(edns()), malformed_edns());
    let asks_for_dnssec = EdnsOf { flags: DO, ..edns() };
    let format_error_with_do = expect(FORMERR, Answer::Nothing, with_do());
    add("OPT in the answer, with DO", soa().answer(asks_for_dnssec.record()), format_error_with_do);
    add("three OPTs", soa().opt(edns()).opt(edns1()).opt(edns()), malformed_edns());
    let with_others = soa().raw_opt(record(BIG, TXT, 1, b"\x01x")).opt(edns()).raw_opt(record(b"\0", 250, 255, b""));
    add("OPT among other records", with_others, good());
    let past_the_end = [&edns().record()[..9], &[0, 9]].concat();
    add("OPT past the end", soa().raw_opt(past_the_end), expect(FORMERR, Answer::Nothing, Opt::Absent));
    probes
}

/// A response taken apart, as far as the table asks.
struct Seen {
    rcode: u16,
    flags: u16,
    counts: [u16; 4],
    opt: Option<SeenOpt>,
}

struct SeenOpt {
    version: u8,
    flags: u16,
    options: Vec<(u16, Vec<u8>)>,
}

impl Seen {
    fn read(reply: &[u8]) -> Seen {
        let word = |at: usize| u16::from_be_bytes([reply[at], reply[at + 1]]);
        let counts = [word(4), word(6), word(8), word(10)];
        let after_name = |mut at: usize| loop {
            match reply[at] {
                0 => return at + 1,
                192.. => return at + 2,
                length => at += 1 + usize::from(length),
            }
        };
        let mut at = 12;
        for _ in 0..counts[0] {
            at = after_name(at) + 4;
        }
        let mut rcode = word(2) & 0xf;
        let mut opt = None;
        for _ in 0..counts[1..].iter().sum() {
            let head = after_name(at);
            let end = head + 10 + usize::from(word(head + 8));
            if word(head) == 41 {
                assert!(opt.is_none() && reply[at] == 0, "two OPTs, or one with a name");
                rcode |= u16::from(reply[head + 4]) << 4;
                let mut options = Vec::new();
                let mut at = head + 10;
                while at < end {
                    let length = usize::from(word(at + 2));
                    options.push((word(at), reply[at + 4..at + 4 + length].to_vec()));
                    at += 4 + length;
                }
                assert_eq!(at, end, "an option ends outside OPT");
                opt = Some(SeenOpt { version: reply[head + 5], flags: word(head + 6), options });
            }
            at = end;
        }
        assert_eq!(at, reply.len(), "bytes left over");
        Seen { rcode, flags: word(2), counts, opt }
    }
}

/// What is wrong with a reply.
pub fn check(probe: &Probe, way: Way, reply: &[u8]) -> Result<(), String> {
    let seen = Seen::read(reply);
    let right = |what: &str, is_right: bool| {
        if is_right { Ok(()) } else { Err(format!("{}: {what}: {reply:02x?}", probe.name)) }
    };
    let Expected { rcode, answer, opt } = &probe.expected;
    right("id", reply[..2] == ID.to_be_bytes())?;
    right("QR, opcode and RD", reply[2] & 0xf9 == 0x80 | probe.query[2] & 0x79)?;
    right("a flag of DNSSEC, or RA", seen.flags & 0x00f0 == 0)?;
    right("rcode", seen.rcode == *rcode)?;
    let [questions, answers, authorities, _] = seen.counts;
    let (is_authoritative, is_truncated) = (seen.flags & 0x0400 != 0, seen.flags & 0x0200 != 0);
    right(
        "answer",
        match answer {
            Answer::Soa => answers == 1 && is_authoritative && !is_truncated,
            Answer::Nothing => answers == 0 && authorities == 0 && !is_authoritative && !is_truncated,
            Answer::NoData => answers == 0 && authorities == 1 && is_authoritative && !is_truncated,
            Answer::TooBigForUdp => (answers == 0) == (way == Way::Udp) && is_truncated == (way == Way::Udp),
        },
    )?;
    if questions == 1 {
        let question = &probe.query[12..];
        right(
            "question",
            reply[12..].starts_with(&question[..question.iter().position(|byte| *byte == 0).unwrap() + 5]),
        )?;
    }
    match (opt, seen.opt) {
        (Opt::Absent, None) => Ok(()),
        (Opt::Present { dnssec_ok, options }, Some(seen)) => {
            right("version", seen.version == 0)?;
            right("flags of OPT", seen.flags == if *dnssec_ok { DO } else { 0 })?;
            let expected: Vec<_> = options.iter().filter(|said| said.is_said(way)).collect();
            right("count of options", seen.options.len() == expected.len())?;
            right("options", expected.iter().all(|said| seen.options.iter().any(|seen| said.is(seen))))
        }
        (Opt::Absent, Some(_)) => right("an OPT", false),
        (Opt::Present { .. }, None) => right("no OPT", false),
    }
}

impl Said {
    fn is_said(&self, way: Way) -> bool {
        !matches!(self, Said::IdleTimeout) || way == Way::Tcp
    }

    fn is(&self, (code, value): &(u16, Vec<u8>)) -> bool {
        match self {
            Said::Exactly(expected, bytes) => (code, value) == (expected, bytes),
            Said::Cookie(client) => *code == COOKIE && value.len() == 24 && value.starts_with(client),
            Said::IdleTimeout => *code == KEEPALIVE && value.len() == 2,
        }
    }
}
