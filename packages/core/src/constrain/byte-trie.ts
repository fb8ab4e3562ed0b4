// The tokens of a vocabulary by their bytes, in arrays: made once, shared by all constraints.
import { atOnce, takeTurns } from '../own-turn.js';
import type { Vocabulary } from '../text/vocabulary.js';

type Source = Pick<Vocabulary, 'size' | 'bytesOf' | 'specialIds'>;

/** Nodes are numbered level by level: the children of one follow each other. The root is 0. */
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

/** In the order in which nodes are met: their children, and the tokens that end there, are linked lists. */
class Links {
  readonly bytes = [0];
  readonly child = [0];
  readonly sibling = [0];
  readonly token = [-1];
  readonly #next: Int32Array;

  constructor(size: number) {
    this.#next = new Int32Array(size);
  }

  add(id: number, spelling: Uint8Array): void {
    let node = 0;
    for (const byte of spelling) node = this.#childOf(node, byte);
    this.#next[id] = this.token[node]!;
    this.token[node] = id;
  }

  #childOf(node: number, byte: number): number {
    for (let at = this.child[node]!; at > 0; at = this.sibling[at]!) if (this.bytes[at] === byte) return at;
    const added = this.bytes.push(byte) - 1;
    this.sibling.push(this.child[node]!);
    this.child[node] = added;
    this.child.push(0);
    this.token.push(-1);
    return added;
  }

  *tokensOf(node: number): Generator<number> {
    for (let id = this.token[node]!; id >= 0; id = this.#next[id]!) yield id;
  }
}

function* build({ size, bytesOf, specialIds }: Source): Generator<void, ByteTrie> {
  const links = new Links(size);
  // From the last, so that lists of tokens ascend.
  for (let id = size - 1; id >= 0; id--) {
    if (id % tokensInOneTurn === 0) yield;
    const spelling = specialIds.has(id) ? undefined : bytesOf(id);
    if (spelling && spelling.length > 0) links.add(id, spelling);
  }
  const count = links.bytes.length;
  const bytes = new Uint8Array(count);
  const children = new Int32Array(count + 1);
  const starts = new Int32Array(count + 1);
  const ids: number[] = [];
  const order = [0];
  for (let at = 0; at < order.length; at++) {
    const node = order[at]!;
    bytes[at] = links.bytes[node]!;
    starts[at] = ids.length;
    if (links.token[node]! >= 0) ids.push(...links.tokensOf(node));
    children[at] = order.length;
    for (let child = links.child[node]!; child > 0; child = links.sibling[child]!) order.push(child);
  }
  children[count] = count;
  starts[count] = ids.length;
  return { nodes: count, bytes, children, starts, ids: Int32Array.from(ids) };
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
