//! Whether a model is what its template says, found out by asking it.
//!
//! The one idea: two things go wrong in silence, a marker that is no token and a model that was never shown a hole. The
//! first is read off the vocabulary, the second is seen when it cannot close a hole whose filling stands beside it.
//!
//! Deliberately absent: printing.

use std::{fmt, ops::ControlFlow};

use il_engine::{CancelToken, Context, fim};

use crate::{
    engine::pieces,
    model::{Ask, LlamaModel},
    settings::LlamaError,
    wire::Extent,
};

/// Holes with what goes into them. What stands before the first three does not say it: a model that cannot see behind
/// a hole cannot close them.
const HOLES: [Hole; 5] = [
    Hole {
        before: "def load_limit():\n    return ",
        after: "\n\nassert load_limit() == 417\n",
        filling: "417",
    },
    Hole {
        before: "def read_line(path):\n    ",
        after: " = open_file()\n    print(handle)\n",
        filling: "handle",
    },
    Hole {
        before: "function find_color(): number {\n    return ",
        after: ";\n}\n\nexpect(find_color()).toBe(\"silver\");\n",
        filling: "\"silver\"",
    },
    Hole {
        before: "def add(left, right):\n    return left + ",
        after: "\n",
        filling: "right",
    },
    Hole {
        before: "class Point:\n    width: int\n    height: int\n    depth: int\n\nprint(point.width, point.height, point.",
        after: ")\n",
        filling: "depth",
    },
];
/// Of these, how many only say behind the hole what belongs into it.
const BEHIND: usize = 3;

#[derive(Clone, Copy, Debug)]
struct Hole {
    before: &'static str,
    after: &'static str,
    filling: &'static str,
}

/// What was found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub template: String,
    /// Holes that were closed as they should be, of how many.
    pub closed: usize,
    pub holes: usize,
    pub findings: Vec<Finding>,
}

impl Report {
    /// Nothing is wrong that would spoil answers.
    pub fn is_good(&self) -> bool {
        self.findings.iter().all(|it| !it.is_fatal())
    }
}

/// Something to know about a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// A marker is not what the template says.
    Marker(fim::Finding),
    /// The file names other tokens for holes than the template does.
    Others { role: &'static str, token: String },
    /// It closed no hole by what stands behind it: the first one, and what it said instead.
    Open { filling: String, said: String },
    /// Said of models of this name.
    Remark(String),
}

impl Finding {
    /// Answers will be rubbish.
    pub fn is_fatal(&self) -> bool {
        match self {
            Self::Marker(it) => it.needed,
            Self::Open { .. } => true,
            Self::Others { .. } | Self::Remark(_) => false,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Marker(it) => it.fmt(f),
            Self::Others { role, token } => write!(
                f,
                "the file's own token for the {role} is `{token}`, which the template does not use"
            ),
            Self::Open { filling, said } => write!(
                f,
                "it closes no hole by what stands behind it: where `{filling}` belongs it says `{said}`; it may be another template's, or not trained for holes"
            ),
            Self::Remark(it) => f.write_str(it),
        }
    }
}

impl LlamaModel {
    /// Proves that each marker is one token and that the model closes trivial holes; what is wrong otherwise.
    pub fn check(&self) -> Result<Report, LlamaError> {
        let template = self.template();
        let failed = std::cell::RefCell::new(None);
        let encode = |text: &str| match self.tokens(text, true) {
            Ok(tokens) => tokens.into_iter().map(|it| it.0).collect(),
            Err(error) => {
                failed.replace(Some(error));
                Vec::new()
            }
        };
        let markers = template.check(&encode);
        if let Some(error) = failed.into_inner() {
            return Err(error);
        }
        let mut findings: Vec<Finding> = markers.into_iter().map(Finding::Marker).collect();
        findings.extend(self.other_tokens());
        let (mut closed, mut behind, mut wrong) = (0, 0, None);
        // Without its markers there is no prompt.
        if !findings.iter().any(Finding::is_fatal) {
            for (index, hole) in HOLES.into_iter().enumerate() {
                let said = self.close(hole)?;
                if said.trim() == hole.filling {
                    closed += 1;
                    behind += usize::from(index < BEHIND);
                } else {
                    wrong.get_or_insert((hole.filling.to_owned(), said));
                }
            }
            if let (0, Some((filling, said))) = (behind, wrong) {
                findings.push(Finding::Open { filling, said });
            }
        }
        findings.extend(self.remark().map(|it| Finding::Remark(it.to_owned())));
        Ok(Report {
            template: template.id.to_string(),
            closed,
            holes: HOLES.len(),
            findings,
        })
    }

    fn other_tokens(&self) -> Vec<Finding> {
        let used = self.template().used();
        let roles = ["prefix", "suffix", "middle"].into_iter();
        let named = roles.zip(&self.info().fim);
        let others = named.filter(|it| !it.1.is_empty() && !used.contains(&it.1.as_str()));
        let finding = |(role, token): (&'static str, &String)| Finding::Others {
            role,
            token: token.clone(),
        };
        others.map(finding).collect()
    }

    fn close(&self, hole: Hole) -> Result<String, LlamaError> {
        let context = Context {
            path: "hole.py".into(),
            language: "python".into(),
            comment: "#".into(),
            prefix: hole.before.into(),
            suffix: hole.after.into(),
            ..Context::default()
        };
        let stops = self.template().stops.iter().map(ToString::to_string);
        let ask = Ask {
            prompt: pieces(self.template(), &context),
            extent: Extent::Line,
            stops: stops.collect(),
            ..Ask::text("", 24)
        };
        let mut said = String::new();
        let mut hear = |text: &str, _| {
            said.push_str(text);
            ControlFlow::Continue(())
        };
        self.generate(&ask, &CancelToken::new(), &mut hear)?;
        Ok(said)
    }
}
