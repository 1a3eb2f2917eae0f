//! Files that hold little: secrets, keys, certificates. What is named by mistake is not read to an end that it may not
//! have, and nobody waits for a pipe that nothing is written to.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

/// Reads a whole file. Links are followed.
///
/// # Errors
///
/// Also for what is no ordinary file, and for one of more than `limit` bytes.
pub fn read(path: &Path, limit: usize) -> io::Result<Vec<u8>> {
    let unfit = |reason: String| io::Error::new(io::ErrorKind::InvalidInput, reason);
    // Before it is opened: to open a pipe is to wait for the one who writes.
    let kind = fs::metadata(path)?.file_type();
    if kind.is_dir() {
        return Err(unfit("it is a directory".to_owned()));
    }
    if !kind.is_file() {
        return Err(unfit("it is no ordinary file, but a device, a pipe or a socket".to_owned()));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(limit as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > limit {
        return Err(unfit(format!("it has more than {limit} bytes, and what belongs there is much shorter")));
    }
    Ok(bytes)
}

/// The same of a file of text, which is UTF-8.
///
/// # Errors
///
/// As of [`read`], and for bytes that are no text.
pub fn read_text(path: &Path, limit: usize) -> io::Result<String> {
    let text = String::from_utf8(read(path, limit)?);
    text.map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is no text in UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_up_to_its_limit_and_not_beyond() {
        let path = std::env::temp_dir().join(format!("route53d-small-file-{}", std::process::id()));
        for (length, limit, expected) in
            [(0, 0, Some(0)), (7, 7, Some(7)), (7, 8, Some(7)), (8, 7, None), (100_000, 7, None)]
        {
            fs::write(&path, vec![b'x'; length]).unwrap();
            assert_eq!(read(&path, limit).ok().map(|bytes| bytes.len()), expected, "{length} of {limit}");
        }
        fs::remove_file(path).unwrap();
    }
}
