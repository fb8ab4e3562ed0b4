// The page of keys of the screen that it was opened on.
import { Box, Text } from 'ink';
import type { AppState } from '../state/state.js';
import { helpLines, helpRows, labelWidth } from '../view/help-lines.js';
import { Footer } from './footer.js';
import { Line } from './lines.js';
import { Paint } from './paint.js';

export function HelpPage({ state }: { readonly state: AppState }) {
  const lines = helpLines(state);
  const body = helpRows(state);
  const first = Math.max(0, Math.min(state.help ?? 0, lines.length - body));
  const more = lines.length - body - first;
  return (
    <>
      <Line>
        <Paint as="title">Keys{more > 0 ? `, ${more} more below` : ''}</Paint>
      </Line>
      <Box flexDirection="column" height={body}>
        {lines.slice(first, first + body).map(({ label, text }, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place
          <Box key={i} height={1}>
            <Box width={labelWidth} flexShrink={0}>
              <Text>
                <Paint as="accent">{label}</Paint>
              </Text>
            </Box>
            <Text wrap="truncate">{text}</Text>
          </Box>
        ))}
      </Box>
      <Footer state={state} />
    </>
  );
}
