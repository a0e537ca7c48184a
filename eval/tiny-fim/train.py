"""Trains the tiny fill-in-the-middle model on the CPU and writes it as Q8_0 GGUF at every checkpoint.

    python train.py --tokenizer BPE.json --out tiny-fim.gguf --minutes 40
"""

import argparse
import pickle
import random
import time

import jax
import jax.numpy as jnp
import numpy as np
from tokenizers import Tokenizer

import corpus
import net
from model_file import write_model
from samples import Documents, Encoder, Mixture, Tasks, hole, line_end, window

NAME = "interline-tiny-fim"
TOKENS = 4096  # a step


def pack(mixture, tokens, length):
    """Samples side by side in rows of `length` + 1; a segment number says who is whose."""
    rows = tokens // length
    ids = np.zeros((rows, length + 1), np.int32)
    positions, segments = np.zeros_like(ids), np.zeros_like(ids)
    weights = np.zeros((rows, length + 1), np.float32)
    for r in range(rows):
        at, segment, misses = 0, 1, 0
        while misses < 3 and at < length - 30:
            new, w = mixture.sample(length)
            n = len(new)
            if at + n > length + 1:
                misses += 1
                continue
            ids[r, at : at + n], weights[r, at : at + n] = new, w
            positions[r, at : at + n], segments[r, at : at + n] = np.arange(n), segment
            at, segment = at + n, segment + 1
    return ids, positions, segments, weights


def orthogonal(g):
    """Newton and Schulz's iteration on a stack of matrices: Muon's direction (Jordan et al. 2024)."""
    wide = g.shape[-2] > g.shape[-1]
    x = jnp.swapaxes(g, -1, -2) if wide else g
    x = x / (jnp.linalg.norm(x, axis=(-2, -1), keepdims=True) + 1e-7)
    for _ in range(5):
        a = x @ jnp.swapaxes(x, -1, -2)
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
    return jnp.swapaxes(x, -1, -2) if wide else x


def make_step(s, rate, matrix_rate):
    """Muon for the layers' matrices, Adam for the rest; gradients clipped; `warm` is the schedule's factor."""

    def step(p, m, v, batch, n, warm):
        value, g = jax.value_and_grad(net.loss)(p, s, batch)
        norm = jnp.sqrt(sum(jnp.sum(x * x) for x in g.values()))
        clip = jnp.minimum(1.0, 1.0 / (norm + 1e-9))
        p2, m2, v2 = {}, {}, {}
        for k in p:
            gk = g[k] * clip
            if k in net.MATRICES:
                m2[k] = 0.95 * m[k] + gk
                v2[k] = v[k]
                scale = max(1.0, p[k].shape[-1] / p[k].shape[-2]) ** 0.5
                change = orthogonal(gk + 0.95 * m2[k]) * scale * matrix_rate
            else:
                m2[k] = 0.9 * m[k] + 0.1 * gk
                v2[k] = 0.98 * v[k] + 0.02 * gk * gk
                change = rate * (m2[k] / (1 - 0.9**n)) / (jnp.sqrt(v2[k] / (1 - 0.98**n)) + 1e-8)
            decay = 0.1 * (matrix_rate if k in net.MATRICES else 0.0)
            p2[k] = p[k] - warm * (change + decay * p[k])
        return p2, m2, v2, value

    return jax.jit(step, donate_argnums=(0, 1, 2))


class Judge:
    """Held-out measures with the right answer given token by token: a hole counts when every token of it is the likeliest, its end too."""

    def __init__(self, s, encoder, files):
        self.s, self.encoder = s, encoder
        rng = random.Random(7)
        documents, tasks = Documents(files), Tasks(rng)
        holes = []
        while len(holes) < 96:
            text = window(rng, documents.pick(rng)[2], 700)
            found = line_end(rng, text)
            if found and 2 <= found[1] - found[0] <= 40:
                holes.append((text[: found[0]], text[found[0] : found[1]], text[found[1] :]))
        self.sets = {
            "psm": [hole(*h, rng, form="psm") for h in holes],
            "spm": [hole(*h, rng, form="spm") for h in holes],
            "no suffix": [hole(h[0], h[1], "", rng, form="psm") for h in holes],
        }
        for kind in tasks.kinds:
            self.sets[kind.__name__] = [tasks.sample(rng.choice(("psm", "spm")), kind) for _ in range(16)]
        self.text = [[(window(rng, documents.pick(rng)[2], 1500), 1.0)] for _ in range(32)]
        self.hits = jax.jit(lambda p, b: self.judge(p, b))

    def judge(self, p, batch):
        ids, positions, segments, weights = batch
        logits = net.forward(p, self.s, ids[:, :-1], positions[:, :-1], segments[:, :-1])
        target = ids[:, 1:]
        right = jnp.argmax(logits, -1) == target
        asked = (weights[:, 1:] >= 2.0) & (segments[:, 1:] > 0)
        whole = jnp.all(right | ~asked, -1)
        each = jax.nn.logsumexp(logits, -1) - jnp.take_along_axis(logits, target[..., None], -1)[..., 0]
        shown = (segments[:, 1:] > 0) & (segments[:, :-1] > 0)
        return whole, jnp.sum(each * shown), jnp.sum(shown), jnp.sum(each * asked), jnp.sum(asked)

    def batches(self, pieces, size=16, length=512):
        for i in range(0, len(pieces), size):
            ids, seg = np.zeros((size, length + 1), np.int32), np.zeros((size, length + 1), np.int32)
            w = np.zeros((size, length + 1), np.float32)
            for r, sample in enumerate(pieces[i : i + size]):
                new, weights = self.encoder.sample(sample)
                new, weights = new[-length:], weights[-length:]
                ids[r, : len(new)], seg[r, : len(new)], w[r, : len(new)] = new, 1, weights
            pos = np.broadcast_to(np.arange(length + 1, dtype=np.int32), ids.shape)
            yield (ids, pos, seg, w), len(pieces[i : i + size])

    def report(self, p):
        total, count = 0.0, 0
        for batch, _ in self.batches(self.text):
            _, each, shown, _, _ = self.hits(p, batch)
            total, count = total + float(each), count + int(shown)
        out = {"held-out loss": total / count}
        for name, pieces in self.sets.items():
            right, lost, asked = 0, 0.0, 0
            for batch, n in self.batches(pieces):
                whole, _, _, each, tokens = self.hits(p, batch)
                right += int(np.asarray(whole)[:n].sum())
                lost, asked = lost + float(each), asked + int(tokens)
            out[name] = f"{right / len(pieces):.3f} ({lost / asked:.2f})"
        return out


