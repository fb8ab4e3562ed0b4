// All that the screens show. Everything in it is plain data, but for the vocabulary that turns ids into text.
import type { SweepRecord, SystemName, Vocabulary } from '@maria/core';

export interface AppState {
  readonly size: Size;
  readonly screen: 'infill' | 'anneal';
  /** First line of the page of keys that is shown; undefined while it is closed. */
  readonly help: number | undefined;
  /** First line of the run's text that is shown; undefined shows the lines around the selected token. */
  readonly firstLine: number | undefined;
  readonly notice: Notice | undefined;
  /** A recording is shown: nothing is computed but explanations. */
  readonly isReplay: boolean;
  /** What fills the gaps, or has filled those of the recording. */
  readonly system: SystemName;
  readonly model: ModelState;
  readonly infill: InfillState;
  readonly anneal: AnnealState;
}

/** Of the terminal, in cells. */
export interface Size {
  readonly columns: number;
  readonly rows: number;
}

export interface Notice {
  readonly kind: 'note' | 'error';
  readonly text: string;
}

export interface ModelState {
  readonly status: 'loading' | 'ready' | 'failed';
  readonly vocabulary: Vocabulary | undefined;
  /** Tokens in the KV cache, and the most that it holds. */
  readonly cacheLength: number;
  /** Undefined for a model that has none. */
  readonly cacheCapacity: number | undefined;
  /** Most tokens that the MLM reads, or the denoiser. */
  readonly contextCapacity: number;
  /** At temperature 0, too, the order in which tokens are filled is drawn. */
  readonly isDrawn: boolean;
}

export interface InfillState {
  /** The text with its gaps, as it is typed. */
  readonly draft: string;
  /** UTF-16 offset in the draft. */
  readonly cursor: number;
  readonly isEditing: boolean;
  readonly phase: 'idle' | 'filling' | 'filled';
  readonly seed: number;
  readonly temperature: number;
  readonly run: InfillRun | undefined;
  /** The playback of a recording stands still. */
  readonly isPaused: boolean;
  readonly history: History;
}

/** What undo goes back to. */
export type Snapshot = Pick<InfillState, 'draft' | 'cursor' | 'seed' | 'run'>;

export interface History {
  /** The latest last. */
  readonly past: readonly Snapshot[];
  /** What was undone; the next one last. */
  readonly future: readonly Snapshot[];
  /** The kind of edit that was made last: the next one of the kind belongs to the same step. */
  readonly editing: string | undefined;
}

/** A candidate token of a position. The single models' probabilities follow when the run is over. */
export interface CandidateRow {
  readonly id: number;
  readonly token: string;
  /** Under what fills: both models fused, where it is them. */
  readonly fused: number;
  readonly ar?: number;
  readonly mlm?: number;
}

export interface InfillRun {
  /** The mask id where no token is yet. */
  readonly ids: readonly number[];
  readonly seed: number;
  /** The draft that it fills, with as many tokens in each gap as there are. */
  readonly draft: string;
  /** Positions of the gaps, ascending. */
  readonly positions: readonly number[];
  /** Those whose tokens stay when the others are drawn again. */
  readonly pinned: ReadonlySet<number>;
  /** Those that this run did not fill: their tokens were there when it began. */
  readonly kept: ReadonlySet<number>;
  /** The next run fills only what is to the right of this position. */
  readonly onwardFrom: number | undefined;
  /** Probability of each filled position's token when it was chosen. */
  readonly confidence: ReadonlyMap<number, number>;
  /** Tokens that were drafted for positions, and may prove wrong. */
  readonly drafts: ReadonlyMap<number, number>;
  readonly candidates: ReadonlyMap<number, readonly CandidateRow[]>;
  /** Index into `positions`. */
  readonly selected: number;
  /** Index into the candidates of the selected position. */
  readonly highlighted: number;
  /** The selection goes with the token that is being filled. */
  readonly follows: boolean;
  readonly sample: number;
  /** Passes that tokens were read in, of the AR model or the MLM. */
  readonly passes: number;
  /** Of a denoiser, each of which fills any number of tokens. */
  readonly steps: number;
  readonly tokensPerSecond: number | undefined;
  /** The whole text, when the run is over. */
  readonly text: string | undefined;
}

export interface AnnealState {
  /** `pausing`: the sweep in hand is made, and then it is paused. */
  readonly phase: 'idle' | 'running' | 'pausing' | 'paused' | 'done';
  readonly seed: number;
  readonly sweeps: number;
  /** The sequence as it is now, with the mask id at positions that are not filled yet. */
  readonly ids: readonly number[];
  readonly free: readonly number[];
  /** Of the sweep in hand. */
  readonly masked: readonly number[];
  readonly filled: ReadonlySet<number>;
  readonly confidence: readonly number[];
  readonly temperature: number | undefined;
  readonly maskRate: number | undefined;
  readonly tokensPerSecond: number | undefined;
  readonly records: readonly SweepRecord[];
  /** The recorded sweep that is shown; undefined shows the sweep in hand. */
  readonly shown: number | undefined;
  /** A free position of the sequence. */
  readonly cursor: number;
  /** The other end of the span that is being chosen. */
  readonly mark: number | undefined;
  readonly pinned: ReadonlySet<number>;
  /** What a person has set instead of the schedule's values. */
  readonly control: { readonly temperature?: number; readonly maskRate?: number };
}

export interface Settings {
  readonly text: string;
  readonly screen: AppState['screen'];
  readonly seed: number;
  readonly temperature: number;
  readonly sweeps: number;
  readonly system: SystemName;
  readonly isReplay: boolean;
  readonly size: Size;
}

export function initialState(settings: Settings): AppState {
  const { text, screen, seed, temperature, sweeps, system, isReplay, size } = settings;
  return {
    size,
    screen,
    help: undefined,
    firstLine: undefined,
    notice: undefined,
    isReplay,
    system,
    model: {
      status: 'loading',
      vocabulary: undefined,
      cacheLength: 0,
      cacheCapacity: undefined,
      contextCapacity: 0,
      isDrawn: false,
    },
    infill: {
      draft: text,
      cursor: text.length,
      isEditing: !isReplay && text === '',
      phase: 'idle',
      seed,
      temperature,
      run: undefined,
      isPaused: false,
      history: { past: [], future: [], editing: undefined },
    },
    anneal: { ...idleAnneal, seed, sweeps },
  };
}

/** Before the first run. */
export const idleAnneal: Omit<AnnealState, 'seed' | 'sweeps'> = {
  phase: 'idle',
  ids: [],
  free: [],
  masked: [],
  filled: new Set(),
  confidence: [],
  temperature: undefined,
  maskRate: undefined,
  tokensPerSecond: undefined,
  records: [],
  shown: undefined,
  cursor: 0,
  mark: undefined,
  pinned: new Set(),
  control: {},
};
