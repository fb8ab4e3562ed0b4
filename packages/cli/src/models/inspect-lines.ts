// What `maria models inspect` prints.
import type { InspectedModel, InspectedPart, PairFit } from '@maria/checkpoints';
import { schemes } from '@maria/checkpoints/quantization';
import { foldFact } from '../fold.js';
import { readableCount } from '../readable-count.js';
import { readableSize } from '../readable-size.js';

const roles = { ar: 'autoregressive', mlm: 'masked', maria: 'MARIA: both backbones and a head' } as const;

/** @param columns of the terminal: values go on below where a line is wider */
export function inspectLines(model: InspectedModel, columns: number): string[] {
  const { folder, role, parts, parameters, files, tokenizer, pairs = [] } = model;
  const facts: [string, string][] = [
    ['folder', folder],
    ['role', roles[role]],
    ...parts.flatMap(partFacts),
    ['parameters', readableCount(parameters)],
    ['weights', `${storedText(model)} in ${files} ${files === 1 ? 'file' : 'files'}`],
    [
      'tokenizer',
      `${tokenizer.tokens} tokens, ${tokenizer.special} of them special; ${tokenizer.mask === null ? 'no mask' : `mask ${tokenizer.mask}`}`,
    ],
    ...unreadFacts(model),
    ...memoryFacts(model),
    ...pairs.map((fit): [string, string] => ['pairs with', pairText(fit)]),
  ];
  return facts.flatMap(([name, value], i) =>
    foldFact(name === facts[i - 1]?.[0] ? '' : name, value, 12, columns),
  );
}

function partFacts({ family, sizes }: InspectedPart): [string, string][] {
  const { layers, hiddenSize, kvHeads, headSize, vocabularySize, maxLength } = sizes;
  return [
    ['family', family],
    [
      'shape',
      `${layers} layers, hidden size ${hiddenSize}, ${kvHeads} key-value heads of ${headSize}, ${vocabularySize} rows, ${maxLength} positions`,
    ],
  ];
}

function storedText({ stored }: InspectedModel): string {
  return Object.entries(stored)
    .map(([dtype, bytes]) => `${readableSize(bytes)} of ${dtype}`)
    .join(', ');
}

/** Most names of tensors; --json has all. */
const shown = 40;

function unreadFacts({ unread, warnings }: InspectedModel): [string, string][] {
  const names = unread.slice(0, shown).map((name): [string, string] => ['unread', name]);
  const rest = unread.length - names.length;
  return [
    ...names,
    ...(rest > 0 ? [['unread', `and ${rest} more`] as [string, string]] : []),
    ...warnings.map((warning): [string, string] => ['warning', warning]),
  ];
}

function memoryFacts({ memory, context, role, available }: InspectedModel): [string, string][] {
  const withCache = role === 'mlm' ? '' : ` with a context of ${context}`;
  const lines = (['none', ...schemes.toReversed()] as const).map((scheme): [string, string] => [
    'memory',
    `${readableSize(memory[scheme].total).padEnd(8)} as ${scheme === 'none' ? `float32${withCache}` : scheme}`,
  ]);
  const cache: [string, string][] =
    role === 'mlm'
      ? []
      : [
          [
            'memory',
            `${readableSize(memory.none.kvCache).padEnd(8)} of it KV cache, half with --kv-cache float16`,
          ],
        ];
  return [...lines, ...cache, ['memory', `${readableSize(available).padEnd(8)} available`]];
}

function pairText({ with: other, fits, because, compared }: PairFit): string {
  const answer = [fits ? 'yes' : 'no', ...(because === undefined ? [] : [because])].join(', ');
  return [`${other}: ${answer}`, ...(compared ? [comparedText(compared)] : [])].join('; ');
}

/** Ids that are shown of those that differ; --json has more. */
const shownIds = 8;

function comparedText({ same, other, first }: NonNullable<PairFit['compared']>): string {
  if (other === 0) return `${same} ids compared, each stands for the same token`;
  const ids = first.slice(0, shownIds).map(({ id }) => id);
  return `${same + other} ids compared, ${same} stand for the same token, not so ${ids.join(', ')}${other > ids.length ? ` and ${other - ids.length} more` : ''}`;
}
