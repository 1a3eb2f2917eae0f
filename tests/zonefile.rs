//! Zone files: what is refused and how it is told, and that writing and reading an account are inverse.
#![allow(clippy::unwrap_used, reason = "clippy knows test functions, but not what they call")]

use std::fs;
use std::path::{Path, PathBuf};

use route53d::model::{MetricValues, limits};
use route53d::zonefile::{Loaded, ReadError, ZoneDirectory, ZoneFile, load, read_directory, write};

fn file(path: &str, text: impl AsRef<[u8]>) -> ZoneFile {
    ZoneFile { path: path.to_owned(), text: text.as_ref().to_vec() }
}

fn loaded(text: &str) -> Loaded {
    load(&[file("a.yaml", text)]).unwrap_or_else(|problems| panic!("{}\n{text}", told(&problems)))
}

fn problems_of(files: &[ZoneFile]) -> String {
    told(&load(files).expect_err("the files are accepted"))
}

fn told(problems: &[route53d::zonefile::Diagnostic]) -> String {
    problems.iter().map(|problem| format!("{problem}\n")).collect()
}

/// Every `tests/broken/*.yaml` is told to be broken exactly as its `.errors` file says. To write those anew, run with
/// `UPDATE_ERRORS=1` and review the difference.
#[test]
fn every_broken_file_is_told_as_its_golden_file_says() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/broken");
    let mut paths: Vec<PathBuf> = fs::read_dir(directory)
        .unwrap()
        .map(|found| found.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .collect();
    paths.sort();
    assert!(paths.len() >= 60, "only {} broken files", paths.len());
    let mut differences = String::new();
    for path in paths {
        let name = path.file_name().unwrap().to_str().unwrap();
        let problems = match load(&[file(name, fs::read(&path).unwrap())]) {
            Ok(_) => "accepted\n".to_owned(),
            Err(problems) => told(&problems),
        };
        let golden = path.with_extension("errors");
        if std::env::var_os("UPDATE_ERRORS").is_some() {
            fs::write(&golden, &problems).unwrap();
        }
        let expected = fs::read_to_string(&golden).unwrap_or_default();
        if problems != expected || problems == "accepted\n" {
            differences += &format!("{name}\nexpected:\n{expected}told:\n{problems}\n");
        }
    }
    assert!(differences.is_empty(), "{differences}");
}

const EXAMPLE: &str = include_str!("zonefile/example.yaml");

#[test]
fn the_example_of_the_format_loads_and_reads_back() {
    let account = loaded(EXAMPLE).account;
    assert_eq!(account.hosted_zones().len(), 2);
    let text = write(&account);
    assert_eq!(loaded(&text).account, account, "{text}");
    assert_eq!(write(&loaded(&text).account), text);
    insta::assert_snapshot!(text);
}

#[test]
fn names_are_relative_unless_they_end_in_a_dot_or_in_the_zone() {
    let text = "hosted_zones:\n  - name: example.com\n    records:\n";
    for (given, meant) in [
        ("www", "www.example.com."),
        ("'@'", "example.com."),
        ("www.example.com", "www.example.com."),
        ("WWW.Example.Com.", "www.example.com."),
        ("example.com", "example.com."),
        ("badexample.com", "badexample.com.example.com."),
        ("'*'", "*.example.com."),
        ("'a\\056b'", "a\\056b.example.com."),
    ] {
        let account =
            loaded(&format!("{text}      - {{ name: {given}, type: TXT, ttl: 1, values: ['\"x\"'] }}\n")).account;
        let zone = account.hosted_zones().iter().next().unwrap();
        assert!(zone.record_sets().any(|set| set.name().to_string() == meant), "{given}");
    }
}

