// What `maria models pairs` prints: a line for each known pair, or all that is known of one.
import type { KnownModel, KnownPair, PairFacts } from '@maria/checkpoints';
import { foldFact } from '../fold.js';
import { readableCount } from '../readable-count.js';
import { readableSize } from '../readable-size.js';
import { table } from './table.js';

/** A pair with what follows from its configs; nothing does where one of them was not seen. */
export interface DescribedPair extends KnownPair {
  readonly facts?: PairFacts;
}

const unknown = '?';
const schemes = ['none', 'int8', 'int4'] as const;
const headings = ['NAME', 'PARAMETERS', 'DOWNLOAD', 'FLOAT32', 'INT8', 'INT4', 'CONTEXT', 'LICENCE'];

/** @param columns of the terminal */
export function pairTable(pairs: readonly DescribedPair[], columns: number): string[] {
  const rows = pairs.map(({ name, ar, mlm, facts, note }) => [
    note === undefined ? name : `${name} *`,
    facts ? readableCount(facts.parameters.ar + facts.parameters.mlm) : unknown,
    sizeOf([ar, mlm]),
    ...(facts ? memoryOf(facts) : schemes.map(() => unknown)),
    facts ? String(facts.context) : unknown,
    licenses([ar, mlm]),
  ]);
  return table(headings, rows, columns);
}

export function pairLines(
  { name, ar, mlm, languages, facts, note }: DescribedPair,
  columns: number,
): string[] {
  const told: [string, string][] = [
    ['name', name],
    ...modelFacts('autoregressive', ar, facts?.parameters.ar),
    ...modelFacts('masked', mlm, facts?.parameters.mlm),
    ['languages', languages],
    ['context', facts ? `${facts.context} tokens` : 'not known here'],
    [
      'memory',
      facts
        ? `${memoryOf(facts).join(', ')} GiB in float32, int8 and int4, with a KV cache of ${facts.cacheTokens} tokens; reckoned from the configs`
        : 'not known here; maria models inspect tells it',
    ],
    ...(note === undefined ? [] : [['note', note] as [string, string]]),
    ['tried', 'not run here: whether the vocabularies match is found out when the models are loaded'],
  ];
  return told.flatMap(([fact, value]) => foldFact(fact, value, 16, columns));
}

function modelFacts(role: string, model: KnownModel, parameters: number | undefined): [string, string][] {
  const { id, revision, license, isGated } = model;
  const facts = [
    parameters === undefined ? undefined : `${readableCount(parameters)} parameters`,
    model.download === undefined ? undefined : `${sizeOf([model])} to download`,
    `licence ${license}`,
    isGated ? 'gated' : undefined,
  ].filter((fact) => fact !== undefined);
  return [
    [role, id],
    ['', revision === undefined ? 'the newest of its main branch' : `commit ${revision}`],
    ['', facts.join(', ')],
  ];
}

function sizeOf(parts: readonly KnownModel[]): string {
  const sizes = parts.map(({ download }) => download);
  return sizes.some((size) => size === undefined)
    ? unknown
    : readableSize(sizes.reduce<number>((sum, size) => sum + size!, 0));
}

/** In GiB. */
function memoryOf({ memory }: PairFacts): string[] {
  return schemes.map((scheme) => (memory[scheme] / 2 ** 30).toFixed(2));
}

function licenses(parts: readonly KnownModel[]): string {
  const names = [...new Set(parts.map(({ license }) => license))].join(', ');
  return parts.some(({ isGated }) => isGated) ? `${names}; gated` : names;
}
