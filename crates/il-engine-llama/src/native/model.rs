//! A model's weights, its vocabulary, and adapters for it.
//!
//! Deliberately absent: computing (`context`).

use std::{
    ffi::{CStr, CString, c_char},
    fmt,
    ptr::NonNull,
    sync::Arc,
};

use llama_cpp_sys_2 as sys;

use super::complaints;

/// A token's number.
pub(crate) type Token = i32;

/// Weights and vocabulary.
pub(crate) struct Model {
    model: NonNull<sys::llama_model>,
    /// Lives inside the model.
    vocabulary: NonNull<sys::llama_vocab>,
    /// Tokens in it.
    tokens: Token,
}

// SAFETY: after loading nothing changes a model but loading and freeing adapters, which take its set of adapters only and
// happen on the worker's main thread alone (`Adapter` is not `Send`); llama.h says that tokenising is thread-safe.
unsafe impl Send for Model {}
// SAFETY: as above.
unsafe impl Sync for Model {}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Model")
            .field("tokens", &self.tokens)
            .finish_non_exhaustive()
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        // SAFETY: owned, and contexts and adapters hold an `Arc` of it, so none is left.
        unsafe { sys::llama_model_free(self.model.as_ptr()) };
    }
}

impl Model {
    pub(crate) fn load(path: &str, gpu_layers: u32) -> Result<Self, String> {
        let name = CString::new(path).map_err(|_| format!("no file can be called `{path}`"))?;
        // A text is tokenised as it stands: templates say where SentencePiece's space goes.
        let overrides = [
            bool_override(c"tokenizer.ggml.add_space_prefix", false),
            no_override(),
        ];
        complaints();
        // SAFETY: no precondition.
        let mut params = unsafe { sys::llama_model_default_params() };
        params.n_gpu_layers = i32::try_from(gpu_layers).unwrap_or(i32::MAX);
        params.kv_overrides = overrides.as_ptr();
        // SAFETY: the path ends in zero, the overrides end in an empty key, and both live during the call.
        let model = unsafe { sys::llama_model_load_from_file(name.as_ptr(), params) };
        let model = NonNull::new(model).ok_or_else(|| {
            let why = complaints();
            format!("llama.cpp cannot load `{path}`: {why}")
        })?;
        // SAFETY: the model was loaded just now; the pointer it gives is part of it.
        let vocabulary = unsafe { sys::llama_model_get_vocab(model.as_ptr()) };
        let vocabulary = NonNull::new(vocabulary.cast_mut());
        let Some(vocabulary) = vocabulary else {
            // SAFETY: owned and used by nobody.
            unsafe { sys::llama_model_free(model.as_ptr()) };
            return Err(format!("`{path}` has no vocabulary"));
        };
        // SAFETY: the vocabulary is the model's, which lives.
        let tokens = unsafe { sys::llama_vocab_n_tokens(vocabulary.as_ptr()) };
        Ok(Self {
            model,
            vocabulary,
            tokens,
        })
    }

    pub(super) fn as_ptr(&self) -> *mut sys::llama_model {
        self.model.as_ptr()
    }

    pub(super) fn vocabulary(&self) -> *const sys::llama_vocab {
        self.vocabulary.as_ptr()
    }

    /// Tokens in the vocabulary.
    pub(crate) fn tokens(&self) -> Token {
        self.tokens
    }

    /// The tokens of a text. With `special`, special tokens that stand in it are read as such.
    pub(crate) fn tokenize(&self, text: &str, special: bool) -> Vec<Token> {
        let Ok(length) = i32::try_from(text.len()) else {
            return Vec::new();
        };
        // No token is shorter than a byte, but a vocabulary may add one in front.
        let mut tokens = vec![0; text.len() + 2];
        let room = i32::try_from(tokens.len()).unwrap_or(i32::MAX);
        // SAFETY: text and tokens are given with their lengths, and the vocabulary is the model's, which lives.
        let count = unsafe {
            sys::llama_tokenize(
                self.vocabulary(),
                text.as_ptr().cast(),
                length,
                tokens.as_mut_ptr(),
                room,
                false,
                special,
            )
        };
        tokens.truncate(usize::try_from(count).unwrap_or(0));
        tokens
    }

