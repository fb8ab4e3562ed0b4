// What an automaton allows of a vocabulary's tokens: which may come next so that the rest can still be completed in exactly the tokens left.
import type { ByteTrie } from './byte-trie.js';
import { type ByteAutomaton, dead } from './bytes.js';
import { limits, tooLarge } from './limits.js';

/** Tokens that lead on from a state: `targets[to[i]]` is the state after `ids[i]`. */
interface Edges {
  readonly ids: Int32Array;
  readonly to: Uint16Array;
  readonly targets: readonly number[];
  /** What they become in logits, by which targets lead to an end: often the same for many numbers of tokens left. */
  readonly masks: Map<string, Mask>;
  /** Ids that are kept in all of it. */
  size: number;
}

/** The ids that may come; or where they are fewer, those that may not. */
interface Mask {
  readonly ids: Int32Array;
  readonly areLegal: boolean;
}

/** States after one token, found one after the other. */
interface Search {
  readonly targets: number[];
  readonly seen: Set<number>;
  readonly walk: Walk;
}

const unknown = 0;
const yes = 1;
const no = 2;

export class TokenAutomaton {
  readonly start: number;
  readonly #trie: ByteTrie;
  readonly #bytes: ByteAutomaton;
  readonly #banned: ReadonlySet<number>;
  /** Those that were used last are the last. */
  readonly #edges = new Map<number, Edges>();
  readonly #searches = new Map<number, Search>();
  /** Whether the rest can be completed, by state and tokens left. */
  readonly #answers: Uint8Array[] = [];
  #kept = 0;
  #work = 0;
  #answerCount = 0;

  /** @param banned ids that may not be used */
  constructor(trie: ByteTrie, bytes: ByteAutomaton, banned: ReadonlySet<number> = new Set()) {
    this.#trie = trie;
    this.#bytes = bytes;
    this.#banned = banned;
    this.start = bytes.start;
  }

  /** The state after a token's bytes; undefined where it may not come. */
  after(state: number, spelling: Uint8Array): number | undefined {
    let at = state;
    for (const byte of spelling) {
      at = this.#bytes.step(at, byte);
      if (at === dead) return undefined;
    }
    return at;
  }

  /** The state after tokens from the start on; undefined where one of them may not come. */
  afterAll(ids: readonly number[], bytesOf: (id: number) => Uint8Array): number | undefined {
    let at: number | undefined = this.start;
    for (const id of ids) if (at !== undefined) at = this.after(at, bytesOf(id));
    return at;
  }

