// Plays a recording back: the store hears what it would have heard from the run itself.
import type { Store } from '../state/store.js';
import type { Recording } from './recording.js';

/** Milliseconds between two events of infilling, and two sweeps of annealing. */
const pace = { infill: 120, anneal: 400 } as const;

export interface Player {
  /** From the start. */
  play(): void;
  /** One event of infilling on. */
  step(): void;
  stop(): void;
}

/** @param onEnd is called when an infilling has been played to its end */
export function createPlayer(store: Store, recording: Recording, onEnd: () => void): Player {
  let timer: NodeJS.Timeout | undefined;
  let next = 0;
  const stop = () => clearInterval(timer);

  const stepInfill = () => {
    if (recording.kind !== 'infill') return;
    for (let shown = false; !shown && next < recording.events.length; ) {
      const event = recording.events[next++]!;
      store.dispatch({ type: 'infill-event', event });
      shown = event.type !== 'step-end';
    }
    if (next >= recording.events.length) {
      stop();
      onEnd();
    }
  };
  const stepAnneal = () => {
    const { phase, shown, records } = store.getState().anneal;
    if (phase !== 'running') return;
    if ((shown ?? 0) >= records.length - 1) {
      stop();
      store.dispatch({ type: 'anneal-stopped', message: undefined });
    } else store.dispatch({ type: 'play-next-sweep' });
  };

  return {
    play() {
      stop();
      next = 0;
      if (recording.kind === 'anneal') {
        store.dispatch({ type: 'records-loaded', records: recording.records });
        timer = setInterval(stepAnneal, pace.anneal);
        return;
      }
      stepInfill();
      timer = setInterval(() => {
        if (!store.getState().infill.isPaused) stepInfill();
      }, pace.infill);
    },
    step: stepInfill,
    stop,
  };
}
