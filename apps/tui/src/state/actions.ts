// What changes the state: what a person asks for (intents), what core tells (events), and what is measured.
import type { AnnealEvent, ExplainedPosition, InfillEvent, SweepRecord, Vocabulary } from '@maria/core';
import type { Notice } from './state.js';

/** What a key stands for. Some intents also start or stop work: see session/controller.ts. */
export type Intent =
  | { readonly type: 'quit' | 'abort' | 'repaint' | 'switch-screen' | 'toggle-help' }
  | { readonly type: 'scroll-help'; readonly by: number }
  | EditIntent
  | InfillIntent
  | AnnealIntent;

export type EditIntent =
  | { readonly type: 'insert'; readonly text: string }
  | { readonly type: 'delete-backward' | 'delete-forward' | 'clear-draft' }
  | { readonly type: 'move-cursor'; readonly to: CursorMove };
export type CursorMove = 'left' | 'right' | 'up' | 'down' | 'line-start' | 'line-end';

export type InfillIntent =
  | { readonly type: 'edit' | 'leave-edit' | 'fill' | 'reseed' | 'stop-filling' | 'choose-candidate' }
  | { readonly type: 'select-gap' | 'highlight-candidate'; readonly by: number }
  | { readonly type: 'change-sampling-temperature'; readonly by: number };

export type AnnealIntent =
  | {
      readonly type:
        | 'toggle-pause'
        | 'step'
        | 'restart'
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
  | { readonly type: 'resize'; readonly columns: number; readonly rows: number }
  | { readonly type: 'notify'; readonly notice: Notice | undefined }
  | {
      readonly type: 'model-ready';
      readonly vocabulary: Vocabulary;
      readonly cacheCapacity: number;
      readonly contextCapacity: number;
    }
  | { readonly type: 'model-failed'; readonly message: string }
  | { readonly type: 'infill-event'; readonly event: InfillEvent }
  | { readonly type: 'explained'; readonly explained: ExplainedPosition }
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
