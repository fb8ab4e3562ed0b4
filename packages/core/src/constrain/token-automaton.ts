// What an automaton allows of a vocabulary's tokens: which may come next so that the rest can still be completed in exactly the tokens left.
import type { ByteTrie } from './byte-trie.js';
import { type ByteAutomaton, dead } from './bytes.js';
import { limits, tooLarge } from './limits.js';

/** Tokens that lead on from a state: `targets[to[i]]` is the state after `ids[i]`. */
interface Edges {
  readonly ids: Int32Array;
  readonly to: Int32Array;
  readonly targets: readonly number[];
}

/** States after one token, found one after the other: short tokens first. */
interface Search {
  readonly targets: number[];
  readonly seen: Set<number>;
  /** Nodes of the trie, and states there, to look at. */
  readonly nodes: number[];
  readonly states: number[];
  at: number;
}

const unknown = 0;
const yes = 1;
const no = 2;

export class TokenAutomaton {
  readonly start: number;
  readonly #trie: ByteTrie;
  readonly #bytes: ByteAutomaton;
  readonly #banned: ReadonlySet<number>;
  readonly #edges = new Map<number, Edges>();
  readonly #searches = new Map<number, Search>();
  /** Whether the rest can be completed, by state and tokens left. */
  readonly #answers: Uint8Array[] = [];
  #keptEdges = 0;
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

  /** Puts all logits at -Infinity but those of tokens after which the rest can be completed in exactly `left` more. */
  mask(logits: Float32Array, state: number, left: number): void {
    const { ids, to, targets } = this.#edgesOf(state);
    const fits = targets.map((target) => this.canEnd(target, left));
    const kept = new Float32Array(logits.length).fill(-Infinity);
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i]!;
      if (fits[to[i]!]) kept[id] = logits[id]!;
    }
    logits.set(kept);
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
      search = { targets: [], seen: new Set(), nodes: [0], states: [state], at: 0 };
      this.#searches.set(state, search);
    }
    const { targets, seen, nodes, states } = search;
    while (targets.length <= number && search.at < nodes.length) {
      const node = nodes[search.at]!;
      const from = states[search.at]!;
      search.at++;
      this.#follow(node, from, (child, to) => {
        nodes.push(child);
        states.push(to);
      });
      if (node !== 0 && !seen.has(from) && this.#hasToken(node)) {
        seen.add(from);
        targets.push(from);
      }
      this.#work++;
      if (this.#work > limits.work) throw tooLarge('there are too many ways through it');
    }
    if (search.at > 0 && search.at === nodes.length) {
      nodes.length = 0;
      states.length = 0;
      search.at = 0;
    }
    return targets[number];
  }

  #follow(node: number, state: number, visit: (child: number, state: number) => void): void {
    const { children, bytes } = this.#trie;
    for (let child = children[node]!; child < children[node + 1]!; child++) {
      const to = this.#bytes.step(state, bytes[child]!);
      if (to !== dead) visit(child, to);
    }
  }

  #hasToken(node: number): boolean {
    const { starts, ids } = this.#trie;
    for (let i = starts[node]!; i < starts[node + 1]!; i++) if (!this.#banned.has(ids[i]!)) return true;
    return false;
  }

  #edgesOf(state: number): Edges {
    const known = this.#edges.get(state);
    if (known) return known;
    const edges = this.#walk(state);
    this.#keptEdges += edges.ids.length;
    // Those that were found first are found again where they are needed.
    for (const [other, { ids }] of this.#edges) {
      if (this.#keptEdges <= limits.keptEdges) break;
      this.#edges.delete(other);
      this.#keptEdges -= ids.length;
    }
    this.#edges.set(state, edges);
    return edges;
  }

  #walk(state: number): Edges {
    const { starts, ids } = this.#trie;
    const found: number[] = [];
    const to: number[] = [];
    const targets: number[] = [];
    const numbers = new Map<number, number>();
    const nodes = [0];
    const states = [state];
    for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
      const at = states.pop()!;
      this.#follow(node, at, (child, next) => {
        nodes.push(child);
        states.push(next);
      });
      if (starts[node] === starts[node + 1]) continue;
      let number = numbers.get(at);
      if (number === undefined) {
        number = targets.push(at) - 1;
        numbers.set(at, number);
      }
      for (let i = starts[node]!; i < starts[node + 1]!; i++) {
        if (this.#banned.has(ids[i]!)) continue;
        found.push(ids[i]!);
        to.push(number);
      }
    }
    return { ids: Int32Array.from(found), to: Int32Array.from(to), targets };
  }
}
