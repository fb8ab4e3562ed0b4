#!/bin/bash
# Fills the records of $IN as a Slurm array, a shard an element: IN=in.jsonl OUT=parts sbatch slurm.sh, then join.sh.
# The same command does what is left of elements that were killed; so does scontrol requeue JOB_ELEMENT.
#SBATCH --job-name=maria
#SBATCH --array=0-7%4
#SBATCH --cpus-per-task=1
#SBATCH --mem=1G
#SBATCH --requeue
#SBATCH --open-mode=append
set -euo pipefail

mkdir -p "$OUT"
exec "${MARIA:-maria}" infill --jsonl --seed 7 --threads "${SLURM_CPUS_PER_TASK:-1}" \
  --shard "$((SLURM_ARRAY_TASK_ID + 1))/$SLURM_ARRAY_TASK_COUNT" \
  -o "$OUT/$(printf 'part-%05d.jsonl' "$SLURM_ARRAY_TASK_ID")" --resume --fail-on never < "$IN"
