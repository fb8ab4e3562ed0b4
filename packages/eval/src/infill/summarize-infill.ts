// The figures of an infill run, from its records.
import type { JsonObject } from '@maria/checkpoints';
import { DataError } from '@maria/core';
import { type BootstrapOptions, type Estimate, type Ratio, ratioEstimate } from '../statistics/bootstrap.js';
import { exponential, groupBy, sum } from '../statistics/groups.js';
import type { SystemPlan } from '../systems/system.js';
import { type FillMeasure, fillMeasures } from './score-fills.js';

export interface InfillSummary {
  readonly evaluation: 'infill';
  readonly systems: readonly string[];
  /** The AR model that judged, if one did. */
  readonly judge?: string;
  readonly cells: readonly InfillCell[];
  /** Of filling, as this run went: how many texts at once, and what else the machine did, is in it. */
  readonly throughput: readonly Throughput[];
  /** The first texts, to read. */
  readonly examples: readonly FillExample[];
}

export interface FillExample {
  readonly gapped: string;
  readonly references: readonly string[];
  readonly fills: readonly { readonly system: string; readonly fills: readonly string[] }[];
}

export interface Throughput {
  readonly system: string;
  readonly tokens: number;
  readonly seconds: number;
  readonly tokensPerSecond: number;
}

export interface InfillCell {
  readonly data: string;
  readonly rate?: number;
  readonly documents: number;
  readonly texts: number;
  readonly gaps: number;
  /** Texts that some system could not fill, which count for none. */
  readonly leftOut: number;
  readonly systems: readonly SystemFills[];
  /** Of the texts of each system, and the original ones first. */
  readonly judged: readonly JudgedTexts[];
}

export interface SystemFills extends Readonly<Record<FillMeasure, Estimate>> {
  readonly system: string;
  /** Part of the programs that pass, where they were executed. */
  readonly passed?: Estimate;
}

export interface JudgedTexts {
  readonly system: string;
  readonly generativePerplexity: Estimate;
  readonly entropy: Estimate;
  readonly distinct1: Estimate;
  readonly distinct2: Estimate;
}

type InfillRecord = JsonObject & {
  readonly data: string;
  readonly document: number;
  readonly window: number;
};

export interface InfillSummaryOptions {
  readonly systems: readonly Pick<SystemPlan, 'name'>[];
  readonly judge?: { readonly name: string };
  readonly bootstrap: BootstrapOptions;
}

/** @throws DataError when no text could be filled by all systems */
export function summarizeInfill(
  given: readonly JsonObject[],
  times: readonly JsonObject[],
  { systems, judge, bootstrap }: InfillSummaryOptions,
): InfillSummary {
  const records = given as readonly InfillRecord[];
  const names = systems.map(({ name }) => name);
  const cells = groupBy(records, ({ data, rate }) => JSON.stringify([data, rate ?? null]));
  return {
    evaluation: 'infill',
    systems: names,
    ...(judge && { judge: judge.name }),
    cells: [...cells.values()].map((cell) => summarizeCell(cell, names, bootstrap)),
    throughput: throughputOf(records, times, names),
    examples: examplesOf(records),
  };
}

const mostExamples = 5;

function examplesOf(records: readonly InfillRecord[]): FillExample[] {
  const fills = records.filter(({ fills: found }) => Array.isArray(found));
  const texts = groupBy(fills, ({ data, document, window, rate }) =>
    JSON.stringify([data, document, window, rate ?? null]),
  );
  return [...texts.values()].slice(0, mostExamples).map((text) => ({
    gapped: String(text[0]!.gapped),
    references: text[0]!.references as readonly string[],
    fills: text.map((record) => ({
      system: String(record.system),
      fills: record.fills as readonly string[],
    })),
  }));
}

const textOf = ({ document, window }: InfillRecord) => `${document} ${window}`;

function summarizeCell(
  all: readonly InfillRecord[],
  names: readonly string[],
  bootstrap: BootstrapOptions,
): InfillCell {
  const failed = new Set(all.filter(({ error }) => error).map(textOf));
  const records = all.filter((record) => !failed.has(textOf(record)));
  const [{ data, rate }] = all as [InfillRecord];
  const of = (kind: 'system' | 'executed' | 'judged', name: string) =>
    records.filter((record) => record[kind] === name);
  /** Sum of one field over that of another, with an interval over documents. */
  const estimate = (chosen: readonly InfillRecord[], above: string, below: string | undefined): Estimate => {
    const units = [...groupBy(chosen, ({ document }) => document).values()].map(
      (texts): Ratio => ({
        numerator: sum(texts, (record) => Number(record[above])),
        denominator: below === undefined ? texts.length : sum(texts, (record) => Number(record[below])),
      }),
    );
    return ratioEstimate(units, bootstrap);
  };
  const first = of('system', names[0]!);
  if (first.length === 0)
    throw new DataError(
      'nothing-scored',
      `Cannot compare fills of ${data}: none of its texts could be filled by all systems. ${messageOf(all)}`.trim(),
      { try: 'Cut the texts into shorter windows.' },
    );
  const judgedNames = [
    ...new Set(records.flatMap(({ judged }) => (typeof judged === 'string' ? [judged] : []))),
  ];
  return {
    data,
    ...(typeof rate === 'number' && { rate }),
    documents: new Set(first.map(({ document }) => document)).size,
    texts: first.length,
    gaps: sum(first, ({ gaps }) => Number(gaps)),
    leftOut: failed.size,
    systems: names.map((system) => {
      const fills = of('system', system);
      const executed = of('executed', system);
      return {
        system,
        ...(Object.fromEntries(
          fillMeasures.map((measure) => [measure, estimate(fills, measure, 'gaps')]),
        ) as Record<FillMeasure, Estimate>),
        ...(executed.length > 0 && { passed: estimate(executed, 'passed', undefined) }),
      };
    }),
    judged: judgedNames.map((system) => {
      const judged = of('judged', system);
      return {
        system,
        generativePerplexity: exponential(estimate(judged, 'nats', 'judgedTokens')),
        entropy: estimate(judged, 'entropy', undefined),
        distinct1: estimate(judged, 'distinct1', undefined),
        distinct2: estimate(judged, 'distinct2', undefined),
      };
    }),
  };
}

function messageOf(records: readonly InfillRecord[]): string {
  const failed = records.find(({ error }) => error)?.error as { readonly message?: string } | undefined;
  return failed?.message ?? '';
}

function throughputOf(
  records: readonly InfillRecord[],
  times: readonly JsonObject[],
  names: readonly string[],
): Throughput[] {
  const timed = times.flatMap(({ record, ms }) => {
    const done = records[Number(record)];
    return done?.system === undefined ? [] : [{ record: done, ms: Number(ms) }];
  });
  return names.map((system) => {
    const own = timed.filter(({ record }) => record.system === system && typeof record.tokens === 'number');
    const tokens = sum(own, ({ record }) => Number(record.tokens));
    const seconds = sum(own, ({ ms }) => ms) / 1000;
    return { system, tokens, seconds, tokensPerSecond: seconds > 0 ? tokens / seconds : 0 };
  });
}
