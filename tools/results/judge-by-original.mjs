// A judge for maria eval judge that needs no network and is no language model: the version nearer to the text as it was wins.
// maria eval judge FILLS --judge-command "node tools/results/judge-by-original.mjs FILLS" --out judged
// Near is the edit similarity of characters. It knows one right answer: a fill that is as good and another one loses.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { editSimilarity } from '../../packages/eval/dist/index.js';

const recordsIn = (text) =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

/** The text with gaps → as it was. */
const originals = new Map(
  recordsIn(readFileSync(join(process.argv[2], 'results.jsonl'), 'utf8'))
    .filter(({ gapped }) => gapped !== undefined)
    .map(({ gapped, references }) => [
      gapped,
      gapped
        .split('[____]')
        .map((piece, i) => piece + (references[i] ?? ''))
        .join(''),
    ]),
);

const question =
  /^<text with gaps>\n(.*)\n<\/text with gaps>\n\n<version A>\n(.*)\n<\/version A>\n\n<version B>\n(.*)\n<\/version B>$/s;

for (const { id, user } of recordsIn(readFileSync(0, 'utf8'))) {
  const [, gapped, a, b] = question.exec(user);
  const [ofA, ofB] = [a, b].map((version) => editSimilarity(version, originals.get(gapped)));
  const answer = ofA > ofB ? '[[A]]' : ofB > ofA ? '[[B]]' : '[[C]]';
  process.stdout.write(`${JSON.stringify({ id, answer })}\n`);
}