    /// Appends a token's bytes; special ones have none.
    pub(crate) fn spell(&self, token: Token, special: bool, bytes: &mut Vec<u8>) {
        if !self.has(token) {
            return;
        }
        let mut room = [0_u8; 64];
        let mut spelt = self.spell_into(token, special, &mut room);
        if let Ok(length) = usize::try_from(spelt) {
            bytes.extend(room.get(..length).unwrap_or_default());
            return;
        }
        let mut room = vec![0; spelt.unsigned_abs() as usize];
        spelt = self.spell_into(token, special, &mut room);
        let length = usize::try_from(spelt).unwrap_or(0);
        bytes.extend(room.get(..length).unwrap_or_default());
    }

    fn spell_into(&self, token: Token, special: bool, room: &mut [u8]) -> i32 {
        let length = i32::try_from(room.len()).unwrap_or(i32::MAX);
        // SAFETY: the token was checked by the caller, the room is given with its length.
        unsafe {
            sys::llama_token_to_piece(
                self.vocabulary(),
                token,
                room.as_mut_ptr().cast(),
                length,
                0,
                special,
            )
        }
    }

    fn has(&self, token: Token) -> bool {
        (0..self.tokens).contains(&token)
    }

    /// Ends a text.
    pub(crate) fn is_end(&self, token: Token) -> bool {
        // SAFETY: the token is in the vocabulary, which lives.
        self.has(token) && unsafe { sys::llama_vocab_is_eog(self.vocabulary(), token) }
    }

    /// Is a special token.
    pub(crate) fn is_special(&self, token: Token) -> bool {
        const SPECIAL: sys::llama_token_attr =
            sys::LLAMA_TOKEN_ATTR_CONTROL | sys::LLAMA_TOKEN_ATTR_USER_DEFINED;
        self.attributes(token) & SPECIAL != 0
    }

    /// Is never text. What users defined is special in a prompt and may be text (runs of spaces) in an answer.
    pub(crate) fn is_control(&self, token: Token) -> bool {
        self.attributes(token) & sys::LLAMA_TOKEN_ATTR_CONTROL != 0
    }

    fn attributes(&self, token: Token) -> sys::llama_token_attr {
        if !self.has(token) {
            return 0;
        }
        // SAFETY: the token is in the vocabulary, which lives.
        unsafe { sys::llama_vocab_get_attr(self.vocabulary(), token) }
    }

    /// What every prompt begins with, if this model wants that.
    pub(crate) fn beginning(&self) -> Option<Token> {
        // SAFETY: the vocabulary lives.
        let wanted = unsafe { sys::llama_vocab_get_add_bos(self.vocabulary()) };
        // SAFETY: the vocabulary lives.
        let token = unsafe { sys::llama_vocab_bos(self.vocabulary()) };
        (wanted && self.has(token)).then_some(token)
    }

    /// The file's own fill-in-the-middle tokens: prefix, suffix, middle, pad, repository, file.
    pub(crate) fn fim(&self) -> [Option<Token>; 6] {
        let vocabulary = self.vocabulary();
        // SAFETY: the vocabulary lives.
        let tokens = unsafe {
            [
                sys::llama_vocab_fim_pre(vocabulary),
                sys::llama_vocab_fim_suf(vocabulary),
                sys::llama_vocab_fim_mid(vocabulary),
                sys::llama_vocab_fim_pad(vocabulary),
                sys::llama_vocab_fim_rep(vocabulary),
                sys::llama_vocab_fim_sep(vocabulary),
            ]
        };
        tokens.map(|it| self.has(it).then_some(it))
    }

    /// A value of the file's metadata.
    pub(crate) fn metadata(&self, key: &CStr) -> Option<String> {
        let mut room = vec![0_u8; 1024];
        // SAFETY: the key ends in zero, the room is given with its length.
        let length = unsafe {
            sys::llama_model_meta_val_str(
                self.as_ptr(),
                key.as_ptr(),
                room.as_mut_ptr().cast(),
                room.len(),
            )
        };
        let length = usize::try_from(length).ok()?.min(room.len() - 1);
        room.truncate(length);
        Some(String::from_utf8_lossy(&room).into_owned())
    }