def export(path, p, tokenizer, s, note):
    about = f"A {s.parameters() / 1e6:.1f} M-parameter fill-in-the-middle model for tests, trained for minutes on a CPU; {note}"
    write_model(path, s, net.gguf_weights(p), tokenizer, "q8_0", NAME, about)


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--tokenizer", required=True)
    a.add_argument("--out", required=True)
    a.add_argument("--weights", help="where to keep the weights in f32 (pickle)")
    a.add_argument("--minutes", type=float, default=40)
    a.add_argument("--steps", type=int, default=10**9, help="an end that doesn't depend on the machine")
    a.add_argument("--every", type=float, default=4, help="minutes between checkpoints")
    a.add_argument("--rate", type=float, default=4e-3)
    a.add_argument("--matrix-rate", type=float, default=0.02)
    a.add_argument("--long", type=float, default=0.6, help="from which part of the time on rows are 512 long instead of 256")
    a.add_argument("--resume", help="weights to go on from, e.g. after an interruption")
    a.add_argument("--strength", type=float, default=1.0, help="factor of the learning rates, e.g. lower for a second run")
    a.add_argument("--tasks", type=float, default=0.45, help="share of made-up samples")
    a.add_argument("--holes", type=float, default=0.5, help="share of the other samples that have a hole")
    a.add_argument("--seed", type=int, default=1)
    a = a.parse_args()
    s, encoder, tokenizer = net.SHAPE, Encoder(a.tokenizer), Tokenizer.from_file(a.tokenizer)
    mixture, judge = Mixture(corpus.train(), encoder, a.seed, a.tasks, a.holes), Judge(s, encoder, corpus.held_out())
    p = {k: jnp.asarray(x) for k, x in pickle.load(open(a.resume, "rb")).items()} if a.resume else net.init(s, a.seed)
    m = {k: jnp.zeros_like(x) for k, x in p.items()}
    v = {k: jnp.zeros_like(x) for k, x in p.items()}
    step = make_step(s, a.rate, a.matrix_rate)
    print(f"{s.parameters():,} parameters", flush=True)
    begun = saved = said = time.time()
    n, done, smooth = 0, 0.0, None
    while done < 1:
        n += 1
        done = max((time.time() - begun) / 60 / a.minutes, n / a.steps)
        warm = a.strength * min(1.0, n / 60) * (0.02 + 0.98 * min(1.0, (1 - min(done, 1.0)) / 0.7))
        batch = pack(mixture, TOKENS, 256 if done < a.long else 512)
        p, m, v, value = step(p, m, v, batch, float(n), warm)
        smooth = float(value) if smooth is None else 0.98 * smooth + 0.02 * float(value)
        now = time.time()
        if now - said > 30 or done >= 1:
            said = now
            print(f"{(now - begun) / 60:5.1f} min  step {n}  {n * TOKENS / (now - begun):.0f} tokens/s  loss {smooth:.3f}", flush=True)
        if now - saved > a.every * 60 or done >= 1:
            saved = now
            note = f"{n} steps of {TOKENS} tokens"
            export(a.out, p, tokenizer, s, note)
            if a.weights:
                pickle.dump({k: np.asarray(x) for k, x in p.items()}, open(a.weights, "wb"))
            print(f"      {note}: " + "  ".join(f"{k} {x if isinstance(x, str) else f'{x:.3f}'}" for k, x in judge.report(p).items()), flush=True)


if __name__ == "__main__":
    main()
