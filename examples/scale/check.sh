#!/bin/bash
# Runs the examples with the maria of this checkout, also with a worker that is killed, and compares what they write with what one process
# writes, byte by byte: examples/scale/check.sh [spark] [ray] [kubernetes] [slurm] [parallel]
# Python's packages go into a virtual environment in $ENVIRONMENT (600 MB); Spark needs a JRE, parallel and Slurm what their names say.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
environment=$(realpath -m "${ENVIRONMENT:-$work/python}")
[ $# -gt 0 ] || set -- spark ray kubernetes slurm parallel
shards=4

export REAL_MARIA="$here/../../packages/cli/bin/run.js"
export MARIA="$here/flaky-maria.sh" IN="$work/in.jsonl"
export MARIA_CONFIG='' NO_COLOR=1

# Equal texts too, and one that cannot be filled; with seeds for engines that know no places.
for i in $(seq 0 39); do
  case $i in 5) text='no gap' ;; *) text="The $([ $((i % 2)) = 0 ] && echo dog || echo cat) [MASK] in the [MASK] all day." ;; esac
  echo "{\"id\": $i, \"text\": \"$text\"}"
done > "$IN"
seeded="$work/seeded.jsonl"
awk '{ sub(/\}$/, ", \"seed\": " NR "}"); print }' "$IN" > "$seeded"
"$REAL_MARIA" infill --jsonl --seed 7 --fail-on never < "$IN" > "$work/whole.jsonl"
"$REAL_MARIA" infill --jsonl --fail-on never < "$seeded" > "$work/whole-seeded.jsonl"

python_with() {
  [ -x "$environment/bin/python" ] || python3 -m venv "$environment"
  "$environment/bin/pip" install --quiet --disable-pip-version-check "$@"
}

# Each run has a state of its own: its first maria is killed in the second of two runs.
begin() {
  export STATE="$work/state-$1-$2" OUT="$work/parts-$1-$2"
  mkdir -p "$STATE"
  [ "$2" = killed ] || mkdir "$STATE/killed"
}

same() {
  cmp "$3" "$4"
  # The killed one has to have been killed.
  [ -d "$STATE/killed" ]
  echo "$1, $2: the same $(wc -c < "$4") bytes"
}

for name in "$@"; do
  case $name in
    spark) python_with 'pyspark==4.3.0' ;;
    ray) python_with 'ray[data]==2.60.0' ;;
    kubernetes)
      python_with 'kubernetes-validate==1.37.0'
      "$environment/bin/kubernetes-validate" --strict "$here/kubernetes.yaml"
      ;;
  esac
  for how in whole killed; do
    begin "$name" "$how"
    out="$work/$name-$how.jsonl"
    case $name in
      spark)
        # Two workers, and three tries of a partition.
        cd "$work"
        PYSPARK_PYTHON="$environment/bin/python" "$environment/bin/spark-submit" --master 'local[2,3]' \
          "$here/spark_pipe.py" "$seeded" "$OUT" 2 2> "$work/spark.log" || { tail -n 40 "$work/spark.log" >&2; exit 1; }
        cat "$OUT"/part-* > "$out"
        same "$name" "$how" "$work/whole-seeded.jsonl" "$out"
        ;;
      ray)
        "$environment/bin/python" "$here/ray_data.py" "$seeded" "$out" 2 > "$work/ray.log" 2>&1 || { tail -n 40 "$work/ray.log" >&2; exit 1; }
        same "$name" "$how" "$work/whole-seeded.jsonl" "$out"
        ;;
      kubernetes)
        # The command of the container, with this machine's paths.
        mkdir -p "$work/bin"
        ln -sf "$MARIA" "$work/bin/maria"
        command=$("$environment/bin/python" -c '
import sys, yaml
job = yaml.safe_load(open(sys.argv[1]))["spec"]
print(job["template"]["spec"]["containers"][0]["command"][2])' "$here/kubernetes.yaml")
        command=${command//\/data\/parts/$OUT}
        command=${command//\/data\/in.jsonl/$IN}
        for index in $(seq 0 7); do
          for try in 1 2 3; do
            PATH="$work/bin:$PATH" JOB_COMPLETION_INDEX=$index SHARDS=8 sh -c "$command" 2> /dev/null && break
            [ "$try" -lt 3 ]
          done
        done
        "$here/join.sh" "$IN" "$OUT"/part-*.jsonl > "$out"
        same "$name" "$how" "$work/whole.jsonl" "$out"
        ;;
      slurm)
        # Slurm itself where there is one, else its variables in a loop.
        if command -v sbatch > /dev/null && sinfo > /dev/null 2>&1; then
          for try in 1 2; do
            sbatch --wait --chdir "$work" --array "0-$((shards - 1))%2" --output "$work/slurm-%a.log" "$here/slurm.sh" > /dev/null && break
          done
        else
          for index in $(seq 0 $((shards - 1))); do
            for try in 1 2; do
              SLURM_ARRAY_TASK_ID=$index SLURM_ARRAY_TASK_COUNT=$shards bash "$here/slurm.sh" 2> /dev/null && break
              [ "$try" -lt 2 ]
            done
          done
        fi
        "$here/join.sh" "$IN" "$OUT"/part-*.jsonl > "$out"
        same "$name" "$how" "$work/whole.jsonl" "$out"
        ;;
      parallel)
        SHARDS=$shards "$here/parallel.sh" 2> /dev/null
        "$here/join.sh" "$IN" "$OUT"/part-*.jsonl > "$out"
        same "$name" "$how" "$work/whole.jsonl" "$out"
        ;;
    esac
  done
done
