//! The caller reference of a health check says which id files give it. A reference is good once: when a check has to be
//! made anew, the next one has a number behind it.

use crate::model::HealthCheckId;

/// Characters of a caller reference of a health check (`HealthCheckNonce`).
pub const CHARACTERS: usize = 64;

/// `web` at first, then `web;2`.
pub fn reference(id: &HealthCheckId, generation: u32) -> String {
    // What reads like a generation needs one.
    if generation == 1 && read_generation(id.as_str()).is_none() {
        id.as_str().to_owned()
    } else {
        format!("{id};{generation}")
    }
}

/// The id that files give the check of a reference, and how often it was made. `None` where no file could.
pub fn named(reference: &str) -> Option<(HealthCheckId, u32)> {
    let (id, generation) = read_generation(reference).unwrap_or((reference, 1));
    Some((HealthCheckId::new(id).ok()?, generation))
}

fn read_generation(text: &str) -> Option<(&str, u32)> {
    let (id, digits) = text.rsplit_once(';')?;
    let is_number = !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit());
    Some((id, digits.parse().ok()?)).filter(|_| is_number && !id.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_leads_back_to_its_id() {
        for (id, generation, expected) in [
            ("web", 1, "web"),
            ("web", 12, "web;12"),
            ("web;2", 1, "web;2;1"),
            ("web;2", 3, "web;2;3"),
            ("a;b", 1, "a;b"),
            (";2", 1, ";2"),
            ("a;02", 1, "a;02"),
            ("a;99999999999", 1, "a;99999999999"),
        ] {
            let id = HealthCheckId::new(id).unwrap();
            assert_eq!(reference(&id, generation), expected);
            assert_eq!(named(expected), Some((id, generation)));
        }
    }
}
