// What changes the state: what a person asks for (intents), what core tells (events), and what is measured.
import type { AnnealEvent, ExplainedPosition, InfillEvent, SweepRecord, Vocabulary } from '@maria/core';
import type { Notice } from './state.js';

/** What a key stands for. Some intents also start or stop work: see session/controller.ts. */
export type Intent =
  | { readonly type: 'quit' | 'abort' | 'repaint' | 'switch-screen' | 'toggle-help' }
  | ScrollIntent
  | EditIntent
  | InfillIntent
  | AnnealIntent;

/** Of the text or the list that is shown: view/scrolled.ts says by which of them. */
export interface ScrollIntent {
  readonly type: 'scroll';
  readonly unit: 'line' | 'page';
  readonly by: 1 | -1;
}

export type EditIntent =
  | { readonly type: 'insert'; readonly text: string }
  | { readonly type: 'delete-backward' | 'delete-forward' | 'clear-draft' }
  /** `lines`: how many up or down, 1 without it */
  | { readonly type: 'move-cursor'; readonly to: CursorMove; readonly lines?: number };
export type CursorMove = 'left' | 'right' | 'up' | 'down' | 'line-start' | 'line-end';

export type InfillIntent =
  | { readonly type: 'edit' | 'edit-filled' | 'leave-edit' | 'undo' | 'redo' }
  | { readonly type: 'fill' | 'reseed' | 'fill-onward' | 'stop-filling' }
  | { readonly type: 'choose-candidate' | 'pin-token' | 'pin-gap' }
  /** Of what a gap must be. */
  | { readonly type: 'open-form' | 'leave-form' | 'ask' }
  | { readonly type: 'move-in-form'; readonly field?: number; readonly gap?: number }
  | { readonly type: 'lengthen-gap' | 'shorten-gap' | 'open-gap' }
  | { readonly type: 'find-best' | 'take-fill' | 'leave-fills' }
  | { readonly type: 'select-gap' | 'highlight-candidate'; readonly by: number }
  | { readonly type: 'change-sampling-temperature'; readonly by: number };

export type AnnealIntent =
  | {
      readonly type:
        | 'toggle-pause'
        | 'step'
        | 'restart'
        | 'show-best'
        | 'follow-schedule'
        | 'mark-span'
        | 'toggle-pin'
        | 'unpin-all';
    }
  | { readonly type: 'show-sweep'; readonly by: number }
  | { readonly type: 'move-cell'; readonly by: number }
  | { readonly type: 'change-temperature' | 'change-mask-rate'; readonly by: number };

export type Action =
  | Intent
  /** The first line that is shown of the page of keys, or of the text. */
  | { readonly type: 'scrolled'; readonly what: 'help' | 'text'; readonly first: number }
  | { readonly type: 'resize'; readonly columns: number; readonly rows: number }
  | { readonly type: 'notify'; readonly notice: Notice | undefined }
  | {
      readonly type: 'model-ready';
      readonly vocabulary: Vocabulary;
      readonly cacheCapacity?: number;
      readonly contextCapacity: number;
      readonly isDrawn: boolean;
    }
  | { readonly type: 'model-failed'; readonly message: string }
  | { readonly type: 'infill-event'; readonly event: InfillEvent }
  | { readonly type: 'explained'; readonly explained: ExplainedPosition }
  /** How sure a search is. */
  | { readonly type: 'searched'; readonly isExact: boolean }
  | { readonly type: 'infill-stopped'; readonly message: string | undefined }
  | { readonly type: 'anneal-event'; readonly event: AnnealEvent }
  | { readonly type: 'pause-annealing' }
  | { readonly type: 'anneal-started'; readonly seed: number }
  | { readonly type: 'anneal-stopped'; readonly message: string | undefined }
  | { readonly type: 'play-next-sweep' }
  | { readonly type: 'records-loaded'; readonly records: readonly SweepRecord[] }
  | {
      readonly type: 'measured';
      readonly cacheLength: number;
      readonly of: 'infill' | 'anneal';
      readonly tokensPerSecond: number | undefined;
    };
