#!/usr/bin/env python3
"""Runs detect-secrets on the files that `interline eval privacy` is scored on, and prints both side by side.

    eval/privacy/compare.py [--interline PROGRAM] [--samples N] [--seed N] [--keep DIR]
    eval/privacy/compare.py --code DIR...

Needs Python 3.9 or later with venv; what it installs (requirements.txt) goes into eval/data/.venv-privacy, which git ignores.
detect-secrets runs as it comes: all its plugins, its own filters, nothing verified over the network. Scoring is the same
program's for both: a secret is hit if something was found on one of its lines.
"""

import argparse
import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent


def installed() -> pathlib.Path:
    """The detect-secrets of the version that requirements.txt names."""
    wanted = (HERE / "requirements.txt").read_text()
    venv = ROOT / "eval/data/.venv-privacy"
    stamp = venv / "requirements.sha256"
    digest = hashlib.sha256(wanted.encode()).hexdigest()
    if not stamp.exists() or stamp.read_text() != digest:
        print("installing detect-secrets", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", venv], check=True)
        pip = [venv / "bin/pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "-r", HERE / "requirements.txt"], check=True)
        stamp.write_text(digest)
    return venv / "bin/detect-secrets"


def scan(program: pathlib.Path, folder: pathlib.Path, prefix: str) -> list[dict]:
    """What it finds in a folder, one a line of a file: several plugins on one line count once."""
    command = [program, "-C", folder, "scan", "--all-files", "--no-verify", "."]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found = {}
    for path, secrets in json.loads(done.stdout)["results"].items():
        for secret in secrets:
            name = prefix + pathlib.PurePath(path).as_posix()
            key = (name, secret["line_number"])
            found.setdefault(key, []).append(secret["type"])
    lines = sorted(found.items())
    return [{"path": path, "line": line, "types": sorted(types)} for (path, line), types in lines]


def write(path: pathlib.Path, findings: list[dict]) -> None:
    path.write_text("".join(json.dumps(it) + "\n" for it in findings))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--interline", default=ROOT / "target/debug/interline", help="the program")
    parser.add_argument("--samples", default="20", help="secrets of every kind")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--keep", type=pathlib.Path, help="a folder to leave the files in")
    parser.add_argument("--code", nargs="+", type=pathlib.Path, help="folders of code to look through instead")
    args = parser.parse_args()
    program = installed()
    with tempfile.TemporaryDirectory() as scratch:
        folder = args.keep or pathlib.Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        findings = folder / "detect-secrets.jsonl"
        beside = ["--beside", f"detect-secrets={findings}"]
        command = [args.interline, "eval", "privacy"]
        if args.code:
            dirs = [it.resolve() for it in args.code]
            write(findings, [hit for it in dirs for hit in scan(program, it, f"{it.name}/")])
            folders = [part for it in dirs for part in ("--code", it)]
            judged = ["--judged", HERE / "judged.txt"]
            return subprocess.run([*command, *folders, *beside, *judged]).returncode
        command += ["--samples", args.samples, "--seed", args.seed]
        subprocess.run([*command, "--write", folder], check=True, stdout=subprocess.DEVNULL)
        sets = [scan(program, folder / it, f"{it}/") for it in ("generated", "independent")]
        write(findings, sum(sets, []))
        return subprocess.run([*command, "--write", folder, *beside]).returncode


if __name__ == "__main__":
    sys.exit(main())
