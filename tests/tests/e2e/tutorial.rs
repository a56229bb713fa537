//! docs/tutorial.md, done word for word: every command is run in one shell, in order, and prints what the page says.
//!
//! Ports are free ones in place of the page's, `make dev` starts the program that it would build, and the last step meets a
//! scripted AWS.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufRead as _, BufReader, Write as _},
    os::unix::fs::symlink,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use keyfront_tests::{artefacts, scripted_aws::ScriptedAws, stack::Stack};
use tempfile::TempDir;

/// What the commands print to standard error.
const COMPLAINTS: &str = "stderr";
/// What stands behind the last line of a command's output, before its status.
const MARK: &str = "== the command has ended with";

#[tokio::test(flavor = "multi_thread")]
async fn every_command_of_the_tutorial_does_what_the_page_says() {
    let page = std::fs::read_to_string(artefacts::root().join("docs/tutorial.md")).unwrap();
    let steps = steps(&page);
    assert!(steps.len() > 15, "{} commands", steps.len());
    let aws = ScriptedAws::start().await;
    let mut reader = Reader::new(&aws);
    for step in steps {
        let runs = tokio::task::block_in_place(|| reader.take(&step));
        if let Err(why) = runs {
            panic!("{}\n{why}", step.command);
        }
    }
}

/// A command of the page, and what the page shows of its output.
struct Step {
    command: String,
    shown: Vec<String>,
}

fn steps(page: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for block in page.split("```").skip(1).step_by(2) {
        let mut lines = block.trim_matches('\n').lines();
        while let Some(line) = lines.next() {
            let Some(command) = line.strip_prefix("$ ") else {
                let step = steps.last_mut().expect("a command before its output");
                step.shown.push(line.to_owned());
                continue;
            };
            let mut command = command.to_owned();
            if command.contains("<<'END'") {
                for line in lines.by_ref() {
                    command.push_str(&format!("\n{line}"));
                    if line == "END" {
                        break;
                    }
                }
            }
            let shown = Vec::new();
            steps.push(Step { command, shown });
        }
    }
    steps
}

/// Who reads the page: a folder like the clone, a shell, and the system once it runs.
struct Reader {
    folder: TempDir,
    shell: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    stack: Option<Stack>,
    built: bool,
    addresses: BTreeMap<&'static str, String>,
}

impl Reader {
    fn new(aws: &ScriptedAws) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for built in ["target", "dist", "Makefile"] {
            symlink(artefacts::root().join(built), folder.path().join(built)).unwrap();
        }
        let environment = aws.keyfront(&[]);
        let mut shell = Command::new("bash");
        for (name, value) in environment.as_std().get_envs() {
            match value {
                Some(value) => shell.env(name, value),
                None => shell.env_remove(name),
            };
        }
        let complaints = File::create(folder.path().join(COMPLAINTS)).unwrap();
        let mut shell = shell
            .current_dir(folder.path())
            .stderr(complaints)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            folder,
            input: shell.stdin.take().unwrap(),
            output: BufReader::new(shell.stdout.take().unwrap()),
            shell,
            stack: None,
            built: false,
            addresses: BTreeMap::new(),
        }
    }

    fn take(&mut self, step: &Step) -> Result<(), String> {
        if let Some(flags) = step.command.strip_prefix("make dev ARGS=") {
            self.start(flags.trim_matches('"'));
            return Ok(());
        }
        if let Some(targets) = step.command.strip_prefix("make ") {
            self.built |= targets.split(' ').any(|target| target == "build");
            return self.run(&format!("make --dry-run {targets} > /dev/null"), &[]);
        }
        // `make dev` builds what it runs, which are not all commands.
        if step.command.contains("keyfront ") && !self.built {
            return Err("the page has not built the programs behind the commands yet".to_owned());
        }
        let mut command = step.command.clone();
        for (shown, own) in &self.addresses {
            command = command.replace(shown, own);
        }
        self.run(&command, &step.shown)
    }

    /// The page's ports are the defaults.
    fn start(&mut self, flags: &str) {
        let mut flags: Vec<&str> = flags.split(' ').collect();
        let mut state = ".keyfront";
        if let Some(at) = flags.iter().position(|flag| *flag == "--state") {
            state = flags[at + 1];
            flags.drain(at..at + 2);
        }
        let site = self.folder.path().join("site.json");
        let site = site.to_str().unwrap();
        let flags = flags.iter().map(|flag| match *flag {
            "site.json" => site,
            flag => flag,
        });
        self.stack = None;
        let stack = Stack::start_at(&self.folder.path().join(state), &flags.collect::<Vec<_>>());
        self.addresses = BTreeMap::from([
            ("https://localhost:9443", stack.dev.cdn_url.clone()),
            ("http://127.0.0.1:9080", stack.dev.publish_url.clone()),
            ("http://127.0.0.1:9000", stack.dev.s3_url.clone()),
        ]);
        self.stack = Some(stack);
    }

    fn run(&mut self, command: &str, shown: &[String]) -> Result<(), String> {
        writeln!(self.input, "{command}\necho \"{MARK} $?\"").unwrap();
        let mut lines = Vec::new();
        let status = loop {
            let mut line = String::new();
            if self.output.read_line(&mut line).unwrap() == 0 {
                return Err("the shell has ended".to_owned());
            }
            // What prints no line at its end has the mark behind its last one.
            match line.split_once(MARK) {
                None => lines.push(line.trim_end_matches('\n').to_owned()),
                Some((last, status)) => {
                    lines.extend((!last.is_empty()).then(|| last.to_owned()));
                    break status.trim().to_owned();
                }
            }
        };
        let printed = lines.join("\n");
        if shown.is_empty() {
            return match status.as_str() {
                "0" => Ok(()),
                status => {
                    let complaints = self.folder.path().join(COMPLAINTS);
                    let complaints = std::fs::read_to_string(complaints).unwrap();
                    Err(format!(
                        "ends with {status}, printing\n{printed}\n{complaints}"
                    ))
                }
            };
        }
        let expected = shown.join("\n");
        match agrees(&printed, &expected) {
            true => Ok(()),
            false => Err(format!("prints\n{printed}\nand the page says\n{expected}")),
        }
    }
}

/// `...` stands for anything.
fn agrees(printed: &str, expected: &str) -> bool {
    let parts: Vec<&str> = expected.split("...").collect();
    let [first, .., last] = parts[..] else {
        return printed == expected;
    };
    let mut rest = match printed.strip_prefix(first) {
        Some(rest) => rest,
        None => return false,
    };
    for part in &parts[1..parts.len() - 1] {
        match rest.split_once(part) {
            Some((_, behind)) => rest = behind,
            None => return false,
        }
    }
    rest.ends_with(last)
}

impl Drop for Reader {
    fn drop(&mut self) {
        let _ = self.shell.kill();
        let _ = self.shell.wait();
    }
}

#[test]
fn dots_of_the_page_stand_for_anything_and_nothing_else_does() {
    for (printed, expected, agree) in [
        ("a", "a", true),
        ("a\nb", "a", false),
        ("a 1 b 2", "a ... b...", true),
        ("a 1 c 2", "a ... b...", false),
        ("xa", "...a", true),
        ("ax", "...a", false),
    ] {
        assert_eq!(agrees(printed, expected), agree, "{printed:?} {expected:?}");
    }
    assert!(steps("```\n$ a\nb\n$ c <<'END'\nd\nEND\n```").len() == 2);
}
