// Where the shown sweep is among the recorded ones.
import { slider } from '../view/bar.js';
import { Lines } from './lines.js';
import type { ViewProps } from './view-props.js';

export function SweepSlider({ state, theme }: ViewProps) {
  const { records, shown, sweeps } = state.anneal;
  const isOver = state.anneal.phase === 'done' && records.length > 0;
  const at = shown ?? records.length - (isOver ? 1 : 0);
  const label = shown === undefined && !isOver ? `now ${Math.min(at + 1, sweeps)}` : `sweep ${at + 1}`;
  const count = `${label.padStart(9)} of ${sweeps} `;
  const steps = Math.max(sweeps, records.length) + (isOver || state.isReplay ? 0 : 1);
  const track = slider(Math.min(at, steps - 1), steps, Math.max(4, state.size.columns - count.length));
  return <Lines lines={[count + theme.paint(track, 'accent')]} />;
}
