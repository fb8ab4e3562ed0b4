// What an evaluation writes on standard output: tables, or its summary as one JSON object.
import { note, standardOutput } from '../output.js';

type Evaluations = typeof import('@maria/eval');

/** And tells on standard error where the report is. */
export async function writeTables(
  { tableMarkdown, reportFiles }: Pick<Evaluations, 'tableMarkdown' | 'reportFiles'>,
  { json, out }: { readonly json: boolean; readonly out: string },
  summary: object,
  tables: readonly Parameters<Evaluations['tableMarkdown']>[0][],
): Promise<void> {
  const shown = tables.map((table) =>
    [...(table.caption ? [`${table.caption}:`] : []), tableMarkdown(table)].join('\n\n'),
  );
  await standardOutput().write(json ? `${JSON.stringify(summary)}\n` : `${shown.join('\n\n')}\n`);
  note(`The report is ${out}/${reportFiles.html}`);
}
