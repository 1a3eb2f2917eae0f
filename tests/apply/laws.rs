//! What is applied is what is exported, whatever was there before.

use fastrand::Rng;
use route53d::zonefile::{ZoneFile, load, write};

use crate::random;
use crate::tool::ApiServer;

/// The canonical text of a file.
fn canonical(text: &str) -> String {
    let file = ZoneFile { path: "zones.yaml".to_owned(), text: text.as_bytes().to_vec() };
    match load(&[file]) {
        Ok(loaded) => write(&loaded.account),
        Err(problems) => {
            let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
            panic!("{}\n{text}", problems.join("\n"))
        }
    }
}

#[test]
fn from_any_account_to_any_other_and_back_to_text() {
    const ACCOUNTS: usize = 40;
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut rng = Rng::with_seed(seed);
    let api = ApiServer::empty();
    for number in 0..ACCOUNTS {
        let text = canonical(&random::account(&mut rng));
        api.applied(&text, &["--prune"]);
        let exported = api.exported(&[]);
        assert_eq!(exported, text, "account {number}");
        assert_eq!(api.applied(&text, &["--prune"]), "nothing to do\n");
        // To a server that has nothing, and back.
        if number % 8 == 0 {
            let fresh = ApiServer::empty();
            fresh.applied(&exported, &[]);
            assert_eq!(fresh.exported(&[]), text, "account {number}");
        }
    }
}
