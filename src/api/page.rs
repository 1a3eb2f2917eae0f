//! Lists come in pages.

use data_encoding::BASE64URL_NOPAD;

use super::error::{ApiError, ErrorCode};
use super::request::Request;

/// How many items of a list a page has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageSize(pub usize);

impl PageSize {
    /// What the query key says, at most `limit`; without it, `default`.
    pub fn read(request: &Request<'_>, key: &'static str, default: usize, limit: usize) -> Result<PageSize, ApiError> {
        let Some(text) = request.query(key)? else { return Ok(PageSize(default)) };
        let digits = text.strip_prefix('+').unwrap_or(text);
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number {
            return Err(ApiError::constraint(key, text, "Member must be an integer"));
        }
        // More than a number can hold is more than the limit.
        match digits.parse::<usize>().unwrap_or(usize::MAX) {
            0 => Err(ApiError::constraint(key, text, "Member must have value greater than or equal to 1")),
            size => Ok(PageSize(size.min(limit))),
        }
    }

    /// One page of the items that come from its start on, and the first of the next.
    pub fn cut<T>(self, items: impl IntoIterator<Item = T>) -> Page<T> {
        let mut items: Vec<T> = items.into_iter().take(self.0 + 1).collect();
        let next = if items.len() > self.0 { items.pop() } else { None };
        Page { items, next }
    }
}

/// Some items of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Where the next page starts, if there is one.
    pub next: Option<T>,
}

/// A token for the page that starts at a key. What stands in it is nobody's business.
pub fn token(key: &str) -> String {
    BASE64URL_NOPAD.encode(key.as_bytes())
}

/// The key in the token of a request.
///
/// # Errors
///
/// The token is not one of ours: `InvalidPaginationToken` where the operation has that code, else `InvalidInput`.
pub fn read_token(request: &Request<'_>) -> Result<Option<String>, ApiError> {
    let Some(token) = request.query("nexttoken")? else { return Ok(None) };
    let key = BASE64URL_NOPAD.decode(token.as_bytes()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let invalid = "The value that you specified to get the second or subsequent page of results is invalid.";
    key.map(Some).ok_or_else(|| ApiError::new(code(request), invalid))
}

/// The code for a token that is not one of ours.
fn code(request: &Request<'_>) -> ErrorCode {
    let own = ErrorCode::InvalidPaginationToken;
    if own.is_of(request.operation) { own } else { ErrorCode::InvalidInput }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_knows_where_the_next_one_starts() {
        assert_eq!(PageSize(2).cut(1..=3), Page { items: vec![1, 2], next: Some(3) });
        assert_eq!(PageSize(3).cut(1..=3), Page { items: vec![1, 2, 3], next: None });
        assert_eq!(PageSize(3).cut(0..0), Page { items: vec![], next: None });
    }
}
