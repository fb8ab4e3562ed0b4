#!/bin/bash
# A maria whose first process of a run is killed after two records, for check.sh: $STATE is a folder of the run.
set -uo pipefail

mkdir "$STATE/killed" 2> /dev/null || exec "$REAL_MARIA" "$@"
file=
args=("$@")
for i in "${!args[@]}"; do [ "${args[$i]}" = -o ] && file=${args[$((i + 1))]}; done
if [ -n "$file" ]; then
  "$REAL_MARIA" "$@" <&0 &
  until [ -e "$file" ] && [ "$(wc -l < "$file")" -ge 2 ]; do sleep 0.02; done
else
  mkfifo "$STATE/records"
  "$REAL_MARIA" "$@" <&0 > "$STATE/records" &
  head -n 2 < "$STATE/records"
fi
kill -9 $!
exit 137
