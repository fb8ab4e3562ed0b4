// The anneal screen: the sequence as it cools, sweep by sweep.

import { bestSweep } from '../state/best-sweep.js';
import type { AnnealState, AppState } from '../state/state.js';
import { layoutOf } from '../view/layout.js';
import { AnnealCharts } from './anneal-charts.js';
import { Body } from './body.js';
import { Footer } from './footer.js';
import { Header } from './header.js';
import { Meters } from './meters.js';
import { NoticeLines } from './notice-lines.js';
import { Rule } from './rule.js';
import { SweepSlider } from './sweep-slider.js';

export function AnnealScreen({ state }: { readonly state: AppState }) {
  const { size, anneal } = state;
  const { hasRules, bodyRows, lowerRows, notice } = layoutOf(state);
  return (
    <>
      <Header state={state} facts={`seed ${anneal.seed}  ${anneal.phase}`} />
      {hasRules && <Rule columns={size.columns} />}
      <Body state={state} rows={bodyRows} />
      {hasRules && <Rule columns={size.columns} />}
      <SweepSlider state={state} />
      <NoticeLines state={state} lines={notice} otherwise={numbers(anneal, size.columns)} />
      {lowerRows > 0 && <AnnealCharts state={state} rows={lowerRows} />}
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
  const isBest = records.length > 1 && bestSweep(records) === until.length - 1;
  return [
    `${isWide ? 'energy' : 'E'} ${energy?.toFixed(1) ?? '–'}${isBest ? (isWide ? ' (lowest)' : '◆') : ''}`,
    `${isWide ? 'temperature' : 'T'} ${set(temperature, isOwn && control.temperature !== undefined)}`,
    `${isWide ? 'mask rate' : 'mask'} ${set(maskRate, isOwn && control.maskRate !== undefined)}`,
    `${isWide ? 'accepted' : 'acc'} ${accepted}/${until.length}`,
  ].join('  ');
}

function set(value: number | undefined, isSet: boolean): string {
  return `${value?.toFixed(2) ?? '–'}${isSet ? '*' : ''}`;
}
