//! What `keyfront audit` prints: each finding as it is found on standard output, progress on standard error.
//!
//! Keys of objects are what publishers chose: they are shown so that no terminal and no spreadsheet obeys them.

use clap::ValueEnum;
use serde_json::json;

use keyfront_cli::report::{note, printable};

use super::{Finding, Tally, batch::Job};
use crate::objects::result_stream::ResultStream;

/// How findings are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Human-readable lines
    Table,
    /// One JSON object per line, the last one a summary
    Json,
    /// RFC 4180, with cells that spreadsheets do not read as formulas
    Csv,
}

/// Where findings go.
pub(crate) struct Reporter {
    format: Format,
    stream: ResultStream,
}

impl Reporter {
    pub(crate) fn new(format: Format) -> Self {
        Self {
            format,
            stream: ResultStream::new(),
        }
    }

    /// Begins, or goes on after so many objects.
    pub(crate) fn begin(&mut self, earlier: Option<u64>) -> anyhow::Result<()> {
        if let Some(objects) = earlier {
            note(format_args!(
                "Resuming after {objects} objects; the earlier run reported their findings."
            ));
        } else if self.format == Format::Csv {
            self.stream.write("level,code,subject,key,detail,fix\r\n")?;
        }
        Ok(())
    }

    pub(crate) fn report(&mut self, finding: &Finding) -> anyhow::Result<()> {
        match self.format {
            Format::Table => self.stream.write(&row(finding)),
            Format::Json => self.stream.write_json(&object(finding)),
            Format::Csv => self.stream.write(&record(finding)),
        }
    }

    pub(crate) fn advance(&mut self, tally: &Tally, key: &str) {
        let message = || {
            format!(
                "{} objects, {} violations, at {}",
                tally.objects,
                tally.violations,
                printable(key)
            )
        };
        self.stream.advance(tally.objects, message);
    }

    /// The job that was created.
    pub(crate) fn job(&mut self, job: &Job) -> anyhow::Result<()> {
        if self.format == Format::Json {
            let line = json!({
                "kind": "job",
                "id": job.id,
                "objects": job.objects,
                "report": job.report,
                "follow": job.follow,
            });
            self.stream.write_json(&line)?;
        }
        note(format_args!(
            "S3 Batch Operations job {} changes {} objects. Follow it with `{}`; what fails is listed below {}. Audit again \
             when it is complete.",
            job.id,
            job.objects,
            printable(&job.follow),
            printable(&job.report)
        ));
        Ok(())
    }

    /// The summary of an audit that came to its end.
    pub(crate) fn end(&mut self, tally: &Tally) -> anyhow::Result<()> {
        self.sum_up(tally, true)
    }

    /// The summary of an audit that did not.
    pub(crate) fn end_early(&mut self, tally: &Tally) -> anyhow::Result<()> {
        self.sum_up(tally, false)
    }

    fn sum_up(&mut self, tally: &Tally, complete: bool) -> anyhow::Result<()> {
        self.stream.end_progress();
        if self.format == Format::Json {
            let verdict = complete.then(|| tally.verdict().name());
            self.stream.write_summary(json!(tally), verdict)?;
        }
        self.flush()?;
        note(format_args!(
            "{} objects ({} envelopes): {} violations, {} fixed, {} not checked, {} info{}",
            tally.objects,
            tally.envelopes,
            tally.violations,
            tally.fixed,
            tally.not_checked,
            tally.info,
            if complete { "." } else { "; so far." }
        ));
        Ok(())
    }

    /// Writes out everything that was reported.
    pub(crate) fn flush(&mut self) -> anyhow::Result<()> {
        self.stream.flush()
    }
}

fn row(finding: &Finding) -> String {
    let subject = match finding.subject.key() {
        Some(key) => format!("{} {}", finding.subject.kind(), printable(key)),
        None => finding.subject.kind().to_owned(),
    };
    let fix = match &finding.fix {
        Some(fix) => format!(" [{fix}]"),
        None => String::new(),
    };
    format!(
        "{:<12} {:<25} {subject}: {}{}\n",
        finding.level().name(),
        finding.code.name(),
        printable(&finding.detail),
        printable(&fix)
    )
}

fn object(finding: &Finding) -> serde_json::Value {
    json!({
        "kind": "finding",
        "level": finding.level().name(),
        "code": finding.code.name(),
        "subject": finding.subject.kind(),
        "key": finding.subject.key(),
        "detail": finding.detail,
        "fix": finding.fix.as_ref().map(ToString::to_string),
    })
}

fn record(finding: &Finding) -> String {
    let fix = finding.fix.as_ref().map(ToString::to_string);
    let cells = [
        finding.level().name(),
        finding.code.name(),
        finding.subject.kind(),
        finding.subject.key().unwrap_or_default(),
        &finding.detail,
        fix.as_deref().unwrap_or_default(),
    ];
    let cells: Vec<String> = cells.into_iter().map(cell).collect();
    format!("{}\r\n", cells.join(","))
}

/// A cell of RFC 4180. What a spreadsheet would take for a formula is kept from it by an apostrophe (OWASP, CSV
/// injection).
fn cell(text: &str) -> String {
    let guard = match text.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n') => "'",
        _ => "",
    };
    if guard.is_empty() && !text.contains([',', '"', '\r', '\n']) {
        return text.to_owned();
    }
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for (text, wanted) in [
            ("plain key.txt", "plain key.txt"),
            ("=HYPERLINK(\"x\")", "\"'=HYPERLINK(\"\"x\"\")\""),
            ("+1", "\"'+1\""),
            ("-1", "\"'-1\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("\tx", "\"'\tx\""),
            ("\rx", "\"'\rx\""),
            ("a,b", "\"a,b\""),
            ("a\"b", "\"a\"\"b\""),
            ("a\r\nb", "\"a\r\nb\""),
            ("a=b", "a=b"),
            ("", ""),
        ] {
            assert_eq!(cell(text), wanted, "{text:?}");
        }
    }
}
