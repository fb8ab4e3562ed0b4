// Energy and temperature over the sweeps: two charts side by side, or two small lines where there is no room.
import { lineChartText } from '@maria/charts';
import { sparkline } from '../view/bar.js';
import { cut, fit } from '../view/width.js';
import { Lines } from './lines.js';
import type { ViewProps } from './view-props.js';

/** @param rows 1 for the small lines */
export function AnnealCharts({ state, rows }: ViewProps & { readonly rows: number }) {
  const { columns } = state.size;
  const { records } = state.anneal;
  const energies = records.map(({ energy }) => energy);
  const temperatures = records.map(({ temperature }) => temperature);
  if (rows < 6) {
    const width = Math.floor((columns - 6) / 2);
    const line = `E ${fit(sparkline(energies, width), width)}  T ${sparkline(temperatures, width)}`;
    return <Lines lines={[cut(line, columns), ...Array<string>(rows - 1).fill('')]} />;
  }
  const half = Math.floor((columns - 2) / 2);
  const left = chart('Energy', 'nats', energies, half, rows);
  const right = chart('Temperature', 'of the sweep', temperatures, half, rows);
  return <Lines lines={left.map((line, i) => `${fit(line, half)}  ${right[i] ?? ''}`)} />;
}

function chart(
  title: string,
  unit: string,
  values: readonly number[],
  columns: number,
  rows: number,
): string[] {
  const points = values.map((value, sweep): [number, number] => [sweep + 1, value]);
  const series = [{ name: title, points }];
  return lineChartText({ title, x: { label: 'sweep' }, y: { label: unit }, series }, { columns, rows }).split(
    '\n',
  );
}
