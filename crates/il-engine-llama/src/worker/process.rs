//! Starting a worker process, and what it says on its way out.
//!
//! The one idea: the environment that OpenMP reads when it is loaded can only be set from outside, so it is set here.
//!
//! Deliberately absent: the protocol.

use std::{
    env,
    io::{BufRead as _, BufReader},
    process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread::{self, JoinHandle},
};

use crate::settings::{LlamaError, Program};

/// How often a thread that waits for the others looks before it sleeps. OpenMP's own 300 000 make a busy machine compute five
/// times more slowly than an idle one; to sleep at once makes an idle one a third slower.
const SPINS: &str = "10000";

/// Set for the worker unless somebody has set them already.
const ENVIRONMENT: &[(&str, &str)] = &[
    ("GOMP_SPINCOUNT", SPINS),
    // LLVM's OpenMP: milliseconds.
    ("KMP_BLOCKTIME", "1"),
    // llama.cpp would start a debugger to say where it was.
    ("GGML_NO_BACKTRACE", "1"),
];

/// A process and its pipes.
pub(super) struct Started {
    pub(super) child: Child,
    pub(super) input: ChildStdin,
    pub(super) output: BufReader<ChildStdout>,
    pub(super) complaints: Complaints,
}

pub(super) fn start(program: &Program) -> Result<Started, LlamaError> {
    let mut command = Command::new(&program.path);
    command
        .args(&program.args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    // llama.cpp may look for libraries of its own where it stands: never in somebody's repository.
    if let Some(folder) = program.path.parent().filter(|it| it.is_dir()) {
        command.current_dir(folder);
    }
    for (name, value) in ENVIRONMENT {
        if env::var_os(name).is_none() {
            command.env(name, value);
        }
    }
    let failed = |source| LlamaError::Start {
        program: program.path.clone(),
        source,
    };
    let mut child = command.spawn().map_err(failed)?;
    let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (Some(input), Some(output), Some(errors)) = pipes else {
        return Err(failed(std::io::Error::other("a pipe is missing")));
    };
    Ok(Started {
        child,
        input,
        output: BufReader::new(output),
        complaints: Complaints::listen(errors).map_err(failed)?,
    })
}

/// What a process writes to stderr: llama.cpp's warnings, and an assertion when it ends by one. None of it is text of
/// a prompt.
pub(super) struct Complaints {
    assertion: Arc<Mutex<Option<String>>>,
    listener: JoinHandle<()>,
}

impl Complaints {
    fn listen(errors: ChildStderr) -> std::io::Result<Self> {
        let assertion = Arc::new(Mutex::new(None));
        let found = Arc::clone(&assertion);
        let listen = move || {
            for line in BufReader::new(errors).split(b'\n').map_while(Result::ok) {
                let line = String::from_utf8_lossy(&line);
                let line = line.trim();
                if line.is_empty() {
                    continue;
                }
                tracing::debug!(worker = line);
                let fatal = [
                    "GGML_ASSERT",
                    "panicked at",
                    "terminate called",
                    "this build has",
                ];
                if fatal.iter().any(|it| line.contains(it)) {
                    let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
                    *found = Some(line.to_owned());
                }
            }
        };
        let listener = thread::Builder::new()
            .name("llama-log".to_owned())
            .spawn(listen)?;
        Ok(Self {
            assertion,
            listener,
        })
    }

    /// The process has ended: `how`, and what it said about it.
    pub(super) fn end(self, how: &str) -> String {
        // Its end of the pipe is closed, so this ends.
        let _ = self.listener.join();
        let said = self
            .assertion
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        match said.as_deref() {
            Some(it) => format!("{how}: {it}"),
            None => how.to_owned(),
        }
    }
}
