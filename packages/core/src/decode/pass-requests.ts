// What sequences ask for at the same time, and how the rows of one pass are shared out among them.
import type { ShortlistRow } from '../maria/shortlist.js';
import type { Matrix } from '../tensor/values.js';
import type { RowMemory } from './kept-rows.js';

/** What is computed in one pass, and in which order: what brings sequences to their next AR pass comes before it. */
export const kinds = ['head.list', 'head.ar', 'head.mlm', 'experts.ar', 'experts.mlm', 'mlm', 'ar'] as const;
export type Kind = (typeof kinds)[number];
export type LogitsKind = Exclude<Kind, 'ar' | 'mlm' | 'head.list'>;
/** What a sequence keeps of the last pass. */
export type Kept = Exclude<Kind, 'mlm' | 'head.list'>;

export function isBackbone(kind: Kind): kind is 'ar' | 'mlm' {
  return kind === 'ar' || kind === 'mlm';
}

export type Asked =
  | { readonly kind: 'ar'; readonly ids: Int32Array; readonly rows?: readonly number[] | undefined }
  | { readonly kind: 'mlm'; readonly ids: Int32Array; readonly indices: readonly number[] }
  | { readonly kind: 'head.list'; readonly rows: readonly ShortlistRow[] }
  | { readonly kind: LogitsKind; readonly hidden: Matrix };

/** Who asked, and hears what came of it. */
interface Asking {
  readonly member: Member;
  /** In a pass of its own. */
  readonly alone: boolean;
  /** Takes what its kind gives: a matrix, or shortlists. */
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export type Request = Asked & Asking;

/** @param asked is made the request: to copy it takes many times as long */
export function requestOf(asked: Asked, asking: Asking): Request {
  return Object.assign(asked, asking);
}

/** One open sequence: its lane, and memory for the rows that it was given last. */
export class Member {
  lane: number | undefined;
  isAlone = false;
  readonly #kept = new Map<Kept, Float32Array>();
  readonly #memory: RowMemory<Kept>;

  constructor(
    readonly signal: AbortSignal | undefined,
    readonly rowsAtOnce: number,
    /** Among those that wait for lanes or for the MLM: the lowest comes first. */
    readonly place: number,
    memory: RowMemory<Kept>,
  ) {
    this.#memory = memory;
  }

  /** Copies rows, which the next pass overwrites. */
  keep(kind: Kept, { columns, data }: Matrix, first: number, rows: number): Matrix {
    const size = rows * columns;
    let kept = this.#kept.get(kind);
    if (!kept || kept.length < size) {
      if (kept) this.#memory.giveBack(kind, kept);
      // Room for all that it may ask for: what is not used costs nothing.
      const room = kind === 'ar' ? rows : Math.max(rows, this.rowsAtOnce + 1);
      kept = this.#memory.take(kind, room * columns);
      this.#kept.set(kind, kept);
    }
    kept.set(data.subarray(first * columns, first * columns + size));
    return { rows, columns, data: kept.subarray(0, size) };
  }

  /** Rows that it was given hold no longer. */
  giveBack(): void {
    for (const [kind, kept] of this.#kept) this.#memory.giveBack(kind, kept);
    this.#kept.clear();
  }
}

export function totalOf(requests: readonly Request[]): number {
  return requests.reduce((total, request) => total + sizeOf(request), 0);
}

export function sizeOf(request: Request): number {
  if (request.kind === 'mlm') return 1;
  if (request.kind === 'head.list') return request.rows.length;
  return 'ids' in request ? request.ids.length : request.hidden.rows;
}

export function keepEach(
  requests: readonly Request[],
  kind: Kept,
  all: Matrix,
  counts: readonly number[],
): Matrix[] {
  let first = 0;
  return requests.map(({ member }, i) => {
    const rows = member.keep(kind, all, first, counts[i]!);
    first += counts[i]!;
    return rows;
  });
}
