"""Writes a qwen2-shaped model, or a LoRA adapter for one, as GGUF. A reader never sees half a file: it is written aside and renamed."""

import os
from dataclasses import dataclass

import gguf
import numpy as np

import bpe

TYPES = {
    "f32": (gguf.GGMLQuantizationType.F32, gguf.LlamaFileType.ALL_F32),
    "f16": (gguf.GGMLQuantizationType.F16, gguf.LlamaFileType.MOSTLY_F16),
    "q8_0": (gguf.GGMLQuantizationType.Q8_0, gguf.LlamaFileType.MOSTLY_Q8_0),
    "q4_0": (gguf.GGMLQuantizationType.Q4_0, gguf.LlamaFileType.MOSTLY_Q4_0),
}


@dataclass(frozen=True)
class Shape:
    layers: int
    width: int
    heads: int
    kv_heads: int
    ffn: int
    vocabulary: int
    context: int = 512
    rope_base: float = 10_000.0
    eps: float = 1e-6

    @property
    def head(self):
        return self.width // self.heads

    def tensors(self):
        """name -> (rows, columns), (n,) for a vector: in the order in which the file holds them."""
        d, kv = self.width, self.kv_heads * self.head
        out = {"token_embd.weight": (self.vocabulary, d)}
        for i in range(self.layers):
            b = f"blk.{i}."
            out[b + "attn_norm.weight"] = (d,)
            out[b + "attn_q.weight"], out[b + "attn_q.bias"] = (d, d), (d,)
            out[b + "attn_k.weight"], out[b + "attn_k.bias"] = (kv, d), (kv,)
            out[b + "attn_v.weight"], out[b + "attn_v.bias"] = (kv, d), (kv,)
            out[b + "attn_output.weight"] = (d, d)
            out[b + "ffn_norm.weight"] = (d,)
            out[b + "ffn_gate.weight"], out[b + "ffn_up.weight"] = (self.ffn, d), (self.ffn, d)
            out[b + "ffn_down.weight"] = (d, self.ffn)
        out["output_norm.weight"] = (d,)
        return out

    def parameters(self):
        return sum(int(np.prod(s)) for s in self.tensors().values())


def write_model(path, shape, weights, tokenizer, kind, name, description, licence="MIT OR Apache-2.0"):
    """`weights(tensor, dims)` gives an f32 array, or a uint8 array of ready blocks of `kind`."""
    aside = f"{path}.{os.getpid()}.part"
    block, file_type = TYPES[kind]
    w = gguf.GGUFWriter(aside, "qwen2")
    w.add_name(name)
    w.add_description(description)
    w.add_license(licence)
    w.add_file_type(file_type)
    w.add_quantization_version(gguf.GGML_QUANT_VERSION)
    w.add_context_length(shape.context)
    w.add_embedding_length(shape.width)
    w.add_block_count(shape.layers)
    w.add_feed_forward_length(shape.ffn)
    w.add_head_count(shape.heads)
    w.add_head_count_kv(shape.kv_heads)
    w.add_rope_freq_base(shape.rope_base)
    w.add_layer_norm_rms_eps(shape.eps)
    write_vocabulary(w, tokenizer, shape.vocabulary)
    for tensor, dims in shape.tensors().items():
        array = weights(tensor, dims)
        if array.dtype == np.uint8:
            w.add_tensor(tensor, array, raw_dtype=block)
        elif len(dims) == 1 or kind == "f32":
            w.add_tensor(tensor, array.astype(np.float32))
        else:
            w.add_tensor(tensor, gguf.quants.quantize(array.astype(np.float32), block), raw_dtype=block)
    finish(w, aside, path)


def write_vocabulary(w, tokenizer, size):
    tokens, types, merges = bpe.vocabulary(tokenizer, size)
    assert len(tokens) == size, f"the shape has {size} tokens, the tokeniser {len(tokens)}"
    ids = {t: tokens.index(t) for t in bpe.SPECIAL}
    w.add_tokenizer_model("gpt2")
    w.add_tokenizer_pre("qwen2")
    w.add_token_list(tokens)
    w.add_token_types(types)
    w.add_token_merges(merges)
    w.add_bos_token_id(ids["<|endoftext|>"])
    w.add_eos_token_id(ids["<|endoftext|>"])
    w.add_pad_token_id(ids["<|endoftext|>"])
    w.add_add_bos_token(False)
    for key, token in {"pre": "prefix", "suf": "suffix", "mid": "middle", "pad": "pad"}.items():
        w.add_uint32(f"tokenizer.ggml.fim_{key}_token_id", ids[f"<|fim_{token}|>"])
    w.add_uint32("tokenizer.ggml.fim_rep_token_id", ids["<|repo_name|>"])
    w.add_uint32("tokenizer.ggml.fim_sep_token_id", ids["<|file_sep|>"])


def write_adapter(path, pairs, alpha, name, description, licence="MIT OR Apache-2.0"):
    """`pairs`: tensor -> (A of (rank, inputs), B of (outputs, rank)), as PEFT has them; qwen2 needs no permutation."""
    aside = f"{path}.{os.getpid()}.part"
    w = gguf.GGUFWriter(aside, "qwen2")
    w.add_type("adapter")
    w.add_string("adapter.type", "lora")
    w.add_float32("adapter.lora.alpha", alpha)
    w.add_name(name)
    w.add_description(description)
    w.add_license(licence)
    for tensor, (a, b) in pairs.items():
        w.add_tensor(tensor + ".lora_a", np.ascontiguousarray(a, np.float16))
        w.add_tensor(tensor + ".lora_b", np.ascontiguousarray(b, np.float16))
    finish(w, aside, path)


def finish(w, aside, path):
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()
    os.replace(aside, path)
