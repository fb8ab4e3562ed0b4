// What infilling changed, as a unified diff: for one sample of the lines of a source it is one patch of them all.
import type { Infilled } from '@maria/core';
import { structuredPatch } from 'diff';
import type { GivenText } from './texts.js';

/** Lines around a change of a text that has several. */
const context = 3;

export class Changes {
  /** The name that stands above the last hunk. */
  #named: string | undefined;
  /** By how much lines have moved, since fills may break them. */
  #moved = 0;

  /** @param samples that are filled of each text */
  constructor(private readonly samples: number) {}

  /** The hunks of one text, each sample under a name of its own; nothing where nothing changed. */
  of(given: GivenText, samples: readonly Pick<Infilled, 'sample' | 'text'>[]): string {
    return samples.map(({ sample, text }) => this.#hunks(given, sample, text)).join('');
  }

  #hunks({ input, ending, index, line }: GivenText, sample: number, text: string): string {
    if (typeof input !== 'string') return '';
    // A patch leaves the end of a file as it is.
    const end = line?.isUnended ? '' : ending;
    const before = input + end;
    const after = text + end;
    const { hunks } = structuredPatch('', '', before, after, undefined, undefined, { context });
    const lines: string[] = [];
    const name = line?.source ?? (ending === '' ? 'standard input' : `text ${index + 1}`);
    const isNew = name !== this.#named || this.samples > 1 || line === undefined;
    if (isNew) this.#moved = 0;
    if (hunks.length > 0 && isNew) {
      const which = this.samples > 1 ? `, sample ${sample + 1}` : '';
      lines.push(`--- ${name}`, `+++ ${name}, filled${which}`);
      this.#named = name;
    }
    const skipped = (line?.number ?? 1) - 1;
    for (const { oldStart, oldLines, newStart, newLines, lines: changed } of hunks) {
      const start = newStart + skipped + this.#moved;
      lines.push(`@@ -${rangeOf(oldStart + skipped, oldLines)} +${rangeOf(start, newLines)} @@`, ...changed);
    }
    if (line) for (const { oldLines, newLines } of hunks) this.#moved += newLines - oldLines;
    return lines.map((one) => `${one}\n`).join('');
  }
}

function rangeOf(start: number, lines: number): string {
  return lines === 1 ? `${start}` : `${start},${lines}`;
}
