// The tokens of a vocabulary by their bytes, in arrays: made once, shared by all constraints.
import { takeTurns } from '../own-turn.js';
import type { Vocabulary } from '../text/vocabulary.js';

type Source = Pick<Vocabulary, 'size' | 'bytesOf' | 'specialIds'>;

/** A node's number is followed by those of all that is below it, bytes ascending. The root is 0. */
export interface ByteTrie {
  /** Ids of the vocabulary. */
  readonly size: number;
  /** The byte that leads to a node. */
  readonly bytes: Uint8Array;
  /** How many bytes lead to a node. */
  readonly depths: Int32Array;
  /** The first node after all that is below a node. */
  readonly ends: Int32Array;
  /** Where the ids of a node begin in `ids`: tokens that are spelt so. One more than nodes. */
  readonly starts: Int32Array;
  readonly ids: Int32Array;
}

const tries = new WeakMap<object, Promise<ByteTrie>>();

/** Special tokens are not in it, nor tokens that are no text. */
export function byteTrie(vocabulary: Source): Promise<ByteTrie> {
  const trie = tries.get(vocabulary.bytesOf) ?? takeTurns(build(vocabulary));
  tries.set(vocabulary.bytesOf, trie);
  return trie;
}

const tokensInOneTurn = 8192;

const nothing = new Uint8Array();

/** Tokens, and where the bytes of each id begin in those of all. */
interface Spellings {
  readonly tokens: readonly number[];
  readonly offsets: Int32Array;
  readonly text: Uint8Array;
}

function* build({ size, bytesOf, specialIds }: Source): Generator<void, ByteTrie> {
  const spellings: Uint8Array[] = [];
  for (let id = 0; id < size; id++) {
    if (id % tokensInOneTurn === 0) yield;
    spellings.push(specialIds.has(id) ? nothing : bytesOf(id));
  }
  const joined = join(spellings);
  yield;
  const ids = sorted(joined);
  yield;
  return { size, ...fromSorted(ids, joined) };
}

function join(spellings: readonly Uint8Array[]): Spellings {
  const tokens = [...spellings.keys()].filter((id) => spellings[id]!.length > 0);
  const offsets = new Int32Array(spellings.length + 1);
  for (let id = 0; id < spellings.length; id++) offsets[id + 1] = offsets[id]! + spellings[id]!.length;
  const text = new Uint8Array(offsets[spellings.length]!);
  let at = 0;
  // Byte by byte: tokens are too short for anything else to be worth its call.
  for (const spelling of spellings) for (let i = 0; i < spelling.length; i++) text[at++] = spelling[i]!;
  return { tokens, offsets, text };
}

/** By their bytes. Those that are spelt alike stay as they are: the sort is stable. */
function sorted({ tokens, offsets, text }: Spellings): Int32Array {
  return Int32Array.from(tokens).sort((a, b) => {
    const endOfA = offsets[a + 1]!;
    const endOfB = offsets[b + 1]!;
    let inA = offsets[a]!;
    let inB = offsets[b]!;
    for (; inA < endOfA && inB < endOfB; inA++, inB++)
      if (text[inA] !== text[inB]) return text[inA]! - text[inB]!;
    return endOfA - inA - (endOfB - inB);
  });
}

/** Of tokens in the order of their bytes: each adds what it does not share with the one before. */
function fromSorted(ids: Int32Array, { offsets, text }: Spellings): Omit<ByteTrie, 'size'> {
  const most = text.length + 1;
  const bytes = new Uint8Array(most);
  const depths = new Int32Array(most);
  const ends = new Int32Array(most);
  const starts = new Int32Array(most + 1);
  /** The nodes on the way to the last token. */
  const path = [0];
  let count = 1;
  const leave = (depth: number) => {
    while (path.length > depth + 1) ends[path.pop()!] = count;
  };
  for (let i = 0; i < ids.length; i++) {
    const from = offsets[ids[i]!]!;
    const length = offsets[ids[i]! + 1]! - from;
    let depth = 0;
    while (depth < length && depth + 1 < path.length && bytes[path[depth + 1]!] === text[from + depth])
      depth++;
    leave(depth);
    for (; depth < length; depth++) {
      bytes[count] = text[from + depth]!;
      depths[count] = depth + 1;
      starts[count] = i;
      path.push(count++);
    }
  }
  leave(0);
  ends[0] = count;
  starts[count] = ids.length;
  return {
    bytes: bytes.slice(0, count),
    depths: depths.slice(0, count),
    ends: ends.slice(0, count),
    starts: starts.slice(0, count + 1),
    ids,
  };
}

/** Ids of the tokens that are spelt exactly so. */
export function tokensSpelt({ bytes, ends, starts, ids }: ByteTrie, spelling: Uint8Array): Int32Array {
  let node = 0;
  for (const byte of spelling) {
    const end = ends[node]!;
    let child = node + 1;
    while (child < end && bytes[child] !== byte) child = ends[child]!;
    if (child === end) return new Int32Array();
    node = child;
  }
  return ids.subarray(starts[node]!, starts[node + 1]!);
}
