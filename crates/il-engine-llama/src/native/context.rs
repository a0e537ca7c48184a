//! A context: sequences in memory, and the one call that computes.
//!
//! The one idea: rows are checked before they are handed over, and a row of logits can only be asked for where one was
//! computed.
//!
//! Deliberately absent: which tokens a sequence holds (`serve::slots`).

use std::{
    ffi::c_void,
    fmt,
    ptr::NonNull,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use llama_cpp_sys_2 as sys;

use super::{Adapter, Model, Token, complaints};

/// How large a context is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// Tokens that one sequence holds.
    pub(crate) tokens: u32,
    pub(crate) sequences: u32,
    /// Rows of one call.
    pub(crate) rows: u32,
    pub(crate) threads: u32,
    /// For embeddings: the mean over a text instead of logits.
    pub(crate) pooled: bool,
}

/// One token to be computed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) token: Token,
    pub(crate) position: u32,
    pub(crate) sequence: u32,
    /// Its logits are wanted.
    pub(crate) logits: bool,
}

/// How computing ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decoded {
    Done,
    /// Somebody stopped it: nothing was computed.
    Stopped,
}

/// Sequences in memory.
pub(crate) struct Context {
    context: NonNull<sys::llama_context>,
    model: Arc<Model>,
    shape: Shape,
    /// Which rows of the last call have logits.
    logits: Vec<bool>,
    /// In use by the context, so they must live as long as it has them.
    adapters: Vec<(Rc<Adapter>, f32)>,
    /// llama.cpp looks at it while it computes.
    _stop: Arc<AtomicBool>,
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("shape", &self.shape)
            .finish_non_exhaustive()
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: owned; model, adapters and the flag are fields and go after it.
        unsafe { sys::llama_free(self.context.as_ptr()) };
    }
}

impl Context {
    /// `stop` ends a call while it computes.
    pub(crate) fn new(
        model: &Arc<Model>,
        shape: Shape,
        stop: Arc<AtomicBool>,
    ) -> Result<Self, String> {
        if shape.sequences == 0 || shape.rows == 0 || shape.tokens == 0 {
            return Err("a context needs a sequence, a token and a row".to_owned());
        }
        let threads = i32::try_from(shape.threads.max(1)).unwrap_or(1);
        // SAFETY: no precondition.
        let mut params = unsafe { sys::llama_context_default_params() };
        params.n_ctx = shape.tokens.saturating_mul(shape.sequences);
        params.n_seq_max = shape.sequences;
        params.n_batch = shape.rows;
        params.n_ubatch = shape.rows;
        params.n_threads = threads;
        params.n_threads_batch = threads;
        // On a CPU flash attention halves the speed of decoding in a long context.
        params.flash_attn_type =
            if cfg!(any(feature = "cuda", feature = "metal", feature = "vulkan")) {
                sys::LLAMA_FLASH_ATTN_TYPE_AUTO
            } else {
                sys::LLAMA_FLASH_ATTN_TYPE_DISABLED
            };
        params.kv_unified = false;
        // Sliding windows keep the whole sequence: otherwise a prefix could not be gone back to.
        params.swa_full = true;
        params.no_perf = true;
        params.embeddings = shape.pooled;
        if shape.pooled {
            params.pooling_type = sys::LLAMA_POOLING_TYPE_MEAN;
        }
        params.abort_callback = Some(is_stopped);
        params.abort_callback_data = Arc::as_ptr(&stop).cast_mut().cast::<c_void>();
        complaints();
        // SAFETY: the model lives as long as the context, which holds it; so does the flag.
        let context = unsafe { sys::llama_init_from_model(model.as_ptr(), params) };
        let context = NonNull::new(context).ok_or_else(|| {
            let why = complaints();
            let Shape {
                tokens, sequences, ..
            } = shape;
            format!("llama.cpp cannot open {sequences} sequences of {tokens} tokens: {why}")
        })?;
        Ok(Self {
            context,
            model: Arc::clone(model),
            shape,
            logits: Vec::new(),
            adapters: Vec::new(),
            _stop: stop,
        })
    }

