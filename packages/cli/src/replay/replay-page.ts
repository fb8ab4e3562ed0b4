// A recording as one HTML file that plays it: no network, and nothing of the recording is more than text.
import { lineChartSvg } from '@maria/charts';
import type { Vocabulary } from '@maria/core';
import { framesOf, type Recording, type SweepCharts, sweepCharts } from '@maria/tui';
import { page } from '../page.js';

/** Milliseconds of a frame: as on the screen. */
const pace = { infill: 120, anneal: 400 };

/** @param name of the recording, as the page shows it */
export async function replayPage(
  recording: Recording,
  name: string,
  vocabulary: Vocabulary,
): Promise<string> {
  const { kind } = recording;
  const frames = await framesOf(recording, vocabulary);
  // No "<" is left, so nothing in it ends the script that it stands in.
  const data = JSON.stringify({ name, kind, pace: pace[kind], frames }).replaceAll('<', '\\u003c');
  const charts = kind === 'anneal' ? chartsOf(sweepCharts(recording.records)) : '';
  const parts = `${charts}<script type="application/json" id="playback">${data}</script>`;
  return page('replay').replace('<!--recording-->', () => parts);
}

function chartsOf({ energy, temperature }: SweepCharts): string {
  return `<div class="page chart">${lineChartSvg(energy, temperature)}</div>\n`;
}
