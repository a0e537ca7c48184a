"""A byte-level BPE with Qwen2's pre-tokeniser, so that llama.cpp's `qwen2` splits text the same way. The special tokens come last."""

import json
import sys

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

VOCABULARY = 4096
SPECIAL = ["<|endoftext|>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>", "<|fim_pad|>", "<|repo_name|>", "<|file_sep|>"]
QWEN2 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"


def train(texts, size=VOCABULARY):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(QWEN2), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size - len(SPECIAL), initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()), show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    assert tokenizer.get_vocab_size() == size - len(SPECIAL)
    tokenizer.add_special_tokens(SPECIAL)
    return tokenizer


def vocabulary(tokenizer, size=None):
    """(tokens, types, merges) as a GGUF wants them; `size` pads with tokens that no text reaches.

    The special tokens keep their ids: the padding comes after them.
    """
    state = json.loads(tokenizer.to_str())
    by_id = {i: t for t, i in state["model"]["vocab"].items()}
    control = {t["id"]: t["content"] for t in state["added_tokens"]}
    tokens, types = [], []
    for i in range(len(by_id | control)):
        tokens.append(control.get(i) or by_id[i])
        types.append(3 if i in control else 1)
    for i in range(len(tokens), size or 0):
        tokens.append(f"[PAD{i}]")
        types.append(5)
    merges = [m if isinstance(m, str) else " ".join(m) for m in state["model"]["merges"]]
    return tokens, types, merges


if __name__ == "__main__":
    import corpus

    tokenizer = train(text for _, _, text in corpus.train())
    tokenizer.save(sys.argv[1])
    print(f"{tokenizer.get_vocab_size()} tokens")