#[test]
fn unquoted_words_and_numbers_are_texts_where_a_text_is_meant() {
    let account = loaded(
        "hosted_zones:\n  - name: example.com\n    id: 1\n    records:\n      \
         - { name: 1, type: A, ttl: 1, set_identifier: 1, geo_location: { country_code: NO }, values: [192.0.2.1] }\n",
    )
    .account;
    let zone = account.hosted_zones().iter().next().unwrap();
    assert_eq!(zone.id().as_str(), "1");
    let set = zone.record_sets().find(|set| set.set_identifier().is_some()).unwrap();
    assert_eq!(set.name().to_string(), "1.example.com.");
    assert_eq!(set.set_identifier().unwrap().as_str(), "1");
}

#[test]
fn files_that_say_nothing_make_an_empty_account() {
    for text in ["", "\u{feff}", "# nothing\n", "---\n", "---\n...\n", "vpcs:\nhosted_zones: []\n", "~"] {
        let account = loaded(text).account;
        assert_eq!(write(&account), "", "{text:?}");
    }
}

#[test]
fn a_byte_order_mark_changes_nothing() {
    let text = "hosted_zones: [{ name: example.com }]\n";
    assert_eq!(loaded(&format!("\u{feff}{text}")).account, loaded(text).account);
}

#[test]
fn all_files_together_are_one_account() {
    let zones = "hosted_zones:\n  - name: example.com\n    vpcs: [v]\n";
    let vpcs = "vpcs:\n  - { id: v, region: eu-west-1 }\n";
    let account = load(&[file("a.yaml", zones), file("b.yaml", vpcs)]).unwrap().account;
    assert_eq!(account.vpcs().len(), 1);
    assert!(problems_of(&[file("a.yaml", zones)]).contains("a.yaml:2:5: there is no VPC \"v\""));
    // Whether the unreadable file has the VPC, nobody knows.
    let problems = problems_of(&[file("a.yaml", zones), file("b.yaml", "vpcs: [")]);
    assert!(!problems.contains("there is no VPC"), "{problems}");
}

#[test]
fn a_zone_that_is_there_twice_is_told_with_the_other_place() {
    let zones = "hosted_zones:\n  - name: example.com\n";
    let problems = problems_of(&[file("a.yaml", zones), file("b.yaml", zones)]);
    assert!(problems.starts_with("b.yaml:2:5: there is already a public hosted zone example.com."), "{problems}");
    assert!(problems.ends_with("; the other is at a.yaml:2:5\n"), "{problems}");
    assert_eq!(problems.lines().count(), 1);
}

#[test]
fn alarms_and_routing_controls_stand_once_in_all_files_together() {
    let alarm = |statistic: &str| {
        format!(
            "cloudwatch_alarms:\n  - {{ region: eu-west-1, name: a, namespace: N, metric_name: M, statistic: {statistic}, \
             threshold: 1, comparison_operator: LessThanThreshold }}\n"
        )
    };
    let problems = problems_of(&[file("a.yaml", alarm("Sum")), file("b.yaml", alarm("Average"))]);
    assert_eq!(problems, "b.yaml:2:5: the alarm a in eu-west-1 stands twice; give each its own name\n");
    // One that cannot be read has its name all the same.
    let problems = problems_of(&[file("a.yaml", alarm("p99")), file("b.yaml", alarm("Average"))]);
    assert!(problems.contains("b.yaml:2:5: the alarm a in eu-west-1 stands twice"), "{problems}");
    let elsewhere = alarm("Sum").replace("eu-west-1", "eu-west-2");
    assert_eq!(load(&[file("a.yaml", alarm("Sum")), file("b.yaml", elsewhere)]).unwrap().account.alarms().len(), 2);

    let control = |state: &str| format!("routing_controls: [{{ arn: 'arn:x', state: {state} }}]\n");
    let problems = problems_of(&[file("a.yaml", control("On")), file("b.yaml", control("Off"))]);
    assert_eq!(problems, "b.yaml:1:20: the routing control \"arn:x\" stands twice; keep one of them\n");
}

