// How many threads one op should use: the physical cores that this process may run on.
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** Matrix products gain nothing from a core's second hardware thread, and lose where both fight for its units. */
export function physicalCores(): number {
  if (process.platform === 'linux')
    return Math.max(1, Math.min(linuxCores() ?? Infinity, availableParallelism(), quota()));
  // Every x64 machine is taken to have two threads a core; arm64 has one.
  return Math.max(1, process.arch === 'x64' ? Math.ceil(availableParallelism() / 2) : availableParallelism());
}

/** Cores among the CPUs of this process's affinity, or undefined where the kernel does not say. */
function linuxCores(): number | undefined {
  const allowed = /^Cpus_allowed_list:\s*(\S+)/m.exec(read('/proc/self/status') ?? '')?.[1];
  if (!allowed) return undefined;
  const siblings = cpuList(allowed).map((cpu) =>
    read(`/sys/devices/system/cpu/cpu${cpu}/topology/thread_siblings_list`),
  );
  return siblings.includes(undefined) ? undefined : new Set(siblings).size;
}

/** CPUs that the container may use, rounded up; Infinity where there is no limit. */
function quota(): number {
  const [limit, period] = (read('/sys/fs/cgroup/cpu.max') ?? 'max').split(' ').map(Number);
  return limit && period ? Math.ceil(limit / period) : Infinity;
}

/** "0-3,8" → [0, 1, 2, 3, 8] */
export function cpuList(list: string): number[] {
  return list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}
