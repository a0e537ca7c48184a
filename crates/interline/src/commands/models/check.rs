//! `interline models check`: whether each file is still the one that came, what it says about itself, and whether it fills holes.
//!
//! The one idea: four witnesses (the manifest's hash, the file's header, the families' table, and the model itself, which is
//! shown a few holes) are heard one after another, and where one contradicts, that is what is said.
//!
//! Deliberately absent: what makes an answer good; a hole here has its filling beside it.

mod subject;

use std::fmt::Write as _;

use il_engine_llama::Report;
use il_models::{Facts, Store, Verdict, find, inspect};
use indicatif::HumanCount;
use serde_json::{Value, json};

use self::subject::Subject;
use super::unusable;
use crate::{
    cli::models::Check,
    failure::Exit,
    interrupt, models,
    progress::Bytes,
    terminal::{self, ERROR, FAINT, GOOD, STRONG, WARNING, styled},
};

pub(crate) fn run(args: &Check) -> anyhow::Result<Exit> {
    let store = models::store()?;
    let (installed, problems) = store.list()?;
    for problem in &problems {
        terminal::warning(problem);
    }
    let named = args.ids.iter().map(|it| Subject::named(it, &store));
    let mut wanted = named.collect::<anyhow::Result<Vec<Subject>>>()?;
    if args.ids.is_empty() {
        wanted = installed.into_iter().map(Subject::from).collect();
    }
    let mut findings = Vec::new();
    for model in &wanted {
        findings.push(look(&store, model, args)?);
    }
    if args.json {
        let models: Vec<Value> = findings.iter().map(Finding::json).collect();
        terminal::print_json(&json!({"models": models, "problems": problems}))?;
    } else if findings.is_empty() {
        terminal::say("no model is here: `interline models pull ID` fetches one");
    } else {
        let text: String = findings.iter().map(Finding::render).collect();
        terminal::print(&text)?;
    }
    let bad =
        findings.iter().any(|it| !it.is_good()) || (args.ids.is_empty() && !problems.is_empty());
    Ok(if bad { Exit::Nothing } else { Exit::Done })
}

/// What became of one model.
struct Finding<'a> {
    model: &'a Subject,
    /// None where it was not looked at.
    verdict: Option<Verdict>,
    /// None where it was not asked.
    asked: Option<Result<Report, String>>,
    facts: Result<Facts, String>,
    /// The template's id, or why there is none.
    template: Result<String, String>,
    remark: Option<String>,
}

fn look<'a>(store: &Store, model: &'a Subject, args: &Check) -> anyhow::Result<Finding<'a>> {
    let id = &model.id;
    let verdict = match &model.installed {
        Some(it) if !args.quick => {
            let bar = Bytes::new("reading it all");
            let size = it.manifest.size;
            let mut tell = |done| bar.at(done, Some(size), None);
            let verdict = store.verify(id, &interrupt::token(), &mut tell);
            Some(verdict.map_err(unusable)?)
        }
        _ => None,
    };
    let facts = inspect(&model.path).map_err(|error| error.to_string());
    let found = match &facts {
        Ok(facts) => facts.template(id).map_err(|error| error.to_string()),
        Err(_) => Err("its header cannot be read".to_owned()),
    };
    let remark = found.as_ref().ok().and_then(|it| it.remark.as_ref());
    let whole = matches!(verdict, None | Some(Verdict::Same));
    let asked = match &found {
        Ok(_) if whole && !args.quick && !args.file_only => model.ask(),
        _ => None,
    };
    Ok(Finding {
        asked,
        remark: remark.map(ToString::to_string),
        template: found.map(|it| it.template.id.to_string()),
        model,
        verdict,
        facts,
    })
}

