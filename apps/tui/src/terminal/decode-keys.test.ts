// What terminals send for keys, however it is cut into chunks.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KeyDecoder, type KeyInput } from './decode-keys.js';

const shown = (inputs: KeyInput[]) => inputs.map((input) => ('key' in input ? input.key : input));
const decode = (text: string) => shown(new KeyDecoder().push(text));

test.each([
  ['aä猫🐈', ['a', 'ä', '猫', '🐈']],
  ['\r\n\t', ['<enter>', '<newline>', '<tab>']],
  ['\u0003\u0004\u000c', ['<ctrl-c>', '<ctrl-d>', '<ctrl-l>']],
  ['\u007f\b\u001b[3~', ['<backspace>', '<backspace>', '<delete>']],
  ['\u001b[A\u001b[B\u001bOC\u001b[D', ['<up>', '<down>', '<right>', '<left>']],
  ['\u001b[H\u001b[F\u001b[1~\u001b[4~\u001bOH', ['<home>', '<end>', '<home>', '<end>', '<home>']],
  ['\u001b[5~\u001b[6~\u001b[Z', ['<page-up>', '<page-down>', '<shift-tab>']],
  ['\u001b[1;2C\u001b[1;2D', ['<shift-right>', '<shift-left>']],
  ['\u001b\r\u001bx', ['<alt-enter>', '<alt-x>']],
  ['\u001b[?62;4c\u001b[Ix', ['x']],
])('%j', (sent, keys) => {
  expect(decode(sent)).toEqual(keys);
});

test('pasted text is one input, with line breaks as they are in text', () => {
  expect(decode('a\u001b[200~one\r\ntwo\rq\u001b[A\u001b[201~b')).toEqual([
    'a',
    { paste: 'one\ntwo\nq\u001b[A' },
    'b',
  ]);
});

test('an escape alone is the Escape key once nothing follows', () => {
  const decoder = new KeyDecoder();
  expect(decoder.push('\u001b')).toEqual([]);
  expect(decoder.isPending).toBe(true);
  expect(shown(decoder.flush())).toEqual(['<escape>']);
  expect(decoder.isPending).toBe(false);
  expect(decode('\u001b[')).toEqual([]);
});

test('what never becomes a key is dropped in the end', () => {
  expect(decode(`\u001b[${'1;'.repeat(40)}`).length).toBeGreaterThan(0);
});

test('the cut into chunks does not matter', () => {
  const piece = fc.constantFrom(
    'a',
    '猫',
    '\r',
    '\u001b[A',
    '\u001b[1;2C',
    '\u001b[200~x\ry\u001b[201~',
    '\u001b[3~',
  );
  fc.assert(
    fc.property(fc.array(piece), fc.array(fc.nat({ max: 40 })), (pieces, cuts) => {
      const sent = pieces.join('');
      const decoder = new KeyDecoder();
      const bounds = [0, ...cuts.map((cut) => Math.min(cut, sent.length)).sort((a, b) => a - b), sent.length];
      const inputs = bounds.slice(1).flatMap((end, i) => decoder.push(sent.slice(bounds[i], end)));
      expect(shown(inputs)).toEqual(decode(sent));
    }),
  );
});
