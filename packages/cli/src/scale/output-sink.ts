// Where the records of a command go: a Parquet file by its name, else as text.
import { isDeepStrictEqual } from 'node:util';
import { UsageError } from '@maria/core/errors';
import { openSink, type Sink } from '../output.js';
import { isParquetName } from '../output-name.js';
import type { OpenedRecords } from './open-records.js';
import type { OutputColumns } from './parquet-sink.js';

/**
 * @param output a path, or what is open already
 * @param records what the records come from, where they are records; other fields of lines get the column `fields`
 * @throws UsageError where they have several kinds of columns
 */
export async function recordSink(
  output: Sink | string | undefined,
  columns: OutputColumns,
  records: OpenedRecords | readonly OpenedRecords[] | undefined,
  reads: readonly string[],
): Promise<Sink | string | undefined> {
  if (typeof output !== 'string' || !isParquetName(output)) return output;
  const { parquetSink } = await import('./parquet-sink.js');
  const sources = [records ?? []].flat();
  const source = sources[0]?.schema;
  const differs = sources.find(({ schema }) => !isDeepStrictEqual(schema, source));
  if (differs)
    throw new UsageError(
      'columns-differ',
      `Cannot write ${output}: ${differs.name} has other columns than ${sources[0]!.name}.`,
      { try: 'Give them one by one, or write JSON Lines.' },
    );
  const others = sources.length > 0 && source === undefined ? 'fields' : undefined;
  return parquetSink(await openSink(output), { columns, source, without: reads, others });
}
