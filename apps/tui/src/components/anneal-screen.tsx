// The anneal screen: the sequence as it cools, sweep by sweep.
import type { AnnealState, AppState } from '../state/state.js';
import { annealCells } from '../view/anneal-cells.js';
import { AnnealCharts } from './anneal-charts.js';
import { Cells } from './cells.js';
import { Footer } from './footer.js';
import { Header } from './header.js';
import { Meters } from './meters.js';
import { NoticeLine } from './notice-line.js';
import { Rule } from './rule.js';
import { SweepSlider } from './sweep-slider.js';

/** Header, slider, notice, meters and footer. */
const fixedRows = 5;

export function AnnealScreen({ state }: { readonly state: AppState }) {
  const { size, anneal, model } = state;
  const isRoomy = size.rows >= 18;
  const chartRows = isRoomy ? Math.min(10, Math.floor(size.rows / 3)) : 1;
  const rules = isRoomy ? 2 : 0;
  const bodyRows = size.rows - fixedRows - rules - chartRows;
  const cells = model.vocabulary === undefined ? [] : annealCells(anneal, model.vocabulary);
  return (
    <>
      <Header state={state} facts={`seed ${anneal.seed}  ${anneal.phase}`} />
      {isRoomy && <Rule columns={size.columns} />}
      <Cells state={state} cells={cells} rows={bodyRows} />
      {isRoomy && <Rule columns={size.columns} />}
      <SweepSlider state={state} />
      <NoticeLine state={state} otherwise={numbers(anneal, size.columns)} />
      <AnnealCharts state={state} rows={chartRows} />
      <Meters state={state} tokens={anneal.ids.length} tokensPerSecond={anneal.tokensPerSecond} />
      <Footer state={state} />
    </>
  );
}

/** Energy, temperature, mask rate and acceptance of the shown sweep; with an asterisk what a person has set. */
function numbers(state: AnnealState, columns: number): string {
  const { records, shown, control } = state;
  const record = shown === undefined ? undefined : records[shown];
  const until = records.slice(0, shown === undefined ? records.length : shown + 1);
  const energy = until.at(-1)?.energy;
  const temperature = record?.temperature ?? control.temperature ?? state.temperature;
  const maskRate = record?.maskRate ?? control.maskRate ?? state.maskRate;
  const isOwn = record === undefined;
  const accepted = until.filter((one) => one.accepted).length;
  const isWide = columns >= 60;
  return [
    `${isWide ? 'energy' : 'E'} ${energy?.toFixed(1) ?? '–'}`,
    `${isWide ? 'temperature' : 'T'} ${set(temperature, isOwn && control.temperature !== undefined)}`,
    `${isWide ? 'mask rate' : 'mask'} ${set(maskRate, isOwn && control.maskRate !== undefined)}`,
    `${isWide ? 'accepted' : 'acc'} ${accepted}/${until.length}`,
  ].join('  ');
}

function set(value: number | undefined, isSet: boolean): string {
  return `${value?.toFixed(2) ?? '–'}${isSet ? '*' : ''}`;
}
