// Windows of several sources: as much of each, until there is enough.
import { DataError } from '@maria/core';
import { describe, expect, it } from 'vitest';
import type { DataSource } from './data-source.js';
import { type ReadWindowsOptions, readWindows } from './read-windows.js';
import { spreadWindows } from './spread.js';

/** One token a character. */
const vocabulary = {
  encode: async (text: string) => Int32Array.from(text, (character) => character.charCodeAt(0)),
};

const source = (name: string, ...documents: string[]): DataSource => ({
  name,
  bytes: (async function* () {
    yield Buffer.from(documents.join('\n<|endoftext|>\n'));
  })(),
});

async function read(sources: DataSource[], options: Partial<ReadWindowsOptions> = {}) {
  const { windows, ...others } = await readWindows(sources, { vocabulary, length: 4, ...options });
  const texts = Array.from({ length: windows.count }, (_, i) => String.fromCharCode(...windows.get(i)));
  return { texts, windows, ...others };
}

describe('readWindows', () => {
  it('takes as many tokens of each source', async () => {
    const sources = [source('a', 'aaaaa', 'bb', 'cc'), source('b', 'xx', 'yy', 'zz')];
    const { texts, isPart, windows } = await read(sources, { length: 5 });
    expect(texts).toEqual(['aaaaa', 'xx', 'yy', 'zz', 'bb', 'cc']);
    expect(isPart).toBe(false);
    expect(windows).toMatchObject({ documents: 6, tokens: 15 });
  });

  it('stops where there is enough, at the end of a document', async () => {
    const sources = () => [source('a', 'aaaaaa', 'bb'), source('b', 'xx', 'yy')];
    expect(await read(sources(), { enough: { windows: 1 } })).toMatchObject({
      texts: ['aaaa', 'aa'],
      isPart: true,
    });
    expect((await read(sources(), { enough: { tokens: 7 } })).texts).toEqual(['aaaa', 'aa', 'xx']);
    expect(await read(sources(), { enough: { windows: 99 } })).toMatchObject({ isPart: false });
  });

  it('hashes windows, not files', async () => {
    const [one, two, other] = [
      await read([source('a', 'aaaa', 'bb')]),
      await read([source('a', 'aaaa'), source('b', 'bb')]),
      await read([source('a', 'aaaabb')], { length: 3 }),
    ];
    expect(two.sha256).toBe(one.sha256);
    expect(other.sha256).not.toBe(one.sha256);
  });

  it('refuses data without a window', async () => {
    const empty = read([source('empty.txt', ''), source('short.txt', 'x')]);
    await expect(empty).rejects.toThrow(DataError);
    await expect(read([source('empty.txt', '')])).rejects.toThrow(
      'Cannot train on empty.txt: no document has two tokens or more.',
    );
  });

  it('stops at the signal', async () => {
    await expect(
      read([source('a', 'aaaa')], { signal: AbortSignal.abort(new Error('enough')) }),
    ).rejects.toThrow('enough');
  });
});

it('spreads windows evenly', async () => {
  const { windows } = await read([source('a', 'aa', 'bbb', 'cc', 'dddd', 'ee')]);
  const spread = spreadWindows(windows, 2);
  expect([0, 1].map((i) => String.fromCharCode(...spread.get(i)))).toEqual(['aa', 'cc']);
  expect(spread).toMatchObject({ count: 2, tokens: 4 });
  expect(() => spread.get(2)).toThrow('window 2 is outside 2 windows');
  expect(spreadWindows(windows, 5)).toBe(windows);
});
