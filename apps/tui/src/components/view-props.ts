// What every component needs to draw: the state and the theme.
import type { AppState } from '../state/state.js';
import type { Theme } from '../view/theme.js';

export interface ViewProps {
  readonly state: AppState;
  readonly theme: Theme;
}
