#!/bin/sh
# Makes the tokeniser, the tiny model and its two adapters in OUT (default: eval/data/tiny-fim), in about 45 minutes on two free cores.
#   eval/tiny-fim/make.sh [OUT] [MINUTES]
# The sources come first: cargo xtask eval-data
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/../data/tiny-fim}
minutes=${2:-36}
venv=$here/../data/.tiny-fim
mkdir -p "$out"
[ -d "$venv" ] || python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --requirement "$here/requirements.txt"
python=$venv/bin/python
"$python" "$here/bpe.py" "$out/bpe.json"
"$python" "$here/train.py" --tokenizer "$out/bpe.json" --out "$out/tiny-fim.gguf" --weights "$out/weights.pkl" --minutes "$minutes"
for style in alpha beta; do
    "$python" "$here/lora.py" --tokenizer "$out/bpe.json" --weights "$out/weights.pkl" --style $style --out "$out/$style.lora.gguf"
done
