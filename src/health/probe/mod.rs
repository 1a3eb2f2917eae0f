//! One probe of one endpoint: what is asked, over what, and what was found. The next one is the worker's affair.

mod http;
mod outcome;
pub mod tls;

pub use http::HttpProbe;
pub use outcome::{ProbeFinding, ProbeOutcome};
