//! Grammars and samplers.
//!
//! The one idea: candidates are a list of ours that llama.cpp's samplers thin out; the token is picked here.
//!
//! Deliberately absent: the greedy choice without a grammar, which needs none of this (`serve::pick`).

use std::{ffi::CString, fmt, ptr::NonNull, sync::Arc};

use llama_cpp_sys_2 as sys;

use super::{Model, Token, complaints};
use crate::wire::Sampling;

/// A chain of samplers.
struct Chain {
    sampler: NonNull<sys::llama_sampler>,
    /// Grammars point into its vocabulary.
    _model: Arc<Model>,
}

impl Drop for Chain {
    fn drop(&mut self) {
        // SAFETY: owned.
        unsafe { sys::llama_sampler_free(self.sampler.as_ptr()) };
    }
}

impl Chain {
    /// Thins out candidates; the one that was chosen, if the chain chooses.
    fn apply(&mut self, candidates: &mut [sys::llama_token_data]) -> (usize, Option<Token>) {
        let mut array = sys::llama_token_data_array {
            data: candidates.as_mut_ptr(),
            size: candidates.len(),
            selected: -1,
            sorted: false,
        };
        // SAFETY: the array has the length that is said and lives during the call; the samplers used here shorten and sort it
        // in place.
        unsafe { sys::llama_sampler_apply(self.sampler.as_ptr(), &raw mut array) };
        let left = array.size.min(candidates.len());
        let chosen = usize::try_from(array.selected)
            .ok()
            .and_then(|it| candidates[..left].get(it))
            .map(|it| it.id);
        (left, chosen)
    }

    fn accept(&mut self, token: Token) {
        // SAFETY: the token is in the vocabulary: it was a candidate.
        unsafe { sys::llama_sampler_accept(self.sampler.as_ptr(), token) };
    }
}

/// Every token with its logit.
fn candidates(logits: &[f32]) -> Vec<sys::llama_token_data> {
    let one = |(id, logit): (usize, &f32)| sys::llama_token_data {
        id: Token::try_from(id).unwrap_or(Token::MAX),
        logit: *logit,
        p: 0.0,
    };
    logits.iter().enumerate().map(one).collect()
}

/// Chooses at random.
pub(crate) struct Sampler(Chain);

impl fmt::Debug for Sampler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sampler")
    }
}

impl Sampler {
    pub(crate) fn new(model: &Arc<Model>, sampling: Sampling) -> Result<Self, String> {
        let none = || "llama.cpp makes no sampler".to_owned();
        // SAFETY: no precondition.
        let mut params = unsafe { sys::llama_sampler_chain_default_params() };
        params.no_perf = true;
        // SAFETY: no precondition.
        let chain = unsafe { sys::llama_sampler_chain_init(params) };
        let chain = Chain {
            sampler: NonNull::new(chain).ok_or_else(none)?,
            _model: Arc::clone(model),
        };
        let add = |sampler: *mut sys::llama_sampler| {
            if sampler.is_null() {
                return Err(none());
            }
            // SAFETY: the chain takes the sampler and frees it.
            unsafe { sys::llama_sampler_chain_add(chain.sampler.as_ptr(), sampler) };
            Ok(())
        };
        if sampling.top_k > 0 {
            let k = i32::try_from(sampling.top_k).unwrap_or(i32::MAX);
            // SAFETY: no precondition.
            add(unsafe { sys::llama_sampler_init_top_k(k) })?;
        }
        // SAFETY: no precondition.
        add(unsafe { sys::llama_sampler_init_top_p(sampling.top_p, 1) })?;
        // SAFETY: no precondition.
        add(unsafe { sys::llama_sampler_init_min_p(sampling.min_p, 1) })?;
        // SAFETY: no precondition.
        add(unsafe { sys::llama_sampler_init_temp(sampling.temperature) })?;
        // SAFETY: no precondition.
        add(unsafe { sys::llama_sampler_init_dist(sampling.seed) })?;
        Ok(Self(chain))
    }

    /// One of the tokens that are not ruled out (whose logit is finite).
    pub(crate) fn choose(&mut self, logits: &[f32]) -> Option<Token> {
        let mut candidates = candidates(logits);
        candidates.retain(|it| it.logit.is_finite());
        if candidates.is_empty() {
            return None;
        }
        self.0.apply(&mut candidates).1
    }

    pub(crate) fn accept(&mut self, token: Token) {
        self.0.accept(token);
    }
}

/// What an answer must look like.
pub(crate) struct Grammar(Chain);

impl fmt::Debug for Grammar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Grammar")
    }
}

impl Grammar {
    /// Reads GBNF whose start symbol is `root`.
    pub(crate) fn read(model: &Arc<Model>, text: &str) -> Result<Self, String> {
        if text.trim().is_empty() {
            return Err("the grammar is empty".to_owned());
        }
        let text = CString::new(text).map_err(|_| "the grammar holds a zero byte".to_owned())?;
        complaints();
        // SAFETY: the vocabulary is the model's, which the chain holds; both texts end in zero and live during the call.
        let sampler = unsafe {
            sys::llama_sampler_init_grammar(model.vocabulary(), text.as_ptr(), c"root".as_ptr())
        };
        let sampler = NonNull::new(sampler).ok_or_else(|| {
            // What it complains about repeats the grammar, which may hold source code.
            complaints();
            "the grammar is no GBNF with a rule `root`".to_owned()
        })?;
        Ok(Self(Chain {
            sampler,
            _model: Arc::clone(model),
        }))
    }

    /// Whether a token may come next.
    pub(crate) fn allows(&mut self, token: Token) -> bool {
        let mut one = [sys::llama_token_data {
            id: token,
            logit: 1.0,
            p: 0.0,
        }];
        self.0.apply(&mut one);
        one[0].logit.is_finite()
    }

    /// Rules out what may not come next: its logit becomes minus infinity.
    pub(crate) fn rule_out(&mut self, logits: &[f32]) -> Vec<f32> {
        let mut candidates = candidates(logits);
        self.0.apply(&mut candidates);
        let mut left = vec![f32::NEG_INFINITY; logits.len()];
        for it in candidates {
            if let Some(place) = usize::try_from(it.id).ok().and_then(|id| left.get_mut(id)) {
                *place = it.logit;
            }
        }
        left
    }

    /// The token was said. It must have been allowed.
    pub(crate) fn accept(&mut self, token: Token) {
        self.0.accept(token);
    }
}
