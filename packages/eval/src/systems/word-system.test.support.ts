// For tests: a system whose loss of a word is a function of it, and which fills with what a function tells.
import type { Vocabulary } from '@maria/core';
import { wordsOf } from '../data/words.js';
import type { SystemPlan } from './system.js';

const vocabulary: Pick<Vocabulary, 'tokenize'> = {
  async tokenize(text) {
    const words = wordsOf(text);
    return {
      ids: new Int32Array(words.length),
      starts: Int32Array.from(words, ([start]) => start),
      ends: Int32Array.from(words, ([, end]) => end),
    };
  },
};

export function wordSystem(
  name: string,
  natsOf: (word: string) => number,
  lanes = 1,
  fillOf: (word: string, record: number) => string = (word) => word,
): SystemPlan {
  return {
    name,
    likelihood: { kind: 'exact', how: 'by hand' },
    identity: { kind: 'words' },
    vocabulary,
    vocabularyHash: 'words',
    loadedAs: 'words',
    open: async () => ({
      lanes,
      async score({ text, spans }) {
        await new Promise((resolve) => setImmediate(resolve));
        const nats = spans.map((span) => natsOf(text.slice(...span)));
        return { nats: nats.reduce((a, b) => a + b, 0), tokens: spans.length };
      },
      async fill({ text, spans }, { record }) {
        const fills = spans.map((span) => fillOf(text.slice(...span), record));
        let whole = '';
        let at = 0;
        spans.forEach(([start, end], i) => {
          whole += text.slice(at, start) + fills[i];
          at = end;
        });
        return { fills, text: whole + text.slice(at), tokens: spans.length };
      },
    }),
  };
}
