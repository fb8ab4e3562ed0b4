// Energy and temperature over the sweeps: two charts side by side, or two small lines where there is no room.
import { lineChartText } from '@maria/charts';
import { Box, Text } from 'ink';
import type { AppState } from '../state/state.js';
import { sparkline } from '../view/bar.js';
import { sweepCharts } from '../view/sweep-charts.js';

/** @param rows 1 for the small lines */
export function AnnealCharts({ state, rows }: { readonly state: AppState; readonly rows: number }) {
  const { columns } = state.size;
  const { records } = state.anneal;
  const isSmall = rows < 6;
  const width = Math.floor((columns - (isSmall ? 6 : 2)) / 2);
  const { energy, temperature } = isSmall
    ? smallLines(records, width)
    : largeCharts(records, { columns: width, rows });
  return (
    <Box height={rows} columnGap={2}>
      <Box width={isSmall ? width + 2 : width} flexShrink={0}>
        <Text>{energy}</Text>
      </Box>
      <Text>{temperature}</Text>
    </Box>
  );
}

type Records = AppState['anneal']['records'];

function smallLines(records: Records, width: number) {
  const line = (values: number[]) => sparkline(values, width);
  return {
    energy: `E ${line(records.map(({ energy }) => energy))}`,
    temperature: `T ${line(records.map(({ temperature }) => temperature))}`,
  };
}

function largeCharts(records: Records, size: { readonly columns: number; readonly rows: number }) {
  const { energy, temperature } = sweepCharts(records);
  return { energy: lineChartText(energy, size), temperature: lineChartText(temperature, size) };
}
