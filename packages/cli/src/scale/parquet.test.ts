// What is written as Parquet is read as it was, and a file that lies about itself is refused.
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SchemaElement } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openSink } from '../output.js';
import { ParquetFile, type ParquetFileOptions } from './parquet-file.js';
import { type ParquetSinkOptions, parquetSink } from './parquet-sink.js';

let folder: string;
let path: string;
let opened: number[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'maria-parquet-'));
  path = join(folder, 'a.parquet');
  opened = [];
});
afterEach(() => {
  opened.forEach(closeSync);
  rmSync(folder, { recursive: true });
});

async function write(records: readonly object[], options: ParquetSinkOptions): Promise<void> {
  const sink = parquetSink(await openSink(path), options);
  for (const record of records) await sink.record!(record);
  await sink.close();
}

const form = { name: 'a.parquet', textColumn: 'text', reads: [], types: 'kept' } as const;

async function open(options: Partial<ParquetFileOptions> = {}): Promise<ParquetFile> {
  const descriptor = openSync(path, 'r');
  opened.push(descriptor);
  return ParquetFile.open({ ...form, descriptor, size: statSync(path).size, ...options });
}

async function read(options: Partial<ParquetFileOptions> = {}): Promise<unknown[]> {
  const file = await open(options);
  const records: unknown[] = [];
  for (let group = 0; group < file.groups; group++)
    for (const row of await file.rowsOf(group))
      records.push(Object.fromEntries(file.columns.map((name, i) => [name, row[i]])));
  return records;
}

