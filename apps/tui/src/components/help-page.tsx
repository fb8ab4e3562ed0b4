// The page of keys of the screen that it was opened on.
import { keymap, modeOf } from '../keys/keymap.js';
import { cut, fit } from '../view/width.js';
import { Footer } from './footer.js';
import { Lines } from './lines.js';
import type { ViewProps } from './view-props.js';

export function HelpPage({ state, theme }: ViewProps) {
  const { columns, rows } = state.size;
  const mode = modeOf({ ...state, help: undefined });
  const body = rows - 2;
  const entries = keymap[mode].map(
    ({ label, does }) => `${theme.paint(fit(label, 7), 'accent')} ${cut(does, columns - 8)}`,
  );
  const first = Math.max(0, Math.min(state.help ?? 0, entries.length - body));
  const more = entries.length - body - first;
  const title = `Keys${more > 0 ? `, ${more} more below` : ''}`;
  const shown = entries.slice(first, first + body);
  return (
    <>
      <Lines lines={[theme.paint(title, 'title'), ...shown, ...Array(body - shown.length).fill('')]} />
      <Footer state={state} theme={theme} />
    </>
  );
}
