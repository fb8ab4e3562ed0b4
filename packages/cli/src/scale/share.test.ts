// Which texts a shard takes, and which are left behind those that are done.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Share } from './share.js';

test('shards take each text once, and each goes on behind what it did', () => {
  const counts = fc.record({
    of: fc.integer({ min: 1, max: 9 }),
    texts: fc.integer({ min: 0, max: 40 }),
    done: fc.integer({ min: 0, max: 6 }),
  });
  fc.assert(
    fc.property(counts, ({ of, texts, done }) => {
      const places = Array.from({ length: texts }, (_, place) => place);
      const taken: number[] = [];
      for (let number = 1; number <= of; number++) {
        const own = places.filter((place) => new Share({ number, of }).takes(place));
        taken.push(...own);
        const rest = new Share({ number, of }, done);
        expect(places.filter((place) => rest.takes(place))).toEqual(own.slice(done));
        if (own.length >= done) rest.refuseShort(texts);
        else expect(() => rest.refuseShort(texts)).toThrow(`and the input has ${own.length}`);
      }
      expect(taken.sort((a, b) => a - b)).toEqual(places);
    }),
  );
});
