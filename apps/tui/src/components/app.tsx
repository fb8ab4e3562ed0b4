// The whole frame: exactly as many lines as the terminal has rows.
import { Box } from 'ink';
import type { AppState } from '../state/state.js';
import type { Theme } from '../view/theme.js';
import { AnnealScreen } from './anneal-screen.js';
import { HelpPage } from './help-page.js';
import { InfillScreen } from './infill-screen.js';
import { ThemeContext } from './paint.js';
import { smallest, TooSmall } from './too-small.js';

export function App({ state, theme }: { readonly state: AppState; readonly theme: Theme }) {
  const { columns, rows } = state.size;
  return (
    <ThemeContext value={theme}>
      <Box flexDirection="column" width={columns} height={rows}>
        {screenOf(state)}
      </Box>
    </ThemeContext>
  );
}

function screenOf(state: AppState) {
  const { columns, rows } = state.size;
  if (columns < smallest.columns || rows < smallest.rows) return <TooSmall size={state.size} />;
  if (state.help !== undefined) return <HelpPage state={state} />;
  return state.screen === 'infill' ? <InfillScreen state={state} /> : <AnnealScreen state={state} />;
}
