// A text that is being filled: what is known of it after each event.
import type { InfillEvent } from '@maria/core';
import type { ParsedGaps } from '@maria/core/gaps';
import type { CandidateRow } from '../candidates.js';

export interface FilledToken {
  readonly position: number;
  readonly gap: number;
  readonly index: number;
  readonly id: number;
  readonly bytes: readonly number[];
  readonly probability: number;
  readonly legalMass?: number | undefined;
  readonly candidates: readonly CandidateRow[];
}

export interface Filling {
  readonly parsed: ParsedGaps;
  /** Of each gap; undefined while it is not known. */
  readonly lengths: readonly (number | undefined)[];
  /** In the order in which they were filled. */
  readonly tokens: readonly FilledToken[];
  /** What was read of each gap's fill, once all of it is there. */
  readonly fills: readonly string[] | undefined;
  /** The whole text, likewise. */
  readonly text: string | undefined;
  readonly logLikelihood: number | undefined;
  /** The one that was drawn, where none was given. */
  readonly runSeed: number | undefined;
}

/** The server's own event, after the text. */
interface Explained {
  readonly type: 'explained';
  readonly position: number;
  readonly candidates: readonly CandidateRow[];
}

export type FillEvent = (InfillEvent & { readonly runSeed?: number }) | Explained;

export function beginFilling(parsed: ParsedGaps): Filling {
  const lengths = parsed.gaps.map(({ tokens, most }) => (most === undefined ? tokens : undefined));
  const nothing = { fills: undefined, text: undefined, logLikelihood: undefined, runSeed: undefined };
  return { parsed, lengths, tokens: [], ...nothing };
}

export function afterEvent(filling: Filling, event: FillEvent): Filling {
  switch (event.type) {
    case 'lengths-compared':
      return { ...filling, lengths: filling.lengths.with(event.gap, event.length) };
    case 'mlm-encoded':
      return { ...filling, lengths: event.lengths ?? filling.lengths };
    case 'gap-filled': {
      const { position, gap, index, id, token, bytes, probability, legalMass, alternatives = [] } = event;
      const isAmong = alternatives.some((one) => one.id === id);
      const candidates = [...alternatives, ...(isAmong ? [] : [{ id, token, probability }])].map((one) => ({
        id: one.id,
        token: one.token,
        // Of a gap of which something is asked it is the share of what may be there.
        [legalMass === undefined ? 'fused' : 'legal']: one.probability,
      }));
      const filled = { position, gap, index, id, bytes, probability, legalMass, candidates };
      return { ...filling, tokens: [...filling.tokens, filled] };
    }
    case 'done': {
      const { text, gaps, logLikelihood, runSeed } = event;
      const lengths = gaps.map(({ ids }) => ids.length);
      return { ...filling, lengths, fills: gaps.map((gap) => gap.text), text, logLikelihood, runSeed };
    }
    case 'explained': {
      const { position, candidates } = event;
      const tokens = filling.tokens.map((token) =>
        token.position === position ? { ...token, candidates } : token,
      );
      return { ...filling, tokens };
    }
    default:
      return filling;
  }
}

/** A piece of what is shown: text of the person's own, a token, or a place for one. */
export type Piece =
  | { readonly kind: 'given'; readonly text: string }
  | { readonly kind: 'filled'; readonly text: string; readonly token: FilledToken }
  | { readonly kind: 'open'; readonly isNext: boolean; readonly isLengthKnown: boolean };

export function piecesOf(filling: Filling): readonly Piece[] {
  const { parsed, lengths, tokens, fills } = filling;
  const filled = parsed.gaps.map((_, gap) => tokens.filter((token) => token.gap === gap));
  const next = filled.findIndex((some, gap) => some.length < (lengths[gap] ?? 1));
  return parsed.segments.flatMap((segment, gap): Piece[] => {
    const given: Piece[] = segment === '' ? [] : [{ kind: 'given', text: segment }];
    const some = filled[gap];
    if (some === undefined) return given;
    const texts = textsOf(some, segment, fills?.[gap]);
    const open = Array.from({ length: (lengths[gap] ?? 1) - some.length }, (_, i): Piece => {
      return { kind: 'open', isNext: gap === next && i === 0, isLengthKnown: lengths[gap] !== undefined };
    });
    return [
      ...given,
      ...some.map((token, i): Piece => ({ kind: 'filled', text: texts[i]!, token })),
      ...open,
    ];
  });
}

/** A character of several tokens stands at its last one. The space that the text has before a gap is not there twice. */
function textsOf(tokens: readonly FilledToken[], before: string, fill: string | undefined): string[] {
  const decoder = new TextDecoder();
  const texts = tokens.map(({ bytes }) => decoder.decode(Uint8Array.from(bytes), { stream: true }));
  const whole = texts.join('');
  const isSpaceTwice =
    fill === undefined ? /\s$/.test(before) && whole.startsWith(' ') : whole === ` ${fill}`;
  if (isSpaceTwice) texts[0] = texts[0]!.slice(1);
  return texts;
}
