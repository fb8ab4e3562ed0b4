// Where the shown sweep is among the recorded ones, and which of them is the best.
import { bestSweep } from '../state/best-sweep.js';
import type { AppState } from '../state/state.js';
import { slider } from '../view/bar.js';
import { Line } from './lines.js';
import { Paint } from './paint.js';

export function SweepSlider({ state }: { readonly state: AppState }) {
  const { records, shown, sweeps } = state.anneal;
  const isOver = state.anneal.phase === 'done' && records.length > 0;
  const at = shown ?? records.length - (isOver ? 1 : 0);
  const label = shown === undefined && !isOver ? `now ${Math.min(at + 1, sweeps)}` : `sweep ${at + 1}`;
  const count = `${label.padStart(9)} of ${sweeps} `;
  const steps = Math.max(sweeps, records.length) + (isOver || state.isReplay ? 0 : 1);
  // A single sweep is compared with none.
  const best = records.length > 1 ? bestSweep(records) : undefined;
  const width = Math.max(4, state.size.columns - count.length);
  return (
    <Line>
      {count}
      <Paint as="accent">{slider(Math.min(at, steps - 1), steps, width, best)}</Paint>
    </Line>
  );
}
