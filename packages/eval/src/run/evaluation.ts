// What all evaluations of systems on data share: what they are given, and what their configuration says of it.
import type { JsonObject } from '@maria/checkpoints';
import { UsageError } from '@maria/core';
import { describeMachine, type Machine } from '../bench/machine.js';
import type { DataSet } from '../data/item.js';
import type { MaskSettings } from '../data/masked-items.js';
import type { SystemPlan } from '../systems/system.js';
import type { RunConfig } from './run-config.js';
import type { RunTasksOptions } from './run-tasks.js';
import type { EvalShard } from './shards.js';

export interface EvaluationOptions extends RunTasksOptions {
  /** The run's folder. */
  readonly out: string;
  /** The first is what the others are compared with. */
  readonly systems: readonly SystemPlan[];
  readonly data: readonly DataSet[];
  readonly mask: MaskSettings;
  /** The part of the texts that this run has; all without it. */
  readonly shard?: EvalShard | undefined;
  /** Rounds of the bootstrap. @default 1000 */
  readonly rounds?: number;
  /** Version of maria, for the configuration. */
  readonly maria: string;
  /** For the configuration too. @default the one that this runs on, and its load */
  readonly machine?: Machine | undefined;
  readonly onNote?: (message: string) => void;
}

export function configOf(
  evaluation: string,
  { systems, data, mask, maria, machine = describeMachine(), shard }: EvaluationOptions,
  more: JsonObject = {},
): RunConfig {
  return {
    version: 1,
    evaluation,
    settings: {
      systems: systems.map(({ name, identity }) => ({ name, ...identity })),
      data: data.map(({ name, format, items, sha256 }) => ({
        name,
        format,
        documents: items.length,
        sha256,
      })),
      mask: mask.pattern === 'given' ? { pattern: mask.pattern, seed: mask.seed } : { ...mask },
      ...more,
      ...(shard && { shard: `${shard.number}/${shard.of}` }),
    },
    environment: { maria, machine },
  };
}

/** Tokens of one vocabulary are no units of another. @throws UsageError */
export function refuseMixedTokens({ systems, mask }: Pick<EvaluationOptions, 'systems' | 'mask'>): void {
  const [first] = systems;
  const other = systems.find(({ vocabularyHash }) => vocabularyHash !== first?.vocabularyHash);
  if (mask.pattern !== 'tokens' || !first || !other) return;
  throw new UsageError(
    'vocabularies-differ',
    `Cannot mask tokens: the systems ${first.name} and ${other.name} have different ones.`,
    { try: 'Mask words or spans, which all systems have.' },
  );
}
