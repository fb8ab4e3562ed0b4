// What a benchmark ran on, for whoever reads its numbers.
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';

export interface Machine {
  readonly cpu: string;
  /** CPUs that this process may use. */
  readonly cpus: number;
  readonly memoryGiB: number;
  /** Mean number of runnable tasks over the last minute; above `cpus`, the times are those of a busy machine. 0 on Windows. */
  readonly load: number;
  readonly node: string;
}

export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() || process.arch,
    cpus: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    load: Math.round(loadavg()[0]! * 10) / 10,
    node: process.version,
  };
}

/** One line, with a warning where others use the CPUs. */
export function formatMachine({ cpu, cpus: count, memoryGiB, load, node }: Machine): string {
  const line = `${cpu}, ${count} ${count === 1 ? 'CPU' : 'CPUs'}, ${memoryGiB} GiB, load ${load}, Node ${node}`;
  return load > count / 2 ? `${line} (busy: times are too long, and ratios uncertain)` : line;
}