    /// Tokens that one sequence holds.
    pub(crate) fn tokens(&self) -> u32 {
        self.shape.tokens
    }

    fn memory(&self) -> sys::llama_memory_t {
        // SAFETY: the context lives.
        unsafe { sys::llama_get_memory(self.context.as_ptr()) }
    }

    fn sequence(&self, sequence: u32) -> Option<i32> {
        (sequence < self.shape.sequences)
            .then(|| i32::try_from(sequence).ok())
            .flatten()
    }

    pub(crate) fn set_threads(&mut self, threads: u32) {
        let threads = i32::try_from(threads.max(1)).unwrap_or(1);
        // SAFETY: the context lives and nothing computes, since we have it alone.
        unsafe { sys::llama_set_n_threads(self.context.as_ptr(), threads, threads) };
    }

    /// The adapters of the next calls, with their weights. What sequences hold stays as it was computed.
    pub(crate) fn set_adapters(&mut self, adapters: &[(Rc<Adapter>, f32)]) -> Result<(), String> {
        if adapters.iter().any(|it| !it.0.is_of(&self.model)) {
            return Err("an adapter of another model".to_owned());
        }
        let mut pointers: Vec<_> = adapters.iter().map(|it| it.0.as_ptr()).collect();
        let mut weights: Vec<f32> = adapters.iter().map(|it| it.1).collect();
        // SAFETY: both lists have the length that is said; the adapters are the model's and are held from here on.
        let code = unsafe {
            sys::llama_set_adapters_lora(
                self.context.as_ptr(),
                pointers.as_mut_ptr(),
                pointers.len(),
                weights.as_mut_ptr(),
            )
        };
        if code != 0 {
            return Err(format!("llama.cpp does not take the adapters: code {code}"));
        }
        self.adapters = adapters.to_vec();
        Ok(())
    }

    /// Computes rows. After [`Decoded::Stopped`] and after an error no row of this call is in memory.
    pub(crate) fn decode(&mut self, rows: &[Row]) -> Result<Decoded, String> {
        self.logits.clear();
        let Some(mut batch) = self.batch(rows) else {
            return Err("a row that this context cannot take".to_owned());
        };
        let batch = sys::llama_batch {
            n_tokens: i32::try_from(rows.len()).unwrap_or(0),
            token: batch.tokens.as_mut_ptr(),
            embd: std::ptr::null_mut(),
            pos: batch.positions.as_mut_ptr(),
            n_seq_id: batch.counts.as_mut_ptr(),
            seq_id: batch.lists.as_mut_ptr(),
            logits: batch.wanted.as_mut_ptr(),
        };
        complaints();
        // SAFETY: all lists have as many elements as there are rows, no more than the context takes; tokens, sequences and
        // positions were checked; each list of sequences has one element; all of it lives during the call.
        let code = unsafe { sys::llama_decode(self.context.as_ptr(), batch) };
        match code {
            0 => {
                self.logits = rows.iter().map(|it| it.logits).collect();
                Ok(Decoded::Done)
            }
            2 => Ok(Decoded::Stopped),
            1 => Err("the sequence is full".to_owned()),
            code => {
                let why = complaints();
                Err(format!("llama.cpp failed with code {code}: {why}"))
            }
        }
    }

    fn batch(&self, rows: &[Row]) -> Option<Batch> {
        if rows.is_empty() || rows.len() > self.shape.rows as usize {
            return None;
        }
        let mut batch = Batch::default();
        for row in rows {
            if !(0..self.model.tokens()).contains(&row.token) || row.position >= self.shape.tokens {
                return None;
            }
            batch.tokens.push(row.token);
            batch.positions.push(i32::try_from(row.position).ok()?);
            batch.sequences.push(self.sequence(row.sequence)?);
            batch.wanted.push(i8::from(row.logits));
        }
        batch.counts = vec![1; rows.len()];
        batch.lists = batch.sequences.iter_mut().map(std::ptr::from_mut).collect();
        Some(batch)
    }

