//! Where the queries for a public hosted zone are to be logged.

use super::arn::{self, ArnError};
use super::identifier::HostedZoneId;

/// There is one for a zone at the most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryLoggingConfig {
    pub hosted_zone: HostedZoneId,
    pub log_group: LogGroupArn,
}

/// The ARN of a log group of CloudWatch Logs: `arn:aws:logs:us-east-1:ACCOUNT:log-group:NAME`, with or without the `:*`
/// that CloudWatch itself puts behind it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LogGroupArn(Box<str>);

impl LogGroupArn {
    pub fn parse(text: &str) -> Result<LogGroupArn, ArnError> {
        const FORM: &str = "arn:aws:logs:us-east-1:ACCOUNT:log-group:NAME";
        let name = arn::resource(text, "logs", FORM)?.strip_prefix("log-group:");
        let name = name.map(|name| name.strip_suffix(":*").unwrap_or(name));
        // CreateLogGroup.
        let is_name = |name: &str| {
            let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-_/#".contains(&byte);
            (1..=512).contains(&name.len()) && name.bytes().all(is_allowed)
        };
        name.filter(|name| is_name(name)).map(|_| LogGroupArn(text.into())).ok_or(ArnError::Malformed(FORM))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arn_is_that_of_a_log_group() {
        for arn in [
            "arn:aws:logs:us-east-1:123456789012:log-group:/aws/route53/example.com",
            "arn:aws:logs:us-east-1:123456789012:log-group:a:*",
        ] {
            assert_eq!(LogGroupArn::parse(arn).unwrap().as_str(), arn);
        }
        for arn in [
            "arn:aws:logs:us-east-1:123456789012:log-group:",
            "arn:aws:logs:us-east-1:123456789012:log-group:*",
            "arn:aws:logs:us-east-1:123456789012:log-group:a:log-stream:b",
            "arn:aws:logs:us-east-1:123456789012:a",
            "arn:aws:logs:us-east-1:1:log-group:a",
        ] {
            assert!(matches!(LogGroupArn::parse(arn), Err(ArnError::Malformed(_))), "{arn}");
        }
        let elsewhere = LogGroupArn::parse("arn:aws:logs:us-west-2:123456789012:log-group:a");
        assert_eq!(elsewhere, Err(ArnError::OtherRegion("us-west-2".into())));
    }
}
