//! Features of a hosted zone that are turned on and off (C-6).

/// What was said of each. `None` is a feature that nobody spoke of, which is off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HostedZoneFeatures {
    /// Of public zones.
    pub accelerated_recovery: Option<FeatureStatus>,
    /// Of private zones.
    pub public_dns_fallback: Option<FeatureStatus>,
}

/// Route 53's other statuses say of a moment that it lasts, or that something failed: never true here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FeatureStatus {
    Enabled,
    Disabled,
}

impl HostedZoneFeatures {
    /// What `newer` says, and else what is said here.
    pub fn changed_by(self, newer: HostedZoneFeatures) -> HostedZoneFeatures {
        HostedZoneFeatures {
            accelerated_recovery: newer.accelerated_recovery.or(self.accelerated_recovery),
            public_dns_fallback: newer.public_dns_fallback.or(self.public_dns_fallback),
        }
    }
}

impl FeatureStatus {
    /// As the API writes it.
    pub const fn name(self) -> &'static str {
        match self {
            FeatureStatus::Enabled => "ENABLED",
            FeatureStatus::Disabled => "DISABLED",
        }
    }
}
