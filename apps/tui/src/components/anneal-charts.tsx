// Energy and temperature over the sweeps: two charts side by side, or two small lines where there is no room.
import { lineChartText } from '@maria/charts';
import { Box, Text } from 'ink';
import type { AppState } from '../state/state.js';
import { sparkline } from '../view/bar.js';

/** @param rows 1 for the small lines */
export function AnnealCharts({ state, rows }: { readonly state: AppState; readonly rows: number }) {
  const { columns } = state.size;
  const { records } = state.anneal;
  const energies = records.map(({ energy }) => energy);
  const temperatures = records.map(({ temperature }) => temperature);
  const isSmall = rows < 6;
  const width = Math.floor((columns - (isSmall ? 6 : 2)) / 2);
  const energy = isSmall
    ? `E ${sparkline(energies, width)}`
    : chart('Energy', 'nats', energies, { columns: width, rows });
  const temperature = isSmall
    ? `T ${sparkline(temperatures, width)}`
    : chart('Temperature', 'of the sweep', temperatures, { columns: width, rows });
  return (
    <Box height={rows} columnGap={2}>
      <Box width={isSmall ? width + 2 : width} flexShrink={0}>
        <Text>{energy}</Text>
      </Box>
      <Text>{temperature}</Text>
    </Box>
  );
}

function chart(
  title: string,
  unit: string,
  values: readonly number[],
  size: { readonly columns: number; readonly rows: number },
): string {
  const points = values.map((value, sweep): [number, number] => [sweep + 1, value]);
  const series = [{ name: title, points }];
  return lineChartText({ title, x: { label: 'sweep' }, y: { label: unit }, series }, size);
}
