// The choice of a token from a shortlist of its logits: the very token that `chooseToken` takes from all of them, or none, where the
// list does not prove which that is.
import type { Shortlist, ShortlistRow } from '../maria/shortlist.js';
import { gumbelOf } from '../random.js';
import { closeLogits, type SamplingOptions, type TokenNoise } from './choose.js';
import type { Guess } from './guess-token.js';

/** Ids with much noise that are looked at beside the most probable ones: with fewer the choice is proven for less flat distributions. */
const mostNoisy = 1024;

/** Of a number that is expected, so that as good as never more are found than there is room for. */
const usedRoom = 0.9;

/** What is asked about a position, whatever its logits are. */
export interface ListQuestion extends Pick<ShortlistRow, 'allowed' | 'ids' | 'temperature'> {
  /** No other id that may be chosen has more noise. */
  readonly mostNoise: number;
  readonly noise: Pick<TokenNoise, 'uniform'>;
}

/** @param allowed which ids may be chosen, [V] */
export function listQuestion(
  allowed: Uint8Array,
  { temperature }: Pick<SamplingOptions, 'temperature'>,
  noise: TokenNoise,
): ListQuestion {
  // Without noise there is nothing to look for.
  if (temperature === 0) return { allowed, ids: new Int32Array(), temperature: 1, mostNoise: 0, noise };
  return { allowed, ...noisiest(noise.firstWords(allowed.length), allowed), temperature, noise };
}

function noisiest(words: Uint32Array, allowed: Uint8Array): { ids: Int32Array; mostNoise: number } {
  const V = words.length;
  let least = V <= mostNoisy ? 0 : Math.floor(2 ** 32 * (1 - (usedRoom * mostNoisy) / V));
  const ids: number[] = [];
  for (let id = 0; id < V; id++) if (words[id]! >= least && allowed[id] === 1) ids.push(id);
  if (ids.length > mostNoisy) {
    ids.sort((a, b) => words[b]! - words[a]!);
    least = words[ids[mostNoisy]!]!;
    ids.length = mostNoisy;
  }
  // The upper bits of a number, rounded up.
  const mostNoise = least === 0 ? -Infinity : gumbelOf(((least >>> 6) + 1) / 2 ** 26);
  return { ids: Int32Array.from(ids), mostNoise };
}

export interface ListedChoice {
  readonly id: number;
  readonly logit: number;
  /** As of a distribution: log p(id) = logit - logNormalizer. */
  readonly logNormalizer: number;
  /** Whether logits that differ in their last digits could make another id the chosen one. */
  readonly isClose: boolean;
}

/** Undefined where more logits are needed to tell. */
export function chooseListed(
  list: Shortlist,
  question: ListQuestion,
  sampling: SamplingOptions,
): ListedChoice | undefined {
  const { logits, hasAll } = list;
  const max = logits[0];
  // Of numbers that are none the whole row tells more.
  if (max === undefined || !Number.isFinite(max) || !(list.sum >= 0.5 && list.sum < Infinity))
    return undefined;
  /** The others may have this logit, and none above. */
  const edge = hasAll ? -Infinity : logits.at(-1)!;
  // Of equals the lowest id counts, which may be among the others.
  if (edge === max) return undefined;
  const logNormalizer = max + Math.log(list.sum);
  const told = (place: { id: number; logit: number }, isClose: boolean) => ({
    ...place,
    logNormalizer,
    isClose,
  });
  const { temperature, topK, topP } = sampling;
  if (temperature === 0 || topK === 1) {
    const next = logits[1] ?? edge;
    return told({ id: list.ids[0]!, logit: max }, next >= max - closeLogits);
  }
  const isFiltered = topK > 0 || topP < 1;
  const kept = isFiltered ? keptOf(list, edge, sampling) : logits.length;
  if (kept === undefined) return undefined;
  const { best, next } = scored(list, question, temperature, isFiltered ? kept : undefined);
  const margin = closeLogits / temperature;
  if (isFiltered) return told(best, true);
  const others = edge / temperature + question.mostNoise;
  if (!(best.score > others)) return undefined;
  return told(best, next >= best.score - margin || others >= best.score - margin);
}

/** As `chooseListed`, for a draft: nearly always what that gives, and how far its score is above that of the next id. */
export function guessListed(list: Shortlist, question: ListQuestion, sampling: SamplingOptions): Guess {
  const { temperature, topK, topP } = sampling;
  if (temperature === 0 || topK === 1)
    return { id: list.ids[0] ?? 0, lead: (list.logits[0] ?? 0) - (list.logits[1] ?? -Infinity) };
  const isFiltered = topK > 0 || topP < 1;
  const kept = isFiltered ? (keptOf(list, -Infinity, sampling) ?? list.logits.length) : undefined;
  const { best, next } = scored(list, question, temperature, kept);
  return { id: best.id, lead: best.score - next };
}

interface Scored {
  readonly id: number;
  readonly logit: number;
  readonly score: number;
}

/** The best score, and the next. @param kept so many of the list count, and nothing else; without it all of it, and the ids with much noise */
function scored(
  list: Shortlist,
  { ids: noisy, noise }: ListQuestion,
  temperature: number,
  kept: number | undefined,
): { best: Scored; next: number } {
  let best: Scored = { id: 0, logit: 0, score: -Infinity };
  let next = -Infinity;
  const look = (id: number, logit: number) => {
    const score = logit / temperature + gumbelOf(noise.uniform(id));
    if (score > best.score) {
      next = best.score;
      best = { id, logit, score };
    } else next = Math.max(next, score);
  };
  const count = kept ?? list.ids.length;
  for (let i = 0; i < count; i++) look(list.ids[i]!, list.logits[i]!);
  if (kept === undefined) {
    const listed = new Set(list.ids);
    noisy.forEach((id, i) => {
      if (!listed.has(id)) look(id, list.asked[i]!);
    });
  }
  return { best, next };
}

/** How many of the list top-k and top-p keep; undefined where others may be kept too. */
function keptOf(
  { logits, hasAll, temperedSum }: Shortlist,
  edge: number,
  { temperature, topK, topP }: SamplingOptions,
): number | undefined {
  const max = logits[0]!;
  let kept: number | undefined;
  if (topK > 0 && topK <= logits.length) {
    if (logits[topK - 1] === edge) return undefined;
    kept = countFrom(logits, logits[topK - 1]!);
  } else if (hasAll) kept = logits.length;
  else if (topK > 0) return undefined;
  if (topP >= 1) return kept;
  const weight = (logit: number) => Math.exp((logit - max) / temperature);
  const total =
    kept === undefined ? temperedSum : logits.slice(0, kept).reduce((sum, logit) => sum + weight(logit), 0);
  let reached = 0;
  for (let i = 0; i < (kept ?? logits.length); i++) {
    reached += weight(logits[i]!);
    if (reached < topP * total) continue;
    // Ties at the edge are kept.
    return logits[i] === edge ? undefined : countFrom(logits, logits[i]!);
  }
  return kept;
}

/** How many are at least this. */
function countFrom(logits: readonly number[], least: number): number {
  return logits.findLastIndex((logit) => logit >= least) + 1;
}
