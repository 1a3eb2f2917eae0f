//! Why something could not be asked of an API.

use std::fmt;

use crate::api::operation::Operation;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientError {
    /// Nobody answers at the endpoint; says which, and why.
    Unreachable { endpoint: String, reason: String },
    /// The connection broke after the request had begun to be sent: nobody knows whether it was done.
    Broken { operation: Operation, reason: String },
    /// The API says no, in its words. The code is AWS's.
    Refused { operation: Operation, code: String, message: String },
    /// What came back is not what the API answers.
    Unreadable { operation: Operation, problem: String },
}

impl ClientError {
    pub fn code(&self) -> Option<&str> {
        match self {
            ClientError::Refused { code, .. } => Some(code),
            _ => None,
        }
    }
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ClientError::Unreachable { endpoint, reason } => {
                write!(
                    f,
                    "no Route 53 API at {endpoint}: {reason}; is the server running with --api, and is --endpoint its address?"
                )
            }
            ClientError::Broken { operation, reason } => {
                write!(f, "{operation}: the answer did not come ({reason}), so it may have been done or not")
            }
            ClientError::Refused { operation, code, message } => {
                write!(f, "{operation} was refused: {code}: {message}")
            }
            ClientError::Unreadable { operation, problem } => {
                write!(f, "{operation}: the answer cannot be understood: {problem}")
            }
        }
    }
}

impl std::error::Error for ClientError {}
