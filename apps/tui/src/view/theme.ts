// How things look: colours for dark and light terminals, and what stands for them where there are none.
import { Chalk } from 'chalk';

export type Style =
  | 'title'
  | 'dim'
  | 'accent'
  | 'error'
  | 'high'
  | 'middle'
  | 'low'
  | 'selected'
  | 'fresh'
  | 'pinned'
  | 'marked';

export interface Theme {
  readonly hasColor: boolean;
  paint(text: string, ...styles: readonly Style[]): string;
}

export type ThemeName = 'dark' | 'light' | 'none';

// Not by Ink's <Text color>, which asks standard output what it can show: the screens are on standard error.
const chalk = new Chalk({ level: 2 });

type Palette = Partial<Record<Style, (text: string) => string>>;

/** Attributes are no colours: NO_COLOR leaves them. */
const attributes: Palette = {
  title: chalk.bold,
  dim: chalk.dim,
  selected: chalk.inverse,
  fresh: chalk.underline,
  pinned: chalk.bold,
  marked: chalk.inverse,
};

/** The 16 colours that a dark terminal's own theme sets, and darker ones of the 256 where the background is light. */
const palettes: Record<ThemeName, Palette> = {
  none: attributes,
  dark: {
    ...attributes,
    accent: chalk.cyan,
    error: chalk.red,
    high: chalk.green,
    middle: chalk.yellow,
    low: chalk.red,
    pinned: chalk.bold.magenta,
  },
  light: {
    ...attributes,
    accent: chalk.ansi256(24),
    error: chalk.ansi256(124),
    high: chalk.ansi256(22),
    middle: chalk.ansi256(94),
    low: chalk.ansi256(124),
    pinned: chalk.bold.ansi256(90),
  },
};

export function themeOf(name: ThemeName): Theme {
  const palette = palettes[name];
  return {
    hasColor: name !== 'none',
    paint: (text, ...styles) => styles.reduce((painted, style) => palette[style]?.(painted) ?? painted, text),
  };
}

/**
 * Whether the terminal is light, as COLORFGBG says (rxvt, Konsole and others set it: `0;15` is black on white).
 * Dark where it says nothing.
 */
export function isLightTerminal(env: Readonly<Record<string, string | undefined>>): boolean {
  const background = Number(env.COLORFGBG?.split(';').at(-1) || Number.NaN);
  return background === 7 || (background >= 9 && background <= 15);
}

/** The first decimal of a probability, small: it stands for the colour where there is none. */
export function confidenceMark(confidence: number): string {
  return '⁰¹²³⁴⁵⁶⁷⁸⁹'[Math.min(9, Math.floor(confidence * 10))]!;
}