  /** Puts all logits at -Infinity but those of tokens after which the rest can be completed in exactly `left` more. */
  mask(logits: Float32Array, state: number, left: number): void {
    const { ids, areLegal } = this.#maskOf(state, left);
    if (areLegal) {
      const kept = new Float32Array(ids.length);
      for (let i = 0; i < ids.length; i++) kept[i] = logits[ids[i]!]!;
      logits.fill(-Infinity);
      for (let i = 0; i < ids.length; i++) logits[ids[i]!] = kept[i]!;
    } else {
      for (let i = 0; i < ids.length; i++) logits[ids[i]!] = -Infinity;
      logits.fill(-Infinity, this.#trie.size);
    }
  }

  /** Whether a text can be completed from a state in exactly so many tokens. */
  canEnd(state: number, tokens: number): boolean {
    // Not a function that calls itself: a gap may have thousands of tokens.
    const path = [{ state, left: tokens, next: 0 }];
    for (let top = path[0]; top; top = path.at(-1)) {
      const { state: at, left } = top;
      const answers = this.#answersOf(at, tokens);
      if (left === 0) answers[0] = this.#bytes.accepts(at) ? yes : no;
      const target = answers[left] === unknown ? this.#target(at, top.next) : undefined;
      if (answers[left] !== unknown || target === undefined) {
        if (answers[left] === unknown) answers[left] = no;
        path.pop();
        continue;
      }
      const after = this.#answersOf(target, tokens)[left - 1];
      if (after === unknown) path.push({ state: target, left: left - 1, next: 0 });
      else if (after === yes) answers[left] = yes;
      else top.next++;
    }
    return this.#answersOf(state, tokens)[tokens] === yes;
  }

  #answersOf(state: number, tokens: number): Uint8Array {
    const known = this.#answers[state];
    if (known && known.length > tokens) return known;
    const answers = new Uint8Array(Math.max(tokens + 1, 2 * (known?.length ?? 4)));
    this.#answerCount += answers.length - (known?.length ?? 0);
    if (this.#answerCount > limits.answers)
      throw tooLarge(`there are too many ways through it for ${tokens} tokens`);
    if (known) answers.set(known);
    this.#answers[state] = answers;
    return answers;
  }

  /** The state with this number among those after one token; undefined where there are no more. */
  #target(state: number, number: number): number | undefined {
    let search = this.#searches.get(state);
    if (!search) {
      search = { targets: [], seen: new Set(), walk: new Walk(this.#trie, this.#bytes, state) };
      this.#searches.set(state, search);
    }
    const { targets, seen, walk } = search;
    while (targets.length <= number && walk.next()) {
      if (!seen.has(walk.state) && this.#hasToken(walk.node)) {
        seen.add(walk.state);
        targets.push(walk.state);
      }
      this.#work++;
      if (this.#work > limits.work) throw tooLarge('there are too many ways through it');
    }
    return targets[number];
  }

  #hasToken(node: number): boolean {
    const { starts, ids } = this.#trie;
    for (let i = starts[node]!; i < starts[node + 1]!; i++) if (!this.#banned.has(ids[i]!)) return true;
    return false;
  }

  #maskOf(state: number, left: number): Mask {
    const edges = this.#edges.get(state) ?? this.#walk(state);
    const fits = edges.targets.map((target) => this.canEnd(target, left));
    const key = fits.map(Number).join('');
    let mask = edges.masks.get(key);
    if (!mask) {
      mask = maskOf(edges, fits, this.#trie.size);
      edges.masks.set(key, mask);
      edges.size += mask.ids.length;
      this.#kept += mask.ids.length;
    }
    this.#edges.delete(state);
    this.#edges.set(state, edges);
    // What was used long ago is found again where it is needed.
    for (const [other, { size }] of this.#edges) {
      if (this.#kept <= limits.keptEdges) break;
      this.#edges.delete(other);
      this.#kept -= size;
    }
    return mask;
  }

  #walk(state: number): Edges {
    const { starts, ids } = this.#trie;
    const found = new Int32Array(ids.length);
    const to = new Uint16Array(ids.length);
    const targets: number[] = [];
    const numbers = new Map<number, number>();
    let count = 0;
    let last = dead;
    let number = 0;
    for (const walk = new Walk(this.#trie, this.#bytes, state); walk.next(); ) {
      for (let i = starts[walk.node]!; i < starts[walk.node + 1]!; i++) {
        if (this.#banned.size > 0 && this.#banned.has(ids[i]!)) continue;
        if (walk.state !== last) {
          last = walk.state;
          number = numbers.get(last) ?? targets.push(last) - 1;
          numbers.set(last, number);
        }
        found[count] = ids[i]!;
        to[count++] = number;
      }
    }
    this.#kept += count;
    return { ids: found.slice(0, count), to: to.slice(0, count), targets, masks: new Map(), size: count };
  }
}

/** The nodes of a trie that an automaton's state can follow, one after the other. */
class Walk {
  node = 0;
  /** The automaton's state at the node. */
  state: number;
  readonly #trie: ByteTrie;
  readonly #bytes: ByteAutomaton;
  /** States at the nodes on the way, by depth. */
  readonly #path: number[];

  constructor(trie: ByteTrie, bytes: ByteAutomaton, state: number) {
    this.#trie = trie;
    this.#bytes = bytes;
    this.#path = [state];
    this.state = state;
  }

  /** Whether there is another one. */
  next(): boolean {
    const { bytes, depths, ends } = this.#trie;
    const path = this.#path;
    for (let node = this.node + 1; node < bytes.length; ) {
      const depth = depths[node]!;
      const state = this.#bytes.step(path[depth - 1]!, bytes[node]!);
      if (state === dead) {
        node = ends[node]!;
        continue;
      }
      path[depth] = state;
      this.node = node;
      this.state = state;
      return true;
    }
    this.node = bytes.length;
    return false;
  }
}

function maskOf({ ids, to }: Edges, fits: readonly boolean[], size: number): Mask {
  const isLegal = new Uint8Array(size);
  let count = 0;
  for (let i = 0; i < ids.length; i++) {
    if (!fits[to[i]!]) continue;
    isLegal[ids[i]!] = 1;
    count++;
  }
  const areLegal = 2 * count <= size;
  const listed = new Int32Array(areLegal ? count : size - count);
  const wanted = areLegal ? 1 : 0;
  for (let id = 0, i = 0; id < size; id++) if (isLegal[id] === wanted) listed[i++] = id;
  return { ids: listed, areLegal };
}
