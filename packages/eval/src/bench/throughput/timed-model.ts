// A model that tells how long its parts have computed, and how often.
import type { CausalModel, Expert, MariaModel } from '@maria/core';
import type { Clock } from '../timing.js';

/** Milliseconds in the two models, and in the output matrices that follow them. */
export interface PartTimes {
  mlm: number;
  ar: number;
  head: number;
}

const noTime: Readonly<PartTimes> = { mlm: 0, ar: 0, head: 0 };

export interface TimedModel {
  readonly model: MariaModel;
  /** Since the last `reset`. */
  readonly times: Readonly<PartTimes>;
  /** Passes of the backbones since the last `reset`. */
  readonly passes: { readonly mlm: number; readonly ar: number };
  /** Begins anew: nothing is counted yet, and nothing that was read before is kept. */
  reset(): void;
}

/** @param lanes sequences that the AR model reads at once, at most as many as it has; whoever fills in turns with others empties them first */
export function timedModel(model: MariaModel, clock: Clock, lanes: number): TimedModel {
  const times: PartTimes = { ...noTime };
  const passes = { mlm: 0, ar: 0 };
  const timed =
    <A extends unknown[], R>(part: keyof PartTimes, run: (...parameters: A) => Promise<R>) =>
    async (...parameters: A): Promise<R> => {
      const started = clock();
      try {
        return await run(...parameters);
      } finally {
        times[part] += clock() - started;
        if (part !== 'head') passes[part]++;
      }
    };
  const { ar, mlm, head, experts } = model;
  const timedExpert = (expert: Expert): Expert => ({
    logits: timed('head', (hidden) => expert.logits(hidden)),
  });
  const timedAr: CausalModel = {
    ...ar,
    lanes,
    extend: timed('ar', (reads) => ar.extend(reads)),
  };
  return {
    model: {
      ...model,
      ar: timedAr,
      mlm: { ...mlm, encode: timed('mlm', (ids) => mlm.encode(ids)) },
      head: {
        arLogits: timed('head', (hidden) => head.arLogits(hidden)),
        mlmLogits: timed('head', (hidden) => head.mlmLogits(hidden)),
      },
      experts: {
        ...(experts.ar && { ar: timedExpert(experts.ar) }),
        ...(experts.mlm && { mlm: timedExpert(experts.mlm) }),
      },
    },
    times,
    passes,
    reset: () => {
      for (let lane = 0; lane < lanes; lane++) ar.truncate(lane, 0);
      Object.assign(times, noTime);
      Object.assign(passes, { mlm: 0, ar: 0 });
    },
  };
}
