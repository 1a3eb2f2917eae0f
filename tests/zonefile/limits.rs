//! Hard limits of the Route 53 API hold in zone files too: what no change batch can hold is an error.

use super::{file, loaded, problems_of};
use route53d::model::limits;

/// Records at `a` with TXT values of `characters` altogether, and more keys.
fn zone_of(characters: usize, keys: &str) -> String {
    let mut left = characters;
    let mut number = 0;
    let mut values = String::new();
    while left > 0 {
        // As long as 200, but that the last one has room for its quotation marks and its number.
        let length = if left < 220 { left } else { 200 };
        values += &format!("\n          - '\"{number:03}{}\"'", "x".repeat(length - 5));
        left -= length;
        number += 1;
    }
    format!(
        "hosted_zones:\n  - name: example.com\n    records:\n      - name: a\n        type: TXT\n        ttl: 60{keys}\n        values:{values}\n"
    )
}

#[test]
fn the_values_of_a_record_set_have_no_more_characters_than_a_change_batch() {
    let limit = limits::VALUE_CHARACTERS_PER_CHANGE_BATCH;
    for keys in ["", "\n        weight: 1\n        set_identifier: one"] {
        assert_eq!(loaded(&zone_of(limit, keys)).account.hosted_zones().len(), 1);
        let at = if keys.is_empty() { 7 } else { 9 };
        for characters in [limit + 1, 2 * limit] {
            assert_eq!(
                problems_of(&[file("a.yaml", zone_of(characters, keys))]),
                format!(
                    "a.yaml:{at}:9: the values have {characters} characters together, more than 32000; \
                     spread the values over several record sets\n"
                )
            );
        }
    }
}

/// A character of several bytes is one character, as the API counts.
#[test]
fn the_characters_of_a_text_are_counted_not_its_bytes() {
    let zone = |comment: &str| format!("hosted_zones:\n  - name: example.com\n    comment: {comment}\n");
    loaded(&zone(&"é".repeat(limits::COMMENT_CHARACTERS)));
    assert_eq!(
        problems_of(&[file("a.yaml", zone(&"é".repeat(limits::COMMENT_CHARACTERS + 1)))]),
        "a.yaml:3:14: a comment of 257 characters is too long; use at most 256\n"
    );
}