    /// Size and quantisation, for people.
    pub(crate) fn description(&self) -> String {
        let mut room = vec![0_u8; 256];
        // SAFETY: the room is given with its length.
        let length =
            unsafe { sys::llama_model_desc(self.as_ptr(), room.as_mut_ptr().cast(), room.len()) };
        room.truncate(usize::try_from(length).unwrap_or(0).min(255));
        String::from_utf8_lossy(&room).into_owned()
    }

    pub(crate) fn parameters(&self) -> u64 {
        // SAFETY: the model lives.
        unsafe { sys::llama_model_n_params(self.as_ptr()) }
    }

    pub(crate) fn bytes(&self) -> u64 {
        // SAFETY: the model lives.
        unsafe { sys::llama_model_size(self.as_ptr()) }
    }

    pub(crate) fn trained_context(&self) -> u32 {
        // SAFETY: the model lives.
        let tokens = unsafe { sys::llama_model_n_ctx_train(self.as_ptr()) };
        u32::try_from(tokens).unwrap_or(0)
    }

    /// Length of one embedding.
    pub(crate) fn width(&self) -> u32 {
        // SAFETY: the model lives.
        let width = unsafe { sys::llama_model_n_embd_out(self.as_ptr()) };
        u32::try_from(width).unwrap_or(0)
    }

    /// What its sequences hold can be cut at any token.
    pub(crate) fn goes_back(&self) -> bool {
        // SAFETY: the model lives.
        unsafe {
            !sys::llama_model_is_recurrent(self.as_ptr())
                && !sys::llama_model_is_hybrid(self.as_ptr())
        }
    }

    /// Continues a text, one token after the other.
    pub(crate) fn decodes(&self) -> bool {
        // SAFETY: the model lives.
        unsafe {
            sys::llama_model_has_decoder(self.as_ptr())
                && !sys::llama_model_has_encoder(self.as_ptr())
        }
    }
}

fn bool_override(key: &CStr, value: bool) -> sys::llama_model_kv_override {
    let mut entry = no_override();
    entry.tag = sys::LLAMA_KV_OVERRIDE_TYPE_BOOL;
    for (to, from) in entry.key.iter_mut().zip(key.to_bytes_with_nul()) {
        *to = *from as c_char;
    }
    entry.__bindgen_anon_1.val_bool = value;
    entry
}

/// Ends a list of overrides.
fn no_override() -> sys::llama_model_kv_override {
    sys::llama_model_kv_override {
        tag: sys::LLAMA_KV_OVERRIDE_TYPE_INT,
        key: [0; 128],
        __bindgen_anon_1: sys::llama_model_kv_override__bindgen_ty_1 { val_str: [0; 128] },
    }
}

/// A LoRA adapter of one model.
pub(crate) struct Adapter {
    adapter: NonNull<sys::llama_adapter_lora>,
    model: Arc<Model>,
}

impl fmt::Debug for Adapter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Adapter").finish_non_exhaustive()
    }
}

impl Drop for Adapter {
    fn drop(&mut self) {
        // SAFETY: owned; contexts that use it hold it, so none does; its model is still here.
        unsafe { sys::llama_adapter_lora_free(self.adapter.as_ptr()) };
    }
}

impl Adapter {
    pub(crate) fn load(model: &Arc<Model>, path: &str) -> Result<Self, String> {
        let name = CString::new(path).map_err(|_| format!("no file can be called `{path}`"))?;
        complaints();
        // SAFETY: the model lives, the path ends in zero and lives during the call.
        let adapter = unsafe { sys::llama_adapter_lora_init(model.as_ptr(), name.as_ptr()) };
        let adapter = NonNull::new(adapter).ok_or_else(|| {
            let why = complaints();
            format!("llama.cpp cannot load the adapter `{path}`: {why}")
        })?;
        Ok(Self {
            adapter,
            model: Arc::clone(model),
        })
    }

    /// Belongs to this model.
    pub(super) fn is_of(&self, model: &Arc<Model>) -> bool {
        Arc::ptr_eq(&self.model, model)
    }

    pub(super) fn as_ptr(&self) -> *mut sys::llama_adapter_lora {
        self.adapter.as_ptr()
    }
}
