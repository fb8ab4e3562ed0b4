// When V8 optimises a function: later than by its own choice, for its compiler takes the cores that the model computes on.
import { setFlagsFromString } from 'node:v8';

/** Bytes of bytecode that a function runs before: eight times as many as V8 lets it. What takes long is in loops, which get there in milliseconds. */
const budget = 2 ** 20;

/** Of the release that Node 20 has: later ones have another compiler between, and count otherwise. */
const release = '11.';

export function optimiseLate(): void {
  if (process.versions.v8.startsWith(release)) setFlagsFromString(`--interrupt-budget=${budget}`);
}
