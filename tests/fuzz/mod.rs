//! What the fuzzer attacks (`make fuzz`), run briefly: every file of its corpus, and arbitrary bytes.

#[path = "../../fuzz/bodies.rs"]
mod bodies;

use std::path::Path;

use proptest::prelude::*;

/// Files of a target's corpus; fewer than these means that it was lost.
const LEAST: usize = 5;

fn corpus(target: &str, body: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let files = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut count = 0;
    for file in files {
        body(&std::fs::read(file.unwrap().path()).unwrap());
        count += 1;
    }
    assert!(count >= LEAST, "{count} files in {}", folder.display());
}

#[test]
fn the_corpus_of_updates_is_read() {
    corpus("update", bodies::update);
}

#[test]
fn the_corpus_of_markup_is_cut() {
    corpus("html", bodies::html);
}

#[test]
fn the_corpus_of_callback_data_is_read() {
    corpus("callback", bodies::callback);
}

proptest! {
    #[test]
    fn no_bytes_break_the_reading_of_updates(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        bodies::update(&bytes);
    }

    #[test]
    fn no_bytes_break_markup(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        bodies::html(&bytes);
    }

    #[test]
    fn no_markup_breaks_when_it_is_cut(limit in 0u16..40, parts in proptest::collection::vec(
        prop::sample::select(vec!["<b>", "</b>", "<i>", "</i>", "&lt;", "&#128512;", "😀", "x", "<a href=\"https://x.y/\">", "</a>", "&", "\n"]),
        0..40,
    )) {
        let text = parts.concat();
        bodies::html(&[&limit.to_be_bytes(), text.as_bytes()].concat());
    }

    #[test]
    fn no_bytes_break_callback_data(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
        bodies::callback(&bytes);
    }
}
