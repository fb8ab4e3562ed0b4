// The cells of the infill screen.
import type { SystemName, Vocabulary } from '@maria/core';
import type { InfillRun, InfillState } from '../state/state.js';
import { tokenTexts } from '../text/token-texts.js';
import type { Cell, CellKind } from './cell.js';

export function infillCells(
  { phase }: Pick<InfillState, 'phase'>,
  run: InfillRun,
  { vocabulary, system }: { readonly vocabulary: Vocabulary; readonly system: SystemName },
): Cell[] {
  const masked = new Set(run.positions);
  const isOpen = (position: number) => masked.has(position) && !run.confidence.has(position);
  // Which a denoiser fills next nobody knows.
  const next = phase === 'filling' && system !== 'diffusion' ? run.positions.find(isOpen) : undefined;
  const isBlank = (position: number) => isOpen(position) && !run.drafts.has(position);
  const ids = run.ids.map((id, position) => (isOpen(position) ? (run.drafts.get(position) ?? id) : id));
  const texts = tokenTexts(ids, (some) => vocabulary.decode(some), isBlank);
  const kindOf = (position: number): CellKind => {
    if (!masked.has(position)) return 'given';
    if (position === next) return 'next';
    if (!isOpen(position)) return 'filled';
    return run.drafts.has(position) ? 'drafted' : 'masked';
  };
  return texts.map((text, position) => ({
    position,
    kind: kindOf(position),
    text,
    confidence: run.confidence.get(position),
    isPinned: run.pinned.has(position),
    isSelected: position === run.positions[run.selected],
  }));
}
