// All added tokens of a tokenizer: those of tokenizer.json and those that only the files beside it list.
import { z } from 'zod';
import { quote } from '../weights/quote.js';
import type { DeclaredTokens } from './special-tokens.js';
import { type AddedToken, badTokenizer, type TokenizerJson, tokenId } from './tokenizer-json.js';

/** What stands beside tokenizer.json. */
export interface TokenListings {
  /** `added_tokens_decoder` of tokenizer_config.json: records by id. */
  readonly decoder: unknown;
  /** added_tokens.json: ids by token. Read where there is no decoder. */
  readonly addedTokens: unknown;
  readonly declared: DeclaredTokens;
}

const decoderSchema = z.record(
  z.string().regex(/^\d{1,7}$/),
  z.looseObject({ content: z.string(), special: z.boolean().default(false) }),
);
const idsSchema = z.record(z.string(), tokenId);

/**
 * The tokens in the order of their ids, so that the library numbers them as the files do. As transformers has it, added_tokens_decoder
 * wins over tokenizer.json in how a token is cut from a text, and a declared token of the model's own table is an added one too.
 * Declared tokens that no file gives an id are none.
 * @throws DataError `bad-tokenizer` where two files give a token different ids, or the library cannot give it its id
 */
export function allAddedTokens(
  { added_tokens, model }: Pick<TokenizerJson, 'added_tokens' | 'model'>,
  { decoder, addedTokens, declared }: TokenListings,
): AddedToken[] {
  const table = new ModelTable(model.vocab);
  const tokens = new Map<string, AddedToken>();
  const add = (token: AddedToken, file: string) => {
    const { content, id } = token;
    const known = tokens.get(content) ?? { id: table.idOf(content) };
    if (known.id !== undefined && known.id !== id)
      throw badTokenizer(`${file} gives ${quote(content)} the id ${id}, and tokenizer.json ${known.id}`);
    tokens.set(content, { ...known, ...token, special: token.special || declared.all.has(content) });
  };
  // A token of the model's own table has the id that it has there, whatever its record says.
  for (const token of added_tokens)
    add({ ...token, id: table.idOf(token.content) ?? token.id }, 'tokenizer.json');
  if (decoder !== undefined && decoder !== null) {
    for (const [id, token] of Object.entries(parse(decoderSchema, decoder, 'added_tokens_decoder')))
      add({ ...token, id: Number(id) }, 'added_tokens_decoder of tokenizer_config.json');
  } else if (addedTokens !== undefined) {
    for (const [content, id] of Object.entries(parse(idsSchema, addedTokens, 'added_tokens.json')))
      if (!tokens.has(content)) {
        const special = declared.all.has(content);
        add({ ...howItIsCut, content, id, special, normalized: !special }, 'added_tokens.json');
      }
  }
  for (const token of declared.all.values()) {
    const id = table.idOf(token.content);
    if (id !== undefined && !tokens.has(token.content))
      tokens.set(token.content, { ...howItIsCut, ...token, id, special: true });
  }
  const inOrder = [...tokens.values()].sort((a, b) => a.id - b.id);
  checkNumbering(inOrder, table);
  return inOrder.map((token) => ({ ...howItIsCut, ...token }));
}

/** Where nothing else is said. */
const howItIsCut = { lstrip: false, rstrip: false, single_word: false, normalized: false };

function parse<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const at = parsed.error.issues[0]!.path.join('.');
  throw badTokenizer(`${what} is not as expected${at && ` at ${quote(at)}`}`, parsed.error);
}

/** The model's own tokens. Unigram lists [token, score], the other models map tokens to ids. */
class ModelTable {
  readonly size: number;
  readonly #vocab: object;
  readonly #ids: ReadonlyMap<unknown, number> | undefined;

  constructor(vocab: object) {
    this.#vocab = vocab;
    if (Array.isArray(vocab)) {
      this.#ids = new Map(vocab.map((entry, id) => [Array.isArray(entry) ? entry[0] : undefined, id]));
      this.size = vocab.length;
    } else this.size = Object.keys(vocab).length;
  }

  idOf(token: string): number | undefined {
    if (this.#ids) return this.#ids.get(token);
    return Object.hasOwn(this.#vocab, token) ? (this.#vocab as Record<string, number>)[token] : undefined;
  }
}

/** The library numbers tokens that the model has not by counting on; a file with a gap would be read with other ids than it says. */
function checkNumbering(tokens: readonly AddedToken[], table: ModelTable): void {
  let highest = -1;
  for (const { content, id } of tokens) {
    const next = highest >= table.size ? highest + 1 : table.size;
    if (table.idOf(content) === undefined && id !== next)
      throw badTokenizer(
        `the added token ${quote(content)} has the id ${id}, where the next free one is ${next}: ids with gaps are not supported`,
      );
    highest = Math.max(highest, id);
  }
}
