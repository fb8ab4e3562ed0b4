// The choice of a token from a shortlist of its logits: the very token that `chooseToken` takes from all of them, or none, where the
// list does not prove which that is.
import { type Shortlist, type ShortlistRow, shortlistLength } from '../maria/shortlist.js';
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
  noise: Pick<TokenNoise, 'uniform' | 'firstWords'>,
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

/** Whether lists are worth asking for: of the last in one it is not known what equals it beyond, unless there is nothing beyond. */
export function listsServe(
  { temperature, topK, alternatives }: SamplingOptions & { readonly alternatives: number },
  vocabularySize: number,
): boolean {
  const needed = Math.max(alternatives, temperature === 0 ? 0 : topK);
  return needed < shortlistLength || vocabularySize <= shortlistLength;
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
  const margin = closeLogits / temperature;
  if (topK > 0 || topP < 1) {
    const kept = keptOf(list, edge, sampling);
    if (!kept) return undefined;
    const { best, next } = scored(list, question, temperature, kept.count);
    return told(best, kept.isClose || next >= best.score - margin);
  }
  const { best, next } = scored(list, question, temperature, undefined);
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
  const kept = isFiltered ? (keptOf(list, -Infinity, sampling)?.count ?? list.logits.length) : undefined;
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

interface KeptOfList {
  /** So many of the list, from its beginning. */
  readonly count: number;
  /** Whether logits that differ in their last digits could make it more or fewer. */
  readonly isClose: boolean;
}

/** What top-k and top-p keep of the list; undefined where others may be kept too. */
function keptOf(list: Shortlist, edge: number, sampling: SamplingOptions): KeptOfList | undefined {
  const { topK, topP } = sampling;
  const { logits, hasAll } = list;
  let ofK: KeptOfList | undefined;
  if (topK > 0 && topK <= logits.length) ofK = keptFrom(list, topK - 1, edge);
  else if (hasAll) ofK = { count: logits.length, isClose: false };
  if (!ofK && topK > 0) return undefined;
  if (topP >= 1) return ofK;
  const ofP = nucleusOf(list, ofK?.count, edge, sampling);
  return ofP && { ...ofP, isClose: ofP.isClose || (ofK?.isClose ?? false) };
}

/** @param most what top-k keeps; without it the nucleus is one of all that may be chosen */
function nucleusOf(
  list: Shortlist,
  most: number | undefined,
  edge: number,
  { temperature, topP }: SamplingOptions,
): KeptOfList | undefined {
  const { logits } = list;
  const weights = logits.slice(0, most).map((logit) => Math.exp((logit - logits[0]!) / temperature));
  const total = most === undefined ? list.temperedSum : weights.reduce((sum, weight) => sum + weight, 0);
  const target = topP * total;
  // A weight and the total may each be off by as much as a logit is, and the total as it is summed on a device.
  const margin = (2 * closeLogits) / temperature;
  let reached = 0;
  let wasClose = false;
  for (const [i, weight] of weights.entries()) {
    reached += weight;
    if (reached < target) {
      wasClose = reached >= target * (1 - margin);
      continue;
    }
    const kept = keptFrom(list, i, edge);
    return kept && { ...kept, isClose: kept.isClose || wasClose || reached <= target * (1 + margin) };
  }
  return most === undefined ? undefined : { count: most, isClose: true };
}

/** All down to the logit at this place, its equals with it; undefined where some of them may be beyond the list. */
function keptFrom({ logits, hasAll }: Shortlist, place: number, edge: number): KeptOfList | undefined {
  const least = logits[place]!;
  if (least === edge) return undefined;
  const count = logits.findLastIndex((logit) => logit >= least) + 1;
  const next = logits[count] ?? (hasAll ? -Infinity : edge);
  return { count, isClose: next >= least - closeLogits || count > place + 1 };
}
