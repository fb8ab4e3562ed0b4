// Tokenizers of the layout that Japanese models have: pieces with scores, and bytes for what no piece covers. Made up, and small.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Control symbols come first, as SentencePiece puts them. */
export const controls = ['<unk>', '<s>', '</s>', '<pad>', '<sep>', '<mask>', '<cls>'];
const bytes = Array.from({ length: 256 }, (_, i) => `<0x${i.toString(16).toUpperCase().padStart(2, '0')}>`);
const pieces = [
  '▁',
  'は',
  'が',
  'です',
  '。',
  '犬',
  '猫',
  '大きい',
  '小さい',
  '▁the',
  '▁dog',
  'ing',
  's',
  'e',
];
export const vocabulary = [...controls, ...bytes, ...pieces];

interface Written {
  /** @default those of `vocabulary` */
  readonly tokens?: readonly string[];
  /** Declared as special; an AR model has no mask of its own. */
  readonly roles: Readonly<Record<string, string>>;
  readonly template: readonly string[];
}

/** Writes tokenizer.json and tokenizer_config.json. `template` has the tokens around a text, "A" in their midst. */
export function writeByteFallbackTokenizer(
  folder: string,
  { tokens = vocabulary, roles, template }: Written,
) {
  const special = [...new Set(['<unk>', ...Object.values(roles)])];
  const idOf = (token: string) => tokens.indexOf(token);
  const around = template.filter((token) => token !== 'A');
  const tokenizer = {
    version: '1.0',
    added_tokens: special
      .map((content) => ({ id: idOf(content), content, special: true, normalized: false }))
      .map((token) => ({ ...token, single_word: false, lstrip: false, rstrip: false }))
      .sort((a, b) => a.id - b.id),
    normalizer: { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
    pre_tokenizer: null,
    post_processor: {
      type: 'TemplateProcessing',
      single: template.map((token) =>
        token === 'A' ? { Sequence: { id: 'A', type_id: 0 } } : { SpecialToken: { id: token, type_id: 0 } },
      ),
      pair: [{ Sequence: { id: 'A', type_id: 0 } }, { Sequence: { id: 'B', type_id: 1 } }],
      special_tokens: Object.fromEntries(
        around.map((token) => [token, { id: token, ids: [idOf(token)], tokens: [token] }]),
      ),
    },
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
      ],
    },
    model: {
      type: 'Unigram',
      unk_id: 0,
      byte_fallback: true,
      vocab: tokens.map((token, id) => [token, id < controls.length + bytes.length ? 0 : -1 - id / 100]),
    },
  };
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(tokenizer));
  const config = { tokenizer_class: 'PreTrainedTokenizerFast', ...roles };
  writeFileSync(join(folder, 'tokenizer_config.json'), JSON.stringify(config));
}

/** As the AR model of such a pair has it: a start, and no mask. */
export const arTokenizer: Written = {
  roles: { bos_token: '<s>', eos_token: '</s>', unk_token: '<unk>' },
  template: ['<s>', 'A'],
};

export const mlmTokenizer: Written = {
  roles: {
    unk_token: '<unk>',
    pad_token: '<pad>',
    sep_token: '<sep>',
    mask_token: '<mask>',
    cls_token: '<cls>',
  },
  template: ['<cls>', 'A', '<sep>'],
};
