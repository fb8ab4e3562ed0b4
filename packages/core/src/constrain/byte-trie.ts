// The tokens of a vocabulary by their bytes, in arrays: made once, shared by all constraints.
import { atOnce, takeTurns } from '../own-turn.js';
import type { Vocabulary } from '../text/vocabulary.js';

type Source = Pick<Vocabulary, 'size' | 'bytesOf' | 'specialIds'>;

/** Nodes are numbered level by level: the children of one follow each other, in the order of their bytes. The root is 0. */
export interface ByteTrie {
  readonly nodes: number;
  /** The byte that leads to a node. */
  readonly bytes: Uint8Array;
  /** The first child of a node, and after the last node the number of nodes. */
  readonly children: Int32Array;
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

/** All in one go. */
export function byteTrieAtOnce(vocabulary: Source): ByteTrie {
  return atOnce(build(vocabulary));
}

const tokensInOneTurn = 8192;

function* build({ size, bytesOf, specialIds }: Source): Generator<void, ByteTrie> {
  // Sorted by their bytes as text of one character each, tokens that share a beginning follow each other.
  const spelt: { text: string; id: number }[] = [];
  for (let id = 0; id < size; id++) {
    if (id % tokensInOneTurn === tokensInOneTurn - 1) yield;
    if (specialIds.has(id)) continue;
    const text = String.fromCharCode(...bytesOf(id));
    if (text !== '') spelt.push({ text, id });
  }
  yield;
  spelt.sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : a.id - b.id));
  yield;
  const bytes: number[] = [0];
  const children: number[] = [];
  const starts: number[] = [];
  const ids: number[] = [];
  // Each node as the range of the tokens that begin with it.
  let level = [{ from: 0, to: spelt.length }];
  for (let depth = 0; level.length > 0; depth++) {
    const next: typeof level = [];
    for (const { from, to } of level) {
      starts.push(ids.length);
      let at = from;
      for (; at < to && spelt[at]!.text.length === depth; at++) ids.push(spelt[at]!.id);
      children.push(bytes.length);
      while (at < to) {
        const byte = spelt[at]!.text.charCodeAt(depth);
        const first = at;
        while (at < to && spelt[at]!.text.charCodeAt(depth) === byte) at++;
        bytes.push(byte);
        next.push({ from: first, to: at });
      }
    }
    level = next;
    yield;
  }
  children.push(bytes.length);
  starts.push(ids.length);
  return {
    nodes: bytes.length,
    bytes: Uint8Array.from(bytes),
    children: Int32Array.from(children),
    starts: Int32Array.from(starts),
    ids: Int32Array.from(ids),
  };
}

/** Ids of the tokens that are spelt exactly so. */
export function tokensSpelt({ bytes, children, starts, ids }: ByteTrie, spelling: Uint8Array): Int32Array {
  let node = 0;
  for (const byte of spelling) {
    let child = children[node]!;
    const end = children[node + 1]!;
    while (child < end && bytes[child] !== byte) child++;
    if (child === end) return new Int32Array();
    node = child;
  }
  return ids.subarray(starts[node]!, starts[node + 1]!);
}