const optional = { repetition_type: 'OPTIONAL' } as const;
const source: SchemaElement[] = [
  { name: 'root', num_children: 7 },
  { name: 'id', type: 'INT64', repetition_type: 'REQUIRED' },
  { name: 'text', type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' }, ...optional },
  {
    name: 'small',
    type: 'INT32',
    logical_type: { type: 'INTEGER', bitWidth: 8, isSigned: false },
    ...optional,
  },
  {
    name: 'when',
    type: 'INT64',
    logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' },
    ...optional,
  },
  {
    name: 'price',
    type: 'FIXED_LEN_BYTE_ARRAY',
    type_length: 9,
    converted_type: 'DECIMAL',
    scale: 2,
    precision: 20,
    ...optional,
  },
  { name: 'points', num_children: 1, converted_type: 'LIST', logical_type: { type: 'LIST' }, ...optional },
  { name: 'list', num_children: 1, repetition_type: 'REPEATED' },
  { name: 'element', num_children: 2, ...optional },
  { name: 'x', type: 'DOUBLE', ...optional },
  { name: 'y', type: 'BOOLEAN', ...optional },
  { name: 'counts', num_children: 1, converted_type: 'MAP', logical_type: { type: 'MAP' }, ...optional },
  { name: 'key_value', num_children: 2, repetition_type: 'REPEATED' },
  { name: 'key', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
  { name: 'value', type: 'INT32', ...optional },
];
const rows = [
  {
    id: 2n ** 62n,
    text: Buffer.from('The [MASK] ä 😀'),
    small: 255,
    when: 1_577_836_800_123_456n,
    price: new Uint8Array(9).fill(1),
    points: [{ x: 0.5 }, null],
    counts: { a: 1 },
  },
  { id: -1n, text: Buffer.from([0xff, 0xfe]), small: 7, when: -1n, points: [], counts: {} },
  { id: 3n },
];

test('a group of no rows, which pyarrow writes for an empty table, has none', async () => {
  const written =
    'UEFSMRUEGSw1ABgGc2NoZW1hFQIAFQwlAhgEdGV4dCUATBwAAAAWABkcGRwmABwVDBkVBhkYBHRleHQVAhYAFgAWACYASQwAABYAFgAmABYAACggcGFycXVldC1jcHAtYXJyb3cgdmVyc2lvbiAyNi4wLjEZHBwAAAB2AAAAUEFSMQ==';
  writeFileSync(path, Buffer.from(written, 'base64'));
  const file = await open();
  expect(file.groups).toBe(1);
  expect(await file.rowsOf(0)).toEqual([]);
});

test('columns of a file come back as they are stored, of any type and depth', async () => {
  const fields = {
    columns: { filled: 'text', ids: 'integers', perToken: 'doubles', error: 'json' },
    source,
  } as const;
  const results = rows.map((row, i) => ({
    ...row,
    ...(i === 0
      ? { filled: 'ü', ids: new Int32Array([1, 2]), perToken: [] }
      : { error: { code: String(i) } }),
  }));
  await write(results, fields);
  const first = await read();
  expect(first).toMatchObject([
    {
      id: 2n ** 62n,
      small: 255,
      when: rows[0]!.when,
      points: [{ x: 0.5 }, undefined],
      counts: { a: 1 },
      ids: [1, 2],
      perToken: [],
    },
    { id: -1n, when: -1n, points: [], counts: {} },
    { id: 3n },
  ]);
  const { schema } = await open();
  expect(first.map((row) => (row as { text?: Uint8Array }).text?.length)).toEqual([18, 2, undefined]);
  // A file of its own columns has the same bytes.
  const before = readFileSync(path);
  await write(first as object[], { columns: {}, source: schema });
  expect(readFileSync(path)).toEqual(before);
});

test('values become such as JSON has', async () => {
  await write(rows, { columns: {}, source });
  expect(
    (await read({ types: 'json', textColumn: 'text' })).map((row) => JSON.parse(JSON.stringify(row))),
  ).toMatchObject([
    {
      id: '4611686018427387904',
      small: 255,
      when: '2020-01-01T00:00:00.123456Z',
      points: [{ x: 0.5 }, null],
      counts: { a: 1 },
    },
    { id: -1, when: '1969-12-31T23:59:59.999999Z', points: [], counts: {} },
    { id: 3, small: null, when: null, price: null, points: null },
  ]);
});

test('fields of lines go into one column', async () => {
  await write([{ text: 'a', id: 7, x: [1] }, { text: 'b' }], { columns: { text: 'text' }, others: 'fields' });
  expect(await read({ types: 'json' })).toMatchObject([{ fields: { id: 7, x: [1] } }, { fields: {} }]);
});

test('a row group ends in time, and a file of no rows is one', async () => {
  const records = Array.from({ length: 20 }, (_, i) => ({ text: String(i).repeat(2 ** 20) }));
  await write(records, { columns: { text: 'text' } });
  const file = await open();
  expect(file.groups).toBeGreaterThan(1);
  expect((await file.rowsOf(file.groups - 1)).length).toBeLessThan(20);
  await write([], { columns: { text: 'text' } });
  expect(await read()).toEqual([]);
});

/** A file of one column, with something changed in what its end says. */
function writeAltered(alter: (writer: ParquetWriter) => void, encoding?: 'DELTA_BYTE_ARRAY' | 'PLAIN'): void {
  const bytes = new ByteWriter();
  const writer = new ParquetWriter({
    writer: bytes,
    schema: [{ name: 'root', num_children: 1 }, source[2]!],
  });
  writer.write({ columnData: [{ name: 'text', data: ['ab', 'ac'], ...(encoding && { encoding }) }] });
  alter(writer);
  writer.finish();
  writeFileSync(path, bytes.getBytes());
}

const chunkOf = (writer: ParquetWriter) => writer.row_groups[0]!.columns[0]!.meta_data!;
const hostile: [string, RegExp, (writer: ParquetWriter) => void][] = [
  [
    'a size',
    /more than 268435456 bytes/,
    (w) => Object.assign(chunkOf(w), { total_uncompressed_size: 2n ** 40n }),
  ],
  [
    'a number of rows',
    /more than 16777216 values/,
    (w) => {
      w.row_groups[0]!.num_rows = 2n ** 40n;
      chunkOf(w).num_values = 2n ** 40n;
    },
  ],
  [
    'values without rows',
    /says that it has 9 values in 2 rows/,
    (w) => Object.assign(chunkOf(w), { num_values: 9n }),
  ],
  [
    'more rows than values',
    /a page of column "text" says what cannot be/,
    (w) => {
      w.row_groups[0]!.num_rows = 1n;
      chunkOf(w).num_values = 1n;
    },
  ],
  [
    'a place',
    /lies outside of the file/,
    (w) => Object.assign(chunkOf(w), { data_page_offset: 2n ** 50n, dictionary_page_offset: undefined }),
  ],
  [
    'a codec',
    /compressed with LZ4; SNAPPY, GZIP, BROTLI, ZSTD are read/,
    (w) => Object.assign(chunkOf(w), { codec: 'LZ4' }),
  ],
];

test.each(hostile)('%s that cannot be is refused', async (_, message, alter) => {
  writeAltered(alter);
  await expect(read()).rejects.toMatchObject({ exitStatus: 3, message: expect.stringMatching(message) });
});

test('what grows without bounds is refused', async () => {
  writeAltered(() => {}, 'DELTA_BYTE_ARRAY');
  await expect(read()).rejects.toThrow('few bytes may stand for any number');
});

test('a file that is cut or changed anywhere is told of, and nothing else is thrown', async () => {
  await write(rows, { columns: {}, source });
  const bytes = readFileSync(path);
  for (let at = 4; at < bytes.length; at += 7) {
    writeFileSync(path, bytes.subarray(0, at));
    await expect(read()).rejects.toMatchObject({ code: 'bad-parquet' });
  }
  writeFileSync(path, bytes);
  await expect(open({ textColumn: 'body' })).rejects.toThrow(
    'has no column "body", but "id", "text", "small"',
  );
  await expect(open({ textColumn: 'id' })).rejects.toThrow('its column "id" holds INT64, not text');
});
