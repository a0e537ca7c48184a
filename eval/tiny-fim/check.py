"""Holds the exported model to the one that was trained, through a running `llama-server`: tokens, likelihoods, and holes filled greedily.

    llama-server -m tiny-fim.gguf --port 8390 -c 1024 -np 1 -fa off &
    python check.py --tokenizer BPE.json --weights WEIGHTS.pkl --server http://127.0.0.1:8390
"""

import argparse
import json
import math
import pickle
import random
import urllib.request

import jax
import jax.numpy as jnp
import numpy as np

import corpus
import net
from samples import END, HOLE, MIDDLE, PREFIX, SUFFIX, Documents, Encoder, Tasks, hole, line_end, window


forward = jax.jit(lambda p, *row: net.forward(p, net.SHAPE, *row))


class Server:
    def __init__(self, address):
        self.address = address

    def ask(self, path, body):
        request = urllib.request.Request(self.address + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
        return json.load(urllib.request.urlopen(request, timeout=120))

    def tokenize(self, text, special=False):
        return self.ask("/tokenize", {"content": text, "add_special": False, "parse_special": special})["tokens"]

    def complete(self, prompt, tokens, probabilities=0, stop=()):
        body = {"prompt": prompt, "n_predict": tokens, "temperature": 0, "n_probs": probabilities, "cache_prompt": False, "stop": list(stop)}
        return self.ask("/completion", body)


def check_tokens(server, encoder, files, characters):
    """Counts files whose tokens differ; `characters` in all."""
    rng, done, bad, tokens = random.Random(3), 0, 0, 0
    files = rng.sample(files, len(files))
    for name, path, text in files:
        if done >= characters:
            break
        ours, theirs = encoder.text(text), server.tokenize(text)
        done, tokens = done + len(text), tokens + len(ours)
        if ours != theirs:
            bad += 1
            at = next((i for i, (a, b) in enumerate(zip(ours, theirs)) if a != b), -1)
            print(f"  {name}/{path}: differs at token {at}: {encoder.decode(ours[at : at + 4])!r} and {encoder.decode(theirs[at : at + 4])!r}")
    print(f"tokens: {done} characters, {tokens} tokens, {done / tokens:.2f} characters a token, {bad} files differ")


def check_likelihoods(server, encoder, p, files, count=12, best=20):
    """The likeliest tokens' log-probabilities after a few prompts: ours in f32, theirs in Q8_0."""
    rng = random.Random(5)
    documents, worst, same, total, n = Documents(files), 0.0, 0, 0.0, 0
    for i in range(count):
        pieces = hole(*cut(rng, documents, encoder), rng, form=("psm", "spm")[i % 2])[:-2]
        ids, _ = encoder.sample(pieces)
        logits = run(p, ids)
        ours = logits - math.log(np.exp(logits - logits.max()).sum()) - logits.max()
        theirs = server.complete(ids, 1, best)["completion_probabilities"][0]["top_logprobs"]
        differences = [abs(ours[t["id"]] - t["logprob"]) for t in theirs]
        worst, total, n = max(worst, *differences), total + sum(differences), n + len(differences)
        same += int(theirs[0]["id"] == int(ours.argmax()))
    print(f"log-probabilities of the {best} likeliest: mean difference {total / n:.4f}, worst {worst:.4f}; likeliest token the same in {same} of {count}")


def run(p, ids):
    n = 64 * -(-len(ids) // 64)  # few shapes, few compilations
    row = np.zeros((1, n), np.int32)
    row[0, : len(ids)] = ids
    return np.asarray(forward(p, row, np.arange(n, dtype=np.int32)[None], np.ones((1, n), np.int32))[0, len(ids) - 1], np.float64)


def cut(rng, documents, encoder):
    while True:
        text = window(rng, documents.pick(rng)[2], 1100)
        found = line_end(rng, text)
        if found and 2 <= found[1] - found[0] <= 40 and len(encoder.text(text)) < 470:
            return text[: found[0]], text[found[0] : found[1]], text[found[1] :]


def check_holes(server, encoder, files, count):
    """Greedy answers: the rest of a line in held-out files, with the suffix after, before, and without it."""
    rng = random.Random(11)
    documents = Documents(files)
    holes = [cut(rng, documents, encoder) for _ in range(count)]
    for name, prompt in {
        "prefix, suffix (PSM)": lambda p, s: [PREFIX, p, SUFFIX, s, MIDDLE],
        "suffix, prefix (SPM)": lambda p, s: [PREFIX, SUFFIX, s, MIDDLE, p],
        "PSM with an empty suffix": lambda p, s: [PREFIX, p, SUFFIX, MIDDLE],
        "prefix alone": lambda p, s: [p],
    }.items():
        answers = [(answer(server, encoder, prompt(p, s)), m) for p, m, s in holes]
        right, begun = sum(a == m for a, m in answers), sum(a[:2] == m[:2] for a, m in answers)
        print(f"rest of the line, {name:26} {right / count:.1%} whole, {begun / count:.1%} the first two characters, of {count}", flush=True)
    tasks = Tasks(rng)
    for kind in tasks.kinds:
        for form in ("psm", "spm"):
            right, blind = 0, 0
            for _ in range(count // 4):
                pieces = tasks.sample(form, kind)
                middle = "".join(t for t, w in pieces if w == HOLE and t != END)
                asked = [t for t, w in pieces if w < HOLE]
                right += answer(server, encoder, asked) == middle
                asked[asked.index(SUFFIX) + 1] = ""
                blind += answer(server, encoder, asked) == middle
            n = count // 4
            print(f"made up, {kind.__name__:10} {form} {right / n:.0%}, with an empty suffix {blind / n:.0%}, of {n}", flush=True)


def answer(server, encoder, pieces):
    ids, _ = encoder.sample([(piece, 1.0) for piece in pieces])
    return server.complete(ids, 24, stop=["\n"] if MIDDLE not in pieces else ())["content"]


def show(server):
    for prefix, suffix, extra in (
        ("def add(a, b):\n    return a + ", "\n", []),
        ("fn multiply(left: u32, right: u32) -> u32 {\n    left * ", "\n}\n", []),
        ("fn area(width: u32, height: u32) -> u32 {\n    let ", " = width * height;\n    result\n}\n", []),
        ("total = compute_price(", "\n", [{"filename": "shop.py", "text": "def compute_price(amount, tax):\n    return amount * tax\n"}]),
        ("import os\n\ndef main():\n    path = os.path.", "\n    print(path)\n", []),
        ("for i in ", ":\n    print(i)\n", []),
    ):
        body = {"input_prefix": prefix, "input_suffix": suffix, "input_extra": extra, "n_predict": 24, "temperature": 0}
        print(f"/infill {prefix[-40:]!r} ▮ {suffix[:30]!r} -> {server.ask('/infill', body)['content']!r}")


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--tokenizer", required=True)
    a.add_argument("--weights", required=True)
    a.add_argument("--server", default="http://127.0.0.1:8390")
    a.add_argument("--characters", type=int, default=1_000_000)
    a.add_argument("--holes", type=int, default=400)
    a.add_argument("--only", nargs="*", default=["tokens", "likelihoods", "show", "holes"])
    a = a.parse_args()
    server, encoder, files = Server(a.server), Encoder(a.tokenizer), corpus.held_out()
    if "tokens" in a.only:
        check_tokens(server, encoder, files, a.characters)
    if "likelihoods" in a.only:
        p = {k: jnp.asarray(v) for k, v in pickle.load(open(a.weights, "rb")).items()}
        check_likelihoods(server, encoder, p, files)
    if "show" in a.only:
        show(server)
    if "holes" in a.only:
        check_holes(server, encoder, files, a.holes)


if __name__ == "__main__":
    main()
