// The calls of maria's own commands (--server): those of an engine, as lines of JSON.
import {
  type GapConstraint,
  type InfillOptions,
  type ScoreInput,
  type ScoreOptions,
  type SystemName,
  tokenOf,
} from '@maria/core';
import { MariaError } from '@maria/core/errors';
import type { JsonObject } from '../jsonl.js';
import { ranges } from '../ranges.js';
import { type Line, type ServerTold, tellError } from '../remote/calls.js';
import type { Metrics } from './metrics.js';
import { badRequest, refusalOf } from './refusal.js';
import type { Served } from './served.js';

type Call = (
  work: Served & { readonly metrics: Metrics },
  body: JsonObject,
  signal: AbortSignal,
  tell: (line: Line) => void,
) => Promise<void>;

export function toldOf({ model, name }: Served, version: string, identity: string): ServerTold {
  return { version, identity, model: name, maskToken: model.vocabulary.maskToken, lanes: model.ar.lanes };
}

/** By the end of their path. What does not fit is told by the engine, as to any caller. */
export const engineCalls: Readonly<Record<string, Call>> = {
  async infill({ engine, model, metrics }, { input, options }, signal, tell) {
    const { draft: _, ...given } = optionsOf(options) as InfillOptions;
    if (Number(given.samples) > ranges.samples.max)
      throw badRequest(`"samples" is above ${ranges.samples.max}`, 'samples');
    const events = engine.infill(model, input as string, { ...given, signal });
    for (;;) {
      const step = await events.next();
      if (step.done) {
        metrics.filled(step.value);
        return tell({ result: step.value });
      }
      if (step.value.type === 'gap-filled') metrics.token();
      tell({ event: step.value });
    }
  },
  async score({ engine, model, metrics }, { input, options }, signal, tell) {
    const score = await engine.score(model, input as ScoreInput, {
      ...(optionsOf(options) as ScoreOptions),
      signal,
    });
    metrics.scored(score.masked.length);
    const ids = new Set(score.masked.map((position) => score.ids[position]!));
    tell({ score, tokens: [...ids].map((id) => tokenOf(model.vocabulary, id)) });
  },
  async encode({ model }, { text, options }, _, tell) {
    if (typeof text !== 'string') throw badRequest('"text" is not a string', 'text');
    tell({ ids: [...(await model.vocabulary.encode(text, optionsOf(options)))] });
  },
  async constraint({ engine, model }, { constraint, lineBreaks }, _, tell) {
    await engine.checkConstraint(model, constraint as GapConstraint, lineBreaks === true);
    tell({ done: true });
  },
  async system({ engine, model }, { system }, _, tell) {
    await engine.requireSystem(model, system as SystemName);
    tell({ done: true });
  },
};

function optionsOf(options: unknown): object {
  if (typeof options !== 'object' || options === null) throw badRequest('"options" is no object', 'options');
  return options;
}

/** How a call ends that fails: with the error itself, for the command to tell as its own. */
export function errorLine(error: unknown): Line {
  return { error: tellError(error instanceof MariaError ? error : refusalOf(error)) };
}
