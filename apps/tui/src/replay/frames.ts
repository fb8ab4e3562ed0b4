// A recording as the pictures that its screen shows one after the other, for what is no terminal.
import { ownTurn, type SystemName, type Vocabulary } from '@maria/core';
import { reduce } from '../state/reducer.js';
import { type AppState, type CandidateRow, initialState } from '../state/state.js';
import { annealCells } from '../view/anneal-cells.js';
import type { Cell, CellKind } from '../view/cell.js';
import { infillCells } from '../view/infill-cells.js';
import type { Recording } from './recording.js';

/** A token as it is drawn. */
export interface FrameCell {
  readonly kind: CellKind;
  readonly text: string;
  readonly id: number;
  readonly confidence?: number;
  /** Was masked and filled again in this sweep. */
  readonly isFresh?: true;
  readonly candidates?: readonly CandidateRow[];
}

export interface Frame {
  /** One line on what is shown. */
  readonly note: string;
  /** Cells in all. */
  readonly length: number;
  /** Those that are not as in the frame before. */
  readonly changes: readonly (readonly [index: number, cell: FrameCell])[];
}

/** @param system what filled the gaps */
export async function framesOf(
  recording: Recording,
  vocabulary: Vocabulary,
  system: SystemName = 'maria',
): Promise<Frame[]> {
  const frames: Frame[] = [];
  let before: readonly string[] = [];
  for (const state of statesOf(recording, vocabulary, system)) {
    const cells = cellsOf(state, vocabulary);
    const written = cells.map((cell) => JSON.stringify(cell));
    const changes = cells.flatMap((cell, i) => (written[i] === before[i] ? [] : [[i, cell] as const]));
    frames.push({ note: noteOf(state), length: cells.length, changes });
    before = written;
    await ownTurn();
  }
  return frames;
}

function* statesOf(recording: Recording, vocabulary: Vocabulary, system: SystemName): Generator<AppState> {
  const size = { columns: 80, rows: 24 };
  const settings = {
    text: '',
    seed: 0,
    temperature: 0,
    sweeps: 1,
    best: 1,
    asked: undefined,
    isReplay: true,
  };
  let state = initialState({ ...settings, screen: recording.kind, system, size });
  state = reduce(state, { type: 'model-ready', vocabulary, contextCapacity: 0, isDrawn: false });
  if (recording.kind === 'anneal') {
    const { records } = recording;
    state = reduce(state, { type: 'records-loaded', records });
    for (let sweep = 0; sweep < records.length; sweep++) {
      if (sweep > 0) state = reduce(state, { type: 'play-next-sweep' });
      yield state;
    }
    return;
  }
  for (const event of recording.events) {
    state = reduce(state, { type: 'infill-event', event });
    if (event.type !== 'step-end' && state.infill.run !== undefined) yield state;
  }
}

function cellsOf(state: AppState, vocabulary: Vocabulary): FrameCell[] {
  const { infill, anneal, system } = state;
  const { run } = infill;
  if (state.screen === 'anneal') {
    const ids = anneal.records[anneal.shown ?? 0]!.ids;
    return annealCells(anneal, vocabulary).map((cell) => frameCell(cell, ids));
  }
  return infillCells(infill, run!, { vocabulary, system }).map((cell) =>
    frameCell(cell, run!.ids, run!.candidates.get(cell.position)),
  );
}

function frameCell(
  { position, kind, text, confidence, isFresh }: Cell,
  ids: readonly number[],
  candidates: readonly CandidateRow[] = [],
): FrameCell {
  return {
    kind,
    text,
    id: ids[position]!,
    ...(kind === 'filled' && confidence !== undefined && { confidence }),
    ...(isFresh && { isFresh }),
    ...(candidates.length > 0 && { candidates }),
  };
}

function noteOf({ screen, infill: { run }, anneal }: AppState): string {
  if (screen === 'anneal') {
    const record = anneal.records[anneal.shown ?? 0]!;
    const { sweep, energy, temperature, accepted } = record;
    const end = accepted ? '' : ', not accepted';
    return `sweep ${sweep + 1} of ${anneal.records.length}, energy ${energy.toFixed(2)}, temperature ${temperature.toFixed(2)}${end}`;
  }
  const { confidence, positions, sample } = run!;
  const logs = [...confidence.values()].reduce((sum, p) => sum + Math.log(p), 0);
  const of = `${confidence.size} of ${positions.length} tokens, log-likelihood ${logs.toFixed(2)}`;
  return sample > 0 ? `sample ${sample + 1}: ${of}` : of;
}
