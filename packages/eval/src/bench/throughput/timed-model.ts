// A model that tells how long its parts have computed, and how often.
import type { CausalModel, Expert, MariaModel } from '@maria/core';
import type { Clock } from '../timing.js';

/** Milliseconds in the two models, and in the output matrices that follow them. Parts that run at the same time share it. */
export interface PartTimes {
  mlm: number;
  ar: number;
  head: number;
}

const noTime: Readonly<PartTimes> = { mlm: 0, ar: 0, head: 0 };

export interface TimedModel {
  readonly model: MariaModel;
  /** Since the last `reset`, that of parts that still run included. */
  readonly times: Readonly<PartTimes>;
  /** Passes of the backbones since the last `reset`. */
  readonly passes: { readonly mlm: number; readonly ar: number };
  /** Begins anew: nothing is counted yet, and nothing that was read before is kept. */
  reset(): void;
}

interface LanesInUse {
  /** Sequences that the AR model reads at once, at most as many as it has. */
  readonly lanes: number;
  /** Whether only as many of them are used as make it faster. */
  readonly lanesByCost: boolean;
}

/** Several may take turns on one model. */
export function timedModel(model: MariaModel, clock: Clock, { lanes, lanesByCost }: LanesInUse): TimedModel {
  const times: PartTimes = { ...noTime };
  const passes = { mlm: 0, ar: 0 };
  const running: (keyof PartTimes)[] = [];
  let last = 0;
  /** Shares the time since the last look among the parts that ran. */
  const share = () => {
    const now = clock();
    for (const part of running) times[part] += (now - last) / running.length;
    last = now;
  };
  const timed =
    <A extends unknown[], R>(part: keyof PartTimes, run: (...parameters: A) => Promise<R>) =>
    async (...parameters: A): Promise<R> => {
      share();
      running.push(part);
      try {
        return await run(...parameters);
      } finally {
        share();
        running.splice(running.indexOf(part), 1);
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
      lanesByCost,
      ar: timedAr,
      mlm: { ...mlm, encode: timed('mlm', (ids, rows) => mlm.encode(ids, rows)) },
      head: {
        arLogits: timed('head', (hidden) => head.arLogits(hidden)),
        mlmLogits: timed('head', (hidden) => head.mlmLogits(hidden)),
      },
      experts: {
        ...(experts.ar && { ar: timedExpert(experts.ar) }),
        ...(experts.mlm && { mlm: timedExpert(experts.mlm) }),
      },
    },
    get times() {
      share();
      return { ...times };
    },
    passes,
    reset: () => {
      for (let lane = 0; lane < lanes; lane++) ar.truncate(lane, 0);
      Object.assign(times, noTime);
      Object.assign(passes, { mlm: 0, ar: 0 });
    },
  };
}
