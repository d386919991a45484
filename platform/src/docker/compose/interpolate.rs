//! `$$`, `$NAME`, `${NAME}`, `${NAME:-default}` in values, and the lines of an env file.

use crate::docker::labels::Labels;

/// Puts the variables in; `Err` says which one is unknown or what is malformed.
pub(super) fn interpolate(text: &str, variables: &Labels) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            out.push('$');
            rest = after;
        } else if let Some(after) = rest.strip_prefix('{') {
            let (inside, after) = after.split_once('}').ok_or_else(|| "`${` without `}`".to_owned())?;
            let (name, default) = match inside.split_once(":-") {
                Some((name, default)) => (name, Some(default)),
                None => (inside, None),
            };
            out.push_str(&lookup(name, default, variables)?);
            rest = after;
        } else {
            let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
            out.push_str(&lookup(&rest[..end], None, variables)?);
            rest = &rest[end..];
        }
    }
    out.push_str(rest);
    Ok(out)
}

fn lookup(name: &str, default: Option<&str>, variables: &Labels) -> Result<String, String> {
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if !is_name {
        return Err(format!("`${name}` is not a variable; write `$$` for a dollar sign"));
    }
    match (variables.get(name).filter(|value| default.is_none() || !value.is_empty()), default) {
        (Some(value), _) => Ok(value.clone()),
        (None, Some(default)) => Ok(default.to_owned()),
        (None, None) => Err(format!("the variable {name} is not set in .env")),
    }
}

/// `NAME=value` lines; blank lines and `#` comments are skipped, one pair of surrounding quotes is taken off.
pub(super) fn env_file(text: &str) -> Labels {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.trim().to_owned(), unquote(value.trim()).to_owned()))
        .collect()
}

fn unquote(value: &str) -> &str {
    ['"', '\''].into_iter().find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote)).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_defaults_and_dollar_signs() {
        let variables = Labels::from([("A".into(), "1".into()), ("EMPTY".into(), String::new())]);
        let cases =
            [("$A-${A}", "1-1"), ("$$A", "$A"), ("${EMPTY:-x}${B:-y}", "xy"), ("plain", "plain"), ("${EMPTY}", "")];
        for (text, expected) in cases {
            assert_eq!(interpolate(text, &variables).as_deref(), Ok(expected), "{text}");
        }
        for text in ["$B", "${B}", "${A", "cost: 5$", "${A?no}"] {
            assert!(interpolate(text, &variables).is_err(), "{text}");
        }
    }

    #[test]
    fn env_files_keep_equal_signs_and_lose_quotes() {
        let env = env_file("# c\n\nA=1=2\nB = \"x y\"\nbroken\n");
        assert_eq!(env, Labels::from([("A".into(), "1=2".into()), ("B".into(), "x y".into())]));
    }
}
