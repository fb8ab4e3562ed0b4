// The last line: the keys that matter now, as many as fit.
import { Box, Text } from 'ink';
import type { Binding } from '../keys/bindings.js';
import { keysOf, modeOf } from '../keys/keymap.js';
import type { AppState } from '../state/state.js';
import { widthOf } from '../text/width.js';
import { Paint } from './paint.js';

/** Cells between two keys. */
const gap = 2;

export function Footer({ state }: { readonly state: AppState }) {
  const shown: Binding[] = [];
  let used = 0;
  const hinted = keysOf(modeOf(state), state).filter(({ hint }) => hint !== undefined);
  // What leads on comes first where there is no room for all.
  const isGeneral = ({ intent }: Binding) => intent.type === 'toggle-help' || intent.type === 'quit';
  for (const binding of [...hinted.filter(isGeneral), ...hinted.filter((one) => !isGeneral(one))]) {
    const width = widthOf(`${binding.label} ${binding.hint}`);
    if (used + width > state.size.columns) continue;
    shown.push(binding);
    used += width + gap;
  }
  const inOrder = hinted.filter((binding) => shown.includes(binding));
  return (
    <Box height={1} columnGap={gap}>
      {inOrder.map(({ label, hint }) => (
        <Text key={label}>
          <Paint as="accent">{label}</Paint> {hint}
        </Text>
      ))}
    </Box>
  );
}
