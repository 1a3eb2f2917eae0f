//! What belongs to hosted zones beside their record sets: keys, query logging, protections, features.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::dnssec::{Dnssec, KeySigningKey, KeySigningKeyName, KeySigningKeyStatus, KmsKeyArn, ServeSignature};
use crate::model::hosted_zone_feature::{FeatureStatus, HostedZoneFeatures};
use crate::model::query_logging_config::{LogGroupArn, QueryLoggingConfig};
use crate::model::record_set_protection::{ProtectionKey, RecordSetProtection};
use crate::model::{DomainName, HostedZoneId, RecordType, SigningKeyPair};

use super::Damage;
use super::written::Written;

#[derive(Serialize, Deserialize)]
pub struct DnssecRow<'r> {
    is_signing: bool,
    #[serde(borrow)]
    keys: BTreeMap<&'r str, KeyRow<'r>>,
}

#[derive(Serialize, Deserialize)]
struct KeyRow<'r> {
    kms_arn: &'r str,
    #[serde(borrow)]
    private_key: &'r [u8],
    public_key: &'r [u8],
    is_active: bool,
    /// Nanoseconds since 1970.
    created_at: i128,
    modified_at: i128,
}

impl Written for Dnssec {
    type Row<'r> = DnssecRow<'r>;

    fn row(&self) -> Self::Row<'_> {
        let Dnssec { keys, serve_signature } = self;
        let keys = keys.iter().map(|(name, key)| {
            let KeySigningKey { kms_arn, key_pair, status, created_at, modified_at } = key;
            let row = KeyRow {
                kms_arn: kms_arn.as_str(),
                private_key: key_pair.private_key(),
                public_key: key_pair.public_key(),
                is_active: *status == KeySigningKeyStatus::Active,
                created_at: created_at.row(),
                modified_at: modified_at.row(),
            };
            (name.as_str(), row)
        });
        DnssecRow { is_signing: *serve_signature == ServeSignature::Signing, keys: keys.collect() }
    }

    fn read(row: Self::Row<'_>) -> Result<Self, Damage> {
        let keys = row.keys.into_iter().map(|(name, key)| {
            let name = KeySigningKeyName::parse(name).ok_or_else(|| Damage::of("a key has no name"))?;
            let public_key = key.public_key.try_into().map_err(|_| Damage::of("a public key has another length"))?;
            let key = KeySigningKey {
                kms_arn: KmsKeyArn::parse(key.kms_arn).map_err(Damage::of)?,
                key_pair: SigningKeyPair::new(key.private_key.into(), public_key),
                status: if key.is_active { KeySigningKeyStatus::Active } else { KeySigningKeyStatus::Inactive },
                created_at: Written::read(key.created_at)?,
                modified_at: Written::read(key.modified_at)?,
            };
            Ok((name, key))
        });
        let keys = keys.collect::<Result<_, Damage>>()?;
        let serve_signature = if row.is_signing { ServeSignature::Signing } else { ServeSignature::NotSigning };
        Ok(Dnssec { keys, serve_signature })
    }
}

impl Written for QueryLoggingConfig {
    /// The zone and the log group.
    type Row<'r> = (&'r str, &'r str);

    fn row(&self) -> Self::Row<'_> {
        let QueryLoggingConfig { hosted_zone, log_group } = self;
        (hosted_zone.row(), log_group.as_str())
    }

    fn read((hosted_zone, log_group): Self::Row<'_>) -> Result<Self, Damage> {
        let log_group = LogGroupArn::parse(log_group).map_err(Damage::of)?;
        Ok(QueryLoggingConfig { hosted_zone: HostedZoneId::read(hosted_zone)?, log_group })
    }
}

impl Written for ProtectionKey {
    /// The zone, the name and the type.
    type Row<'r> = (&'r str, &'r [u8], u16);

    fn row(&self) -> Self::Row<'_> {
        let ProtectionKey { hosted_zone, name, record_type } = self;
        (hosted_zone.row(), name.row(), record_type.row())
    }

    fn read((hosted_zone, name, record_type): Self::Row<'_>) -> Result<Self, Damage> {
        Ok(ProtectionKey {
            hosted_zone: HostedZoneId::read(hosted_zone)?,
            name: DomainName::read(name)?,
            record_type: RecordType::read(record_type)?,
        })
    }
}

impl Written for RecordSetProtection {
    /// The comment.
    type Row<'r> = Option<&'r str>;

    fn row(&self) -> Self::Row<'_> {
        self.comment.as_deref()
    }

    fn read(comment: Self::Row<'_>) -> Result<Self, Damage> {
        Ok(RecordSetProtection { comment: comment.map(Box::from) })
    }
}

impl Written for HostedZoneFeatures {
    /// Whether accelerated recovery and the public DNS fallback are on, if anybody spoke of them.
    type Row<'r> = (Option<bool>, Option<bool>);

    fn row(&self) -> Self::Row<'_> {
        let HostedZoneFeatures { accelerated_recovery, public_dns_fallback } = *self;
        let is_on = |status: Option<FeatureStatus>| status.map(|status| status == FeatureStatus::Enabled);
        (is_on(accelerated_recovery), is_on(public_dns_fallback))
    }

    fn read((accelerated_recovery, public_dns_fallback): Self::Row<'_>) -> Result<Self, Damage> {
        let status = |is_on: Option<bool>| {
            is_on.map(|is_on| if is_on { FeatureStatus::Enabled } else { FeatureStatus::Disabled })
        };
        Ok(HostedZoneFeatures {
            accelerated_recovery: status(accelerated_recovery),
            public_dns_fallback: status(public_dns_fallback),
        })
    }
}
