// Fills the draft and then, where two models are fused, explains each gap, telling the store of every step.
import { explain, infill, type MariaModel, type Model } from '@maria/core';
import type { Filling } from '../options.js';
import { keptTokens } from '../state/infill-reducer.js';
import type { Store } from '../state/store.js';
import { messageOf } from './message.js';
import { TokenRate } from './rate.js';
import { breathe, type Turns } from './turns.js';

/** Candidates of each of the three that are asked for. */
const candidates = 5;

export interface InfillSession {
  /** Stops what runs, and fills the draft as it is now, but for the tokens that are kept. */
  fill(): void;
  stop(): void;
}

export function createInfillSession(
  store: Store,
  model: Model,
  turns: Turns,
  filling: Filling,
): InfillSession {
  let current = new AbortController();
  const run = async (mine: AbortController) => {
    let message: string | undefined;
    try {
      await turns.take(async () => {
        if (!mine.signal.aborted) await fillDraft(store, model, filling, mine.signal);
      });
      // `infill` has refused a model that lacks a part of it.
      if (filling.system === 'maria') await explainGaps(store, model as MariaModel, turns, mine.signal);
    } catch (error) {
      message = messageOf(error);
    }
    // A run that had to make room for another one has nothing more to say.
    if (mine === current) store.dispatch({ type: 'infill-stopped', message });
  };
  return {
    fill() {
      current.abort();
      current = new AbortController();
      void run(current);
    },
    stop: () => current.abort(),
  };
}

async function fillDraft(store: Store, model: Model, filling: Filling, signal: AbortSignal): Promise<void> {
  const { draft, temperature, seed, run } = store.getState().infill;
  const kept = keptTokens(run);
  const options = { ...filling, temperature, seed, kept, alternatives: candidates, signal };
  // Tokens are kept where they are: the gaps are as long as they were.
  const text = run && kept.size > 0 ? run.draft : draft;
  let rate: TokenRate | undefined;
  for await (const event of infill(model, text, options)) {
    // What was undone meanwhile has no use for it.
    if (signal.aborted) return;
    rate ??= new TokenRate(() => performance.now());
    store.dispatch({ type: 'infill-event', event });
    if (event.type === 'gap-filled')
      store.dispatch({
        type: 'measured',
        of: 'infill',
        cacheLength: model.ar?.length(0) ?? 0,
        tokensPerSecond: rate.count(),
      });
    await breathe();
  }
}

/** What each model alone would have said, once all tokens are there. */
export async function explainGaps(
  store: Store,
  model: MariaModel,
  turns: Turns,
  signal: AbortSignal,
): Promise<void> {
  const { run } = store.getState().infill;
  if (run?.text === undefined || signal.aborted) return;
  await turns.take(async () => {
    const ids = Int32Array.from(run.ids);
    // Kept tokens were read as text; their candidates are those of the run that filled them.
    const filled = run.positions.filter((position) => !run.kept.has(position));
    for await (const explained of explain(model, ids, filled, { candidates, text: run.draft, signal })) {
      if (signal.aborted) return;
      store.dispatch({ type: 'explained', explained });
      await breathe();
    }
    store.dispatch({
      type: 'measured',
      of: 'infill',
      cacheLength: model.ar.length(0),
      tokensPerSecond: run.tokensPerSecond,
    });
  });
}
