// POST /infill in the words of llama.cpp: the text before and after a gap, and the content that fills it.
import { randomInt } from 'node:crypto';
import type { z } from 'zod';
import { defined } from '../flags.js';
import { temperatureOf } from '../infill/sampling.js';
import type { JsonObject } from '../jsonl.js';
import { type CompletionTask, completing, type Piece, type Usage } from './completing.js';
import { gapBetween } from './completions.js';
import type { Metrics } from './metrics.js';
import { readFields } from './request-body.js';
import type { Served } from './served.js';
import { codeInfill } from './settings.js';

/** Whether a request is in the words of llama.cpp. */
export function isCodeInfill(body: JsonObject): boolean {
  return !('text' in body || 'ids' in body) && ('input_prefix' in body || 'input_suffix' in body);
}

export interface CodeInfill {
  readonly asked: z.output<typeof codeInfill>;
  readonly task: CompletionTask;
}

export function codeInfillOf(body: JsonObject, signal: AbortSignal): CodeInfill {
  const asked = readFields(codeInfill, body);
  const files = asked.input_extra.map(({ filename, text }) =>
    [...(filename === undefined ? [] : [filename]), text, ''].join('\n'),
  );
  const before = [...files, asked.input_prefix, asked.prompt].join('');
  const topK = asked.top_k || undefined;
  const given = asked.seed === undefined || asked.seed === -1 ? undefined : asked.seed;
  const sampling = { temperature: asked.temperature, topK, topP: asked.top_p, seed: given };
  const temperature = temperatureOf(sampling) ?? (asked.seed === -1 ? 1 : undefined);
  const seed = given ?? ((temperature ?? 0) > 0 ? randomInt(2 ** 32) : undefined);
  const pieces = gapBetween(before, asked.n_predict, asked.input_suffix);
  return {
    asked,
    task: {
      input: pieces,
      pieces,
      whole: false,
      stop: asked.stop,
      options: { ...defined({ ...sampling, temperature, seed }), speculate: 'auto', signal },
    },
  };
}

type Work = Served & { readonly metrics: Metrics };

/** The content in parts as llama.cpp streams it; the last one tells how it ended. */
export async function* fillCodeInParts(work: Work, { task }: CodeInfill): AsyncGenerator<object> {
  const usage: Usage = { promptTokens: 0, completionTokens: 0 };
  let finish: Piece['finish'];
  for await (const piece of completing(work, [task], usage)) {
    finish ??= piece.finish;
    if (piece.text !== '') yield { content: piece.text, stop: false };
  }
  yield {
    content: '',
    stop: true,
    stop_type: finish === 'stop' ? 'word' : 'limit',
    model: work.name,
    tokens_predicted: usage.completionTokens,
    tokens_evaluated: usage.promptTokens,
    ...(task.options.seed !== undefined && { generation_settings: { seed: task.options.seed } }),
    truncated: false,
  };
}

/** The same as one. */
export async function fillCode(work: Work, code: CodeInfill): Promise<object> {
  let content = '';
  let last = {};
  for await (const part of fillCodeInParts(work, code)) {
    content += (part as { content: string }).content;
    last = part;
  }
  return { ...last, content };
}
