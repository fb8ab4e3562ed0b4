// Writes records as rows of a Parquet file, a row group at a time.
import type { SchemaElement } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import type { JsonObject } from '../jsonl.js';
import type { Sink } from '../output-file.js';
import { storedSchema } from './parquet-schema.js';

/** Of a row group, whichever it has first. */
const maxRows = 2 ** 13;
const maxBytes = 2 ** 24;

export type ColumnKind = 'text' | 'double' | 'doubles' | 'integer' | 'integers' | 'json';
/** Columns that a command writes. */
export type OutputColumns = Readonly<Record<string, ColumnKind>>;

export interface ParquetSinkOptions {
  readonly columns: OutputColumns;
  /** Of the file that rows come from: its columns are written before the others, but for those of the same name. */
  readonly source?: readonly SchemaElement[] | undefined;
  /** Columns of the source that are not handed on. */
  readonly without?: readonly string[];
  /** Column for all other fields of a record, as JSON. */
  readonly others?: string | undefined;
}

interface Column {
  readonly name: string;
  /** As the file tells it; of a group with what is in it. */
  readonly elements: readonly SchemaElement[];
  readonly stored: (value: unknown) => unknown;
}

/** Takes records, and what is written goes to `sink`. */
export function parquetSink(sink: Sink, options: ParquetSinkOptions): Sink {
  const columns = columnsOf(options);
  const known = new Set(columns.map(({ name }) => name));
  const bytes = new ByteWriter();
  const root = { name: 'schema', num_children: columns.length };
  const told = [root, ...columns.flatMap(({ elements }) => elements)];
  // Values are given as they are stored; what they stand for is told in the end.
  const writer = new ParquetWriter({
    writer: bytes,
    schema: storedSchema(told),
    statistics: false,
    createdBy: 'maria',
  });
  let rows: unknown[][] = columns.map(() => []);
  let held = 0;
  const handOver = async () => {
    const chunk = bytes.getBytes().slice();
    bytes.index = 0;
    if (chunk.length > 0) await sink.write(chunk);
  };
  const endGroup = async () => {
    const [first] = rows;
    if (first === undefined || first.length === 0) return;
    await writer.write({
      columnData: columns.map(({ name }, i) => ({ name, data: rows[i]! })),
      rowGroupSize: first.length,
    });
    rows = columns.map(() => []);
    held = 0;
    await handOver();
  };
  return {
    write: async () => {
      throw new Error('a Parquet file takes records only');
    },
    record: async (record: object) => {
      const fields = record as JsonObject;
      for (const [i, { name, stored }] of columns.entries()) {
        const value =
          name === options.others
            ? stored(Object.fromEntries(Object.entries(fields).filter(([field]) => !known.has(field))))
            : Object.hasOwn(fields, name)
              ? stored(fields[name])
              : undefined;
        held += sizeOf(value);
        rows[i]!.push(value);
      }
      if (rows[0]!.length >= maxRows || held >= maxBytes) await endGroup();
    },
    close: async () => {
      await endGroup();
      writer.schema = told;
      writer.finish();
      await handOver();
      await sink.close();
    },
    abandon: () => sink.abandon(),
  };
}

function columnsOf({ columns, source = [], without = [], others }: ParquetSinkOptions): Column[] {
  const written = Object.entries({ ...columns, ...(others !== undefined && { [others]: 'json' as const }) });
  const names = new Set([...written.map(([name]) => name), ...without]);
  return [
    ...topLevel(source).filter(({ name }) => !names.has(name)),
    ...written.map(([name, kind]) => ({ name, ...kinds[kind](name) })),
  ];
}

function topLevel(schema: readonly SchemaElement[]): Column[] {
  const columns: Column[] = [];
  for (let at = 1; at < schema.length; ) {
    let end = at + 1;
    for (let open = schema[at]!.num_children ?? 0; open > 0; open--) open += schema[end++]!.num_children ?? 0;
    const elements = schema.slice(at, end).map(withoutWidth);
    columns.push({ name: elements[0]!.name, elements, stored: (value) => value });
    at = end;
  }
  return columns;
}

/** The older name of an integer's type says the same, and is one that the library writes as others read it. */
function withoutWidth(element: SchemaElement): SchemaElement {
  if (element.logical_type?.type !== 'INTEGER') return element;
  const {
    logical_type: { isSigned, bitWidth },
    ...others
  } = element;
  return { ...others, converted_type: `${isSigned ? 'INT' : 'UINT'}_${bitWidth}` as 'INT_32' };
}

const optional = { repetition_type: 'OPTIONAL' } as const;
const bytesOfText = (value: unknown) => (typeof value === 'string' ? Buffer.from(value) : undefined);

const kinds: Readonly<Record<ColumnKind, (name: string) => Omit<Column, 'name'>>> = {
  text: (name) => ({
    elements: [
      { name, type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' }, ...optional },
    ],
    stored: bytesOfText,
  }),
  double: (name) => ({
    elements: [{ name, type: 'DOUBLE', ...optional }],
    stored: (value) => (typeof value === 'number' ? value : undefined),
  }),
  doubles: (name) => listOf(name, 'DOUBLE'),
  integer: (name) => ({
    elements: [{ name, type: 'INT64', ...optional }],
    stored: (value) => (typeof value === 'number' ? BigInt(value) : undefined),
  }),
  integers: (name) => listOf(name, 'INT32'),
  json: (name) => ({
    elements: [
      { name, type: 'BYTE_ARRAY', converted_type: 'JSON', logical_type: { type: 'JSON' }, ...optional },
    ],
    stored: (value) => bytesOfText(JSON.stringify(value)),
  }),
};

function listOf(name: string, type: 'DOUBLE' | 'INT32'): Omit<Column, 'name'> {
  return {
    elements: [
      { name, num_children: 1, converted_type: 'LIST', logical_type: { type: 'LIST' }, ...optional },
      { name: 'list', num_children: 1, repetition_type: 'REPEATED' },
      { name: 'element', type, repetition_type: 'REQUIRED' },
    ],
    stored: (value) => (value === undefined ? undefined : Array.from(value as ArrayLike<number>)),
  };
}

/** About the bytes that a value takes. */
function sizeOf(value: unknown): number {
  if (typeof value === 'string' || value instanceof Uint8Array) return value.length;
  if (Array.isArray(value)) return value.reduce((sum: number, member) => sum + sizeOf(member), 8);
  if (typeof value === 'object' && value !== null) return sizeOf(Object.values(value));
  return 8;
}
