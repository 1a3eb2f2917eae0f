//! The files of a directory: the only place of this module that touches the disk.

use std::fmt;
use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use crate::model::limits;

/// A zone file as it was read, not yet looked into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneFile {
    /// As it is to be shown, by [`path_text`]: the directory as it was given, and the file's name.
    pub path: String,
    pub text: Vec<u8>,
}

/// What was found in a directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ZoneDirectory {
    /// Sorted by name.
    pub files: Vec<ZoneFile>,
    pub passed_over: Vec<PassedOver>,
    pub other_names: OtherNames,
}

/// Files and directories that are not read because of their names: `example.com.zone`, `records.json`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OtherNames {
    /// As it is to be shown.
    directory: String,
    /// Sorted, each as it is to be shown.
    names: Vec<String>,
}

impl OtherNames {
    /// Most names in one line.
    const SHOWN: usize = 10;

    pub fn count(&self) -> usize {
        self.names.len()
    }

    /// A line for people, with what `severity` says after the path; nothing where there are none.
    pub fn text(&self, severity: &str) -> Option<String> {
        let OtherNames { directory, names } = self;
        let shown = names.iter().take(Self::SHOWN).cloned().collect::<Vec<_>>().join(", ");
        let more = match names.len().saturating_sub(Self::SHOWN) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        (!names.is_empty()).then(|| {
            format!("{directory}: {severity}not read, because only *.yaml and *.yml are zone files: {shown}{more}")
        })
    }

    /// Everything that may have been meant as a zone file: no hidden file, no leftover of an editor, no text about the
    /// zones.
    fn is_one(path: &Path) -> bool {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        let is_leftover = name.starts_with(['.', '#']) || name.ends_with('~') || name.ends_with(".bak");
        !is_leftover && !name.ends_with(".md") && !name.starts_with("license") && !is_zone_file_name(path)
    }
}

/// What has the name of a zone file and is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassedOver {
    /// As it is to be shown.
    path: String,
    /// `a directory`, for example.
    kind: &'static str,
}

impl PassedOver {
    /// A line for people, with what `severity` says after the path.
    pub fn text(&self, severity: &str) -> String {
        let PassedOver { path, kind } = self;
        format!("{path}: {severity}passed over, for it is {kind} and no file; move it away, or give it another name")
    }

    fn new(path: &Path, kind: fs::FileType) -> PassedOver {
        let kind = if kind.is_dir() {
            "a directory"
        } else if kind.is_fifo() {
            "a pipe"
        } else if kind.is_socket() {
            "a socket"
        } else {
            "a device"
        };
        PassedOver { path: path_text(path), kind }
    }
}

/// Why the zone files could not be read.
#[derive(Debug)]
pub enum ReadError {
    DirectoryMissing(PathBuf),
    NotADirectory(PathBuf),
    Directory(PathBuf, io::Error),
    File(PathBuf, io::Error),
    /// More than [`limits::ZONE_FILE_BYTES`] bytes.
    FileTooLarge(PathBuf, u64),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadError::DirectoryMissing(path) => {
                write!(f, "there is no directory {}; create it, or name the one with your zone files", path_text(path))
            }
            ReadError::NotADirectory(path) => {
                write!(f, "{} is not a directory; name the directory the zone files are in", path_text(path))
            }
            ReadError::Directory(path, error) => {
                write!(
                    f,
                    "could not list the directory {}: {error}{}",
                    path_text(path),
                    hint(error, "check its permissions")
                )
            }
            ReadError::File(path, error) => {
                write!(
                    f,
                    "could not read {}: {error}{}",
                    path_text(path),
                    hint(error, "check its permissions, or move it away")
                )
            }
            ReadError::FileTooLarge(path, bytes) => write!(
                f,
                "{} has {bytes} bytes, more than {}; spread its hosted zones over several files",
                path_text(path),
                limits::ZONE_FILE_BYTES
            ),
        }
    }
}

