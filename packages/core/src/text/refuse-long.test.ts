// Texts that are refused before they are split into tokens.
import { describe, expect, it, vi } from 'vitest';
import { refuseLong } from './refuse-long.js';

describe('refuseLong', () => {
  it('asks the vocabulary how few tokens there are, of all pieces together', () => {
    const fewestTokens = (text: string) => Math.ceil(text.length / 4);
    expect(() => refuseLong(['x'.repeat(16), 'y'.repeat(12)], 1, { fewestTokens }, 8)).not.toThrow();
    expect(() => refuseLong(['x'.repeat(16), 'y'.repeat(13)], 1, { fewestTokens }, 8)).toThrow(
      'Cannot fill the text: it is at least 9 tokens long and the MLM reads at most 8.',
    );
  });

  it('says what reads no more', () => {
    expect(() => refuseLong(['x'], 8, {}, 8, 'denoiser')).not.toThrow();
    expect(() => refuseLong(['x'], 9, {}, 8, 'denoiser')).toThrow('and the denoiser reads at most 8.');
  });

  it('stops counting where it is too long already', () => {
    const fewestTokens = vi.fn(() => 100);
    expect(() => refuseLong(['a', 'b', 'c'], 0, { fewestTokens }, 8)).toThrow('at least 100 tokens');
    expect(fewestTokens).toHaveBeenCalledTimes(1);
  });

  it('takes no book of white space, whatever the vocabulary makes of it', () => {
    const fits = ' '.repeat(4 * 1024);
    expect(() => refuseLong([fits, fits], 0, {}, 8)).not.toThrow();
    expect(() => refuseLong([fits, `${fits} `], 0, {}, 8)).toThrow(
      'Cannot fill the text: it is 8193 characters long, and the MLM reads at most 8 tokens.',
    );
  });
});
