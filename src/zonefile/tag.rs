//! Tags of hosted zones and health checks in a zone file: `tags: { team: shop }`.

use super::diagnostic::Problems;
use super::layout::Value;
use super::node::Node;
use crate::model::{Tags, limits};

/// What is wrong is told, and left out.
pub(super) fn read(node: Option<&Node<'_>>, problems: &mut Problems<'_>) -> Tags {
    let mut tags = Tags::new();
    for entry in node.and_then(|node| node.mapping("tags", problems)).unwrap_or_default() {
        let key = entry.key.as_str();
        let characters = key.chars().count();
        if !(1..=limits::TAG_KEY_CHARACTERS).contains(&characters) {
            let message = format!("the key of a tag has {characters} characters");
            problems.add(entry.at, message, format!("use 1 to {}", limits::TAG_KEY_CHARACTERS));
        }
        let Some(value) = entry.value.text("the value of a tag", problems) else { continue };
        let characters = value.chars().count();
        if characters > limits::TAG_VALUE_CHARACTERS {
            let message = format!("the value of the tag {key:?} has {characters} characters");
            problems.add(entry.value.at, message, format!("use at most {}", limits::TAG_VALUE_CHARACTERS));
        }
        tags.insert(key.into(), value.into());
    }
    if let Some(node) = node.filter(|_| tags.len() > limits::TAGS_PER_RESOURCE) {
        let message = format!("{} tags are more than {}", tags.len(), limits::TAGS_PER_RESOURCE);
        problems.add(node.at, message, "remove some");
    }
    tags
}

/// `None` without any.
pub(super) fn written(tags: Option<&Tags>) -> Option<Value> {
    let tags = tags.filter(|tags| !tags.is_empty())?;
    Some(Value::Mapping(tags.iter().map(|(key, value)| (Value::key(key), Value::text(value))).collect()))
}
