// Fills the draft and then, where two models are fused, explains each gap, telling the store of every step.
import { explain, infill, MariaError, type MariaModel, type Model, unmetGap } from '@maria/core';
import type { Filling } from '../options.js';
import { describeAsked } from '../state/asked.js';
import { readingOf } from '../state/gap-places.js';
import { messageOf } from '../state/message.js';
import type { Notice } from '../state/state.js';
import type { Store } from '../state/store.js';
import { toFill } from '../state/to-fill.js';
import { TokenRate } from './rate.js';
import { breathe, type Turns } from './turns.js';

/** Candidates of each of the three that are asked for. */
const candidates = 5;

export interface InfillSession {
  /** Stops what runs, and fills what is to be filled now, but for the tokens that are kept. */
  fill(): void;
  /** Looks for the best fills in place of one. */
  findBest(): void;
  /** Puts the highlighted candidate in its place, where its gap is as asked then. */
  take(): void;
  /** Explains the text as it is. */
  explain(): void;
  stop(): void;
}

export function createInfillSession(
  store: Store,
  model: Model,
  turns: Turns,
  filling: Filling,
): InfillSession {
  let current = new AbortController();
  const begin = async (work: (signal: AbortSignal) => Promise<void>) => {
    current.abort();
    const mine = new AbortController();
    current = mine;
    let message: string | undefined;
    try {
      await work(mine.signal);
    } catch (error) {
      message = messageOf(error);
      if (error instanceof MariaError && error.code === 'kept-invalid')
        message += ' Pinned tokens are kept: p unpins one, P its gap.';
    }
    // A run that had to make room for another one has nothing more to say.
    if (mine === current) store.dispatch({ type: 'infill-stopped', message });
  };
  const explainAll = async (signal: AbortSignal) => {
    // `infill` has refused a model that lacks a part of it.
    if (filling.system === 'maria') await explainGaps(store, model as MariaModel, turns, signal);
  };
  const inTurn = (signal: AbortSignal, work: () => Promise<void>) =>
    turns.take(async () => {
      if (!signal.aborted) await work();
    });
  const explainNow = () => void begin(explainAll);
  return {
    fill() {
      void begin(async (signal) => {
        await inTurn(signal, () => fillDraft(store, model, filling, signal));
        await explainAll(signal);
      });
    },
    findBest() {
      void begin((signal) => inTurn(signal, () => searchDraft(store, model, filling, signal)));
    },
    take() {
      takeIfAsked(store, model)
        // What may follow it is another thing now.
        .then((isTaken) => isTaken && explainNow())
        .catch((error: unknown) => tell(store, 'error', messageOf(error)));
    },
    explain: explainNow,
    stop: () => current.abort(),
  };
}

function optionsOf(store: Store, model: Model) {
  const { infill: state } = store.getState();
  const { text, kept, asked } = toFill(state, readingOf(model.vocabulary));
  const isAsked = asked.some((one) => Object.keys(one).length > 0);
  const options = { seed: state.seed, ...(kept.size > 0 && { kept }), ...(isAsked && { gaps: asked }) };
  return { text, options };
}

async function fillDraft(store: Store, model: Model, filling: Filling, signal: AbortSignal): Promise<void> {
  const { text, options } = optionsOf(store, model);
  const { temperature } = store.getState().infill;
  const all = { ...filling, ...options, temperature, alternatives: candidates, signal };
  let rate: TokenRate | undefined;
  for await (const event of infill(model, text, all)) {
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

async function searchDraft(store: Store, model: Model, filling: Filling, signal: AbortSignal): Promise<void> {
  const { text, options } = optionsOf(store, model);
  const { best } = store.getState().infill;
  const events = infill(model, text, { ...filling, ...options, best, signal });
  try {
    for (let step = await events.next(); !signal.aborted; step = await events.next()) {
      if (step.done) {
        store.dispatch({ type: 'searched', isExact: step.value.search?.isExact ?? false });
        return;
      }
      store.dispatch({ type: 'infill-event', event: step.value });
      await breathe();
    }
  } finally {
    await events.return(undefined as never);
  }
}

/** Returns whether the candidate was taken. */
async function takeIfAsked(store: Store, model: Model): Promise<boolean> {
  const { run } = store.getState().infill;
  const position = run?.positions[run.selected];
  const row = position === undefined ? undefined : run?.candidates.get(position)?.[run.highlighted];
  if (run === undefined || position === undefined || row === undefined) return false;
  const unmet = await unmetGap(model, run.draft, run.ids.with(position, row.id), run.asked);
  // Another key was faster.
  if (store.getState().infill.run !== run) return false;
  if (unmet === undefined) {
    store.dispatch({ type: 'choose-candidate' });
    return true;
  }
  const text = `Gap ${unmet + 1} would not be as asked with it (${describeAsked(run.asked[unmet]!)}). F takes it and fills what is to its right again.`;
  tell(store, 'note', text);
  return false;
}

function tell(store: Store, kind: Notice['kind'], text: string | undefined): void {
  if (text !== undefined) store.dispatch({ type: 'notify', notice: { kind, text } });
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
    const options = { candidates, text: run.draft, gaps: run.asked, signal };
    for await (const explained of explain(model, ids, filled, options)) {
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
