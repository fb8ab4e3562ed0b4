// What a report of an evaluation holds, however it is shown.

export interface Report {
  readonly title: string;
  /** What was done and how to read it, a paragraph each. */
  readonly lead: readonly string[];
  readonly sections: readonly Section[];
}

export interface Section {
  readonly heading: string;
  readonly text?: readonly string[];
  readonly tables?: readonly Table[];
  /** SVG documents. */
  readonly charts?: readonly string[];
}

export interface Table {
  readonly caption?: string;
  readonly columns: readonly Column[];
  /** A cell for each column. */
  readonly rows: readonly (readonly string[])[];
}

export interface Column {
  readonly name: string;
  /** @default 'left' */
  readonly align?: 'left' | 'right';
}
