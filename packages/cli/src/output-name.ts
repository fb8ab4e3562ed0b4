// What the name of an output file says of its format.

/** How it is compressed, if it is. */
export function compressionOf(output: string): 'gzip' | 'zstd' | undefined {
  if (/\.gz$/i.test(output)) return 'gzip';
  return /\.zst$/i.test(output) ? 'zstd' : undefined;
}

export function isParquetName(output: string | undefined): output is string {
  return output !== undefined && /\.parquet$/i.test(output);
}
