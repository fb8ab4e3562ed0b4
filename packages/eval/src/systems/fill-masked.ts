// How a masked text is filled by a system of the library, with as many tokens in each gap as the original has there.
import {
  escapeGaps,
  type Infilled,
  type InfillInput,
  type InfillOptions,
  infill,
  type Model,
  UsageError,
} from '@maria/core';
import type { MaskedText } from '../data/words.js';
import { maskedIds, piecesOf } from './masked-ids.js';
import type { Filled } from './system.js';

export function fillMasked(model: Model, masked: MaskedText, options: InfillOptions): Promise<Filled> {
  // What a gap in a text after white space begins with is no white space: such a gap is given as ids.
  const fill = masked.spans.some(([start]) => /\s/.test(masked.text[start]!)) ? fillIds : fillText;
  return fill(model, masked, options);
}

/** The gaps as markers of as many tokens as the original has there, which is what a user would give. */
async function fillText(model: Model, masked: MaskedText, options: InfillOptions): Promise<Filled> {
  const lengths = await gapLengths(masked, model);
  const { maskToken } = model.vocabulary;
  let gap = 0;
  const text = piecesOf(masked.text, masked.spans)
    .map((piece) => (piece.masked ? `[MASK*${lengths[gap++]}]` : escapeGaps(piece.text, { maskToken })))
    .join('');
  const filled = await filledBy(model, text, options);
  return {
    fills: filled.gaps.map((one) => one.text),
    text: filled.text,
    tokens: lengths.reduce((sum, length) => sum + length, 0),
  };
}

/** The tokens that touch the spans, as the whole text is read; what they carry beyond the spans is filled with them. */
async function fillIds(model: Model, masked: MaskedText, options: InfillOptions): Promise<Filled> {
  const { vocabulary } = model;
  const read = await maskedIds(masked, model);
  const { starts, ends } = await vocabulary.tokenize(masked.text, { specialTokens: false });
  const input = Int32Array.from(read.ids);
  for (const position of read.masked) input[position] = vocabulary.maskId;
  const { gaps } = await filledBy(model, input, options);
  if (gaps.length !== masked.spans.length)
    throw new UsageError('span-invalid', 'Cannot fill the text: some of its gaps share a token.');
  const fills = gaps.map(({ ids }) => vocabulary.decode(ids, { continues: true }));
  let text = '';
  let at = 0;
  gaps.forEach(({ position, ids }, i) => {
    text += masked.text.slice(at, starts[position]) + fills[i];
    at = ends[position + ids.length - 1]!;
  });
  return { fills, text: text + masked.text.slice(at), tokens: read.masked.length };
}

async function filledBy(model: Model, input: InfillInput, options: InfillOptions): Promise<Infilled> {
  const filling = infill(model, input, options);
  let step = await filling.next();
  while (!step.done) step = await filling.next();
  return step.value.samples[0]!;
}

/** How many tokens the original has in each span, one at least; a token that touches two counts for the first. */
export async function gapLengths(masked: MaskedText, model: Pick<Model, 'vocabulary'>): Promise<number[]> {
  const { starts, ends } = await model.vocabulary.tokenize(masked.text, { specialTokens: false });
  const lengths = masked.spans.map(() => 0);
  let gap = 0;
  for (const [i, start] of starts.entries()) {
    while (gap < masked.spans.length && masked.spans[gap]![1] <= start) gap++;
    if (gap < masked.spans.length && ends[i]! > masked.spans[gap]![0]) lengths[gap]!++;
  }
  return lengths.map((length) => Math.max(1, length));
}
