// The whole frame: exactly as many lines as the terminal has rows.
import { Box } from 'ink';
import { AnnealScreen } from './anneal-screen.js';
import { HelpPage } from './help-page.js';
import { InfillScreen } from './infill-screen.js';
import { smallest, TooSmall } from './too-small.js';
import type { ViewProps } from './view-props.js';

export function App({ state, theme }: ViewProps) {
  const { columns, rows } = state.size;
  return (
    <Box flexDirection="column" width={columns} height={rows}>
      {screenOf({ state, theme })}
    </Box>
  );
}

function screenOf({ state, theme }: ViewProps) {
  const { columns, rows } = state.size;
  if (columns < smallest.columns || rows < smallest.rows) return <TooSmall state={state} theme={theme} />;
  if (state.help !== undefined) return <HelpPage state={state} theme={theme} />;
  return state.screen === 'infill' ? (
    <InfillScreen state={state} theme={theme} />
  ) : (
    <AnnealScreen state={state} theme={theme} />
  );
}
