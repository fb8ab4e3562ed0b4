#!/bin/bash
# Fills the records of $IN on this machine with GNU parallel, $SHARDS shards, two at a time: IN=in.jsonl OUT=parts SHARDS=4 parallel.sh
set -euo pipefail

mkdir -p "$OUT"
export MARIA=${MARIA:-maria}
# A process that was killed is started again and goes on behind what it wrote.
seq 0 "$((SHARDS - 1))" | parallel --jobs 2 --retries 3 \
  '"$MARIA" infill --jsonl --seed 7 --threads 1 --shard "$(({} + 1))/'"$SHARDS"'" \
     -o "$OUT/$(printf part-%05d.jsonl {})" --resume --fail-on never < "$IN"'
