// Which key does what: the screens, their footers and the page of keys read it here.
import type { Intent } from '../state/actions.js';
import type { AppState } from '../state/state.js';
import { annealKeys, annealReplayKeys } from './anneal-keys.js';
import { askKeys } from './ask-keys.js';
import { always, type Binding, paging } from './bindings.js';
import { editKeys } from './edit-keys.js';
import { fillsKeys } from './fills-keys.js';
import { infillKeys, infillReplayKeys } from './infill-keys.js';

export type Mode =
  | 'help'
  | 'edit'
  | 'ask'
  | 'fills'
  | 'infill'
  | 'infill-replay'
  | 'anneal'
  | 'anneal-replay';

export function modeOf({ help, screen, infill, isReplay }: AppState): Mode {
  if (help !== undefined) return 'help';
  if (isReplay) return screen === 'infill' ? 'infill-replay' : 'anneal-replay';
  if (screen === 'anneal') return 'anneal';
  if (infill.form !== undefined) return 'ask';
  if (infill.isEditing) return 'edit';
  return infill.run?.shownFill === undefined ? 'infill' : 'fills';
}

const helpKeys: readonly Binding[] = [
  {
    keys: ['?', '<escape>', 'q', '<enter>'],
    label: '?',
    does: 'Close this page',
    hint: 'close',
    intent: { type: 'toggle-help' },
  },
  { keys: ['<up>', 'k'], label: '↑', does: 'Scroll up', intent: { type: 'scroll', unit: 'line', by: -1 } },
  {
    keys: ['<down>', 'j', ' '],
    label: '↓',
    does: 'Scroll down',
    hint: 'more',
    intent: { type: 'scroll', unit: 'line', by: 1 },
  },
  ...paging('the keys'),
  ...always,
];

export const keymap: Readonly<Record<Mode, readonly Binding[]>> = {
  help: helpKeys,
  edit: editKeys,
  ask: askKeys,
  fills: fillsKeys,
  infill: infillKeys,
  'infill-replay': infillReplayKeys,
  anneal: annealKeys,
  'anneal-replay': annealReplayKeys,
};

/** Those that do something: a denoiser has no screen beside its own. */
export function keysOf(mode: Mode, { system }: Pick<AppState, 'system'>): readonly Binding[] {
  return keymap[mode].filter(({ intent }) => system !== 'diffusion' || intent.type !== 'switch-screen');
}

/** What the key means now; undefined if it means nothing. */
export function intentOf(mode: Mode, key: string, state: Pick<AppState, 'system'>): Intent | undefined {
  const binding = keysOf(mode, state).find(({ keys }) => keys.includes(key));
  if (binding) return binding.intent;
  const isCharacter = !(key.startsWith('<') && key.length > 1);
  return (mode === 'edit' || mode === 'ask') && isCharacter ? { type: 'insert', text: key } : undefined;
}
