// A row of a list: a name, numbers behind it, and what may follow them.
import { Box, Text } from 'ink';
import type { ReactNode } from 'react';
import { Paint } from './paint.js';

export function ListRow(props: {
  readonly nameWidth: number;
  /** Of each number. */
  readonly numberWidth: number;
  readonly numbers: readonly ReactNode[];
  readonly chart?: ReactNode;
  readonly children: ReactNode;
}) {
  return (
    <Box height={1}>
      <Box width={props.nameWidth}>
        <Text>{props.children}</Text>
      </Box>
      {props.numbers.map((number, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a number is its column
        <Box key={i} width={props.numberWidth} justifyContent="flex-end">
          <Text>{number}</Text>
        </Box>
      ))}
      <Text>{props.chart}</Text>
    </Box>
  );
}

export function dim(text: string) {
  return (
    <Paint key={text} as="dim">
      {text}
    </Paint>
  );
}
