"""Gaps a second of PyTorch in bfloat16 beside maria, on random weights of the MARIA-1B shape, in turns within one run.

PyTorch does what a direct port of MARIA to transformers does: the MLM reads the masked texts once, the AR model fills them from the
left with its KV cache, reading the chosen token and the observed ones behind it in one pass, and a linear layer over both hidden
states gives the logits. Texts that are filled together have their gaps at the same places, so that nothing is padded.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
import warnings
from pathlib import Path

import torch
import transformers
from transformers import ModernBertConfig, ModernBertModel, OlmoConfig, OlmoModel

ROOT = Path(__file__).resolve().parents[2]
MASK = 3


def shapes(tiny: bool):
    """The two backbones' configurations: OLMo-1B and ModernBERT-large, or small ones to try the script."""
    ids = dict(pad_token_id=1, bos_token_id=0, eos_token_id=0)
    if tiny:
        ar = OlmoConfig(vocab_size=512, hidden_size=64, intermediate_size=128, num_hidden_layers=2,
                        num_attention_heads=4, max_position_embeddings=512, **ids)
        mlm = ModernBertConfig(vocab_size=512, hidden_size=64, intermediate_size=96, num_hidden_layers=3,
                               num_attention_heads=4, max_position_embeddings=512, cls_token_id=0,
                               sep_token_id=2, **ids)
    else:
        ar = OlmoConfig(vocab_size=50304, hidden_size=2048, intermediate_size=8192, num_hidden_layers=16,
                        num_attention_heads=16, max_position_embeddings=2048, **ids)
        mlm = ModernBertConfig(vocab_size=50368, hidden_size=1024, intermediate_size=2624,
                               num_hidden_layers=28, num_attention_heads=16, max_position_embeddings=8192,
                               cls_token_id=0, sep_token_id=2, **ids)
    return ar, mlm


class Pair:
    """Both backbones and the fused head, with random weights."""

    def __init__(self, tiny: bool, dtype: torch.dtype, device: str):
        ar, mlm = shapes(tiny)
        self.device = device
        self.vocabulary = min(ar.vocab_size, mlm.vocab_size)
        torch.set_default_dtype(dtype)
        try:
            self.ar = OlmoModel(ar).eval().to(device)
            self.mlm = ModernBertModel(mlm).eval().to(device)
            self.head = torch.nn.Linear(ar.hidden_size + mlm.hidden_size, self.vocabulary).eval().to(device)
        finally:
            torch.set_default_dtype(torch.float32)

    @torch.inference_mode()
    def fill(self, ids: torch.Tensor, positions: list[int], time_limit: float) -> tuple[int, float]:
        """Fills `ids` [texts, length] at `positions`, the same in each. Returns the gaps that were filled and the seconds."""
        texts = ids.shape[0]
        ids = ids.to(self.device)
        start = torch.zeros((texts, 1), dtype=torch.long, device=self.device)
        started = time.perf_counter()
        # [CLS] and [SEP] stand around what the MLM reads.
        wrapped = torch.cat([start, ids, torch.full_like(start, 2)], dim=1)
        within = self.mlm(input_ids=wrapped).last_hidden_state[:, 1:-1]
        sequence = torch.cat([start, ids], dim=1)
        cache, read, filled = None, 0, 0
        for position in positions:
            # A gap's token follows from all that is before it, the document start among them.
            step = self.ar(input_ids=sequence[:, read : position + 1], past_key_values=cache, use_cache=True)
            cache, read = step.past_key_values, position + 1
            hidden = torch.cat([step.last_hidden_state[:, -1], within[:, position]], dim=-1)
            sequence[:, position + 1] = self.head(hidden).argmax(dim=-1)
            filled += texts
            # A token is there when it is known, as in maria.
            sequence[:, position + 1].cpu()
            if time.perf_counter() - started >= time_limit:
                break
        return filled, time.perf_counter() - started


def masked(vocabulary: int, texts: int, length: int, mask_rate: float, seed: int):
    """Random tokens with the same masked positions in each text; `length` counts [CLS] and [SEP]."""
    draw = torch.Generator().manual_seed(seed)
    tokens = length - 2
    ids = torch.randint(MASK + 1, vocabulary, (texts, tokens), generator=draw)
    gaps = max(1, round(mask_rate * tokens))
    positions = sorted(torch.randperm(tokens, generator=draw)[:gaps].tolist())
    ids[:, positions] = MASK
    return ids, positions


