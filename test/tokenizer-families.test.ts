// Tokenizers of more families against Hugging Face's own: ids, tokens, places, templates and decodings, exactly.
import type { ModelVocabulary } from '@maria/checkpoints';
import { describe, expect, it } from 'vitest';
import { openVocabulary, readJson, testFolder } from './tokenizer-files.js';

interface Row {
  readonly text: string;
  readonly ids: number[];
  readonly tokens: string[];
  readonly offsets: [start: number, end: number][];
  readonly decoded: string;
  readonly ids_mlm_template?: number[];
  readonly ids_file_template?: number[];
  readonly ids_ar?: number[];
  readonly ids_ar_template?: number[];
  readonly decoded_ar?: string;
}

const folder = `${testFolder}goldens-families`;
const openTokenizer = (name: string) => openVocabulary(`${folder}/tokenizers/${name}`);

function inTemplate({ template }: ModelVocabulary, ids: readonly number[]): number[] {
  return [...(template?.prefix ?? []), ...ids, ...(template?.suffix ?? [])];
}

/** The goldens count code points. */
function codePoints(text: string, offset: number): number {
  return [...text.slice(0, offset)].length;
}

describe.each([
  ['llama3', 'llama3_mlm', 'llama3_ar'],
  ['gemma', 'gemma_mlm', 'gemma_ar'],
  ['gemma_prefix', 'gemma_mlm_prefix', 'gemma_ar'],
  ['ettin', 'ettin_mlm', 'ettin_ar'],
])('%s', (name, mlmName, arName) => {
  const { rows } = readJson<{ rows: Row[] }>(`${folder}/tokenizer_goldens_${name}.json`);
  const [mlm, ar] = [openTokenizer(mlmName), openTokenizer(arName)];

  it.each(rows.map((row) => [row.text, row] as const))('%j', async (text, row) => {
    const { ids, starts, ends } = await mlm.tokenize(text);
    expect([...ids]).toEqual(row.ids);
    expect(row.ids.map((id) => mlm.tokens[id])).toEqual(row.tokens);
    const offsets = row.ids.map((_, i) => [codePoints(text, starts[i]!), codePoints(text, ends[i]!)]);
    expect(offsets).toEqual(row.offsets);
    expect(mlm.decode(row.ids)).toBe(row.decoded);
    const template = row.ids_mlm_template ?? row.ids_file_template;
    if (template) expect(inTemplate(mlm, row.ids)).toEqual(template);
    if (row.ids_ar) {
      expect([...(await ar.encode(text))]).toEqual(row.ids_ar);
      expect(inTemplate(ar, row.ids_ar)).toEqual(row.ids_ar_template);
      expect(ar.decode(row.ids_ar)).toBe(row.decoded_ar);
    }
  });

  it('reads special tokens as text where it is asked to', async () => {
    for (const { text } of rows) {
      const ids = await mlm.encode(text, { specialTokens: false });
      expect([...ids].filter((id) => mlm.specialIds.has(id))).toEqual([]);
    }
  });
});
