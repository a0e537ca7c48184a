//! What went wrong, in one sentence: what, where (model and host), what to do next.
//!
//! The one idea: a failure also says whether it may pass, so that who asks again and who counts failures need not read
//! sentences. Nothing of the server's own prose is passed on, and no key.
//!
//! Deliberately absent: asking again.

use std::time::Duration;

use il_egress::Trouble;
use il_engine::{EngineError, Outcome};
use il_privacy::Withheld;

use crate::{
    Dialect, Settings, breaker,
    fault::{About, Fault},
};

/// The name that people see in a message.
pub(crate) const ENGINE: &str = "remote";

/// Why one request gave nothing, or only half an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) kind: Kind,
    /// For people.
    pub(crate) why: String,
}

/// What can be done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The caller changed their mind.
    Cancelled,
    /// It may pass: worth another try, after what the server asked for.
    Passing(Option<Duration>),
    /// The connection was closed before anything came: it may have been an old one, and a new one is worth a try at once.
    Closed,
    /// It may pass, but not soon enough for another try.
    Slow,
    /// Not now: it is being loaded, or left alone.
    NotReady,
    /// It may not be asked.
    Refused,
    /// The model takes no temperature but its own: asked without one it may answer.
    Temperature,
    /// Somebody has to change something.
    Fixed,
}

impl Failure {
    pub(crate) fn cancelled() -> Self {
        Self {
            kind: Kind::Cancelled,
            why: String::new(),
        }
    }

    fn new(kind: Kind, why: String) -> Self {
        Self { kind, why }
    }

    /// It says something about the endpoint's health.
    pub(crate) fn counts(&self) -> bool {
        matches!(self.kind, Kind::Passing(_) | Kind::Closed | Kind::Slow)
    }

    /// How a call ended that ended so.
    pub(crate) fn into_outcome(self) -> Result<Outcome, EngineError> {
        match self.kind {
            Kind::Cancelled => Ok(Outcome::Cancelled),
            _ => Err(self.into_error()),
        }
    }

    fn into_error(self) -> EngineError {
        let (engine, why) = (ENGINE, self.why);
        match self.kind {
            Kind::NotReady => EngineError::NotReady { engine, why },
            Kind::Refused => EngineError::Refused { engine, why },
            Kind::Cancelled
            | Kind::Passing(_)
            | Kind::Closed
            | Kind::Slow
            | Kind::Temperature
            | Kind::Fixed => EngineError::Failed { engine, why },
        }
    }
}

/// It was kept from leaving.
pub(crate) fn withheld(settings: &Settings, why: &Withheld) -> Failure {
    let it = settings.choice.model_at_host();
    Failure::new(Kind::Refused, format!("{it} is not asked: {why}"))
}

/// The sentence for a connection that gave no answer, or broke.
pub(crate) fn of_trouble(settings: &Settings, trouble: Trouble) -> Failure {
    let it = settings.choice.model_at_host();
    let host = settings.choice.host();
    match trouble {
        Trouble::Cancelled => Failure::cancelled(),
        Trouble::Forbidden(why) => {
            Failure::new(Kind::Refused, format!("{it} may not be asked: {why}"))
        }
        Trouble::NothingListens(_) => Failure::new(
            Kind::Passing(None),
            format!("nothing listens at `{host}`: {}", start(settings)),
        ),
        Trouble::Unreachable(_) => Failure::new(
            Kind::Passing(None),
            format!("`{host}` cannot be reached: check its name and the network"),
        ),
        Trouble::TooSlow { step, seconds, .. } if step == "accept a connection" => Failure::new(
            Kind::Passing(None),
            format!("`{host}` did not {step} within {seconds} s: check its name and the network"),
        ),
        Trouble::TooSlow { step, seconds, .. } => Failure::new(
            Kind::Slow,
            format!(
                "{it} did not {step} within {seconds} s: it may be loading the model or be overloaded; raise `patience_seconds` if it is only slow"
            ),
        ),
        Trouble::BrokeOff(_) => broke_off(settings),
        Trouble::Endless { .. } => garbled(settings),
        Trouble::Tls { why, .. } => Failure::new(
            Kind::Fixed,
            format!(
                "no trusted connection to `{host}`: {why}; name its authority's certificate in `authorities`, or `http://` if it has none"
            ),
        ),
        Trouble::Other(_, why) => Failure::new(
            Kind::Fixed,
            format!(
                "{it} cannot be asked: {why}; check the URL `{}`",
                settings.choice.url
            ),
        ),
    }
}

