// The cells of the anneal screen: those of a recorded sweep, or of the one in hand.
import type { Vocabulary } from '@maria/core';
import { markedSpan } from '../state/anneal-reducer.js';
import type { AnnealState } from '../state/state.js';
import { tokenTexts } from '../text/token-texts.js';
import type { Cell, CellKind } from './cell.js';

export function annealCells(state: AnnealState, vocabulary: Vocabulary): Cell[] {
  const record = state.shown === undefined ? undefined : state.records[state.shown];
  const ids = record?.ids ?? state.ids;
  const fresh = new Set(record?.masked ?? state.masked);
  const confidence = record?.confidence ?? state.confidence;
  const free = new Set(state.free);
  const isRunning = record === undefined && state.filled.size < fresh.size;
  /** In the first sweep all that is not filled yet is open, also before the sweep has begun. */
  const open = state.records.length === 0 ? free : isRunning ? fresh : new Set<number>();
  const isOpen = (position: number) => open.has(position) && !state.filled.has(position);
  const next = isRunning ? state.masked.find(isOpen) : undefined;
  const marked = new Set(state.mark === undefined ? [] : markedSpan(state));
  const texts = tokenTexts(ids, (some) => vocabulary.decode(some), isOpen);
  const kindOf = (position: number): CellKind => {
    if (!free.has(position)) return 'given';
    if (position === next) return 'next';
    return isOpen(position) ? 'masked' : 'filled';
  };
  return texts.map((text, position) => ({
    position,
    kind: kindOf(position),
    text,
    confidence: free.has(position) ? confidence[position] : undefined,
    isSelected: position === state.cursor,
    isFresh: fresh.has(position),
    isPinned: state.pinned.has(position),
    isMarked: marked.has(position),
  }));
}
