//! Small GGUF files for tests.
//!
//! Deliberately absent: weights that mean something.

/// A file in the making.
pub(crate) struct Writing {
    bytes: Vec<u8>,
    pairs: u64,
}

impl Writing {
    pub(crate) fn new() -> Self {
        Self {
            bytes: Vec::new(),
            pairs: 0,
        }
    }

    fn raw(mut self, bytes: &[u8]) -> Self {
        self.bytes.extend(bytes);
        self
    }

    fn plain(self, text: &str) -> Self {
        self.raw(&(text.len() as u64).to_le_bytes())
            .raw(text.as_bytes())
    }

    fn key(mut self, key: &str, kind: u32) -> Self {
        self.pairs += 1;
        self.plain(key).raw(&kind.to_le_bytes())
    }

    pub(crate) fn text(self, key: &str, value: &str) -> Self {
        self.key(key, 8).plain(value)
    }

    pub(crate) fn number(self, key: &str, value: u32) -> Self {
        self.key(key, 4).raw(&value.to_le_bytes())
    }

    pub(crate) fn texts(self, key: &str, values: &[&str]) -> Self {
        let it = self.key(key, 9).raw(&8_u32.to_le_bytes());
        let it = it.raw(&(values.len() as u64).to_le_bytes());
        values.iter().fold(it, |it, value| it.plain(value))
    }

    pub(crate) fn floats(self, key: &str, count: usize) -> Self {
        let it = self.key(key, 9).raw(&6_u32.to_le_bytes());
        it.raw(&(count as u64).to_le_bytes())
            .raw(&vec![0; count * 4])
    }

    /// With one tensor of `rows` rows of 32 numbers as Q8_0.
    pub(crate) fn file(self, version: u32, rows: u64) -> Vec<u8> {
        let pairs = self.pairs;
        let head = Self::new()
            .raw(b"GGUF")
            .raw(&version.to_le_bytes())
            .raw(&1_u64.to_le_bytes())
            .raw(&pairs.to_le_bytes())
            .raw(&self.bytes)
            .plain("w")
            .raw(&2_u32.to_le_bytes())
            .raw(&32_u64.to_le_bytes())
            .raw(&rows.to_le_bytes())
            .raw(&8_u32.to_le_bytes())
            .raw(&0_u64.to_le_bytes());
        let mut bytes = head.bytes;
        bytes.resize(bytes.len().next_multiple_of(32), 0);
        let weights = 0..rows * 34;
        bytes.extend(weights.map(|it| it as u8));
        bytes
    }
}

/// A small Qwen.
pub(crate) fn small() -> Vec<u8> {
    of_rows(4)
}

/// The same with more weights.
pub(crate) fn of_rows(rows: u64) -> Vec<u8> {
    Writing::new()
        .text("general.architecture", "qwen2")
        .text("general.name", "Qwen2.5 Coder 1.5B")
        .number("general.file_type", 7)
        .number("qwen2.context_length", 32768)
        .number("qwen2.block_count", 28)
        .number("qwen2.embedding_length", 1536)
        .text("tokenizer.ggml.model", "gpt2")
        .text("tokenizer.ggml.pre", "qwen2")
        .texts(
            "tokenizer.ggml.tokens",
            &[
                "a",
                "<",
                "fn",
                "<|fim_prefix|>",
                "<|fim_suffix|>",
                "<|fim_middle|>",
                "<|fim_pad|>",
                "<|repo_name|>",
                "<|file_sep|>",
                "<|endoftext|>",
            ],
        )
        .floats("tokenizer.ggml.scores", 10)
        .text("tokenizer.chat_template", &"x".repeat(5000))
        .number("tokenizer.ggml.fim_pre_token_id", 3)
        .number("tokenizer.ggml.suffix_token_id", 4)
        .number("tokenizer.ggml.fim_mid_token_id", 5)
        .file(3, rows)
}