#[test]
fn forced_health_checks_are_limited_in_all_files_together() {
    let forces =
        |count: usize| format!("forced_health_checks:\n{}", "  - { checks: 'w*', status: up }\n".repeat(count));
    let (half, rest) = (forces(limits::FORCES / 2), forces(limits::FORCES - limits::FORCES / 2));
    let account = load(&[file("a.yaml", &half), file("b.yaml", rest)]).unwrap().account;
    assert_eq!(account.forces().len(), limits::FORCES);
    let too_many = forces(limits::FORCES - limits::FORCES / 2 + 3);
    let problems = problems_of(&[file("a.yaml", half), file("b.yaml", too_many)]);
    assert_eq!(
        problems,
        "b.yaml:502:5: there are more than 1000 forced health checks; force several at once with a pattern such as web-*\n"
    );
}

#[test]
fn numbers_of_metrics_are_written_short_and_read_back_to_the_bit() {
    let least = 5e-324;
    for (number, text) in [
        (5.0, "5"),
        (-0.25, "-0.25"),
        (-0.0, "-0"),
        (0.1 + 0.2, "0.30000000000000004"),
        (9_007_199_254_740_993.0, "9007199254740992"),
        (1e300, "1e300"),
        (f64::MAX, "1.7976931348623157e308"),
        (-least, "-5e-324"),
    ] {
        let metric = |text: &str| {
            let text = format!("cloudwatch_metrics:\n  - {{ namespace: N, metric_name: M, value: {text} }}\n");
            let account = loaded(&text).account;
            let MetricValues::Constant(value) = account.metric_data()[0].values else { panic!("{text}") };
            (value.get().to_bits(), write(&account))
        };
        let (read, written) = metric(&number.to_string());
        assert_eq!(read, number.to_bits(), "{number}");
        assert!(written.ends_with(&format!("value: {text}\n")), "{written}");
        assert_eq!(metric(text).0, read, "{text}");
    }
}

#[test]
fn addresses_need_no_quotation_marks() {
    let records = "      - { name: a, type: AAAA, ttl: 1, values: [2001:db8::1, ::1] }\n      \
                   - { name: a, type: A, ttl: 1, values: [192.0.2.1] }\n";
    let account = loaded(&format!("hosted_zones:\n  - name: example.com\n    records:\n{records}")).account;
    assert_eq!(loaded(&write(&account)).account, account);
}

#[test]
fn problems_are_sorted_by_file_and_line() {
    let bad = "hosted_zones:\n  - name: example.com\n    records:\n      - { name: a, type: A, ttl: 1, values: [x] }\n";
    let problems = problems_of(&[file("b.yaml", bad), file("a.yaml", "vpc: []\n"), file("c.yaml", bad)]);
    let files: Vec<&str> = problems.lines().map(|line| &line[..6]).collect();
    assert_eq!(files, ["b.yaml", "a.yaml", "c.yaml", "c.yaml"], "{problems}");
}

