"""Fills the records of JSON Lines with Ray Data: each actor keeps one `maria infill`, which loads the model once.

    python ray_data.py IN OUT ACTORS

Records have a "seed" of their own, so that a text does not depend on the actor that fills it.
"""

import os
import subprocess
import sys

import ray


class Fill:
    def __init__(self):
        command = [os.environ.get("MARIA", "maria"), "infill", "--jsonl", "--threads", "1"]
        self.maria = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __call__(self, batch):
        records = batch["text"]
        # A batch has to fit into the pipe, or maria could wait for a reader while this waits for it to read.
        self.maria.stdin.write("".join(f"{record}\n" for record in records).encode())
        self.maria.stdin.flush()
        filled = [self.maria.stdout.readline() for _ in records]
        if not all(line.endswith(b"\n") for line in filled):
            # The actor goes down with its maria; Ray starts another one and gives it the batch.
            os._exit(1)
        return {"record": [line.decode()[:-1] for line in filled]}


source, target, actors = sys.argv[1], sys.argv[2], int(sys.argv[3])
# Actors hold on to their cores, and Ray waits for ever where none is left to read with.
ray.init(num_cpus=actors + 1, include_dashboard=False)
ray.data.DataContext.get_current().execution_options.preserve_order = True
lines = ray.data.read_text(source)
filled = lines.repartition(actors).map_batches(
    Fill, batch_size=8, num_cpus=1, compute=ray.data.ActorPoolStrategy(size=actors)
)
with open(target, "w", encoding="utf-8", newline="\n") as file:
    file.writelines(f"{row['record']}\n" for row in filled.iter_rows())
