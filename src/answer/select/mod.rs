//! The routing policies: one file each. A policy says which members a client could be given, and which of those
//! still in play it is given. Health is not its concern: `choose` leaves the unhealthy out.

pub mod failover;
pub mod geolocation;
pub mod geoproximity;
pub mod ip_based;
pub mod latency;
pub mod multi_value;
pub mod weighted;
