//! `health-state.json` in the data directory: the overrides, as they outlive a restart.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::data_directory::{DataDirectory, create_private_file};
use crate::model::{Force, ForcedStatus, HealthCheckPattern, RoutingControlState};

use super::overrides::Overrides;

/// The only form there is so far.
const VERSION: u32 = 1;

/// The file, in a directory that no other server has.
#[derive(Debug)]
pub struct StateFile {
    path: PathBuf,
    _directory: Arc<DataDirectory>,
}

#[derive(Serialize, Deserialize)]
struct State {
    version: u32,
    #[serde(default)]
    forces: Vec<ForceText>,
    #[serde(default)]
    routing_controls: BTreeMap<Box<str>, StateText>,
}

#[derive(Serialize, Deserialize)]
struct ForceText {
    checks: Box<str>,
    status: StatusText,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<Box<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    owner: Option<Box<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<String>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum StatusText {
    Up,
    Down,
    Obey,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
enum StateText {
    On,
    Off,
}

impl StateFile {
    /// Reads what is in a data directory. Errors say what to do.
    pub fn open(directory: &Arc<DataDirectory>) -> Result<(StateFile, Overrides), String> {
        let path = directory.path().join("health-state.json");
        let overrides = match fs::read(&path) {
            Ok(bytes) => parse(&bytes).map_err(|error| {
                format!("{}: {error}; mend the file, or move it away to begin without what it holds", path.display())
            })?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Overrides::default(),
            Err(error) => return Err(format!("could not read {}: {error}", path.display())),
        };
        Ok((StateFile { path, _directory: Arc::clone(directory) }, overrides))
    }

    /// Replaces the file, whole or not at all, and returns once the disk has it.
    pub async fn save(&self, overrides: Overrides) -> Result<(), String> {
        let path = self.path.clone();
        let saved = tokio::task::spawn_blocking(move || {
            replace(&path, &to_json(&overrides)).map_err(|error| format!("{}: {error}", path.display()))
        });
        saved.await.unwrap_or_else(|error| Err(error.to_string()))
    }
}

fn replace(path: &Path, text: &str) -> io::Result<()> {
    let beside = path.with_extension("json.new");
    let mut file = create_private_file(&beside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    // The name is the directory's.
    match path.parent() {
        Some(directory) => File::open(directory)?.sync_all(),
        None => Ok(()),
    }
}

fn to_json(overrides: &Overrides) -> String {
    let state = State {
        version: VERSION,
        forces: overrides.forces.iter().map(ForceText::of).collect(),
        routing_controls: overrides
            .routing_controls
            .iter()
            .map(|(arn, state)| {
                let state = match state {
                    RoutingControlState::On => StateText::On,
                    RoutingControlState::Off => StateText::Off,
                };
                (arn.clone(), state)
            })
            .collect(),
    };
    // Text, lists and maps by text: nothing that JSON cannot say.
    serde_json::to_string_pretty(&state).unwrap_or_default() + "\n"
}

fn parse(bytes: &[u8]) -> Result<Overrides, String> {
    let state: State = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if state.version != VERSION {
        return Err(format!("version {} is unknown to this route53d, which knows {VERSION}", state.version));
    }
    let control = |(arn, state)| {
        let state = match state {
            StateText::On => RoutingControlState::On,
            StateText::Off => RoutingControlState::Off,
        };
        (arn, state)
    };
    Ok(Overrides {
        forces: state.forces.into_iter().map(ForceText::force).collect::<Result<_, _>>()?,
        routing_controls: state.routing_controls.into_iter().map(control).collect(),
    })
}

impl ForceText {
    fn of(force: &Force) -> ForceText {
        ForceText {
            checks: force.checks.as_str().into(),
            status: match force.status {
                ForcedStatus::Up => StatusText::Up,
                ForcedStatus::Down => StatusText::Down,
                ForcedStatus::Obey => StatusText::Obey,
            },
            reason: force.reason.clone(),
            owner: force.owner.clone(),
            until: force.until.map(|until| until.to_string()),
        }
    }

    fn force(self) -> Result<Force, String> {
        let until = |text: String| {
            text.parse::<Timestamp>()
                .map_err(|error| format!("until {text:?} of the force on {}: {error}", self.checks))
        };
        Ok(Force {
            until: self.until.map(until).transpose()?,
            checks: HealthCheckPattern::new(&self.checks),
            status: match self.status {
                StatusText::Up => ForcedStatus::Up,
                StatusText::Down => ForcedStatus::Down,
                StatusText::Obey => ForcedStatus::Obey,
            },
            reason: self.reason,
            owner: self.owner,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory(name: &str) -> PathBuf {
        let directory = std::env::temp_dir().join(format!("route53d-state-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&directory);
        directory
    }

    fn open(directory: &Path) -> Result<(StateFile, Overrides), String> {
        StateFile::open(&Arc::new(DataDirectory::open(directory)?))
    }

    fn overrides() -> Overrides {
        let force = Force {
            checks: HealthCheckPattern::new("web-*"),
            status: ForcedStatus::Down,
            reason: Some("a \"drill\"".into()),
            owner: None,
            until: Some(Timestamp::constant(1_767_225_600, 5)),
        };
        Overrides { forces: vec![force], routing_controls: [("arn:a".into(), RoutingControlState::Off)].into() }
    }

    #[tokio::test]
    async fn what_was_saved_is_there_at_the_next_start() {
        let directory = directory("saved");
        let (file, before) = open(&directory).unwrap();
        assert_eq!(before, Overrides::default());
        file.save(overrides()).await.unwrap();
        let error = open(&directory).unwrap_err();
        assert!(error.contains("in use by another route53d"), "{error}");
        drop(file);
        assert_eq!(open(&directory).unwrap().1, overrides());
        fs::remove_dir_all(directory).unwrap();
    }

    #[tokio::test]
    async fn what_cannot_be_saved_is_told_and_the_old_file_stays() {
        let directory = directory("full");
        let (file, _) = open(&directory).unwrap();
        file.save(overrides()).await.unwrap();
        // A directory stands where the new file is to be written.
        fs::create_dir(directory.join("health-state.json.new")).unwrap();
        let error = file.save(Overrides::default()).await.unwrap_err();
        assert!(error.contains("health-state.json"), "{error}");
        drop(file);
        assert_eq!(open(&directory).unwrap().1, overrides());
        fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn a_file_that_cannot_be_understood_is_named_and_left_alone() {
        let directory = directory("broken");
        fs::create_dir_all(&directory).unwrap();
        let path = directory.join("health-state.json");
        for (text, expected) in [
            ("{\"version\": 1, \"forces\": [", "EOF while parsing"),
            ("{\"version\": 7}", "version 7 is unknown"),
            ("{\"version\":1,\"forces\":[{\"checks\":\"a\",\"status\":\"up\",\"until\":\"soon\"}]}", "until \"soon\""),
        ] {
            fs::write(&path, text).unwrap();
            let error = open(&directory).unwrap_err();
            assert!(error.contains(expected) && error.contains("move it away"), "{error}");
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        fs::remove_dir_all(directory).unwrap();
    }

    #[tokio::test]
    async fn what_a_crash_leaves_beside_the_file_does_no_harm() {
        let directory = directory("crash");
        let (file, _) = open(&directory).unwrap();
        file.save(overrides()).await.unwrap();
        drop(file);
        let beside = directory.join("health-state.json.new");
        for left_behind in ["", "{\"version\": 1, \"forces\": [", "longer than any state: ".repeat(1_000).as_str()] {
            fs::write(&beside, left_behind).unwrap();
            let (file, found) = open(&directory).unwrap();
            assert_eq!(found, overrides());
            file.save(overrides()).await.unwrap();
            assert!(!beside.exists());
            drop(file);
            assert_eq!(open(&directory).unwrap().1, overrides());
        }
        fs::remove_dir_all(directory).unwrap();
    }

    #[tokio::test]
    async fn a_file_cut_anywhere_is_refused_and_never_taken_for_less() {
        let directory = directory("cut");
        let (file, _) = open(&directory).unwrap();
        file.save(overrides()).await.unwrap();
        drop(file);
        let path = directory.join("health-state.json");
        let whole = fs::read(&path).unwrap();
        // All but the line's end at the end.
        for length in 0..whole.len() - 1 {
            fs::write(&path, &whole[..length]).unwrap();
            let error = open(&directory).unwrap_err();
            assert!(error.starts_with(&format!("{}: ", path.display())), "{error}");
            assert!(error.ends_with("mend the file, or move it away to begin without what it holds"), "{error}");
        }
        fs::remove_dir_all(directory).unwrap();
    }
}
