// The first line: which screen, and with what the run is made.
import { Box, Text } from 'ink';
import type { AppState } from '../state/state.js';
import { Paint } from './paint.js';

export function Header({ state, facts }: { readonly state: AppState; readonly facts: string }) {
  return (
    <Box height={1} justifyContent="space-between">
      <Text wrap="truncate">
        <Paint as="title">maria {state.isReplay ? 'replay' : state.screen}</Paint>
      </Text>
      <Text>{facts}</Text>
    </Box>
  );
}