/// The connection was closed before anything of an answer came.
pub(crate) fn closed(settings: &Settings) -> Failure {
    let it = settings.choice.model_at_host();
    let why = format!(
        "{it} closed the connection before it answered: ask again, and look into the server's log if it stays so"
    );
    Failure::new(Kind::Closed, why)
}

/// The stream ended before the answer did.
pub(crate) fn broke_off(settings: &Settings) -> Failure {
    let it = settings.choice.model_at_host();
    let why = format!(
        "{it} broke off in the middle of an answer: ask again, and look into the server's log if it stays so"
    );
    Failure::new(Kind::Passing(None), why)
}

/// What came is nothing that the dialect has.
pub(crate) fn garbled(settings: &Settings) -> Failure {
    let (it, word) = (
        settings.choice.model_at_host(),
        settings.choice.dialect.word(),
    );
    let why = format!(
        "{it} answers with something that `{word}` does not have: check the URL `{}` and what the server speaks",
        settings.choice.url
    );
    Failure::new(Kind::Fixed, why)
}

/// The endpoint is left alone.
pub(crate) fn of_open(settings: &Settings, open: &breaker::Open) -> Failure {
    let seconds = open.left.as_secs_f32().ceil();
    let when = match open.left.is_zero() {
        true => "as soon as the question on its way is answered".to_owned(),
        false => format!("in {seconds} s"),
    };
    let host = settings.choice.host();
    let why = format!(
        "`{host}` is left alone and asked again {when}: {}",
        open.why
    );
    Failure::new(Kind::NotReady, why)
}

/// What an error in the middle of a stream means.
pub(crate) fn of_fault(settings: &Settings, fault: &Fault) -> Failure {
    let status = fault.status().unwrap_or(match fault.about {
        Some(About::Overloaded | About::Loading) => 503,
        Some(About::TooLong | About::NoInsert | About::Temperature) => 400,
        Some(About::NoModel) => 404,
        Some(About::NoQuota) => 402,
        Some(About::Key) => 401,
        None => 500,
    });
    let said = fault.code.as_ref().map(|it| format!("`{it}`"));
    of_answer(
        settings,
        status,
        said.as_deref().unwrap_or("in its answer"),
        fault,
        None,
    )
}

/// What a bad status means.
pub(crate) fn of_status(
    settings: &Settings,
    status: u16,
    fault: &Fault,
    retry_after: Option<Duration>,
) -> Failure {
    let said = match &fault.code {
        Some(code) if *code != status.to_string() => format!("{status}, `{code}`"),
        _ => status.to_string(),
    };
    of_answer(settings, status, &said, fault, retry_after)
}

fn of_answer(
    settings: &Settings,
    status: u16,
    said: &str,
    fault: &Fault,
    retry_after: Option<Duration>,
) -> Failure {
    let it = settings.choice.model_at_host();
    let host = settings.choice.host();
    let model = match settings.choice.model.as_str() {
        "" => "it".to_owned(),
        model => format!("`{model}`"),
    };
    if let Some(about) = fault.about
        && let Some(failure) = of_about(settings, about, said, retry_after)
    {
        return failure;
    }
    let fixed = |why| Failure::new(Kind::Fixed, why);
    let passing = |why| Failure::new(Kind::Passing(retry_after), why);
    match status {
        300..=399 => fixed(format!(
            "`{host}` sends us elsewhere ({said}): name the URL that it leads to"
        )),
        401 => fixed(refused_key(settings, said)),
        402 => fixed(nothing_left(settings, said)),
        403 => fixed(format!(
            "`{host}` does not let {} use {model} ({said}): check what it may be used for, or name another model",
            key_name(settings)
        )),
        404 | 405 | 501 => fixed(format!(
            "`{host}` has nothing there for {it} ({said}): check the model's name, the URL `{}` and whether the server speaks `{}`",
            settings.choice.url,
            settings.choice.dialect.word()
        )),
        408 | 425 => passing(format!("{it} gave up waiting ({said}): ask again")),
        413 => fixed(format!(
            "`{host}` takes no prompt of this size ({said}): lower `context_tokens`"
        )),
        429 => passing(format!(
            "{it} has too many requests ({said}): {}; lower `concurrency` or raise the account's limit",
            later(retry_after)
        )),
        503 | 529 => passing(format!(
            "{it} is overloaded or not ready ({said}): {}",
            later(retry_after)
        )),
        502 | 504 => passing(format!(
            "what stands in front of {it} does not reach it ({said}): ask again, and see whether the model behind it runs"
        )),
        500.. => passing(format!(
            "{it} fails ({said}): ask again; its server's log or status page says why"
        )),
        _ => fixed(format!(
            "{it} does not accept the request ({said}): check that the model can do this and that the server speaks `{}`",
            settings.choice.dialect.word()
        )),
    }
}

