// The ids that a tokenizer puts before and after one sequence ([CLS] … [SEP]), read from its post-processor.
import { z } from 'zod';

export interface Template {
  readonly prefix: readonly number[];
  readonly suffix: readonly number[];
}

const id = z.int().nonnegative();
const pair = z.tuple([z.string(), id]).transform(([, value]) => value);
const piece = z.union([
  z.object({ SpecialToken: z.object({ id: z.string() }) }),
  z.object({ Sequence: z.object({ id: z.literal('A') }) }),
]);

const templateProcessing = z.object({
  type: z.literal('TemplateProcessing'),
  single: z.array(piece),
  special_tokens: z.record(z.string(), z.object({ ids: z.array(id) })),
});
/** BERT's and RoBERTa's own processors do the same with fixed places. */
const pairProcessing = z.object({
  type: z.enum(['BertProcessing', 'RobertaProcessing']),
  cls: pair,
  sep: pair,
});
const sequence = z.object({ type: z.literal('Sequence'), processors: z.array(z.unknown()) });
const processorSchema = z.discriminatedUnion('type', [
  templateProcessing,
  pairProcessing,
  sequence,
  z.object({ type: z.literal('ByteLevel') }),
]);

const nothing: Template = { prefix: [], suffix: [] };

function fromTemplate({ single, special_tokens }: z.infer<typeof templateProcessing>): Template {
  const at = single.findIndex((part) => 'Sequence' in part);
  if (at < 0 || single.some((part, i) => 'Sequence' in part && i !== at))
    throw new Error('its template does not hold the text exactly once');
  const idsOf = (parts: z.infer<typeof piece>[]): number[] =>
    parts.flatMap((part) => {
      if (!('SpecialToken' in part)) return [];
      const name = part.SpecialToken.id;
      const token = Object.hasOwn(special_tokens, name) ? special_tokens[name] : undefined;
      if (!token)
        throw new Error(`its template names the token ${JSON.stringify(name)} and gives no id for it`);
      return token.ids;
    });
  return { prefix: idsOf(single.slice(0, at)), suffix: idsOf(single.slice(at + 1)) };
}

function readProcessor(postProcessor: unknown, depth: number): Template {
  if (postProcessor === null || postProcessor === undefined) return nothing;
  const parsed = processorSchema.safeParse(postProcessor);
  if (!parsed.success || depth > 8) throw new Error('its post-processor is not understood');
  const processor = parsed.data;
  if (processor.type === 'ByteLevel') return nothing;
  if (processor.type === 'TemplateProcessing') return fromTemplate(processor);
  if (processor.type !== 'Sequence') return { prefix: [processor.cls], suffix: [processor.sep] };
  // Each one wraps what the one before has made.
  return processor.processors
    .map((inner) => readProcessor(inner, depth + 1))
    .reduce(
      (inside, outside) => ({
        prefix: [...outside.prefix, ...inside.prefix],
        suffix: [...inside.suffix, ...outside.suffix],
      }),
      nothing,
    );
}

/** Undefined where nothing is added. @throws Error saying what is wrong with `postProcessor` */
export function readTemplate(postProcessor: unknown): Template | undefined {
  const template = readProcessor(postProcessor, 0);
  return template.prefix.length + template.suffix.length === 0 ? undefined : template;
}
