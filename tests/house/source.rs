//! The files of the repository as the rules read them.

use std::path::Path;

/// One text file.
pub(super) struct Source {
    /// From the root of the repository, with `/`.
    pub(super) path: String,
    pub(super) text: String,
}

/// A line of Rust without its comment.
pub(super) struct Line<'a> {
    pub(super) number: usize,
    pub(super) code: &'a str,
}

/// Made by building or by hand, not ours.
const NOT_OURS: [&str; 5] = ["target", ".git", "__pycache__", ".venv", "fuzz/corpus"];

/// Every text file that is or would be committed.
pub(super) fn repository() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    walk(root, root, &mut found);
    assert!(found.len() > 50, "the repository was not found: {} files", found.len());
    found
}

fn walk(root: &Path, folder: &Path, found: &mut Vec<Source>) {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    for entry in entries.flatten() {
        let path = entry.path();
        let name = entry.file_name();
        if NOT_OURS.iter().any(|other| name == *other || path.ends_with(other)) {
            continue;
        }
        if path.is_dir() {
            walk(root, &path, found);
        } else if let (Ok(text), Ok(relative)) = (std::fs::read_to_string(&path), path.strip_prefix(root)) {
            let path = relative.to_string_lossy().replace('\\', "/");
            found.push(Source { path, text });
        }
    }
}

impl Source {
    pub(super) fn of(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    pub(super) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    pub(super) fn file_name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    /// The hub and its platform: what runs in production.
    pub(super) fn is_shipped(&self) -> bool {
        self.is_rust()
            && (self.path.starts_with("src/") || self.path.starts_with("platform/src/"))
            && !self.is_all_test()
    }

    /// A file that holds nothing but tests.
    pub(super) fn is_all_test(&self) -> bool {
        let name = self.file_name();
        name == "tests.rs" || name.ends_with("_tests.rs") || self.path.split('/').any(|part| part == "tests")
    }

    /// The lines before the tests, without comments.
    pub(super) fn production(&self) -> impl Iterator<Item = Line<'_>> {
        let end = if self.is_all_test() { 0 } else { self.first_test_line() };
        self.lines().take(end)
    }

    /// The lines of the tests, without comments.
    pub(super) fn tests(&self) -> impl Iterator<Item = Line<'_>> {
        let start = if self.is_all_test() { 0 } else { self.first_test_line() };
        self.lines().skip(start)
    }

    fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        self.text.lines().enumerate().map(|(n, line)| Line { number: n + 1, code: without_comment(line) })
    }

    /// How many lines stand before `#[cfg(test)] mod tests {`.
    pub(super) fn first_test_line(&self) -> usize {
        let lines: Vec<&str> = self.text.lines().collect();
        let inline_tests = |n: &usize| {
            let next = lines.iter().skip(n + 1).find(|l| !l.trim_start().starts_with("#["));
            lines[*n].trim() == "#[cfg(test)]"
                && next.is_some_and(|l| l.contains("mod ") && l.trim_end().ends_with('{'))
        };
        (0..lines.len()).find(inline_tests).unwrap_or(lines.len())
    }
}

/// Good enough for our style: a comment begins at the start or behind white space.
fn without_comment(line: &str) -> &str {
    if line.trim_start().starts_with("//") {
        return "";
    }
    line.split_once(" // ").map_or(line, |(code, _)| code)
}

/// Where `word` stands in `code` as a whole path segment: not within another name.
pub(super) fn names(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '.')
    })
}

#[test]
fn tests_and_comments_are_told_from_code() {
    let source =
        Source::of("src/a.rs", "code();\n// sleep(\ncode(); // sleep(\n#[cfg(test)]\nmod tests {\n  sleep(1);\n}\n");
    assert!(source.production().all(|line| !line.code.contains("sleep(")));
    assert_eq!(source.production().count(), 3);
    assert!(source.tests().any(|line| line.code.contains("sleep(")));
    assert!(names("use redis::Client;", "redis::"));
    assert!(!names("my_redis::Client", "redis::"));
}
