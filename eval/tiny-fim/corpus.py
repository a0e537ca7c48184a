"""What the tiny model reads: the sources of the `train` suite, and a few repositories of `dev` to judge it by.

`cargo xtask eval-data` fetches both, by name, version and SHA-256 (suites/train.json, suites/dev.json). Only repositories under
MIT, Apache-2.0 or BSD licences count here; those of the suites under other licences are left out by not being named.
"""

import pathlib

DATA = pathlib.Path(__file__).resolve().parent.parent / "data"

# repository -> licence of its sources
TRAIN = {
    "python-pytest": "MIT",
    "python-flask": "BSD-3-Clause",
    "python-requests": "Apache-2.0",
    "python-click": "BSD-3-Clause",
    "python-sqlalchemy": "MIT",
    "python-werkzeug": "BSD-3-Clause",
    "rust-candle": "MIT OR Apache-2.0",
    "rust-clap": "MIT OR Apache-2.0",
    "rust-regex": "MIT OR Apache-2.0",
    "rust-rustls": "Apache-2.0 OR ISC OR MIT",
    "rust-serde": "MIT OR Apache-2.0",
    "rust-tokio": "MIT",
    "typescript-chevrotain": "Apache-2.0",
    "typescript-effect": "MIT",
    "typescript-mobx": "MIT",
    "typescript-rxjs": "Apache-2.0",
    "typescript-tanstack": "MIT",
    "typescript-trpc": "MIT",
    "go-chroma": "MIT",
    "go-fasthttp": "MIT",
    "go-git": "Apache-2.0",
    "go-goldmark": "MIT",
    "go-viper": "MIT AND Apache-2.0",
}
HELD_OUT = ["python-httpx", "python-rich", "rust-ripgrep", "rust-axum", "typescript-msw", "go-gin"]

SUFFIXES = {".py", ".rs", ".ts", ".go"}
PER_REPOSITORY = 1_500_000  # characters: no repository may drown the others
LONGEST_LINE = 300  # generated tables and minified text teach a model this small nothing


def files(names, root):
    """(repository, path, text) of every source file that counts, in a fixed order."""
    for name in names:
        total = 0
        folder = DATA / root / name
        if not folder.is_dir():
            raise SystemExit(f"`{folder}` is missing; run `cargo xtask eval-data --only {root}`")
        paths = (p for p in folder.rglob("*") if p.suffix in SUFFIXES and p.is_file())
        for path in sorted(paths, key=lambda p: hash_of(p.relative_to(folder))):
            try:
                text = path.read_text("utf-8").replace("\r\n", "\n")
            except UnicodeDecodeError:
                continue
            if not 200 <= len(text) <= 100_000 or max(map(len, text.split("\n"))) > LONGEST_LINE:
                continue
            if total + len(text) > PER_REPOSITORY:
                break
            total += len(text)
            yield name, path.relative_to(folder).as_posix(), text


def hash_of(path):
    """An order that is the same on every machine and does not favour the start of the alphabet."""
    import hashlib

    return hashlib.sha256(path.as_posix().encode()).digest()


def train():
    return list(files(TRAIN, "train"))


def held_out():
    return list(files(HELD_OUT, "dev"))


if __name__ == "__main__":
    for part in (train(), held_out()):
        by = {}
        for name, _, text in part:
            count, size = by.get(name, (0, 0))
            by[name] = (count + 1, size + len(text))
        for name, (count, size) in by.items():
            print(f"{name:24} {count:5} files {size:9} characters")
        print(f"{'':24} {sum(c for c, _ in by.values()):5} files {sum(s for _, s in by.values()):9} characters")