    /// The logits after one row of the last call, if they were asked for.
    pub(crate) fn logits(&self, row: usize) -> Option<&[f32]> {
        if !*self.logits.get(row)? {
            return None;
        }
        let index = i32::try_from(row).ok()?;
        // SAFETY: the last call computed logits for this row.
        let logits = unsafe { sys::llama_get_logits_ith(self.context.as_ptr(), index) };
        let count = usize::try_from(self.model.tokens()).ok()?;
        // SAFETY: a row of logits has as many elements as the vocabulary has tokens, and stays until the next call, for which
        // the context must be borrowed anew.
        (!logits.is_null()).then(|| unsafe { std::slice::from_raw_parts(logits, count) })
    }

    /// The pooled embedding of a sequence of the last call.
    pub(crate) fn embedding(&self, sequence: u32) -> Option<&[f32]> {
        if !self.shape.pooled || self.logits.is_empty() {
            return None;
        }
        let sequence = self.sequence(sequence)?;
        // SAFETY: the context pools, and the last call succeeded.
        let vector = unsafe { sys::llama_get_embeddings_seq(self.context.as_ptr(), sequence) };
        let width = self.model.width() as usize;
        // SAFETY: a pooled embedding has the model's width and stays until the next call.
        (!vector.is_null()).then(|| unsafe { std::slice::from_raw_parts(vector, width) })
    }

    /// Removes what a sequence holds from position `length` on; `false` where the model cannot go back.
    pub(crate) fn truncate(&mut self, sequence: u32, length: usize) -> bool {
        let (Some(sequence), Ok(length)) = (self.sequence(sequence), i32::try_from(length)) else {
            return false;
        };
        let memory = self.memory();
        if memory.is_null() {
            return true;
        }
        // SAFETY: the memory is the context's, the sequence is one of its.
        unsafe { sys::llama_memory_seq_rm(memory, sequence, length, -1) }
    }

    /// Makes one sequence hold what another one does.
    pub(crate) fn copy(&mut self, from: u32, to: u32) {
        let memory = self.memory();
        if let (Some(from), Some(to)) = (self.sequence(from), self.sequence(to))
            && from != to
            && !memory.is_null()
        {
            // SAFETY: the memory is the context's, both sequences are; sequences that are kept apart are copied whole.
            unsafe { sys::llama_memory_seq_cp(memory, from, to, -1, -1) };
        }
    }

    /// How many tokens a sequence holds.
    pub(crate) fn length(&self, sequence: u32) -> usize {
        let memory = self.memory();
        let Some(sequence) = self.sequence(sequence).filter(|_| !memory.is_null()) else {
            return 0;
        };
        // SAFETY: the memory is the context's, the sequence is one of its.
        let last = unsafe { sys::llama_memory_seq_pos_max(memory, sequence) };
        usize::try_from(last + 1).unwrap_or(0)
    }

    /// Misuses llama.cpp, which ends the process.
    pub(super) fn remove_a_sequence_that_cannot_be(&mut self) {
        // SAFETY: llama.cpp checks the number and aborts: that is what this is for.
        unsafe { sys::llama_memory_seq_rm(self.memory(), i32::MAX, 0, -1) };
    }
}

/// Rows as llama.cpp wants them.
#[derive(Default)]
struct Batch {
    tokens: Vec<Token>,
    positions: Vec<i32>,
    sequences: Vec<i32>,
    counts: Vec<i32>,
    /// Points into `sequences`.
    lists: Vec<*mut i32>,
    wanted: Vec<i8>,
}

unsafe extern "C" fn is_stopped(stop: *mut c_void) -> bool {
    // SAFETY: the context was given a flag that it holds.
    unsafe { &*stop.cast::<AtomicBool>() }.load(Ordering::Relaxed)
}
