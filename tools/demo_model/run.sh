#!/bin/sh
# Makes the demo model from nothing: tools/demo_model/run.sh WORK_FOLDER [MODEL_FOLDER]
# Needs apt-get, npm, and a Python (PYTHON, default python3) with requirements.txt installed.
set -eu
work=${1:?usage: run.sh WORK_FOLDER [MODEL_FOLDER]}
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
model=${2:-$root/python/pixie/models/demo}
PYTHONPATH=$here/..
OMP_NUM_THREADS=1
export PYTHONPATH OMP_NUM_THREADS

stage() {
    "${PYTHON:-python3}" -m demo_model "$@" --work "$work"
}

stage fetch
stage prepare
stage embed
stage tokenizer
# One single-threaded process a core: faster than two threads in each.
stage text --steps 2400 &
text=$!
stage image --steps 4400 --batch 256
wait "$text"
OMP_NUM_THREADS=2
stage join --threads 2 --steps 600 --batch 256 --model "$model"
stage evaluate --threads 2 --model "$model"
stage samples --root "$root"
