//! The table: as text, and in its place in `docs/performance.md`.

use std::path::Path;

use anyhow::{Context as _, Result};

use super::figure::{Figure, Goal};

/// What stands between these two lines of the page is the bench's.
const BEGIN: &str = "<!-- make bench: begin -->";
const END: &str = "<!-- make bench: end -->";

/// Facts and figures as Markdown.
pub fn table(facts: &[(&str, String)], figures: &[Figure]) -> String {
    let mut text = String::new();
    for (name, value) in facts {
        text.push_str(&format!("- {name}: {value}\n"));
    }
    text.push_str("\n| figure | how | runs | median | spread | goal | |\n|---|---|--:|--:|--:|--:|---|\n");
    for figure in figures {
        let (least, most) = figure.spread();
        let goal = match figure.goal {
            None => "–".to_owned(),
            Some(Goal::AtMost(most)) => format!("≤ {}", figure.say(most)),
            Some(Goal::AtLeast(least)) => format!("≥ {}", figure.say(least)),
        };
        let verdict = match figure.is_kept() {
            Some(true) => "kept",
            Some(false) => "**missed**",
            None => "",
        };
        text.push_str(&format!(
            "| {} | {} | {} | {} | {} – {} | {goal} | {verdict} |\n",
            figure.what,
            figure.how,
            figure.values.len(),
            figure.say(figure.median()),
            figure.say(least),
            figure.say(most),
        ));
    }
    text
}

/// Puts the table into its place of the page.
///
/// # Errors
/// The page has no such place, or cannot be written.
pub fn rewrite(page: &Path, table: &str) -> Result<()> {
    let text = std::fs::read_to_string(page).with_context(|| format!("cannot read {}", page.display()))?;
    let text = placed(&text, table).with_context(|| format!("{} lost its lines {BEGIN} and {END}", page.display()))?;
    std::fs::write(page, text).with_context(|| format!("cannot write {}", page.display()))
}

fn placed(page: &str, table: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{table}{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::figure::Unit;

    #[test]
    fn a_new_table_takes_the_place_of_the_old_one() {
        let page = format!("above\n{BEGIN}\nold\n{END}\nbelow\n");
        let once = placed(&page, "new\n");
        assert_eq!(once.as_deref(), Some(format!("above\n{BEGIN}\nnew\n{END}\nbelow\n").as_str()));
        assert_eq!(once.and_then(|page| placed(&page, "new\n")), placed(&page, "new\n"));
        assert_eq!(placed("no place", "new\n"), None);
    }

    #[test]
    fn a_line_says_whether_the_goal_is_kept() {
        let figure = Figure::new("size", "weighed", Unit::Mebibytes, vec![10.0, 12.0, 11.0]);
        let line = |figure: Figure| table(&[], &[figure]).lines().last().map(str::to_owned);
        let kept = "| size | weighed | 3 | 11.0 MiB | 10.0 MiB – 12.0 MiB | ≤ 40.0 MiB | kept |";
        assert_eq!(line(figure.clone().at_most(40.0)).as_deref(), Some(kept));
        assert!(line(figure.clone().at_most(9.0)).is_some_and(|line| line.contains("missed")));
        assert!(line(figure).is_some_and(|line| line.ends_with("| – |  |")));
    }
}
