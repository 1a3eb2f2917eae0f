//! Changes that take a moment to reach all name servers (C-3).

use jiff::{RoundMode, Timestamp, TimestampRound, Unit};

use crate::model::{ChangeId, ChangeRecord};

use super::error::{ApiError, ErrorCode};
use super::id::Prefix;
use super::reply::{Outcome, Reply};
use super::request::Request;
use super::xml::XmlWriter;
use super::{Drawn, Situation};

/// Whether all name servers answer by a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    Pending,
    InSync,
}

/// INSYNC once front ends answer from a snapshot that has the change. Without `--change-delay` they did before anybody
/// was told that it was made.
pub fn get(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let given = request.parameter();
    let found = Prefix::Change.read(given)?.and_then(|id: ChangeId| {
        let record = situation.account().registry().changes.get(&id)?.clone();
        Some((id, record))
    });
    let Some((id, record)) = found else {
        let message = format!("Could not find resource with ID: {}", Prefix::Change.stripped(given));
        return Err(ApiError::new(ErrorCode::NoSuchChange, message));
    };
    let is_served = situation.served.account().registry().changes.contains_key(&id);
    let status = if is_served { Status::InSync } else { Status::Pending };
    Ok(Reply::new(request.operation, |xml| write(xml, &id, status, &record)).into())
}

/// The ChangeInfo of a change that is about to be made.
pub fn write_new(xml: &mut XmlWriter, drawn: &Drawn, comment: Option<&str>) {
    let record = ChangeRecord { submitted_at: drawn.now, comment: comment.map(Box::from) };
    write(xml, &drawn.change_id(), Status::Pending, &record);
}

fn write(xml: &mut XmlWriter, id: &ChangeId, status: Status, record: &ChangeRecord) {
    xml.element("ChangeInfo", |xml| {
        xml.text("Id", &Prefix::Change.added(id));
        xml.text(
            "Status",
            match status {
                Status::Pending => "PENDING",
                Status::InSync => "INSYNC",
            },
        );
        xml.text("SubmittedAt", &time(record.submitted_at));
        xml.optional_text("Comment", record.comment.as_deref());
    });
}

/// `2019-06-12T20:47:57.052Z`.
pub fn time(timestamp: Timestamp) -> String {
    let milliseconds = TimestampRound::new().smallest(Unit::Millisecond).mode(RoundMode::Trunc);
    format!("{:.3}", timestamp.round(milliseconds).unwrap_or(timestamp))
}
