// The tokenizer against Hugging Face's own, on 40 strings: ids, template and decoding, exactly.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createVocabulary, openCheckpoint } from '@maria/checkpoints';
import { describe, expect, it } from 'vitest';

interface Row {
  readonly text: string;
  readonly ids: number[];
  readonly ids_mlm_template: number[];
  readonly tokens: string[];
  readonly decoded: string;
}

const goldens = new URL('./goldens/', import.meta.url);
const readJson = (path: string): unknown => JSON.parse(readFileSync(new URL(path, goldens), 'utf8'));
const { rows } = readJson('tokenizer_goldens.json') as { rows: Row[] };

function vocabularyIn(folder: string) {
  return createVocabulary({
    tokenizer: readJson(`${folder}/tokenizer.json`),
    tokenizerConfig: readJson(`${folder}/tokenizer_config.json`),
    specialTokensMap: readJson(`${folder}/special_tokens_map.json`),
  });
}

describe.each(['tokenizer_ar', 'tokenizer_mlm'])('%s', (folder) => {
  const vocabulary = vocabularyIn(folder);

  it.each(rows.map((row) => [row.text, row] as const))('%j', async (text, row) => {
    expect([...(await vocabulary.encode(text))]).toEqual(row.ids);
    expect(row.ids.map((id) => vocabulary.tokens[id])).toEqual(row.tokens);
    expect(vocabulary.decode(row.ids)).toBe(row.decoded);
    if (folder === 'tokenizer_mlm') {
      const { prefix, suffix } = vocabulary.template!;
      expect([...prefix, ...row.ids, ...suffix]).toEqual(row.ids_mlm_template);
    }
  });

  it('never samples exactly what the goldens suppress within the tokenizer', () => {
    const { suppress } = readJson('pairs/olmo+modernbert.json') as { suppress: number[] };
    const special = [...vocabulary.specialIds].sort((a, b) => a - b);
    expect(special).toEqual(suppress.filter((id) => id < vocabulary.size));
    expect(vocabulary.size).toBe(600);
  });
});

describe('the embedded pair', () => {
  it('has one vocabulary of which ids 0 to 6 are special', async () => {
    for (const side of ['ar', 'mlm']) {
      const folder = fileURLToPath(new URL(`../models/tiny/${side}`, import.meta.url));
      const vocabulary = createVocabulary(openCheckpoint(folder));
      expect([...vocabulary.specialIds].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6]);
      expect(vocabulary.size).toBe(4096);
      const text = 'Once upon a time 😀\n\tthere was é.';
      expect(vocabulary.decode(await vocabulary.encode(text))).toBe(text);
    }
  });
});
