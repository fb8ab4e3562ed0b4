// Many sequences over one model: what they ask for at the same time is computed in one pass. Nothing else knows of lanes.
import { InterruptedError } from '../errors.js';
import type { ModelWith, PartName } from '../maria/model.js';
import type { Shortlist } from '../maria/shortlist.js';
import type { CausalModel } from '../models/causal-model.js';
import { onAbort } from '../on-abort.js';
import { gatherRows, type Matrix, stackRows } from '../tensor/values.js';
import { DraftWindow, type WindowCosts } from './draft-window.js';
import { RowMemory, rowsAtOnce } from './kept-rows.js';
import { LanePool } from './lane-pool.js';
import { LanesInUse } from './lanes-in-use.js';
import { PassCost } from './pass-cost.js';
import {
  type Asked,
  isBackbone,
  type Kept,
  type Kind,
  keepEach,
  kinds,
  type LogitsKind,
  Member,
  type Request,
  requestOf,
  sizeOf,
  totalOf,
} from './pass-requests.js';
import type { Parts, Readable, Sequence, SequenceAr, SequenceOptions } from './sequence.js';
import { Ticket } from './ticket.js';

/** A pass in progress. */
interface Pass {
  readonly requests: readonly Request[];
  readonly ended: Promise<void>;
}

/** Most tokens that an AR pass reads for all of its sequences together, unless one alone asks for more. */
export const tokensAtOnce = 512;

/** Most sequences of one MLM pass. */
const sequencesAtOnce = 8;

/** Most rows of logits that are computed at once, unless one sequence alone asks for more. */
export const logitsAtOnce = 64;

/**
 * With more sequences in a pass its time goes with its rows, and rows of drafts cost what they save. So they do in any pass of several where
 * passes run side by side: what one costs whatever it reads is hidden behind the other, and the slowest of its sequences decides.
 */
const mostDrafting = 8;

/** Rows of logits of a sequence that is read alone: the same whatever the number of lanes. */
const rowsAlone = 16;

const mostAtOnce: Partial<Record<Kind, number>> = { ar: tokensAtOnce, mlm: sequencesAtOnce };

/** Sequences that wait for lanes: the MLM reads them while those are busy, two passes of it. */
const mostWaiting = 16;

/** Sequences to open for so many lanes. */
export function sequencesFor(lanes: number): number {
  return lanes + Math.min(lanes, mostWaiting);
}

/** How many lanes a model has, and how many of them a sequence has now. */
export function lanesOf(model: Readable): { readonly all: number; readonly taken: number } {
  const { lanes, lanesTaken } = schedulerOf(model);
  return { all: lanes, taken: lanesTaken };
}

const schedulers = new WeakMap<Readable, Scheduler>();

/** The scheduler of a model: one, whoever asks. */
export function schedulerOf(model: Readable): Scheduler {
  let scheduler = schedulers.get(model);
  if (!scheduler) {
    scheduler = new Scheduler(model);
    schedulers.set(model, scheduler);
  }
  return scheduler;
}

/**
 * A sequence of a model for whoever reads it, until `use` ends. Any number may be open; those that ask at the same time share a pass.
 * @throws InterruptedError from every read once the signal aborts
 */
export async function inSequence<P extends PartName, T>(
  model: ModelWith<P>,
  how: SequenceOptions,
  use: (sequence: Sequence<P>) => Promise<T>,
): Promise<T> {
  const { sequence, leave } = enterSequence(model, how);
  try {
    return await use(sequence);
  } finally {
    leave();
  }
}

/** As `inSequence`, for generators: `leave` must be called in the end. */
export function enterSequence<P extends PartName>(
  model: ModelWith<P>,
  how: SequenceOptions,
): { sequence: Sequence<P>; leave(): void } {
  const { parts, leave } = schedulerOf(model).enter(how);
  return { sequence: { ...model, ...parts } as unknown as Sequence<P>, leave };
}

