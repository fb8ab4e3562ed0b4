// All that the screens show. Everything in it is plain data, but for the vocabulary that turns ids into text.
import type { GapConstraint, SweepRecord, SystemName, Vocabulary } from '@maria/core';

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
  /** What is asked of the gaps of the draft. */
  readonly asked: Asked;
  /** Open while it is typed what a gap must be. */
  readonly form: AskForm | undefined;
  /** What takes the place of draft and asked as soon as it proves that it can be filled. */
  readonly attempt: Attempt | undefined;
  /** What goes on and has shown nothing yet: the text is read, or a search is made. */
  readonly working: 'reading' | 'searching' | undefined;
  /** How many fills a search is for. */
  readonly best: number;
  /** The playback of a recording stands still. */
  readonly isPaused: boolean;
  readonly history: History;
}

/** What is asked of the gaps of a text. */
export interface Asked {
  /** Of gaps of which nothing of their own is asked. */
  readonly all: GapConstraint | undefined;
  /** The text whose gaps `gaps` tells of. */
  readonly draft: string;
  /** Of each gap; undefined asks what is asked of all. */
  readonly gaps: readonly (GapConstraint | undefined)[];
}

/** Another length of a gap, or something else that is asked of it, as it is tried. */
export interface Attempt {
  readonly draft: string;
  readonly asked: Asked;
  /** The gap that was changed, and which of its tokens was selected. */
  readonly gap: number;
  readonly place: number;
}

/** What is typed of what gaps must be. */
export interface AskForm {
  /** Index of the gap. */
  readonly gap: number;
  /** Index of the field. */
  readonly field: number;
  /** UTF-16 offset in the field's text. */
  readonly cursor: number;
  /** Of each gap: the text of each field. */
  readonly texts: readonly (readonly string[])[];
}

/** What undo goes back to. */
export type Snapshot = Pick<InfillState, 'draft' | 'cursor' | 'seed' | 'run' | 'asked'>;

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
  /** Under what fills: both models fused, where it is them. Of a gap of which something is asked it follows later, too. */
  readonly fused?: number;
  /** There: among the tokens that are as asked; 0 for one that is not. */
  readonly legal?: number;
  readonly ar?: number;
  readonly mlm?: number;
}

/** One of several fills of the same gaps that differ. */
export interface BestFill {
  readonly ids: readonly number[];
  readonly text: string;
  readonly confidence: ReadonlyMap<number, number>;
  /** Of each gap. */
  readonly fills: readonly string[];
  /** Its part of all of them. */
  readonly weight: number;
  readonly jointLogLikelihood: number;
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
  /** What is asked of each gap. */
  readonly asked: readonly GapConstraint[];
  /** Of positions of which something is asked: what the tokens that are as asked have together. */
  readonly legalMass: ReadonlyMap<number, number>;
  /** What a search found, the best first. */
  readonly fills: readonly BestFill[];
  /** The one of them that is shown, while they are listed. */
  readonly shownFill: number | undefined;
  /** Whether no other fill can be better; undefined while that is not known. */
  readonly isExact: boolean | undefined;
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
  /** What is asked of each gap, unless something of its own is. */
  readonly asked: GapConstraint | undefined;
  /** How many fills a search is for. */
  readonly best: number;
  readonly isReplay: boolean;
  readonly size: Size;
}

export function initialState(settings: Settings): AppState {
  const { text, screen, seed, temperature, sweeps, system, asked, best, isReplay, size } = settings;
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
      asked: { all: asked, draft: text, gaps: [] },
      form: undefined,
      attempt: undefined,
      working: undefined,
      best,
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
