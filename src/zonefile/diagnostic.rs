//! What is wrong with the zone files, and where.

use std::fmt;

use crate::model::limits;

/// One problem of a zone file: `zones/shop.yaml:14:9: weight 300 is above 255; use 0 to 255`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Diagnostic {
    pub file: String,
    /// From 1.
    pub line: u32,
    /// In characters, from 1.
    pub column: u32,
    pub message: String,
    /// What to write instead; may be empty.
    pub hint: String,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)?;
        if self.hint.is_empty() { Ok(()) } else { write!(f, "; {}", self.hint) }
    }
}

/// A place in a file; lines and columns count from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Position {
    pub line: u32,
    pub column: u32,
}

impl Position {
    pub const START: Position = Position { line: 1, column: 1 };

    /// The position of the byte at `offset`; what stands before it must be UTF-8 to count as characters.
    pub fn of_byte(text: &[u8], offset: usize) -> Position {
        let before = &text[..offset];
        let line_start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |newline| newline + 1);
        // Continuation bytes of UTF-8 do not start a character.
        let column = before[line_start..].iter().filter(|&&byte| byte & 0xc0 != 0x80).count() + 1;
        let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
        Position { line: saturate(line), column: saturate(column) }
    }
}

/// A count as `u32`; the file size limit keeps counts far below its maximum.
pub(super) fn saturate(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// A place in one of the files, which are told apart by their number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Origin {
    pub file: u32,
    pub at: Position,
}

/// The problems found so far, and the file that is being read.
pub(super) struct Problems<'f> {
    paths: Vec<&'f str>,
    file: u32,
    found: Vec<(Origin, String, String)>,
    /// Beyond [`limits::ZONE_FILE_PROBLEMS`].
    left_out: usize,
}

impl<'f> Problems<'f> {
    pub fn new(paths: Vec<&'f str>) -> Problems<'f> {
        Problems { paths, file: 0, found: Vec::new(), left_out: 0 }
    }

    /// From now on, positions are in this file.
    pub fn enter(&mut self, file: u32) {
        self.file = file;
    }

    pub fn file(&self) -> u32 {
        self.file
    }

    /// How many problems there are: two equal counts mean that nothing was found between them.
    pub fn count(&self) -> usize {
        self.found.len() + self.left_out
    }

    /// Whether further problems are only counted.
    pub fn is_full(&self) -> bool {
        self.found.len() >= limits::ZONE_FILE_PROBLEMS
    }

    /// A problem in the file that is being read.
    pub fn add(&mut self, at: Position, message: impl Into<String>, hint: impl Into<String>) {
        self.add_at(Origin { file: self.file, at }, message, hint);
    }

    pub fn add_at(&mut self, origin: Origin, message: impl Into<String>, hint: impl Into<String>) {
        if self.is_full() {
            self.left_out += 1;
        } else {
            self.found.push((origin, message.into(), hint.into()));
        }
    }

    /// Sorted by file, line and column.
    pub fn into_diagnostics(mut self) -> Vec<Diagnostic> {
        self.found.sort();
        self.found.dedup();
        let mut diagnostics: Vec<Diagnostic> = self
            .found
            .into_iter()
            .map(|(origin, message, hint)| Diagnostic {
                file: self.paths[origin.file as usize].to_owned(),
                line: origin.at.line,
                column: origin.at.column,
                message,
                hint,
            })
            .collect();
        if self.left_out > 0
            && let Some(last) = diagnostics.last().cloned()
        {
            let message = format!("{} more problems are not shown", self.left_out);
            diagnostics.push(Diagnostic { message, hint: "mend these first".to_owned(), ..last });
        }
        diagnostics
    }
}
