// Training text as it is named on the command line: files, and "-" for standard input.
import { UsageError } from '@maria/core/errors';
import type { DataSource } from '@maria/kernels';
import { openSource } from '../input.js';

/** @throws UsageError when standard input would have to be read twice */
export function dataSources(
  paths: { readonly data: readonly string[]; readonly evalData: readonly string[] },
  signal: AbortSignal,
): { data: DataSource[]; evalData: DataSource[] } {
  const all = [...paths.data, ...paths.evalData];
  if (all.filter((path) => path === '-').length > 1)
    throw new UsageError(
      'stdin-twice',
      'Cannot train: "-" stands for standard input, which can be read only once.',
    );
  const open = (path: string) => openSource(path, signal);
  return { data: paths.data.map(open), evalData: paths.evalData.map(open) };
}
