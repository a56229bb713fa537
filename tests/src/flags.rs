//! What sources and help texts say of flags: which ones they name, in which sentence, and which of them are defined.

/// The flags that a help text has a row for: prose, which is indented deeper, makes none known.
pub fn option_rows(help: &str) -> impl Iterator<Item = String> {
    let rows = help.lines().filter_map(|line| {
        let row = line.trim_start();
        (line.len() - row.len() <= 6 && row.starts_with('-')).then_some(row)
    });
    rows.filter_map(|row| flags(row).next())
}

/// The flags in a text, in their long form.
pub fn flags(text: &str) -> impl Iterator<Item = String> {
    text.match_indices("--").filter_map(|(at, _)| {
        let before = text[..at].chars().next_back().unwrap_or(' ');
        let name: String = text[at + 2..]
            .chars()
            .take_while(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '-')
            .collect();
        let name = name.trim_end_matches('-');
        let is_flag = !before.is_alphanumeric()
            && before != '-'
            && name.starts_with(|first: char| first.is_ascii_lowercase());
        is_flag.then(|| format!("--{name}"))
    })
}

/// The sentences of a source: comments and texts that go on over lines, each as one line.
pub fn sentences(source: &str) -> Vec<String> {
    let mut text = String::new();
    let mut goes_on = false;
    for line in source.lines().map(str::trim) {
        let comment = line.strip_prefix("//");
        let comment = comment.map(|rest| rest.trim_start_matches(['/', '!']));
        if comment.is_none() && !goes_on {
            text.push('\n');
        }
        let rest = comment.unwrap_or(line);
        text.push_str(rest.trim_end_matches('\\').trim_end());
        goes_on = comment.is_none() && line.ends_with('\\');
        match (comment, goes_on) {
            (None, true) => text.push(' '),
            (None, false) => text.push('\n'),
            (Some(_), _) => {}
        }
    }
    let sentences = text.lines().flat_map(|line| line.split(". "));
    let sentences = sentences.filter(|sentence| !sentence.is_empty());
    sentences.map(str::to_owned).collect()
}

/// A source up to its module of tests. What else is for tests alone, such as a constant, does not end it.
#[must_use]
pub fn before_tests(source: &str) -> &str {
    source.split("\nmod tests").next().unwrap_or_default()
}

/// A source without its tests, and without the lines that show another program's flags.
pub fn without_tests(source: &str) -> String {
    let lines = before_tests(source).lines().filter(|line| {
        !line.contains("curl ") && !line.contains("\"aws ") && !line.contains("`aws ")
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_is_known_by_its_row_in_the_help_alone() {
        let help = "Says --prose\n\nOptions:\n  -y, --yes\n          Ask nothing; see --other\n\n      --key <KEY>\n          \
                    --continued\n";
        assert!(option_rows(help).eq(["--yes", "--key"]));
    }

    #[test]
    fn a_sentence_is_whole_over_the_lines_it_is_written_on() {
        let source = "/// One with --a\n/// and `keyfront rewrap\n/// --b`. Two with --c.\nfail(\"three \\\n        --d\");\n";
        let sentences = sentences(source);
        assert!(sentences[0].contains("--a and `keyfront rewrap --b`"));
        assert!(sentences[1].contains("Two with --c"));
        assert!(sentences[2].contains("three --d"));
    }

    #[test]
    fn what_is_for_tests_alone_ends_a_source_only_where_it_is_a_module() {
        let source = "#[cfg(test)]\nconst ALL: u8 = 1;\nproduct\n\n#[cfg(test)]\nmod tests {\n    of_a_test\n}\n";
        let text = without_tests(source);
        assert!(text.contains("product") && !text.contains("of_a_test"));
    }
}
