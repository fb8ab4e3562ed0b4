// A text of a data set, and what is masked in it.
import type { Span } from './words.js';

export interface DataItem {
  readonly text: string;
  /** What the data set itself leaves out, ascending; without it the mask is drawn. */
  readonly gaps?: readonly Span[];
  /** For a fill that is a program: how it is tried. */
  readonly program?: ProgramTest;
  /** The data set's own name of it. */
  readonly id?: string;
}

export interface ProgramTest {
  readonly test: string;
  readonly entryPoint: string;
}

export interface DataSet {
  /** As it is called in tables: the path that was given. */
  readonly name: string;
  readonly format: DataFormat;
  readonly items: readonly DataItem[];
  /** Of texts and gaps, in order. */
  readonly sha256: string;
}

export const dataFormats = [
  'text',
  'lambada',
  'rocstories',
  'humaneval-infilling',
  'santacoder-fim',
] as const;
export type DataFormat = (typeof dataFormats)[number];