#[test]
fn every_part_knows_where_it_stands() {
    let Loaded { account, sources } = loaded(EXAMPLE);
    let line_of = |text: &str| EXAMPLE.lines().position(|line| line.contains(text)).unwrap() as u32 + 1;
    let zone = account.hosted_zones().iter().find(|zone| zone.id().as_str() == "Z0EXAMPLE").unwrap();
    assert_eq!(sources.hosted_zone(zone.id()).unwrap().line, line_of("name: example.com"));
    for (set_identifier, text) in [("green", "set_identifier: green"), ("backup", "backup"), ("ca", "identifier: ca")] {
        let is_meant = |id: &str| id == set_identifier;
        let set = zone.record_sets().find(|set| set.set_identifier().is_some_and(|id| is_meant(id.as_str()))).unwrap();
        let place = sources.record_set(zone, &set.key()).unwrap();
        assert_eq!((place.file, place.line), ("a.yaml", line_of(text)));
    }
    // Apex records that were made stand where the zone does.
    let soa = zone.record_sets().find(|set| set.record_type().name() == "SOA").unwrap();
    assert_eq!(sources.record_set(zone, &soa.key()), sources.hosted_zone(zone.id()));
    for (id, text) in [("vpc-0dev", "id: vpc-0dev"), ("vpc-0shared", "id: vpc-0shared")] {
        let id = route53d::model::VpcId::new(id).unwrap();
        assert_eq!(sources.vpc(&id).unwrap().to_string(), format!("a.yaml:{}:5", line_of(text)));
    }
    let web = route53d::model::HealthCheckId::new("web-blue").unwrap();
    assert_eq!(sources.health_check(&web).unwrap().line, line_of("id: web-blue"));
    assert_eq!(sources.client_location(0).unwrap().line, line_of("198.51.100.0/24"));
    let collection = account.cidr_collections().keys().next().unwrap();
    assert_eq!(sources.cidr_collection(collection).unwrap().line, line_of("name: offices"));
    let alarm = account.alarms().keys().next().unwrap();
    assert_eq!(sources.alarm(alarm).unwrap().line, line_of("cloudwatch_alarms:") + 1);
    assert_eq!(sources.metric_data(0).unwrap().line, line_of("cloudwatch_metrics:") + 1);
    assert_eq!(sources.force(1).unwrap().line, line_of("checks: cell-a"));
    assert_eq!((sources.metric_data(2), sources.force(2)), (None, None));
}

