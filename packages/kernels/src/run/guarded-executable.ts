// What every compiled program guards: no more runs at a time than it can have, inputs and lengths that fit, interruption, release.
import {
  type DimBindings,
  type Executable,
  type Inputs,
  InterruptedError,
  memoryOf,
  type Outputs,
  ShapeError,
  type VariableMemory,
} from '@maria/core';
import type { GraphValue } from '../onnx/lowered-graph.js';
import {
  bindInputs,
  type CacheUse,
  checkIds,
  LaneLengths,
  type PackedUse,
  packedSlots,
  type Slot,
} from './check-inputs.js';

/** How a program reads several sequences in one run, and how many of them at most. */
export interface SequenceUse {
  readonly cacheUse?: CacheUse | undefined;
  readonly packedUse?: PackedUse | undefined;
  readonly mostSequences: number;
  /** @default 1 */
  readonly runsAtOnce?: number;
  /** How many rows there are in the table that an input picks rows of. */
  readonly tableRows: ReadonlyMap<string, number>;
}

/** A run in progress. */
export interface OngoingRun {
  /** Its sequences, none where the program packs none. */
  readonly slots: readonly Slot[];
  readonly variables: VariableMemory;
  interrupted: boolean;
}

/** A program's variables, and the memory that it was compiled with. */
export interface GivenVariables {
  readonly declared: readonly { readonly name: string; readonly shape: readonly number[] }[];
  readonly memory: VariableMemory;
}

function checkMemory({ declared }: GivenVariables, memory: VariableMemory): void {
  for (const { name, shape } of declared) memoryOf(memory, name, shape);
}

/** A backend adds how a program is computed. `Result` is what a run gives before `finish` makes outputs of it. */
export abstract class GuardedExecutable<Result> implements Executable {
  readonly mostSequences: number;
  readonly runsAtOnce: number;
  readonly stateBytes: number;
  readonly #inputs: readonly GraphValue[];
  readonly #tableRows: ReadonlyMap<string, number>;
  readonly #lanes: LaneLengths | undefined;
  readonly #packedUse: PackedUse | undefined;
  readonly #variables: GivenVariables;
  readonly #running = new Set<OngoingRun>();
  #disposed = false;

  /** @throws ShapeError when the memory of a variable is missing or of another size */
  constructor(
    inputs: readonly GraphValue[],
    { cacheUse, packedUse, mostSequences, tableRows, runsAtOnce = 1 }: SequenceUse,
    stateBytes: number,
    variables: GivenVariables,
  ) {
    checkMemory(variables, variables.memory);
    this.#variables = variables;
    this.#inputs = inputs;
    this.#tableRows = tableRows;
    this.#lanes = cacheUse && new LaneLengths(cacheUse);
    this.#packedUse = packedUse;
    this.mostSequences = mostSequences;
    this.runsAtOnce = runsAtOnce;
    this.stateBytes = stateBytes;
  }

  /** Computes from inputs and variables that fit. */
  protected abstract execute(
    inputs: Inputs,
    variables: VariableMemory,
    bindings: DimBindings,
    run: OngoingRun,
  ): Promise<Result>;

  /** Copies the first `length` tokens of a lane to another, in all states. */
  protected abstract copyState(from: number, to: number, length: number): void | Promise<void>;

  /** After a run that nobody interrupted: states and variables become what it computed. */
  protected abstract finish(result: Result, variables: VariableMemory): Outputs;

  /** Frees everything. Called once, not during a run. */
  protected abstract release(): void | Promise<void>;

  /** Makes `execute` reject, where a backend can be stopped from outside. */
  protected stop(_run: OngoingRun): void {}

  async run(inputs: Inputs, variables = this.#variables.memory): Promise<Outputs> {
    this.#requireRoom(variables);
    if (variables !== this.#variables.memory) checkMemory(this.#variables, variables);
    const bindings = bindInputs(this.#inputs, inputs);
    checkIds(this.#tableRows, inputs);
    const slots = this.#slotsOf(inputs, bindings);
    for (const { lane } of slots) this.#requireFree('run the program', lane);
    const run: OngoingRun = { slots, variables, interrupted: false };
    this.#running.add(run);
    try {
      // A run that breaks off may have written behind the tokens that were there.
      for (const { lane, past } of slots) this.#lanes?.hold(lane, past);
      const result = await this.execute(inputs, variables, bindings, run);
      if (run.interrupted) throw new InterruptedError();
      for (const { lane, past, rowCount } of slots) this.#lanes?.hold(lane, past + rowCount);
      return this.finish(result, variables);
    } catch (error) {
      throw run.interrupted ? new InterruptedError() : error;
    } finally {
      this.#running.delete(run);
      if (this.#disposed && this.#running.size === 0) await this.release();
    }
  }

  async copyLane(from: number, to: number, length: number): Promise<void> {
    this.#requireLive('copy a lane');
    if (!this.#lanes) throw new ShapeError('Cannot copy a lane: the program has no KV cache.');
    this.#lanes.checkCopy(from, to, length);
    // A run only writes behind what its lanes hold: the other lane may be in one.
    this.#requireFree('copy a lane', to);
    if (from !== to) await this.copyState(from, to, length);
    this.#lanes.hold(to, length);
  }

  #slotsOf(inputs: Inputs, bindings: DimBindings): readonly Slot[] {
    const slots =
      this.#lanes?.check(inputs, bindings) ??
      (this.#packedUse ? packedSlots(this.#packedUse, inputs, bindings) : []);
    if (slots.length > this.mostSequences)
      throw new ShapeError(
        `a run takes at most ${this.mostSequences} sequences, and ${slots.length} are given`,
      );
    return slots;
  }

  #requireLive(what: string): void {
    if (this.#disposed) throw new Error(`Cannot ${what}: its executable has been disposed of.`);
  }

  #requireRoom(variables: VariableMemory): void {
    this.#requireLive('run the program');
    const { declared } = this.#variables;
    const shares = declared.length > 0 && [...this.#running].some((run) => run.variables === variables);
    if (shares || this.#running.size >= this.runsAtOnce)
      throw new Error('Cannot run the program: a run of the same executable is in progress.');
  }

  #requireFree(what: string, lane: number): void {
    if (this.#lanes && [...this.#running].some(({ slots }) => slots.some((slot) => slot.lane === lane)))
      throw new Error(`Cannot ${what}: a run in progress reads lane ${lane}.`);
  }

  /** A run that cannot be stopped in the middle counts as interrupted when it ends. */
  interrupt(): void {
    for (const run of this.#running) {
      if (run.interrupted) continue;
      run.interrupted = true;
      this.stop(run);
    }
  }

  /** A run in progress is interrupted first, and everything is released when it has stopped. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    if (this.#running.size > 0) this.interrupt();
    else void this.release();
  }
}
