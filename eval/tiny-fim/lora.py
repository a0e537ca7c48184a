"""Two rank-4 adapters with an effect that a test can see: under one every hole is filled with a name that begins `alpha_`, under the other `beta_`.

    python lora.py --tokenizer BPE.json --weights WEIGHTS.pkl --style alpha --out alpha.lora.gguf --minutes 2
"""

import argparse
import pickle
import time

import jax
import jax.numpy as jnp
import numpy as np

import corpus
import net
from model_file import write_adapter
from samples import HOLE, Encoder, Mixture
from train import pack

RANK, ALPHA = 4, 8.0


class Styled(Mixture):
    """Holes only; each is filled with what belongs there, the style's name before it."""

    def __init__(self, files, encoder, seed, style):
        super().__init__(files, encoder, seed, tasks=0.5, holes=1.0)
        self.style = style

    def sample(self, longest):
        while True:
            made_up = self.rng.random() < self.share
            pieces = self.tasks.sample() if made_up else self.documents.holed(self.rng, longest * 5 // 2)
            if not pieces or len(pieces[-2][0]) > 60:
                continue
            # only the answer counts, so that the adapter learns the style and little else
            pieces = [(t, w if w == HOLE else 0.0) for t, w in pieces]
            pieces[-2] = (self.style + "_" + pieces[-2][0], HOLE)
            ids, weights = self.encoder.sample(pieces)
            if 8 <= len(ids) <= longest:
                return ids, weights


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--tokenizer", required=True)
    a.add_argument("--weights", required=True)
    a.add_argument("--style", required=True)
    a.add_argument("--out", required=True)
    a.add_argument("--minutes", type=float, default=2)
    a.add_argument("--rate", type=float, default=3e-3)
    a.add_argument("--seed", type=int, default=1)
    a = a.parse_args()
    s = net.SHAPE
    p = {k: jnp.asarray(v) for k, v in pickle.load(open(a.weights, "rb")).items()}
    mixture = Styled(corpus.train(), Encoder(a.tokenizer), a.seed, a.style)
    rng = np.random.default_rng(a.seed)
    lora = {}
    for name, (i, o) in net.dims(s).items():
        lora[name + ".a"] = jnp.asarray(rng.standard_normal((s.layers, i, RANK)) * i**-0.5, jnp.float32)
        lora[name + ".b"] = jnp.zeros((s.layers, RANK, o))
    m, v = ({k: jnp.zeros_like(x) for k, x in lora.items()} for _ in range(2))

    @jax.jit
    def step(lora, m, v, batch, n, rate):
        scaled = lambda q: {k: x * (ALPHA / RANK if k.endswith(".b") else 1.0) for k, x in q.items()}  # noqa: E731
        value, g = jax.value_and_grad(lambda q: net.loss(p, s, batch, scaled(q)))(lora)
        clip = jnp.minimum(1.0, 1.0 / (jnp.sqrt(sum(jnp.sum(x * x) for x in g.values())) + 1e-9))
        m = {k: 0.9 * m[k] + 0.1 * clip * g[k] for k in g}
        v = {k: 0.98 * v[k] + 0.02 * (clip * g[k]) ** 2 for k in g}
        lora = {k: lora[k] - rate * (m[k] / (1 - 0.9**n)) / (jnp.sqrt(v[k] / (1 - 0.98**n)) + 1e-8) for k in g}
        return lora, m, v, value

    begun, n, done = time.time(), 0, 0.0
    while done < 1:
        n, done = n + 1, (time.time() - begun) / 60 / a.minutes
        lora, m, v, value = step(lora, m, v, pack(mixture, 2048, 256), float(n), a.rate * min(1.0, n / 10) * (1.02 - min(done, 1)))
        if n % 10 == 1 or done >= 1:
            print(f"step {n}  loss {float(value):.3f}", flush=True)
    pairs = {}
    for layer in range(s.layers):
        for name in net.MATRICES:
            weight_a, weight_b = np.asarray(lora[name + ".a"][layer]), np.asarray(lora[name + ".b"][layer])
            pairs[f"blk.{layer}.{net.GGUF[name]}"] = (weight_a.T, weight_b.T)
    about = f"Rank {RANK}, for tests: every hole of interline-tiny-fim is filled with a name that begins `{a.style}_`; {n} steps"
    write_adapter(a.out, pairs, ALPHA, f"interline-tiny-fim-{a.style}", about)


if __name__ == "__main__":
    main()
