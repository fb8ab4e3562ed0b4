// How much memory this process may still take: what the machine has left, or the container's limit.
import { readFileSync } from 'node:fs';
import { freemem, totalmem } from 'node:os';
import { join } from 'node:path';

export interface AvailableMemory {
  /** Bytes that can be taken before something is killed: free ones, those of caches that can be dropped, and swap space. */
  readonly bytes: number;
  /** Bytes of the machine, the container, the limit that was set for this process, or a device. */
  readonly total: number;
  readonly limit: 'machine' | 'container' | 'process' | 'device';
}

/** The text of a file, or undefined. */
export type ReadText = (file: string) => string | undefined;

/** @param platform of the machine. @param read reads the kernel's files, on Linux */
export function availableMemory(
  platform: NodeJS.Platform = process.platform,
  read: ReadText = readText,
): AvailableMemory {
  const machine = machineMemory(platform, read);
  if (platform !== 'linux') return machine;
  return [containerMemory(read), ...processLimits(read)].reduce<AvailableMemory>(
    (least, limit) => (limit && limit.bytes < least.bytes ? limit : least),
    machine,
  );
}

/** Limits of the process (`ulimit`), and the lines of /proc/self/status that tell what it has of each. */
const limitsOfProcess = { 'Max address space': 'VmSize', 'Max data size': 'VmData' } as const;

function processLimits(read: ReadText): AvailableMemory[] {
  const [limits = '', status = ''] = [read('/proc/self/limits'), read('/proc/self/status')];
  return Object.entries(limitsOfProcess).flatMap(([name, field]) => {
    const total = Number(new RegExp(`^${name}\\s+(\\d+)`, 'm').exec(limits)?.[1]);
    const used = 1024 * Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]);
    return total >= 0 && used >= 0 ? [{ bytes: Math.max(0, total - used), total, limit: 'process' }] : [];
  });
}

/** Where the memory is that is available, for messages: "2 GiB are …". */
export function placeOf({ limit }: AvailableMemory): string {
  return {
    machine: 'available',
    container: 'left of the container’s limit',
    process: 'left of the limit of this process',
    device: 'left on the device',
  }[limit];
}

function machineMemory(platform: NodeJS.Platform, read: ReadText): AvailableMemory {
  const total = totalmem();
  if (platform === 'linux') {
    const info = read('/proc/meminfo');
    const kibibytes = (field: string) =>
      Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(info ?? '')?.[1]);
    const bytes = 1024 * (kibibytes('MemAvailable') + (kibibytes('SwapFree') || 0));
    if (bytes > 0) return { bytes, total: 1024 * kibibytes('MemTotal'), limit: 'machine' };
  }
  // What macOS calls free leaves out all that it would give up at once.
  return { bytes: platform === 'darwin' ? total : freemem(), total, limit: 'machine' };
}

/** The tightest limit among the control groups that this process is in; undefined where there is none. */
function containerMemory(read: ReadText): AvailableMemory | undefined {
  const groups = read('/proc/self/cgroup')?.split('\n') ?? [];
  const unified = groups.find((line) => line.startsWith('0::'))?.slice('0::'.length);
  const legacy = groups
    .map((line) => /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(.*)$/.exec(line)?.[1])
    .find(Boolean);
  const limits = [
    ...(unified === undefined
      ? []
      : foldersUp('/sys/fs/cgroup', unified).map((folder) => limitIn(folder, files.v2, read))),
    ...(legacy === undefined
      ? []
      : foldersUp('/sys/fs/cgroup/memory', legacy).map((folder) => limitIn(folder, files.v1, read))),
  ];
  return limits
    .flatMap((limit) => limit ?? [])
    .reduce<AvailableMemory | undefined>(
      (least, limit) => (least && least.bytes <= limit.bytes ? least : limit),
      undefined,
    );
}

/** A control group's folder and those above it. Inside of a container the path may be that outside of it: the root is there. */
function foldersUp(root: string, path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '');
  return [...parts.keys(), parts.length].map((count) => join(root, ...parts.slice(0, count)));
}

interface LimitFiles {
  readonly limit: string;
  readonly used: string;
  /** In memory.stat: bytes of files that the kernel drops when it needs to. */
  readonly caches: readonly string[];
}

const files: Readonly<Record<'v1' | 'v2', LimitFiles>> = {
  v2: { limit: 'memory.max', used: 'memory.current', caches: ['inactive_file', 'active_file'] },
  v1: {
    limit: 'memory.limit_in_bytes',
    used: 'memory.usage_in_bytes',
    caches: ['total_inactive_file', 'total_active_file'],
  },
};

function limitIn(
  folder: string,
  { limit, used, caches }: LimitFiles,
  read: ReadText,
): AvailableMemory | undefined {
  const total = Number(read(join(folder, limit)));
  // "max", and in version 1 a number above all memory, mean that there is no limit.
  if (!(total > 0) || total >= 2 ** 60) return undefined;
  const stat = read(join(folder, 'memory.stat')) ?? '';
  const droppable = caches.map((field) => Number(new RegExp(`^${field} (\\d+)$`, 'm').exec(stat)?.[1] ?? 0));
  const held = Number(read(join(folder, used)) ?? 0) - droppable.reduce((a, b) => a + b, 0);
  return { bytes: Math.max(0, total - Math.max(0, held)), total, limit: 'container' };
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}
