// What the server is, whatever asks: the model that it has, who is served, and what is counted.
import type { MariaModel } from '@maria/core';
import type { Engine } from '../engine.js';
import type { Metrics } from './metrics.js';
import { Refusal } from './refusal.js';
import type { RequestLife } from './request-life.js';
import type { RequestQueue } from './request-queue.js';

/** A model that is loaded. */
export interface Served {
  readonly engine: Engine;
  readonly model: MariaModel;
  /** As /v1/models tells it. */
  readonly name: string;
  readonly queue: RequestQueue;
}

export interface Service {
  /** Nothing until the model is loaded. */
  served?: Served;
  /** It ends: what came before is finished, and nothing else begun. */
  isDraining: boolean;
  readonly version: string;
  /** Of the model, for commands that look for a server with it. */
  readonly identity: string;
  /** When it was started, in seconds. */
  readonly created: number;
  readonly metrics: Metrics;
  readonly lives: Set<RequestLife>;
  readonly timeoutMs: number;
  /** Takes a line for the person who runs the server. */
  readonly note: (line: string) => void;
}

/** @throws Refusal 503 while nothing can be answered */
export function requireServed({ served, isDraining }: Service): Served {
  if (isDraining)
    throw new Refusal(503, 'ending', 'Cannot take the request: the server ends.', { retryAfter: 10 });
  if (!served)
    throw new Refusal(503, 'loading', 'Cannot take the request: the model is being loaded.', {
      retryAfter: 5,
    });
  return served;
}

/** @throws Refusal 404 for a model that is not the one. A name is only compared: nothing is looked up or loaded by it. */
export function requireModel({ name }: Served, asked: string | null | undefined): void {
  if (asked !== undefined && asked !== null && asked !== name)
    throw new Refusal(
      404,
      'model_not_found',
      `Cannot use the model ${JSON.stringify(asked.slice(0, 200))}: it is not loaded.`,
      {
        field: 'model',
        try: `Leave it out, or give ${JSON.stringify(name)}.`,
      },
    );
}
