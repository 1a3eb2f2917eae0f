//! Extended errors (RFC 8914): why a response is not what its reader hoped for.

/// A reason, for programs and for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExtendedError {
    pub info_code: u16,
    /// Short: it goes into datagrams.
    pub text: &'static str,
}

impl ExtendedError {
    /// No text is longer.
    pub(super) const TEXT_BYTES: usize = 32;

    /// RFC 8914 §4.21.
    pub const NOT_AUTHORITATIVE: ExtendedError = ExtendedError { info_code: 20, text: "no zone here holds the name" };
    /// RFC 8914 §4.22.
    pub const NO_OTHER_CLASS: ExtendedError = ExtendedError { info_code: 21, text: "class is not IN" };
    /// RFC 8914 §4.22: not "prohibited", for there is nobody who might.
    pub const NO_ZONE_TRANSFER: ExtendedError = ExtendedError { info_code: 21, text: "zones are not transferred" };
    /// RFC 8914 §4.1, for want of a code.
    pub const NO_UPSTREAM: ExtendedError = ExtendedError { info_code: 0, text: "no upstream" };
    /// RFC 8914 §4.1, for want of a code.
    pub const ALIAS_LIMIT: ExtendedError = ExtendedError { info_code: 0, text: "too many aliases" };
}
