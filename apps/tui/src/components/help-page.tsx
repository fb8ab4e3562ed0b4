// The page of keys of the screen that it was opened on.
import { Box, Text } from 'ink';
import { keymap, modeOf } from '../keys/keymap.js';
import type { AppState } from '../state/state.js';
import { Footer } from './footer.js';
import { Line } from './lines.js';
import { Paint } from './paint.js';

export function HelpPage({ state }: { readonly state: AppState }) {
  const bindings = keymap[modeOf({ ...state, help: undefined })];
  const body = state.size.rows - 2;
  const first = Math.max(0, Math.min(state.help ?? 0, bindings.length - body));
  const more = bindings.length - body - first;
  return (
    <>
      <Line>
        <Paint as="title">Keys{more > 0 ? `, ${more} more below` : ''}</Paint>
      </Line>
      <Box flexDirection="column" height={body}>
        {bindings.slice(first, first + body).map(({ label, does }) => (
          <Box key={label} height={1}>
            <Box width={8} flexShrink={0}>
              <Text>
                <Paint as="accent">{label}</Paint>
              </Text>
            </Box>
            <Text wrap="truncate">{does}</Text>
          </Box>
        ))}
      </Box>
      <Footer state={state} />
    </>
  );
}
