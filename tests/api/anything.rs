//! Whatever is asked, the answer is a document and no defect, and what is refused changes nothing.

use std::collections::BTreeSet;

use crate::damaged::{Asker, World};

#[test]
fn damaged_requests_have_answers() {
    let mut rng = crate::record_sets::seeded();
    let mut statuses = BTreeSet::new();
    let mut successes = 0;
    for _ in 0..20 {
        let mut world = World::new();
        for _ in 0..1_500 {
            let asked = Asker { choose: &mut |below| rng.usize(..below) }.request(&world.ids);
            let status = world.ask(&asked);
            statuses.insert(status);
            successes += u32::from(status < 300);
        }
    }
    assert!(statuses.is_superset(&[200, 201, 400, 403, 404, 405, 409].into()), "{statuses:?}");
    assert!(successes > 3_000, "{successes}");
}
