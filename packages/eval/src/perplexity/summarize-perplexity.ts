// The figures of a perplexity run, from its records.
import type { JsonObject } from '@maria/checkpoints';
import { DataError } from '@maria/core';
import type { EvaluationOptions } from '../run/evaluation.js';
import {
  type BootstrapOptions,
  type Estimate,
  pairedDifference,
  type Ratio,
  ratioEstimate,
} from '../statistics/bootstrap.js';
import { exponential, groupBy, sum } from '../statistics/groups.js';
import type { Likelihood } from '../systems/system.js';

export interface PerplexitySummary {
  readonly evaluation: 'perplexity';
  /** What is counted: masked words, or masked tokens where those were drawn. */
  readonly unit: 'word' | 'token';
  readonly systems: readonly { readonly name: string; readonly likelihood: Likelihood }[];
  /** Whether all systems have one vocabulary, so that perplexities a token compare. */
  readonly oneVocabulary: boolean;
  /** For each data set and mask rate. */
  readonly cells: readonly PerplexityCell[];
}

export interface PerplexityCell {
  readonly data: string;
  /** Undefined for the gaps of the data set itself. */
  readonly rate?: number;
  readonly documents: number;
  readonly texts: number;
  /** Masked units and bytes. */
  readonly units: number;
  readonly bytes: number;
  /** Texts that some system could not read, which count for none. */
  readonly leftOut: number;
  readonly systems: readonly SystemPerplexity[];
  /** Nats a unit of each other system minus those of the first: below 0 it is better. */
  readonly differences: readonly {
    readonly system: string;
    readonly from: string;
    readonly natsPerUnit: Estimate;
  }[];
}

export interface SystemPerplexity {
  readonly system: string;
  readonly natsPerUnit: Estimate;
  readonly bitsPerByte: Estimate;
  /** exp of the nats a token of its own vocabulary. */
  readonly perplexityPerToken: Estimate;
  readonly tokens: number;
}

interface ScoreRecord {
  readonly system: string;
  readonly data: string;
  readonly document: number;
  readonly window: number;
  readonly rate?: number;
  readonly units: number;
  readonly bytes: number;
  readonly nats: number;
  readonly tokens: number;
  readonly error?: { readonly message: string };
}

/** @throws DataError when no text could be read by all systems */
export function summarizePerplexity(
  given: readonly JsonObject[],
  { systems, mask }: Pick<EvaluationOptions, 'systems' | 'mask'>,
  bootstrap: BootstrapOptions,
): PerplexitySummary {
  const records = given as unknown as readonly ScoreRecord[];
  const cells = groupBy(records, ({ data, rate }) => JSON.stringify([data, rate ?? null]));
  const names = systems.map(({ name }) => name);
  return {
    evaluation: 'perplexity',
    unit: mask.pattern === 'tokens' ? 'token' : 'word',
    systems: systems.map(({ name, likelihood }) => ({ name, likelihood })),
    oneVocabulary: new Set(systems.map(({ vocabularyHash }) => vocabularyHash)).size === 1,
    cells: [...cells.values()].map((cell) => summarizeCell(cell, names, bootstrap)),
  };
}

function summarizeCell(
  records: readonly ScoreRecord[],
  names: readonly string[],
  bootstrap: BootstrapOptions,
): PerplexityCell {
  const textOf = ({ document, window }: ScoreRecord) => `${document} ${window}`;
  const unread = new Set(records.filter(({ error }) => error).map(textOf));
  const read = records.filter((record) => !unread.has(textOf(record)));
  const [{ data, rate }] = records as [ScoreRecord];
  if (read.length === 0)
    throw new DataError(
      'nothing-scored',
      `Cannot compare systems on ${data}: none of its texts could be read by all of them. ${records.find(({ error }) => error)?.error?.message ?? ''}`.trim(),
      { try: 'Cut the texts into shorter windows.' },
    );
  /** Of each document, in one order for all systems. */
  const documents = names.map((name) =>
    [
      ...groupBy(
        read.filter(({ system }) => system === name),
        ({ document }) => document,
      ).values(),
    ].map((texts) => ({
      nats: sum(texts, ({ nats }) => nats),
      units: sum(texts, ({ units }) => units),
      bytes: sum(texts, ({ bytes }) => bytes),
      tokens: sum(texts, ({ tokens }) => tokens),
    })),
  );
  const ratios = (of: 'units' | 'bytes' | 'tokens', scale = 1) =>
    documents.map((one) =>
      one.map((document): Ratio => ({ numerator: document.nats / scale, denominator: document[of] })),
    );
  const perUnit = ratios('units');
  const perByte = ratios('bytes', Math.LN2);
  const perToken = ratios('tokens');
  const first = documents[0]!;
  return {
    data,
    ...(rate !== undefined && { rate }),
    documents: first.length,
    texts: read.length / names.length,
    units: sum(first, ({ units }) => units),
    bytes: sum(first, ({ bytes }) => bytes),
    leftOut: unread.size,
    systems: names.map((system, i) => ({
      system,
      natsPerUnit: ratioEstimate(perUnit[i]!, bootstrap),
      bitsPerByte: ratioEstimate(perByte[i]!, bootstrap),
      perplexityPerToken: exponential(ratioEstimate(perToken[i]!, bootstrap)),
      tokens: sum(documents[i]!, ({ tokens }) => tokens),
    })),
    differences: names.slice(1).map((system, i) => ({
      system,
      from: names[0]!,
      natsPerUnit: pairedDifference(perUnit[i + 1]!, perUnit[0]!, bootstrap),
    })),
  };
}