export class Scheduler {
  /** Sequences that the AR model reads at once, or the denoiser. */
  readonly lanes: number;
  /** Rows of each kind of logits that a sequence keeps at a time. */
  readonly rowsAtOnce: number;
  readonly #memory = new RowMemory<Kept>();
  readonly #model: Readable;
  readonly #pool: LanePool | undefined;
  /** Where not all lanes are in use whatever they cost. */
  readonly #inUse: LanesInUse | undefined;
  readonly #members = new Set<Member>();
  #pending: Request[] = [];
  readonly #running = new Set<Pass>();
  #changed = () => {};
  /** Who has left may be about to begin anew. */
  #someoneLeft = false;
  #isPumping = false;
  readonly #costs = { ar: new PassCost(), head: new PassCost() };
  /** How many sequences AR passes read so far, as powers of two: the first of each makes what those after it find, and takes longer. */
  readonly #sizes = new Set<number>();
  readonly draftWindow = new DraftWindow();
  #texts = 0;
  /** Of the last AR pass: its sequences, and whether another ran when it began. */
  #last = { sequences: 1, isBesideAnother: false };

  constructor(model: Readable) {
    this.#model = model;
    this.#inUse = model.ar && model.lanesByCost ? new LanesInUse(model.ar.lanes) : undefined;
    this.#pool = model.ar && new LanePool(model.ar, () => this.#lanesInUse);
    this.lanes = model.ar?.lanes ?? model.denoiser?.lanes ?? sequencesAtOnce;
    this.rowsAtOnce = rowsAtOnce(this.lanes, model.vocabularySize ?? 1);
  }

  /** Of a text that begins now. */
  newTicket(): Ticket {
    return new Ticket(this.#texts++);
  }

  /** Lanes that a sequence has now. */
  get lanesTaken(): number {
    return this.#pool?.taken ?? 0;
  }

  get #lanesInUse(): number {
    return this.#inUse?.now ?? this.lanes;
  }

