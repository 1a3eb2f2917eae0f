//! Why an answer is what it is: an ordered chain of reasons, recorded only where somebody asks for it.

/// Takes down reasons. `()` takes none and costs nothing; `Vec<Step>` keeps them all.
pub trait Why {
    /// Whether reasons are kept: what is only needed to tell them need not be worked out otherwise.
    const KEEPS: bool;

    /// `step` is only called if the reason is kept.
    fn because(&mut self, step: impl FnOnce() -> Step);
}

impl Why for () {
    const KEEPS: bool = false;

    fn because(&mut self, _: impl FnOnce() -> Step) {}
}

impl Why for Vec<Step> {
    const KEEPS: bool = true;

    fn because(&mut self, step: impl FnOnce() -> Step) {
        self.push(step());
    }
}

/// One reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub topic: Topic,
    /// How many aliases have been followed: the indentation.
    pub depth: usize,
    pub text: String,
    /// Ids in the rule book.
    pub rules: &'static [&'static str],
}

/// What a reason is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    View,
    Zone,
    Name,
    Place,
    Group,
    Member,
    Choice,
    Alias,
    Cname,
    Result,
}

impl Topic {
    pub const fn name(self) -> &'static str {
        match self {
            Topic::View => "view",
            Topic::Zone => "zone",
            Topic::Name => "name",
            Topic::Place => "place",
            Topic::Group => "group",
            Topic::Member => "member",
            Topic::Choice => "choice",
            Topic::Alias => "alias",
            Topic::Cname => "cname",
            Topic::Result => "result",
        }
    }
}
