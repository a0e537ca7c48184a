//! llama.cpp behind types that cannot be misused: the only unsafe code there is.
//!
//! The one idea: every precondition of a C function (ids in range, a batch no longer than the context takes, a logits
//! row that was asked for, what must outlive what) is a check or an owner here, since llama.cpp answers misuse by
//! ending the process.
//!
//! Deliberately absent: sequences' contents, requests and answers (`serve`).
#![expect(
    unsafe_code,
    reason = "llama.cpp has a C interface; every block says why it holds"
)]

mod context;
mod model;
mod sampler;

pub(crate) use self::{
    context::{Context, Decoded, Row, Shape},
    model::{Adapter, Model, Token},
    sampler::{Grammar, Sampler},
};

use std::{
    ffi::{CStr, c_char, c_void},
    io::Write as _,
    sync::{Mutex, PoisonError},
};

use llama_cpp_sys_2 as sys;

/// The last things that llama.cpp complained about.
static COMPLAINTS: Mutex<String> = Mutex::new(String::new());

/// Starts llama.cpp. Once a process.
pub(crate) fn start() {
    // SAFETY: the callback is a function of this program that lives as long as it does, and takes no data.
    unsafe { sys::llama_log_set(Some(log), std::ptr::null_mut()) };
    // SAFETY: no precondition; called before everything else, on the worker's first thread.
    unsafe { sys::llama_backend_init() };
    // Kernels for this processor, from the libraries beside the program.
    #[cfg(feature = "dispatch")]
    // SAFETY: as above.
    unsafe {
        sys::ggml_backend_load_all();
    };
}

/// How the processor is used.
pub(crate) fn system() -> String {
    // SAFETY: returns a static string that ends in zero.
    let text = unsafe { CStr::from_ptr(sys::llama_print_system_info()) };
    text.to_string_lossy().trim().to_owned()
}

/// What was complained about since the last time, the first lines of it.
fn complaints() -> String {
    let mut complaints = COMPLAINTS.lock().unwrap_or_else(PoisonError::into_inner);
    let text = std::mem::take(&mut *complaints);
    text.lines()
        .map(str::trim)
        .filter(|it| !it.is_empty())
        .take(3)
        .collect::<Vec<_>>()
        .join("; ")
}

/// Takes what llama.cpp logs: errors are kept for whoever asked, warnings and errors go to stderr.
unsafe extern "C" fn log(level: sys::ggml_log_level, text: *const c_char, _: *mut c_void) {
    if text.is_null() || !matches!(level, sys::GGML_LOG_LEVEL_WARN | sys::GGML_LOG_LEVEL_ERROR) {
        return;
    }
    // SAFETY: llama.cpp gives a string that ends in zero and lives during the call.
    let text = unsafe { CStr::from_ptr(text) }.to_string_lossy();
    if level == sys::GGML_LOG_LEVEL_ERROR {
        let mut complaints = COMPLAINTS.lock().unwrap_or_else(PoisonError::into_inner);
        if complaints.len() < 4096 {
            complaints.push_str(&text);
        }
    }
    // Nobody reads it any more: nothing to do about that.
    let _ = std::io::stderr().write_all(text.as_bytes());
}

/// Runs into one of llama.cpp's assertions.
pub(crate) fn run_into_an_assertion(context: &mut Context) {
    context.remove_a_sequence_that_cannot_be();
}
