// How things look: colours for dark and light terminals, and what stands for them where there are none.

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

/** Attributes are no colours: NO_COLOR leaves them. */
const attributes: Partial<Record<Style, readonly [on: string, off: string]>> = {
  title: ['1', '22'],
  dim: ['2', '22'],
  selected: ['7', '27'],
  fresh: ['4', '24'],
  pinned: ['1', '22'],
  marked: ['7', '27'],
};

/** The 16 colours that a dark terminal's own theme sets, and darker ones of the 256 where the background is light. */
const colors: Record<Exclude<ThemeName, 'none'>, Partial<Record<Style, string>>> = {
  dark: { accent: '36', error: '31', high: '32', middle: '33', low: '31', pinned: '35' },
  light: {
    accent: '38;5;24',
    error: '38;5;124',
    high: '38;5;22',
    middle: '38;5;94',
    low: '38;5;124',
    pinned: '38;5;90',
  },
};

export function themeOf(name: ThemeName): Theme {
  const palette = name === 'none' ? {} : colors[name];
  return {
    hasColor: name !== 'none',
    paint(text, ...styles) {
      let painted = text;
      for (const style of styles) {
        const color = palette[style];
        const attribute = attributes[style];
        if (color !== undefined) painted = `\u001b[${color}m${painted}\u001b[39m`;
        if (attribute !== undefined) painted = `\u001b[${attribute[0]}m${painted}\u001b[${attribute[1]}m`;
      }
      return painted;
    },
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

/** Levels of confidence, as `maria infill` colours them. */
export function confidenceStyle(confidence: number): Style {
  if (confidence >= 0.5) return 'high';
  return confidence >= 0.1 ? 'middle' : 'low';
}

/** The first decimal of a probability, small: it stands for the colour where there is none. */
export function confidenceMark(confidence: number): string {
  return '⁰¹²³⁴⁵⁶⁷⁸⁹'[Math.min(9, Math.floor(confidence * 10))]!;
}
