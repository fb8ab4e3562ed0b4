// Text in a style of the theme.
import { Transform } from 'ink';
import { createContext, type ReactNode, useContext } from 'react';
import { type Style, themeOf } from '../view/theme.js';

export const ThemeContext = createContext(themeOf('none'));

/** @param as undefined leaves the text as it is */
export function Paint({ as, children }: { readonly as: Style | undefined; readonly children: ReactNode }) {
  const theme = useContext(ThemeContext);
  return (
    <Transform transform={(text) => (as === undefined ? text : theme.paint(text, as))}>{children}</Transform>
  );
}
