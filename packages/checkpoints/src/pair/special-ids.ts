// Whether the tokens that are put around a sequence are in the tables: another row would be read for one that is not.
import { DataError } from '@maria/core';

/** @param subject what names the ids, for example 'DIR/config.json, key "mlm_prefix",' @throws DataError */
export function requireInTable(subject: string, ids: readonly number[], rows: number): void {
  const outside = ids.find((id) => !Number.isInteger(id) || id < 0 || id >= rows);
  if (outside === undefined) return;
  throw new DataError(
    'id-outside-table',
    `Cannot load the model: ${subject} names token ${outside}, and the table has tokens 0 to ${rows - 1}.`,
    { try: 'Use the files that were saved with these weights.' },
  );
}
