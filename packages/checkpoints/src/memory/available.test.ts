// Available memory: the kernel's figure, limits of control groups in both versions, other platforms.
import { describe, expect, it } from 'vitest';
import { availableMemory } from './available.js';

const MiB = 2 ** 20;
const meminfo =
  'MemTotal:       16000000 kB\nMemFree:         1000000 kB\nMemAvailable:    8000000 kB\nSwapFree:        2000000 kB';

function on(files: Record<string, string>) {
  return availableMemory('linux', (file) => ({ '/proc/meminfo': meminfo, ...files })[file]);
}

describe('availableMemory on Linux', () => {
  it('is what the kernel calls available, and swap space', () => {
    expect(on({})).toEqual({ bytes: 10_000_000 * 1024, total: 16_000_000 * 1024, limit: 'machine' });
  });

  it('is what a control group leaves, without the caches that it counts', () => {
    const group = '/sys/fs/cgroup/user.slice/job';
    const files = {
      '/proc/self/cgroup': '0::/user.slice/job',
      [`${group}/memory.max`]: String(1000 * MiB),
      [`${group}/memory.current`]: String(700 * MiB),
      [`${group}/memory.stat`]: `anon 1\ninactive_file ${200 * MiB}\nactive_file ${100 * MiB}\nfile 5`,
    };
    expect(on(files)).toEqual({ bytes: 600 * MiB, total: 1000 * MiB, limit: 'container' });
  });

  it('is that of the tightest group above', () => {
    const files = {
      '/proc/self/cgroup': '0::/a/b',
      '/sys/fs/cgroup/a/memory.max': String(500 * MiB),
      '/sys/fs/cgroup/a/memory.current': String(100 * MiB),
      '/sys/fs/cgroup/a/b/memory.max': 'max',
    };
    expect(on(files)).toMatchObject({ bytes: 400 * MiB, limit: 'container' });
  });

  it('finds the limit of a container whose own path it cannot see', () => {
    const files = {
      '/proc/self/cgroup': '0::/docker/0123',
      '/sys/fs/cgroup/memory.max': String(256 * MiB),
      '/sys/fs/cgroup/memory.current': String(300 * MiB),
    };
    expect(on(files)).toMatchObject({ bytes: 0, limit: 'container' });
  });

  it('reads version 1', () => {
    const folder = '/sys/fs/cgroup/memory/docker/0123';
    const files = {
      '/proc/self/cgroup': '12:cpu,cpuacct:/docker/0123\n4:memory:/docker/0123\n1:name=systemd:/',
      '/sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712',
      [`${folder}/memory.limit_in_bytes`]: String(800 * MiB),
      [`${folder}/memory.usage_in_bytes`]: String(500 * MiB),
      [`${folder}/memory.stat`]: `total_inactive_file ${50 * MiB}\ntotal_active_file ${MiB}`,
    };
    expect(on(files)).toMatchObject({ bytes: 351 * MiB, total: 800 * MiB, limit: 'container' });
  });

  it('is what a limit of this process leaves', () => {
    const files = {
      '/proc/self/limits':
        'Limit                     Soft Limit           Hard Limit           Units\nMax data size             unlimited            unlimited            bytes\nMax address space         4294967296           unlimited            bytes',
      '/proc/self/status': 'VmSize:\t 1048576 kB\nVmData:\t   65536 kB',
    };
    expect(on(files)).toEqual({ bytes: 3072 * MiB, total: 4096 * MiB, limit: 'process' });
    const full = { ...files, '/proc/self/status': 'VmSize:\t 8388608 kB\nVmData:\t 1 kB' };
    expect(on(full)).toMatchObject({ bytes: 0, limit: 'process' });
  });

  it('is the machine’s where a group allows more', () => {
    const files = { '/proc/self/cgroup': '0::/', '/sys/fs/cgroup/memory.max': String(2 ** 40) };
    expect(on(files)).toMatchObject({ limit: 'machine' });
  });
});

it.each(['darwin', 'win32'] as const)('is a plain number on %s', (platform) => {
  const { bytes, total, limit } = availableMemory(platform, () => undefined);
  expect(bytes).toBeGreaterThan(0);
  expect(bytes).toBeLessThanOrEqual(total);
  expect(limit).toBe('machine');
});
