"""Models of any size with random weights: their cost is real, their text is not. For tests and for timing.

    python random_gguf.py OUT.gguf --tokenizer BPE.json --layers 2 --width 64 --heads 2 --kv-heads 1 --ffn 160
    python random_gguf.py OUT.gguf --tokenizer BPE.json --preset 0.5b --type q8_0
    python random_gguf.py OUT.lora.gguf --preset 0.5b --adapter 16      # an adapter of that rank for such a model
"""

import argparse

import numpy as np
from tokenizers import Tokenizer

from model_file import Shape, write_adapter, write_model

PRESETS = {
    "tiny": Shape(2, 64, 2, 1, 160, 4096, 512),
    "0.5b": Shape(24, 896, 14, 2, 4864, 151_936, 32_768, 1_000_000.0),
}


def random_weights(shape, kind, seed):
    rng = np.random.default_rng(seed)

    def weights(tensor, dims):
        if tensor.endswith("norm.weight"):
            return np.ones(dims, np.float32)
        if len(dims) == 1:
            return np.zeros(dims, np.float32)
        spread = 0.02 if tensor == "token_embd.weight" else dims[1] ** -0.5
        if kind == "q8_0":
            return blocks(rng, dims, 32, np.float16(spread / 64))
        if kind == "q4_0":
            return blocks(rng, dims, 16, np.float16(spread / 4))
        return rng.standard_normal(dims, np.float32) * np.float32(spread)

    return weights


def blocks(rng, dims, payload, scale):
    """Blocks of one f16 scale and `payload` random bytes, without the detour over floats: a gigabyte in a second."""
    rows, columns = dims
    raw = np.empty((rows, columns // 32, 2 + payload), np.uint8)
    raw[:, :, :2] = np.frombuffer(scale.tobytes(), np.uint8)
    raw[:, :, 2:] = np.frombuffer(rng.bytes(rows * (columns // 32) * payload), np.uint8).reshape(rows, columns // 32, payload)
    return raw.reshape(rows, -1)


def random_pairs(shape, rank, seed):
    """Small ones: what the model says changes a little."""
    rng = np.random.default_rng(seed)
    pairs = {}
    for tensor, dims in shape.tensors().items():
        if tensor.startswith("blk.") and len(dims) == 2:
            rows, columns = dims
            pairs[tensor] = (rng.standard_normal((rank, columns)) * 0.02, rng.standard_normal((rows, rank)) * 0.02)
    return pairs


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("out")
    p.add_argument("--tokenizer", help="of a model")
    p.add_argument("--adapter", type=int, metavar="RANK", help="write an adapter for all projections instead of a model")
    p.add_argument("--preset", choices=PRESETS, default="tiny")
    for name in ("layers", "width", "heads", "kv-heads", "ffn", "vocabulary", "context"):
        p.add_argument(f"--{name}", type=int)
    p.add_argument("--type", choices=("f32", "f16", "q8_0", "q4_0"), default="q8_0")
    p.add_argument("--seed", type=int, default=1)
    a = p.parse_args()
    given = {k: v for k in Shape.__dataclass_fields__ if (v := getattr(a, k, None)) is not None}
    shape = Shape(**({k: getattr(PRESETS[a.preset], k) for k in Shape.__dataclass_fields__} | given))
    if a.adapter:
        return write_adapter(a.out, random_pairs(shape, a.adapter, a.seed), 2 * a.adapter, "interline-random", "random weights")
    if not a.tokenizer:
        p.error("a model needs --tokenizer")
    tokenizer = Tokenizer.from_file(a.tokenizer)
    about = f"random weights, {shape.parameters():,} parameters: for tests and timing, its text means nothing"
    write_model(a.out, shape, random_weights(shape, a.type, a.seed), tokenizer, a.type, "interline-random", about)
    print(f"{a.out}: {about}")


if __name__ == "__main__":
    main()
