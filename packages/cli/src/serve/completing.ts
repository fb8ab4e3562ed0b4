// Completions as they come: pieces of text with their tokens, of any number of prompts and samples, one after the other.
import type {
  FilledGap,
  InfillEvent,
  InfillInput,
  InfillOptions,
  InfillResult,
  MariaModel,
  ParsedGaps,
} from '@maria/core';
import type { Engine } from '../engine.js';
import { GrowingText } from './growing-text.js';
import type { Metrics } from './metrics.js';

/** One prompt. */
export interface CompletionTask {
  readonly input: InfillInput;
  /** The text around the gaps; without it the prompt is ids. */
  readonly pieces?: ParsedGaps;
  /** Whether the whole text is told, or what fills its only gap. */
  readonly whole: boolean;
  readonly stop: readonly string[];
  readonly options: InfillOptions;
}

export type Finish = 'stop' | 'length';

export type CompletedToken = Pick<FilledGap['tokens'][number], 'id' | 'token' | 'bytes'> & {
  readonly logProbability: number;
  readonly alternatives: readonly { readonly token: string; readonly logProbability: number }[];
};

/** What is new of a choice. */
export interface Piece {
  /** Of which prompt, and which sample of it. */
  readonly prompt: number;
  readonly sample: number;
  readonly text: string;
  readonly tokens: readonly CompletedToken[];
  /** Of the last piece of a choice. */
  readonly finish?: Finish;
}

export interface Usage {
  promptTokens: number;
  completionTokens: number;
}

type Completing = { readonly engine: Engine; readonly model: MariaModel; readonly metrics: Metrics };

/** @throws as infill does */
export async function* completing(
  served: Completing,
  tasks: readonly CompletionTask[],
  usage: Usage,
): AsyncGenerator<Piece, void> {
  const { engine, model } = served;
  const atOnce = engine.sequencesFor(model.ar.lanes);
  const numbers = tasks.map((_, prompt) => prompt);
  for await (const told of engine.inOrder(numbers, atOnce, (prompt) =>
    completeOne(served, tasks[prompt]!, prompt, usage),
  )) {
    if ('error' in told) throw told.error;
    if ('event' in told) yield told.event;
  }
}

async function* completeOne(
  { engine, model, metrics }: Completing,
  { input, pieces, whole, stop, options }: CompletionTask,
  prompt: number,
  usage: Usage,
): AsyncGenerator<Piece, void> {
  const finish: Finish = whole ? 'stop' : 'length';
  const growing = new Map<number, GrowingText>();
  const stopped = new Set<number>();
  const textOf = (sample: number) => {
    const text =
      growing.get(sample) ??
      new GrowingText(pieces ?? { segments: [], gaps: [] }, model.vocabulary, { whole, stop });
    growing.set(sample, text);
    return text;
  };
  const events: AsyncGenerator<InfillEvent, InfillResult> = engine.infill(model, input, options);
  try {
    for (;;) {
      const step = await events.next();
      if (step.done) {
        metrics.filled(step.value);
        return;
      }
      const event = step.value;
      if (event.type === 'mlm-encoded') usage.promptTokens += event.ids.length - event.positions.length;
      if (event.type !== 'gap-filled' && event.type !== 'done') continue;
      const { sample } = event;
      // Other samples may go on.
      if (stopped.has(sample)) continue;
      const text = textOf(sample);
      if (event.type === 'done') {
        const rest = text.end(whole ? event.text : event.gaps[0]!.text);
        yield { prompt, sample, text: rest, tokens: [], finish: text.isStopped ? 'stop' : finish };
        continue;
      }
      metrics.token();
      usage.completionTokens++;
      const told = pieces ? text.add(event.gap, event.id) : '';
      if (text.isStopped) stopped.add(sample);
      const ended = stopped.has(sample) ? { finish: 'stop' as const } : {};
      yield { prompt, sample, text: told, tokens: [tokenOf(event)], ...ended };
      if (stopped.size === (options.samples ?? 1)) return;
    }
  } finally {
    await events.return(undefined as unknown as InfillResult);
  }
}

function tokenOf({
  id,
  token,
  bytes,
  probability,
  alternatives = [],
}: Extract<InfillEvent, { type: 'gap-filled' }>): CompletedToken {
  return {
    id,
    token: nameOf({ token, bytes }),
    bytes,
    logProbability: Math.log(probability),
    alternatives: alternatives.map((one) => ({
      token: nameOf(one),
      logProbability: Math.log(one.probability),
    })),
  };
}

/** A part of a character is told by its bytes. */
function nameOf({ token, bytes }: { readonly token: string; readonly bytes: readonly number[] }): string {
  if (!token.includes('\uFFFD')) return token;
  return `bytes:${bytes.map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')}`;
}