/// What to do about it: most often it is a matter of permissions.
fn hint(error: &io::Error, usual: &str) -> String {
    match error.raw_os_error() {
        Some(libc::EMFILE) => "; raise the limit of file descriptors, or end what else uses them".to_owned(),
        Some(libc::ENFILE) => "; the system is out of file descriptors".to_owned(),
        _ => format!("; {usual}"),
    }
}

impl std::error::Error for ReadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            ReadError::Directory(_, error) | ReadError::File(_, error) => Some(error),
            ReadError::DirectoryMissing(_) | ReadError::NotADirectory(_) | ReadError::FileTooLarge(..) => None,
        }
    }
}

/// Reads every `*.yaml` and `*.yml`, in any case, directly in `directory`. Hidden files and leftovers of editors are
/// passed over without a word, files of other names are told; symbolic links are followed, for that is how Kubernetes mounts files.
///
/// # Errors
///
/// The first thing that cannot be read. Sizes are checked before a file is read.
pub fn read_directory(directory: &Path) -> Result<ZoneDirectory, ReadError> {
    let directory_error = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => ReadError::DirectoryMissing(directory.to_owned()),
        io::ErrorKind::NotADirectory => ReadError::NotADirectory(directory.to_owned()),
        _ => ReadError::Directory(directory.to_owned(), error),
    };
    let (mut paths, mut others) = (Vec::new(), Vec::new());
    for found in fs::read_dir(directory).map_err(directory_error)? {
        let path = found.map_err(directory_error)?.path();
        if is_zone_file_name(&path) {
            paths.push(path);
        } else if OtherNames::is_one(&path) {
            others.push(path);
        }
    }
    paths.sort();
    others.sort();
    let names = others.iter().map(|path| path_text(Path::new(path.file_name().unwrap_or_default()))).collect();
    let other_names = OtherNames { directory: path_text(directory), names };
    let mut found = ZoneDirectory { other_names, ..ZoneDirectory::default() };
    for path in paths {
        match read_file(&path)? {
            Ok(text) => found.files.push(ZoneFile { path: path_text(&path), text }),
            Err(kind) => found.passed_over.push(PassedOver::new(&path, kind)),
        }
    }
    Ok(found)
}

/// A path for people: control characters are escaped, so that no file name can forge a line of a log or move a
/// terminal's cursor.
pub fn path_text(path: &Path) -> String {
    let mut text = String::new();
    for character in path.display().to_string().chars() {
        if character.is_control() {
            text.extend(character.escape_default());
        } else {
            text.push(character);
        }
    }
    text
}

/// `a.yaml` and `a.yml`, but not `.#a.yaml`, `#a.yaml#`, `a.yaml~` or `.a.yaml.swp`.
pub fn is_zone_file_name(path: &Path) -> bool {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return false };
    let name = name.to_ascii_lowercase();
    !name.starts_with(['.', '#']) && (name.ends_with(".yaml") || name.ends_with(".yml"))
}

/// Of what is not a file, what it is.
fn read_file(path: &Path) -> Result<Result<Vec<u8>, fs::FileType>, ReadError> {
    let file_error = |error| ReadError::File(path.to_owned(), error);
    // Asked before opening: opening a named pipe would wait for its other end.
    let metadata = fs::metadata(path).map_err(file_error)?;
    if !metadata.is_file() {
        return Ok(Err(metadata.file_type()));
    }
    let too_large = |bytes| ReadError::FileTooLarge(path.to_owned(), bytes);
    if metadata.len() > limits::ZONE_FILE_BYTES {
        return Err(too_large(metadata.len()));
    }
    let mut text = Vec::new();
    let file = fs::File::open(path).map_err(file_error)?;
    // The file may grow while it is read.
    file.take(limits::ZONE_FILE_BYTES + 1).read_to_end(&mut text).map_err(file_error)?;
    if text.len() as u64 > limits::ZONE_FILE_BYTES {
        return Err(too_large(text.len() as u64));
    }
    Ok(Ok(text))
}
