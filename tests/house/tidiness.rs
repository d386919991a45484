//! Length, names, and what must not be written into a repository.

use super::source::Source;
use super::{holds, notices};

/// A longer file is two things, unless it says why.
const LONGEST: usize = 400;
const EXCUSE: &str = "// Long because: ";

fn files_are_short(sources: &[Source]) -> Vec<String> {
    let rust = sources.iter().filter(|s| s.is_rust() && !s.is_all_test());
    rust.filter_map(|source| {
        let lines = source.first_test_line();
        let excused = source.text.lines().any(|line| line.trim_start().starts_with(EXCUSE));
        (lines > LONGEST && !excused)
            .then(|| format!("{}: {lines} lines; make two of it, or write why: `{EXCUSE}…`", source.path))
    })
    .collect()
}

/// Names that say nothing.
const VAGUE: [&str; 8] = ["util", "utils", "common", "helper", "helpers", "manager", "misc", "stuff"];

fn names_say_something(sources: &[Source]) -> Vec<String> {
    let mut complaints = Vec::new();
    for source in sources.iter().filter(|s| s.is_rust()) {
        let parts = source.path.split(['/', '.', '_', '-']);
        if let Some(word) = parts.into_iter().find(|part| VAGUE.contains(part)) {
            complaints.push(format!("{}: “{word}” says nothing", source.path));
        }
        for line in source.production() {
            let words = line.code.split(|c: char| !c.is_alphanumeric() && c != '_');
            let mut pairs = words.clone().zip(words.skip(1));
            let vague = pairs.find(|(keyword, name)| {
                let is_type = ["struct", "enum", "trait"].contains(keyword)
                    && ["Manager", "Helper", "Util", "Utils"].iter().any(|end| name.ends_with(end));
                is_type || (*keyword == "mod" && VAGUE.contains(name))
            });
            if let Some((_, name)) = vague {
                complaints.push(format!("{}:{}: “{name}” says nothing", source.path, line.number));
            }
        }
    }
    complaints
}

/// Folders of one machine, and package registries by host: a clone works wherever it stands and whatever mirror it has.
/// Written in halves, so that this file does not complain about itself.
fn machine_words() -> Vec<String> {
    let halves = [
        ("/wo", "rk/"),
        ("/home", "/"),
        ("/ro", "ot/"),
        ("/Us", "ers/"),
        ("index.crates", ".io"),
        ("static.crates", ".io"),
        ("pypi", ".org"),
        ("files.python", "hosted.org"),
        ("registry-1.docker", ".io"),
        ("registry.npm", "js.org"),
    ];
    halves.iter().map(|(a, b)| format!("{a}{b}")).collect()
}

fn no_machine_in_the_repository(sources: &[Source]) -> Vec<String> {
    let words = machine_words();
    let mut complaints = Vec::new();
    // Cargo's lock file names where crates come from; that is its purpose.
    for source in sources.iter().filter(|s| s.file_name() != "Cargo.lock") {
        for (number, line) in source.text.lines().enumerate() {
            let is_path = |word: &str, at: usize| {
                let before = line[..at].chars().next_back();
                !word.starts_with('/') || !before.is_some_and(|c| c.is_alphanumeric() || "./}_-~$>)".contains(c))
            };
            let found = words.iter().find(|word| line.match_indices(word.as_str()).any(|(at, _)| is_path(word, at)));
            if let Some(word) = found {
                complaints.push(format!("{}:{}: {word} belongs to one machine", source.path, number + 1));
            }
        }
    }
    complaints
}

/// A line that a merge left behind. Written in halves, as above.
fn no_merge_left_open(sources: &[Source]) -> Vec<String> {
    let marks = ["<", ">"].map(|mark| format!("{} ", mark.repeat(7)));
    let mut complaints = Vec::new();
    for source in sources {
        let open = |line: &&str| marks.iter().any(|mark| line.starts_with(mark.as_str()));
        if let Some(line) = source.text.lines().find(open) {
            complaints.push(format!("{}: a merge left open: {line}", source.path));
        }
    }
    complaints
}

#[test]
fn merges_are_finished() {
    holds(no_merge_left_open);
}

#[test]
fn an_open_merge_is_noticed() {
    let open = format!("a\n{} HEAD\nb\n", "<".repeat(7));
    notices(no_merge_left_open, ("README.md", &open), ("README.md", "a << b"));
}

#[test]
fn no_file_is_two_things() {
    holds(files_are_short);
}

#[test]
fn a_long_file_is_noticed() {
    let long = "fn line() {}\n".repeat(LONGEST + 1);
    let excused = format!("{EXCUSE}it is a table\n{long}");
    notices(files_are_short, ("src/leads/model.rs", &long), ("src/leads/model.rs", &excused));
    let tested = format!("#[cfg(test)]\nmod tests {{\n{long}}}");
    notices(files_are_short, ("emulator/src/main.rs", &long), ("emulator/src/main.rs", &tested));
}

#[test]
fn names_are_names() {
    holds(names_say_something);
}

#[test]
fn a_vague_name_is_noticed() {
    notices(names_say_something, ("src/leads/utils.rs", ""), ("src/leads/score.rs", ""));
    notices(
        names_say_something,
        ("src/leads/mod.rs", "pub struct LeadManager;"),
        ("src/leads/mod.rs", "pub struct Lead;"),
    );
    notices(names_say_something, ("src/leads/mod.rs", "mod helpers;"), ("src/leads/mod.rs", "mod store;"));
}

#[test]
fn nothing_of_one_machine_is_committed() {
    holds(no_machine_in_the_repository);
}

#[test]
fn a_path_of_one_machine_is_noticed() {
    let path = format!("cp {}shared/x .", machine_words()[0]);
    notices(no_machine_in_the_repository, ("docker/setup", &path), ("docker/setup", "cp target/net/work/x ."));
    let host = format!("index-url = https://{}/simple", machine_words()[6]);
    notices(no_machine_in_the_repository, ("pip.conf", &host), ("pip.conf", "index-url = $INDEX"));
}
