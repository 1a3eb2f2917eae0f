//! Routing controls of Application Recovery Controller, as far as RECOVERY_CONTROL health checks look at them (HC-44).

use std::fmt;

/// The ARN that names a routing control, as text.
pub type RoutingControlArn = Box<str>;

/// The state of a routing control.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RoutingControlState {
    On,
    Off,
}

impl fmt::Display for RoutingControlState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            RoutingControlState::On => "On",
            RoutingControlState::Off => "Off",
        })
    }
}
