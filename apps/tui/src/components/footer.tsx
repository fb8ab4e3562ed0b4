// The last line: the keys that matter now, as many as fit.
import type { Binding } from '../keys/bindings.js';
import { keymap, modeOf } from '../keys/keymap.js';
import { widthOf } from '../view/width.js';
import { Lines } from './lines.js';
import type { ViewProps } from './view-props.js';

export function Footer({ state, theme }: ViewProps) {
  const shown: Binding[] = [];
  let used = 0;
  const hinted = keymap[modeOf(state)].filter(({ hint }) => hint !== undefined);
  // What leads on comes first where there is no room for all.
  const isGeneral = ({ intent }: Binding) => intent.type === 'toggle-help' || intent.type === 'quit';
  for (const binding of [...hinted.filter(isGeneral), ...hinted.filter((one) => !isGeneral(one))]) {
    const width = widthOf(textOf(binding)) + 2;
    if (used + width - 2 > state.size.columns) continue;
    shown.push(binding);
    used += width;
  }
  const inOrder = hinted.filter((binding) => shown.includes(binding));
  const line = inOrder.map(({ label, hint }) => `${theme.paint(label, 'accent')} ${hint}`).join('  ');
  return <Lines lines={[line]} />;
}

function textOf({ label, hint }: Binding): string {
  return `${label} ${hint}`;
}