#[test]
fn bombs_and_bottomless_nesting_are_refused_at_once() {
    let mut bomb = "a0: &a0 [x, x]\n".to_owned();
    for level in 1..200 {
        bomb += &format!("a{level}: &a{level} [{0}, {0}, {0}]\n", format!("*a{}", level - 1));
    }
    // A bomb that went off would end the test run, not the assertion.
    problems_of(&[file("a.yaml", bomb)]);
    for open in ["[", "{a: ", "- ", "? ", "[{a: ", "{a: ["] {
        let problems = problems_of(&[file("a.yaml", open.repeat(200_000))]);
        assert!(problems.len() < 1000, "{problems}");
    }
    let indented: String = (0..2_000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    assert!(problems_of(&[file("a.yaml", indented)]).contains("nested more than"));
    problems_of(&[file("a.yaml", format!("vpcs: [{}]", "a,".repeat(2_000_000)))]);
}

/// Work that grew faster than the file would keep this test for minutes.
#[test]
fn work_grows_with_the_size_of_a_file_and_not_faster() {
    let mut text = "hosted_zones:\n  - name: example.com\n    records:\n".to_owned();
    for hop in 0..20_000 {
        text += &match hop % 10 {
            9 => format!("      - {{ name: a{hop}, type: A, ttl: 1, values: [192.0.2.1] }}\n"),
            _ => format!("      - {{ name: a{hop}, type: A, alias_target: {{ dns_name: a{} }} }}\n", hop + 1),
        };
    }
    loaded(&text);
    let into_a_loop = format!("{text}      - {{ name: b, type: A, alias_target: {{ dns_name: b }} }}\n");
    assert_eq!(problems_of(&[file("a.yaml", into_a_loop)]).lines().count(), 1);
    // A record of many unknown keys.
    let keys: String = (0..50_000).map(|number| format!("k{number}: 1, ")).collect();
    let many = format!("hosted_zones:\n  - {{ name: example.com, records: [{{ {keys} }}] }}\n");
    assert_eq!(load(&[file("a.yaml", many)]).unwrap_err().len(), limits::ZONE_FILE_PROBLEMS + 1);
}

#[test]
fn problems_are_told_up_to_a_limit() {
    let records = "      - { name: a, type: A, ttl: x, values: [x] }\n".repeat(5_000);
    let text = format!("hosted_zones:\n  - name: example.com\n    records:\n{records}");
    let problems = load(&[file("a.yaml", text)]).unwrap_err();
    assert_eq!(problems.len(), limits::ZONE_FILE_PROBLEMS + 1);
    assert!(problems.last().unwrap().message.contains("9000 more problems"), "{}", problems.last().unwrap());
}

#[test]
fn long_values_stand_in_flow_and_block_style() {
    let long = format!("'{}'", vec![format!("\"{}\"", "x".repeat(250)); 15].join(" "));
    let record = format!("      - {{ name: a, type: TXT, ttl: 1, values: [{long}, '\"y\"'] }}\n");
    let account = loaded(&format!("hosted_zones:\n  - name: example.com\n    records:\n{record}")).account;
    assert_eq!(loaded(&write(&account)).account, account);
}

#[test]
fn a_directory_is_read_without_leftovers() {
    let directory = std::env::temp_dir().join(format!("route53d-zonefile-{}", std::process::id()));
    fs::create_dir_all(directory.join("folder.yaml")).unwrap();
    for name in ["b.yaml", "a.yml", ".hidden.yaml", ".#b.yaml", "#b.yaml#", "b.yaml~", ".b.yaml.swp", "notes.txt"] {
        fs::write(directory.join(name), name).unwrap();
    }
    let shown = |name: &str| directory.join(name).display().to_string();
    fs::write(directory.join("README.md"), "about the zones").unwrap();
    let ZoneDirectory { files, passed_over, other_names } = read_directory(&directory).unwrap();
    let shown_directory = directory.display();
    assert_eq!(
        other_names.text("warning: ").unwrap(),
        format!("{shown_directory}: warning: not read, because only *.yaml and *.yml are zone files: notes.txt")
    );
    let names: Vec<String> = files.into_iter().map(|file| file.path).collect();
    assert_eq!(names, ["a.yml", "b.yaml"].map(shown));
    let told: Vec<String> = passed_over.iter().map(|passed_over| passed_over.text("warning: ")).collect();
    let way_out = "and no file; move it away, or give it another name";
    let folder = shown("folder.yaml");
    assert_eq!(told, [format!("{folder}: warning: passed over, for it is a directory {way_out}")]);
    let large = fs::File::create(directory.join("c.yaml")).unwrap();
    large.set_len(limits::ZONE_FILE_BYTES + 1).unwrap();
    assert!(matches!(read_directory(&directory), Err(ReadError::FileTooLarge(..))));
    fs::remove_file(directory.join("c.yaml")).unwrap();
    assert!(matches!(read_directory(&directory.join("b.yaml")), Err(ReadError::NotADirectory(_))));
    assert!(matches!(read_directory(&directory.join("none")), Err(ReadError::DirectoryMissing(_))));
    fs::remove_dir_all(&directory).unwrap();
}

#[test]
fn the_end_of_a_file_name_counts_in_any_case() {
    let directory = std::env::temp_dir().join(format!("route53d-zonefile-case-{}", std::process::id()));
    fs::create_dir_all(&directory).unwrap();
    for name in ["A.YAML", "b.Yml", "c.yaml", ".D.YAML", "E.YAML~", "yaml", "f.xyaml"] {
        fs::write(directory.join(name), name).unwrap();
    }
    let texts: Vec<Vec<u8>> = read_directory(&directory).unwrap().files.into_iter().map(|file| file.text).collect();
    assert_eq!(texts, [&b"A.YAML"[..], b"b.Yml", b"c.yaml"]);
    fs::remove_dir_all(&directory).unwrap();
}

#[cfg(unix)]
#[test]
fn a_file_name_cannot_forge_a_line() {
    let directory = std::env::temp_dir().join(format!("route53d-zonefile-\u{1b}forged\n-{}", std::process::id()));
    fs::create_dir_all(&directory).unwrap();
    fs::write(directory.join("a\nb: all is well \u{1b}[2K\u{85}ü\\.yaml"), "vpcs: [").unwrap();
    let files = read_directory(&directory).unwrap().files;
    assert!(files[0].path.ends_with(r"a\nb: all is well \u{1b}[2K\u{85}ü\.yaml"), "{}", files[0].path);
    let told = problems_of(&files);
    assert_eq!(told.lines().count(), 1, "{told}");
    assert!(!told.trim_end().contains(char::is_control), "{told:?}");
    let missing = read_directory(&directory.join("no\nne")).unwrap_err().to_string();
    assert!(!missing.contains(char::is_control), "{missing:?}");
    fs::remove_dir_all(&directory).unwrap();
}

/// `cargo test --release --test zonefile -- --ignored --nocapture million`
#[test]
#[ignore = "measures; takes seconds and a gigabyte"]
fn a_zone_of_a_million_records_loads() {
    let mut text = "hosted_zones:\n  - name: example.com\n    records:\n".to_owned();
    for number in 0..1_000_000u32 {
        // Not in listing order.
        let label = number.wrapping_mul(2_654_435_761);
        let address = std::net::Ipv4Addr::from(number);
        text += &format!("      - {{ name: h{label:08x}, type: A, ttl: 60, values: [\"{address}\"] }}\n");
    }
    let peak = || {
        let status = fs::read_to_string("/proc/self/status").unwrap();
        status.lines().find(|line| line.starts_with("VmHWM")).unwrap().to_owned()
    };
    let files = [file("a.yaml", text)];
    let started = std::time::Instant::now();
    let account = load(&files).unwrap().account;
    println!("load {} bytes: {:?}, {}", files[0].text.len(), started.elapsed(), peak());
    let started = std::time::Instant::now();
    let text = write(&account);
    println!("write {} bytes: {:?}, {}", text.len(), started.elapsed(), peak());
    let started = std::time::Instant::now();
    assert_eq!(load(&[file("a.yaml", text)]).unwrap().account, account);
    println!("load it again: {:?}", started.elapsed());
}

#[path = "zonefile/laws.rs"]
mod laws;

#[path = "zonefile/limits.rs"]
mod limits_of_batches;

#[path = "zonefile/operations.rs"]
mod operations;

#[test]
fn a_zone_whose_name_comes_after_its_records_is_read_all_the_same() {
    // Where the name comes first, plain records are read as they come, and the others later.
    let records = "    records:
      - { name: www, type: A, ttl: 60, values: [192.0.2.1, 192.0.2.2] }
      - { name: '@', type: MX, ttl: 60, values: ['010 mail'] }
      - { name: app, type: A, set_identifier: x, weight: 1, ttl: 60, values: [192.0.2.1] }
      - { name: app, type: A, set_identifier: y, weight: 2, alias_target: { dns_name: www } }
      - { values: [192.0.2.3], ttl: 0, type: a, name: WWW.sub.example.com. }
      - { name: '@', type: NS, ttl: 60, values: [ns1.example.net] }
";
    // Each of these is told where it stands, in both.
    let broken = "      - { name: www, type: A, ttl: 60, values: [192.0.2.9] }
      - { name: elsewhere.test., type: A, ttl: 60, values: [192.0.2.9] }
      - { name: a, type: A, ttl: 060, values: [192.0.2.9] }
      - { name: a, type: A, ttl: 60, values: [] }
      - { name: '*', type: NS, ttl: 60, values: [ns1.example.net] }
      - { name: a, type: A, ttl: 60, values: [192.0.2.256] }
      - { name: a, type: A, ttl: 60, ttl: 60, values: [192.0.2.9] }
      - { name: a, type: A, ttl: 60 }
      - { name: www, type: CNAME, ttl: 60, values: [a.example.net] }
";
    let name_first = |records: &str| format!("hosted_zones:\n  - name: example.com\n{records}");
    let name_last = |records: &str| format!("hosted_zones:\n  -\n{records}    name: example.com\n");
    assert_eq!(loaded(&name_first(records)).account, loaded(&name_last(records)).account);
    let problems = |text: String| {
        let files = [ZoneFile { path: "a.yaml".to_owned(), text: text.into_bytes() }];
        load(&files).unwrap_err().iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let told = problems(name_first(&format!("{records}{broken}")));
    assert_eq!(told, problems(name_last(&format!("{records}{broken}"))));
    assert_eq!(told.len(), 10, "{told:#?}");
}