  /** What passes cost now. */
  get costs(): WindowCosts {
    const { ar, head } = this.#costs;
    const { sequences, isBesideAnother } = this.#last;
    const mostSharing = (this.#model.passesAtOnce ?? 1) === 1 ? mostDrafting : isBesideAnother ? 0 : 1;
    return { ar, head, sequences, mostSharing };
  }

  enter({ signal, ticket = this.newTicket(), exact = false }: SequenceOptions): {
    parts: Parts;
    leave(): void;
  } {
    const isAlone = exact && this.#model.rowsAreExact === false;
    const member = new Member(signal, isAlone ? rowsAlone : this.rowsAtOnce, ticket.next(), this.#memory);
    member.isAlone = isAlone;
    this.#members.add(member);
    const ignore = onAbort(signal, () => this.#abort());
    return {
      parts: this.#partsOf(member),
      leave: () => {
        this.#members.delete(member);
        this.#someoneLeft = true;
        ignore();
        if (member.lane !== undefined) this.#giveBack(member.lane);
        member.lane = undefined;
        member.giveBack();
      },
    };
  }

  #partsOf(member: Member): Parts {
    const { ar, mlm, head, experts = {} } = this.#model;
    const logits = (kind: LogitsKind) => (hidden: Matrix) => this.#ask(member, { kind, hidden });
    return {
      rowsAtOnce: member.rowsAtOnce,
      async alone(read) {
        const before = member.isAlone;
        member.isAlone = true;
        try {
          return await read();
        } finally {
          member.isAlone = before;
        }
      },
      ...(ar && { ar: this.#arOf(member, ar) }),
      ...(mlm && {
        mlm: {
          encode: (ids, indices) => this.#ask(member, { kind: 'mlm', ids, indices }),
        },
      }),
      ...(head && {
        head: {
          arLogits: logits('head.ar'),
          mlmLogits: logits('head.mlm'),
          ...(head.shortlists && {
            shortlists: (rows) => this.#ask<Shortlist[]>(member, { kind: 'head.list', rows }),
          }),
        },
      }),
      experts: {
        ...(experts.ar && { ar: { logits: logits('experts.ar') } }),
        ...(experts.mlm && { mlm: { logits: logits('experts.mlm') } }),
      },
    };
  }

  #arOf(member: Member, ar: CausalModel): SequenceAr {
    const pool = this.#pool!;
    const laneOf = () => {
      if (member.lane === undefined) throw new Error('a sequence is read before it is started');
      return member.lane;
    };
    return {
      get length() {
        return member.lane === undefined ? 0 : ar.length(member.lane);
      },
      start: async (ids) => {
        if (member.signal?.aborted) throw new InterruptedError();
        if (member.lane === undefined) {
          const lane = await pool.take(member, ids);
          if (!this.#members.has(member)) {
            this.#giveBack(lane);
            throw new InterruptedError();
          }
          member.lane = lane;
        }
        // What a lane holds was read in other chunks, beside others.
        if (member.isAlone) ar.truncate(member.lane, 0);
        else await pool.reuse(member.lane, ids);
      },
      extend: (ids, rows) => {
        laneOf();
        return this.#ask(member, { kind: 'ar', ids, rows });
      },
      truncate: (length) => ar.truncate(laneOf(), length),
    };
  }

  #ask<Result = Matrix>(member: Member, asked: Asked): Promise<Result> {
    if (member.signal?.aborted) return Promise.reject(new InterruptedError());
    return new Promise((resolve, reject) => {
      // The MLM reads a sequence once: where rows are not exact, always by itself.
      const alone = member.isAlone || (asked.kind === 'mlm' && this.#model.rowsAreExact === false);
      this.#pending.push(requestOf(asked, { member, alone, resolve: resolve as Request['resolve'], reject }));
      this.#changed();
      this.#wake();
    });
  }

  /** The next one gets it before the next pass, when who has left may have asked for more. */
  #giveBack(lane: number): void {
    this.#pool!.giveBack(lane);
    this.#changed();
    this.#wake();
  }

  /** At once when nobody else could ask for more, else when all that can go on now has. */
  #wake(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    void this.#pump();
  }

  async #pump(): Promise<void> {
    while (this.#pending.length > 0 || this.#pool?.mayAdmit) {
      // Whoever can ask for more does so first, and then whoever gets a lane.
      const waiting = this.#pending.length + this.#inPasses;
      if (waiting < this.#members.size || this.#someoneLeft) await nextTurn();
      this.#someoneLeft = false;
      if (this.#pool?.admit()) await nextTurn();
      const requests = this.#next();
      if (requests.length > 0) this.#start(requests);
      else if (this.#running.size > 0) await this.#change();
    }
    this.#isPumping = false;
  }

  #start(requests: readonly Request[]): void {
    const started = new Set(requests);
    this.#pending = this.#pending.filter((request) => !started.has(request));
    const pass: Pass = {
      requests,
      ended: this.#run(requests).finally(() => this.#running.delete(pass)),
    };
    this.#running.add(pass);
  }

  /** Until a pass has ended, a lane was given back, or another request came that may start at once. */
  #change(): Promise<void> {
    const changed = new Promise<void>((resolve) => {
      this.#changed = resolve;
    });
    return Promise.race([changed, ...[...this.#running].map(({ ended }) => ended)]);
  }

  /** Requests whose passes run. */
  get #inPasses(): number {
    let count = 0;
    for (const { requests } of this.#running) count += requests.length;
    return count;
  }

  get #runningKinds(): readonly Kind[] {
    return [...this.#running].map(({ requests }) => requests[0]!.kind);
  }

  async #run(requests: readonly Request[]): Promise<void> {
    try {
      const rows = await this.#compute(requests);
      for (const [i, { resolve }] of requests.entries()) resolve(rows[i]!);
    } catch (error) {
      // What is wrong with one sequence harms no other.
      if (requests.length > 1 && !(error instanceof InterruptedError)) {
        for (const request of requests) await this.#run([request]);
        return;
      }
      for (const { reject } of requests) reject(error);
    }
  }

  /** The requests of the next pass. */
  #next(): readonly Request[] {
    const of = (kind: Kind) =>
      this.#mayStart(kind) ? this.#pending.filter((request) => request.kind === kind) : [];
    const asked = kinds
      .map((kind) => (kind === 'mlm' ? of(kind).sort(byPlace) : of(kind)))
      .filter(({ length }) => length > 0);
    const first =
      asked.find((requests) => this.#isWorthPass(requests[0]!.kind, requests)) ??
      asked.find((requests) => this.#isWorthFreeCore(requests[0]!.kind, requests));
    if (!first) return [];
    const most = mostAtOnce[first[0]!.kind] ?? logitsAtOnce;
    let total = 0;
    if (first[0]!.alone) return [first[0]!];
    return first.slice(0, this.#sequencesOf(first[0]!.kind)).filter((request, i) => {
      if (request.alone) return false;
      total += sizeOf(request);
      return i === 0 || total <= most;
    });
  }

  /**
   * Those of a head are short: where passes run side by side, none waits for a backbone's to end, so that its sequences go on. Of the backbones'
   * there is one more than have threads of their own: it has the core of the others while their sequences wait for tokens to be chosen.
   */
  #mayStart(kind: Kind): boolean {
    const { passesAtOnce = 1 } = this.#model;
    const running = this.#runningKinds;
    if (passesAtOnce === 1) return running.length === 0;
    const alike = running.filter((other) => other === kind).length;
    if (!isBackbone(kind)) return alike === 0;
    return (
      alike < (this.#model[kind]?.passesAtOnce ?? 1) && running.filter(isBackbone).length <= passesAtOnce
    );
  }

  /** Where passes run side by side, half of the sequences that have lanes is read while tokens are chosen for the other half. */
  #sequencesOf(kind: Kind): number {
    return kind === 'ar' ? this.#inOnePass(this.lanesTaken) : Number.POSITIVE_INFINITY;
  }

  /** Of so many lanes, those that one AR pass reads. */
  #inOnePass(lanes: number): number {
    return (this.#model.passesAtOnce ?? 1) > 1 ? Math.ceil(lanes / 2) : lanes;
  }

  #isWorthPass(kind: Kind, requests: readonly Request[]): boolean {
    if (kind === 'mlm') return this.#mayEncode(requests);
    // Beside another pass of the AR model a small one waits: what a pass costs whatever it reads is paid less often.
    if (kind === 'ar' && this.#runningKinds.includes('ar'))
      return 2 * requests.length >= this.#sequencesOf('ar');
    return true;
  }

  /** Rather than that a core has nothing to do, the MLM waits for fewer. */
  #isWorthFreeCore(kind: Kind, requests: readonly Request[]): boolean {
    const running = this.#runningKinds.filter(isBackbone).length;
    const hasCore = running < (this.#model.passesAtOnce ?? 1);
    return kind === 'mlm' && hasCore && requests.length >= sequencesAtOnce / 2 && this.#isSoonRead(requests);
  }

  /** The MLM waits for more sequences while lanes are busy with those before. */
  #mayEncode(requests: readonly Request[]): boolean {
    if (!this.#pool || this.#pool.hasFree) return true;
    // Who has a lane reads again while it is filled: waiting would keep the lane.
    if (requests.some(({ member }) => member.lane !== undefined)) return true;
    if (requests.length >= sequencesAtOnce && this.#isSoonRead(requests)) return true;
    // Texts after this one would end before it, and wait to be told.
    const { place } = requests[0]!.member;
    if (![...this.#members].some((other) => other.lane !== undefined && other.place <= place)) return true;
    return !this.#runningKinds.includes('ar') && !this.#pending.some(({ kind }) => kind === 'ar');
  }

  /** Whether few of those that come before the first of some sequences wait for lanes: enough for twice as many to be in use. */
  #isSoonRead([first]: readonly Request[]): boolean {
    const few = Math.max(mostWaiting, this.#lanesInUse);
    return !this.#pool || this.#pool.waitingBefore(first!.member.place) < few;
  }

  async #compute(requests: readonly Request[]): Promise<readonly unknown[]> {
    const { ar, mlm, head, experts } = this.#model;
    const [{ kind }] = requests as [Request];
    if (kind === 'mlm') {
      const asked = requests as readonly Extract<Request, { kind: 'mlm' }>[];
      const hidden = await mlm!.encode(
        asked.map(({ ids }) => ids),
        asked.map(({ indices }) => indices),
      );
      return hidden.map((rows, i) => gatherRows(rows, asked[i]!.indices));
    }
    if (kind === 'ar') {
      const reads = requests.map((request) => ({
        lane: request.member.lane!,
        ids: (request as { ids: Int32Array }).ids,
        rows: (request as { rows?: readonly number[] }).rows,
      }));
      this.#last = { sequences: reads.length, isBesideAnother: this.#runningKinds.includes('ar') };
      const extend = () => ar!.extend(reads);
      const size = Math.ceil(Math.log2(reads.length));
      const isFirst = !this.#sizes.has(size);
      this.#sizes.add(size);
      const rows = await (isFirst ? extend() : timed(this.#costs.ar, totalOf(requests), extend));
      this.#passed(reads.length, totalOf(requests));
      return keepEach(
        requests,
        kind,
        rows,
        reads.map(({ ids }) => ids.length),
      );
    }
    if (kind === 'head.list') {
      const asked = requests as readonly Extract<Request, { kind: 'head.list' }>[];
      const rows = asked.flatMap((request) => request.rows);
      const lists = await timed(this.#costs.head, rows.length, () => head!.shortlists!(rows));
      let first = 0;
      return asked.map(({ rows: { length } }) => {
        first += length;
        return lists.slice(first - length, first);
      });
    }
    const hidden = stackRows(requests.map((request) => (request as { hidden: Matrix }).hidden));
    const compute = {
      'head.ar': (rows: Matrix) => head!.arLogits(rows),
      'head.mlm': (rows: Matrix) => head!.mlmLogits(rows),
      'experts.ar': (rows: Matrix) => experts!.ar!.logits(rows),
      'experts.mlm': (rows: Matrix) => experts!.mlm!.logits(rows),
    }[kind];
    const logits =
      kind === 'head.ar'
        ? await timed(this.#costs.head, hidden.rows, () => compute(hidden))
        : await compute(hidden);
    return keepEach(
      requests,
      kind,
      logits,
      requests.map((request) => (request as { hidden: Matrix }).hidden.rows),
    );
  }

  /** More lanes may be in use after a pass, or fewer. */
  #passed(sequences: number, rows: number): void {
    if (!this.#inUse) return;
    const asked = this.#inOnePass(this.#inUse.now);
    this.#inUse.passed({ sequences, rows, asked }, this.#costs);
    if (this.#pool!.mayAdmit) this.#wake();
  }

  /** Requests of aborted sequences end at once; a pass that only such wait for is stopped. */
  #abort(): void {
    const aborted = this.#pending.filter(({ member }) => member.signal?.aborted);
    this.#pending = this.#pending.filter(({ member }) => !member.signal?.aborted);
    for (const { reject } of aborted) reject(new InterruptedError());
    for (const member of this.#members) if (member.signal?.aborted) this.#pool?.cancel(member);
    const isInVain = ({ requests }: Pass) => requests.every(({ member }) => member.signal?.aborted);
    if (this.#running.size > 0 && [...this.#running].every(isInVain)) this.#model.interrupt?.();
  }
}

/** The text that began first comes first. */
function byPlace(a: Request, b: Request): number {
  return a.member.place - b.member.place;
}

async function timed<T>(cost: PassCost, rows: number, work: () => Promise<T>): Promise<T> {
  const started = performance.now();
  const result = await work();
  cost.add(rows, performance.now() - started);
  return result;
}

/** After everything that can go on without waiting has. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