impl Finding<'_> {
    /// The table says so.
    fn is_known_to_fill_none(&self) -> bool {
        find(&self.model.id).is_some_and(|it| it.family.is_none())
    }

    /// A model for chat or vectors needs no template.
    fn needs_template(&self) -> bool {
        find(&self.model.id).is_some_and(|it| it.family.is_some())
    }

    fn fills_holes(&self) -> bool {
        match &self.asked {
            None => true,
            Some(Ok(report)) => report.is_good(),
            Some(Err(_)) => false,
        }
    }

    /// What the model itself has shown.
    fn holes(&self, report: &Report) -> String {
        let mut told = format!("{} of {} closed", report.closed, report.holes);
        for finding in &report.findings {
            let _ = write!(told, "; {finding}");
        }
        told
    }

    fn is_good(&self) -> bool {
        let same = matches!(self.verdict, None | Some(Verdict::Same));
        let template = self.template.is_ok() || !self.needs_template();
        same && self.facts.is_ok() && template && self.fills_holes()
    }

    fn file(&self) -> String {
        let Some(installed) = &self.model.installed else {
            return self.model.path.display().to_string();
        };
        let manifest = &installed.manifest;
        let size = terminal::bytes(manifest.size);
        match &self.verdict {
            None => format!("{size}, not read"),
            Some(Verdict::Same) => format!("{size}, every byte as it came"),
            Some(Verdict::Missing) => "the file is gone: pull or add it again".into(),
            Some(Verdict::Size { found }) => format!(
                "{found} bytes instead of {}: remove it and pull it again",
                manifest.size
            ),
            Some(Verdict::Other { found }) => format!(
                "damaged: its hash is `{found}` and was `{}`; remove it and pull it again",
                manifest.sha256
            ),
        }
    }

    fn header(&self) -> String {
        let facts = match &self.facts {
            Ok(facts) => facts,
            Err(why) => return why.clone(),
        };
        let mut out = format!(
            "{}, {}",
            facts.name.as_deref().unwrap_or("no name"),
            facts.architecture
        );
        if let Some(quantisation) = &facts.quantisation {
            let _ = write!(out, ", {quantisation}");
        }
        let _ = write!(
            out,
            ", {} M parameters",
            HumanCount(facts.parameters / 1_000_000)
        );
        if let Some(context) = facts.context {
            let _ = write!(out, ", context {}", HumanCount(context));
        }
        if let Some(tokenizer) = &facts.tokenizer {
            let _ = write!(
                out,
                ", {} tokens of {tokenizer}",
                HumanCount(facts.vocabulary)
            );
        }
        out
    }

    fn render(&self) -> String {
        let (sign, style) = if self.is_good() {
            ("✓", GOOD)
        } else {
            ("✗", ERROR)
        };
        let mut out = String::new();
        let id = styled(STRONG, &self.model.id);
        let _ = writeln!(out, "{} {id}", styled(style, sign));
        let mut line = |what: &str, text: &str| {
            let _ = writeln!(out, "  {} {text}", styled(FAINT, &format!("{what:<9}")));
        };
        line("file", &self.file());
        line("header", &terminal::visible(&self.header()));
        match &self.template {
            Ok(id) => line("template", id),
            Err(_) if self.is_known_to_fill_none() => line("template", "none: it fills no holes"),
            Err(why) => line("template", why),
        }
        match &self.asked {
            None if !il_engine_llama::AVAILABLE && self.template.is_ok() => line(
                "holes",
                "not shown: this build has no llama.cpp (`--features llama`)",
            ),
            None => {}
            Some(Ok(report)) => line("holes", &terminal::visible(&self.holes(report))),
            Some(Err(why)) => line("holes", &format!("cannot be asked: {why}")),
        }
        if let Some(remark) = &self.remark {
            line("remark", &styled(WARNING, remark));
        }
        out
    }

    fn json(&self) -> Value {
        let verdict = match &self.verdict {
            None => "not read",
            Some(Verdict::Same) => "same",
            Some(Verdict::Other { .. }) => "other",
            Some(Verdict::Size { .. }) => "size",
            Some(Verdict::Missing) => "missing",
        };
        let facts = self.facts.as_ref().ok();
        let fim = facts.map(|it| {
            json!({
                "prefix": it.fim.prefix,
                "suffix": it.fim.suffix,
                "middle": it.fim.middle,
                "repository": it.fim.repository,
                "separator": it.fim.separator,
                "pad": it.fim.pad,
            })
        });
        json!({
            "id": self.model.id,
            "path": self.model.path.to_string_lossy(),
            "good": self.is_good(),
            "bytes": verdict,
            "sha256": self.model.installed.as_ref().map(|it| &it.manifest.sha256),
            "problem": self.facts.as_ref().err(),
            "architecture": facts.map(|it| &it.architecture),
            "name": facts.map(|it| &it.name),
            "quantisation": facts.map(|it| &it.quantisation),
            "parameters": facts.map(|it| it.parameters),
            "context": facts.map(|it| it.context),
            "vocabulary": facts.map(|it| it.vocabulary),
            "fim_tokens": fim,
            "template": self.template.as_ref().ok(),
            "no_template": self.template.as_ref().err(),
            "holes": self.asked.as_ref().map(|it| match it {
                Ok(report) => json!({
                    "closed": report.closed,
                    "of": report.holes,
                    "findings": report.findings.iter().map(ToString::to_string).collect::<Vec<_>>(),
                }),
                Err(why) => json!({"problem": why}),
            }),
        })
    }
}
