//! The few colours of a picture: a light ground, dark and quiet words, one accent in two strengths.

/// What something is drawn with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ink {
    /// Behind everything.
    Ground,
    /// Words that matter.
    Text,
    /// Words beside them.
    Quiet,
    /// What parts one thing from another.
    Line,
    /// A bar.
    Whole,
    /// Its dark part.
    Part,
}

impl Ink {
    pub(super) const fn colour(self) -> &'static str {
        match self {
            Self::Ground => "#ffffff",
            Self::Text => "#1c2430",
            Self::Quiet => "#5b6675",
            Self::Line => "#e3e8ef",
            Self::Whole => "#a8c8f5",
            Self::Part => "#1d5fc4",
        }
    }
}
