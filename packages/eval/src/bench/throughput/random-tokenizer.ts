// Tokenizer files of a given size, whose tokens mean nothing: a pair of random weights needs some to be loaded.

const roles = ['eos', 'cls', 'sep', 'pad', 'unk', 'mask'] as const;
type Role = (typeof roles)[number];

const spelling: Record<Role, string> = {
  eos: '<|endoftext|>',
  cls: '[CLS]',
  sep: '[SEP]',
  pad: '[PAD]',
  unk: '[UNK]',
  mask: '[MASK]',
};

export interface RandomTokenizer {
  /** tokenizer.json */
  readonly tokenizer: object;
  /** tokenizer_config.json */
  readonly config: object;
}

/** @param size ids; the last ones are the special tokens */
export function randomTokenizer(size: number, kind: 'causal' | 'masked'): RandomTokenizer {
  const idOf = (role: Role) => size - roles.length + roles.indexOf(role);
  const vocab = Object.fromEntries([
    ...Array.from({ length: size - roles.length }, (_, id) => [`Ġ${id.toString(36)}`, id]),
    ...roles.map((role) => [spelling[role], idOf(role)]),
  ]);
  const special = (role: Role) => ({ id: spelling[role], ids: [idOf(role)], tokens: [spelling[role]] });
  return {
    tokenizer: {
      version: '1.0',
      added_tokens: roles.map((role) => ({ id: idOf(role), content: spelling[role], special: true })),
      pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false },
      decoder: { type: 'ByteLevel' },
      post_processor:
        kind === 'causal'
          ? null
          : {
              type: 'TemplateProcessing',
              single: [
                { SpecialToken: { id: spelling.cls } },
                { Sequence: { id: 'A' } },
                { SpecialToken: { id: spelling.sep } },
              ],
              special_tokens: { [spelling.cls]: special('cls'), [spelling.sep]: special('sep') },
            },
      model: { type: 'BPE', vocab, merges: [] },
    },
    config: Object.fromEntries(
      (kind === 'causal' ? (['eos', 'pad'] as const) : roles.filter((role) => role !== 'eos')).map((role) => [
        `${role}_token`,
        spelling[role],
      ]),
    ),
  };
}