def run_maria(args, batches: list[int], form: str) -> dict[tuple, float]:
    """One repetition of `maria bench throughput` for each batch and speculation, gaps a second of each."""
    command = [*args.maria.split(), "bench", "throughput", "--json", "--systems", "maria", "--repetitions", "1",
               "--quantize", form, "--batch", ",".join(map(str, batches)), "--lengths", str(args.length),
               "--mask-rate", str(args.mask_rate), "--speculate", args.speculate, "--context", str(2 * args.length),
               "--time-limit", str(args.time_limit), "--seed", str(args.seed), "--threads", str(args.threads),
               "--device", args.device]
    if not args.tiny:
        command += ["--shape", "olmo-1b+modernbert-large"]
    if args.acceptance:
        command += ["--acceptance", args.acceptance]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    records = [json.loads(line) for line in done.stdout.splitlines()]
    return {(f"maria {form}", record["batch"], str(record["speculate"]), record.get("acceptance")):
            record["gapsPerSecond"] for record in records}


def main() -> None:
    read = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    read.add_argument("--batch", default="1,16", help="texts at once, with commas between them (default: 1,16)")
    read.add_argument("--length", type=int, default=256, help="tokens of a text (default: 256)")
    read.add_argument("--mask-rate", type=float, default=0.5, help="part of them that is masked (default: 0.5)")
    read.add_argument("--quantize", default="int8", help="forms of maria, with commas between them (default: int8)")
    read.add_argument("--speculate", default="off", help="as of maria bench throughput (default: off)")
    read.add_argument("--acceptance", help="as of maria bench throughput")
    read.add_argument("--dtype", default="bfloat16", choices=["bfloat16", "float32"], help="of PyTorch")
    read.add_argument("--device", default="cpu", choices=["cpu", "cuda"], help="of both (default: cpu)")
    read.add_argument("--threads", type=int, default=os.cpu_count(), help="of each (default: all processors)")
    read.add_argument("--repetitions", type=int, default=3, help="rounds in which all take turns (default: 3)")
    read.add_argument("--time-limit", type=float, default=60, help="seconds of a run at most (default: 60)")
    read.add_argument("--seed", type=int, default=0)
    read.add_argument("--maria", default="node packages/cli/bin/run.js", help="the command, run in the project's folder")
    read.add_argument("--tiny", action="store_true",
                      help="small shapes and maria's embedded pair, to see that all runs; the figures mean nothing")
    args = read.parse_args()
    torch.set_num_threads(args.threads)
    # Names of parameters change between versions of transformers; the old ones go on working.
    warnings.filterwarnings("ignore", category=FutureWarning)
    transformers.logging.set_verbosity_error()
    batches = [int(batch) for batch in args.batch.split(",")]
    peer = f"PyTorch {args.dtype}"
    print(f"torch {torch.__version__}, transformers {transformers.__version__}, {args.threads} threads", file=sys.stderr)
    speeds: dict[tuple, list[float]] = {}
    for repetition in range(args.repetitions):
        # Made anew each time: while maria runs, its memory is free.
        pair = Pair(args.tiny, getattr(torch, args.dtype), args.device)
        for batch in batches:
            ids, positions = masked(pair.vocabulary, batch, args.length, args.mask_rate, args.seed)
            pair.fill(ids.clone(), positions[:2], args.time_limit)
            filled, seconds = pair.fill(ids, positions, args.time_limit)
            speeds.setdefault((peer, batch, "off", None), []).append(filled / seconds)
        del pair
        for form in args.quantize.split(","):
            for key, speed in run_maria(args, batches, form).items():
                speeds.setdefault(key, []).append(speed)
        print(f"round {repetition + 1} of {args.repetitions}", file=sys.stderr)
    baseline = {batch: statistics.median(speeds[peer, batch, "off", None]) for batch in batches}
    print(f"{'system':18}  {'texts':>5}  {'speculate':>9}  {'acceptance':>10}  {'gaps/s':>8}  {'times PyTorch':>13}")
    for (system, batch, speculate, acceptance), values in sorted(speeds.items(), key=lambda item: (item[0][1], item[0][0] != peer)):
        median = statistics.median(values)
        shown = "" if acceptance is None else acceptance
        print(f"{system:18}  {batch:5}  {speculate:>9}  {shown:>10}  {median:8.2f}  {median / baseline[batch]:13.2f}")


if __name__ == "__main__":
    main()
