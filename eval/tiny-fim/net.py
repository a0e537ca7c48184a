"""Qwen2's decoder in JAX, as llama.cpp computes it: RMSNorm, rotary positions by halves, grouped queries with biases, SwiGLU, tied embeddings.

Weights are a dictionary; those of all layers lie stacked, so that one program serves every layer and the optimiser.
"""

import jax
import jax.numpy as jnp
import numpy as np

from model_file import Shape

SHAPE = Shape(layers=6, width=192, heads=6, kv_heads=2, ffn=512, vocabulary=4096, context=512)
MATRICES = ("q", "k", "v", "o", "gate", "up", "down")
GGUF = {
    "q": "attn_q.weight", "k": "attn_k.weight", "v": "attn_v.weight", "o": "attn_output.weight",
    "gate": "ffn_gate.weight", "up": "ffn_up.weight", "down": "ffn_down.weight",
    "bq": "attn_q.bias", "bk": "attn_k.bias", "bv": "attn_v.bias", "norm1": "attn_norm.weight", "norm2": "ffn_norm.weight",
}  # fmt: skip


def dims(s):
    """name -> (inputs, outputs) of the stacked matrices."""
    d, kv, f = s.width, s.kv_heads * s.head, s.ffn
    return {"q": (d, d), "k": (d, kv), "v": (d, kv), "o": (d, d), "gate": (d, f), "up": (d, f), "down": (f, d)}


def init(s, seed):
    rng = np.random.default_rng(seed)
    p = {"embed": rng.standard_normal((s.vocabulary, s.width)) * 0.02, "norm": np.ones(s.width)}
    for name, (i, o) in dims(s).items():
        p[name] = rng.standard_normal((s.layers, i, o)) * i**-0.5
        if name in ("o", "down"):
            p[name] *= (2 * s.layers) ** -0.5
        if name in ("q", "k", "v"):
            p["b" + name] = np.zeros((s.layers, o))
    p["norm1"], p["norm2"] = np.ones((s.layers, s.width)), np.ones((s.layers, s.width))
    return {k: jnp.asarray(v, jnp.float32) for k, v in p.items()}


def rms(x, w, eps):
    return x * jax.lax.rsqrt(jnp.mean(x * x, -1, keepdims=True) + eps) * w


def rotate(x, cos, sin):
    a, b = jnp.split(x, 2, -1)
    return jnp.concatenate([a * cos - b * sin, b * cos + a * sin], -1)


def forward(p, s, ids, positions, segments, lora=None):
    """Logits (batch, length, vocabulary). Tokens see earlier ones of their own segment."""
    half = s.head // 2
    angle = positions[..., None].astype(jnp.float32) * s.rope_base ** (-jnp.arange(half, dtype=jnp.float32) / half)
    cos, sin = jnp.cos(angle)[:, None], jnp.sin(angle)[:, None]
    n = ids.shape[1]
    see = (segments[:, :, None] == segments[:, None, :]) & jnp.tril(jnp.ones((n, n), bool))
    hide = jnp.where(see, 0.0, -1e9)[:, None]
    x = p["embed"][ids.reshape(-1)]  # rows of tokens: products of two dimensions are the fast ones
    for i in range(s.layers):
        x = layer(p, s, i, x, cos, sin, hide, lora)
    return (rms(x, p["norm"], s.eps) @ p["embed"].T).reshape(*ids.shape, -1)


def project(p, i, name, x, lora):
    y = x @ p[name][i]
    if "b" + name in p:
        y = y + p["b" + name][i]
    if lora is not None:
        y = y + (x @ lora[name + ".a"][i]) @ lora[name + ".b"][i]
    return y


def layer(p, s, i, x, cos, sin, hide, lora):
    b, n = hide.shape[0], hide.shape[-1]
    heads = lambda y, count: y.reshape(b, n, count, s.head).transpose(0, 2, 1, 3)  # noqa: E731
    h = rms(x, p["norm1"][i], s.eps)
    q = rotate(heads(project(p, i, "q", h, lora), s.heads), cos, sin) * s.head**-0.5
    k = rotate(heads(project(p, i, "k", h, lora), s.kv_heads), cos, sin)
    v = heads(project(p, i, "v", h, lora), s.kv_heads)
    # repeating the keys costs less on a CPU than a product with one more dimension
    k, v = (jnp.repeat(y, s.heads // s.kv_heads, 1) for y in (k, v))
    out = attend(q, k, v, hide).transpose(0, 2, 1, 3).reshape(b * n, s.width)
    x = x + project(p, i, "o", out, lora)
    h = rms(x, p["norm2"][i], s.eps)
    return x + project(p, i, "down", jax.nn.silu(project(p, i, "gate", h, lora)) * project(p, i, "up", h, lora), lora)


def turned(x):
    """Transposed in memory: XLA's products on a CPU are several times slower over a transposed view."""
    return jax.lax.optimization_barrier(x.transpose(0, 1, 3, 2))


@jax.custom_vjp
def attend(q, k, v, hide):
    return attend_forward(q, k, v, hide)[0]


def attend_forward(q, k, v, hide):
    share = jax.nn.softmax(q @ turned(k) + hide, -1)
    return share @ v, (q, k, v, share)


def attend_backward(kept, g):
    q, k, v, share = kept
    change = g @ turned(v)
    change = share * (change - jnp.sum(change * share, -1, keepdims=True))
    return change @ k, turned(change) @ q, turned(share) @ g, None


attend.defvjp(attend_forward, attend_backward)


def loss(p, s, batch, lora=None):
    ids, positions, segments, weights = batch
    logits = forward(p, s, ids[:, :-1], positions[:, :-1], segments[:, :-1], lora)
    target = ids[:, 1:]
    chosen = jnp.take_along_axis(logits, target[..., None], -1)[..., 0]
    each = jax.nn.logsumexp(logits, -1) - chosen
    # a segment's first token follows from nothing
    weights = weights[:, 1:] * (segments[:, 1:] == segments[:, :-1])
    return jnp.sum(each * weights) / jnp.sum(weights)


def gguf_weights(p):
    """The function that `model_file.write_model` asks for tensors."""
    p = {k: np.asarray(v) for k, v in p.items()}
    back = {v: k for k, v in GGUF.items()}

    def weights(tensor, dims):
        if tensor == "token_embd.weight":
            array = p["embed"]
        elif tensor == "output_norm.weight":
            array = p["norm"]
        else:
            _, i, rest = tensor.split(".", 2)
            array = p[back[rest]][int(i)]
            array = array.T if array.ndim == 2 else array
        assert array.shape == dims, f"`{tensor}` is {array.shape}, not {dims}"
        return np.ascontiguousarray(array)

    return weights
