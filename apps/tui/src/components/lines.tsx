// Lines of a screen: cut where they are too long, and still lines where they are empty.
import { Box, Text } from 'ink';
import type { ReactNode } from 'react';

export function Line({ children }: { readonly children?: ReactNode }) {
  return (
    <Box height={1}>
      <Text wrap="truncate">{children}</Text>
    </Box>
  );
}

/** An area of so many rows. */
export function Lines({ lines, rows }: { readonly lines: readonly ReactNode[]; readonly rows: number }) {
  return (
    <Box flexDirection="column" height={rows}>
      {lines.slice(0, rows).map((line, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place on the screen
        <Line key={i}>{line}</Line>
      ))}
    </Box>
  );
}