fn of_about(
    settings: &Settings,
    about: About,
    said: &str,
    retry_after: Option<Duration>,
) -> Option<Failure> {
    let it = settings.choice.model_at_host();
    let host = settings.choice.host();
    let fixed = |why| Some(Failure::new(Kind::Fixed, why));
    match about {
        About::TooLong => fixed(format!(
            "the prompt is longer than {it} reads ({said}): lower `context_tokens` from {}, or give the server more context",
            settings.context_tokens
        )),
        About::NoModel => fixed(no_model(settings, said)),
        About::NoQuota => fixed(nothing_left(settings, said)),
        About::NoInsert => fixed(no_insert(settings, said)),
        About::Key => fixed(refused_key(settings, said)),
        About::Loading => Some(Failure::new(
            Kind::NotReady,
            format!("`{host}` is still loading its model ({said}): ask again in a moment"),
        )),
        About::Temperature => Some(Failure::new(
            Kind::Temperature,
            format!("{it} takes no `temperature` but its own ({said}): name another model"),
        )),
        About::Overloaded => Some(Failure::new(
            Kind::Passing(retry_after),
            format!(
                "{it} is overloaded or has had too many requests ({said}): {}",
                later(retry_after)
            ),
        )),
    }
}

fn later(retry_after: Option<Duration>) -> String {
    retry_after.map_or_else(
        || "it is asked again later".to_owned(),
        |it| format!("it wants to be asked again in {} s", it.as_secs()),
    )
}

/// The key as people know it.
fn key_name(settings: &Settings) -> String {
    match &settings.key_source {
        Some(source) => format!("the key of `{source}`"),
        None => "this key".to_owned(),
    }
}

fn refused_key(settings: &Settings, said: &str) -> String {
    let host = settings.choice.host();
    match settings.key {
        Some(_) => format!(
            "`{host}` does not accept {} ({said}): check that it is valid and made for this server",
            key_name(settings)
        ),
        None => format!(
            "`{host}` wants a key ({said}): say where it is kept, `key = \"env:NAME\"` or `\"file:PATH\"`"
        ),
    }
}

fn nothing_left(settings: &Settings, said: &str) -> String {
    let host = settings.choice.host();
    format!("the account at `{host}` has nothing left ({said}): check its plan and its limits")
}

fn no_model(settings: &Settings, said: &str) -> String {
    let (model, host) = (&settings.choice.model, settings.choice.host());
    match settings.choice.dialect {
        Dialect::Ollama | Dialect::OllamaFim => {
            format!(
                "`{host}` does not have the model `{model}` ({said}): run `ollama pull {model}`"
            )
        }
        _ => format!(
            "`{host}` does not have the model `{model}` ({said}): check its name, and that the key may use it"
        ),
    }
}

/// The commonest confusion: a model that cannot, or a server that does not know how.
fn no_insert(settings: &Settings, said: &str) -> String {
    let (model, it) = (&settings.choice.model, settings.choice.model_at_host());
    match settings.choice.dialect {
        Dialect::Ollama | Dialect::OllamaFim => format!(
            "Ollama's template of `{model}` has no place for the text behind the cursor ({said}): use `ollama-fim:{model}`, which writes the model's markers itself, or a model made for code, such as `qwen2.5-coder`"
        ),
        Dialect::OpenAi => format!(
            "{it} takes no `suffix` ({said}): use `openai-fim:{model}@{}`, which writes the model's markers itself",
            settings.choice.url
        ),
        Dialect::LlamaServer => format!(
            "the model at `{}` has no markers for a hole in its file ({said}): use `llama-server-fim:{}` with a `template`, or a model made for code",
            settings.choice.host(),
            settings.choice.url
        ),
        _ => format!("{it} cannot fill holes ({said}): use a model made for code"),
    }
}

/// How a server of this kind is started.
fn start(settings: &Settings) -> &'static str {
    match settings.choice.dialect {
        Dialect::Ollama | Dialect::OllamaFim => "start it with `ollama serve`, or name another URL",
        Dialect::LlamaServer | Dialect::LlamaServerFim => {
            "start `llama-server` there, or name another URL"
        }
        _ => "start the server, or name another URL",
    }
}
