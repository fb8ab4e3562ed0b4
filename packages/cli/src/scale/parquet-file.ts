// A Parquet file, read a row group at a time, by columns. Its figures are checked before any of them decides how much memory is taken.
import { read as readDescriptor } from 'node:fs';
import { promisify } from 'node:util';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { DataError } from '@maria/core/errors';
import { decompress as decompressZstd } from 'fzstd';
import {
  type ColumnChunk,
  type Compressors,
  type FileMetaData,
  parquetMetadata,
  parquetRead,
  parquetSchema,
  type RowGroup,
  type SchemaElement,
  type SchemaTree,
} from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { hasMapOfOthers, storedSchema } from './parquet-schema.js';
import { jsonParsers, jsonValue } from './parquet-values.js';

type ColumnMetaData = NonNullable<ColumnChunk['meta_data']>;
type PageHeader = ReturnType<typeof parquetHeader>;

/** Bytes of a row group, as they are in the file and decompressed. */
const maxGroupBytes = 2 ** 28;
/** Values of a row group, each counted once for each level of nesting. */
const maxGroupValues = 2 ** 24;
const maxFooterBytes = 2 ** 26;
const maxDepth = 16;

export interface ParquetFileOptions {
  /** Descriptor of an open file. */
  readonly descriptor: number;
  /** Its bytes. */
  readonly size: number;
  /** What messages call it. */
  readonly name: string;
  /** Column of bytes that hold the text, which nothing here decodes. */
  readonly textColumn: string;
  /** Columns whose values become what JSON has, whatever `types` says. */
  readonly reads: readonly string[];
  /** `json` makes all values such as JSON has; `kept` leaves them as they are stored, to be written to a Parquet file. */
  readonly types: 'json' | 'kept';
}

const compressors: Compressors = {
  GZIP: (input, length) => gunzipSync(input, { maxOutputLength: Math.max(1, length) }),
  BROTLI: (input, length) => brotliDecompressSync(input, { maxOutputLength: Math.max(1, length) }),
  ZSTD: (input, length) => decompressZstd(input, new Uint8Array(length)),
};
const codecs = ['UNCOMPRESSED', 'SNAPPY', ...Object.keys(compressors)];

const readAt = promisify(readDescriptor);

export class ParquetFile {
  /** Names of the columns, in the order of the values of a row. */
  readonly columns: readonly string[];
  readonly groups: number;
  /** As the file has it, to write columns on as they are. */
  readonly schema: readonly SchemaElement[];
  readonly #tree: readonly SchemaTree[];

  private constructor(
    private readonly options: ParquetFileOptions,
    private readonly metadata: FileMetaData,
  ) {
    this.schema = metadata.schema;
    this.groups = metadata.row_groups.length;
    this.#tree = parquetSchema(metadata).children;
    this.columns = this.#tree.map(({ element }) => element.name);
  }

  /** @throws DataError `bad-parquet`, `parquet-column` */
  static async open(options: ParquetFileOptions): Promise<ParquetFile> {
    return toldOf(options.name, async () => {
      const { size } = options;
      if (size < 12) throw new Error(`it has ${size} bytes`);
      const end = Buffer.from(await bytesAt(options, size - 8, size));
      if (end.toString('latin1', 4) !== 'PAR1')
        throw new Error('it has no footer: it is cut short, or no Parquet');
      const footer = end.readUInt32LE(0) + 8;
      if (footer > Math.min(size - 4, maxFooterBytes))
        throw new Error(`its footer says that it has ${footer} bytes of ${size}`);
      const bytes = await bytesAt(options, size - footer, size);
      const file = new ParquetFile(options, parquetMetadata(bytes, { geoparquet: false }));
      file.#refuseUnfitSchema();
      return file;
    });
  }

  /** The rows of a group, as lists of values. @throws DataError `bad-parquet`, `parquet-large` */
  async rowsOf(group: number): Promise<unknown[][]> {
    return toldOf(this.options.name, async () => {
      const rowGroup = this.metadata.row_groups[group]!;
      const rows = Number(rowGroup.num_rows);
      // A column of no values may have no place in the file.
      if (rows === 0) return [];
      this.#refuseLarge(rowGroup, group);
      const columns: unknown[][] = [];
      let bytes = 0;
      for (const [index, name] of this.columns.entries()) {
        const chunks = rowGroup.columns.flatMap(({ meta_data }) =>
          meta_data?.path_in_schema[0] === name ? [meta_data] : [],
        );
        for (const chunk of chunks) bytes += await this.#checkPages(chunk);
        if (bytes > maxGroupBytes) throw tooLarge(this.options.name, group, 'bytes', maxGroupBytes);
        columns.push(await this.#readColumn(rowGroup, index, rows));
      }
      return Array.from({ length: rows }, (_, row) => columns.map((column) => column[row]));
    });
  }

  async #readColumn(rowGroup: RowGroup, index: number, rows: number): Promise<unknown[]> {
    const name = this.columns[index]!;
    const { textColumn, types, reads } = this.options;
    const isStored = name === textColumn || (types === 'kept' && !reads.includes(name));
    const schema = isStored ? storedSchema(this.metadata.schema) : this.metadata.schema;
    let values: unknown[] = [];
    await parquetRead({
      file: { byteLength: this.options.size, slice: (start, end) => bytesAt(this.options, start, end) },
      metadata: { ...this.metadata, schema, row_groups: [rowGroup] },
      columns: [name],
      compressors,
      utf8: false,
      geoparquet: false,
      parsers: jsonParsers,
      onComplete: (lists: unknown[][]) => {
        values = lists.map(([value]) => value);
      },
    });
    if (values.length !== rows)
      throw new Error(`column ${JSON.stringify(name)} has ${values.length} rows of ${rows}`);
    return isStored ? values.map(owned) : values.map(jsonValue);
  }

  #refuseUnfitSchema(): void {
    const { name, textColumn, types, reads } = this.options;
    const depthOf = ({ children }: SchemaTree): number => 1 + Math.max(0, ...children.map(depthOf));
    for (const child of this.#tree) {
      const column = JSON.stringify(child.element.name);
      if (depthOf(child) > maxDepth) throw new Error(`column ${column} is nested more than ${maxDepth} deep`);
      if (types === 'kept' && !reads.includes(child.element.name) && hasMapOfOthers(child))
        throw unfitColumn(
          name,
          `column ${column} is a map whose keys are no text, which cannot be written on`,
        );
    }
    // A library that makes objects of fields cannot have it.
    if (this.schema.some((element) => element.name === '__proto__'))
      throw new Error('a column has the name __proto__');
    if (new Set(this.columns).size < this.columns.length) throw new Error('two of its columns have one name');
    const text = this.#tree.find(({ element }) => element.name === textColumn);
    if (text === undefined) {
      if (this.columns.includes('ids') || this.columns.includes('samples')) return;
      throw unfitColumn(name, `it has no column ${JSON.stringify(textColumn)}, but ${listed(this.columns)}`);
    }
    const { type, repetition_type: repetition } = text.element;
    if (type !== 'BYTE_ARRAY' || repetition === 'REPEATED')
      throw unfitColumn(
        name,
        `its column ${JSON.stringify(textColumn)} holds ${type ?? 'nested values'}, not text`,
      );
  }

  #refuseLarge(rowGroup: RowGroup, group: number): void {
    const { name, size } = this.options;
    const rows = Number(rowGroup.num_rows);
    let values = 0;
    let bytes = 0;
    for (const { meta_data: chunk, file_path: elsewhere } of rowGroup.columns) {
      if (chunk === undefined || elsewhere !== undefined)
        throw new Error('a column is encrypted, or in another file');
      const count = Number(chunk.num_values);
      const depth = chunk.path_in_schema.length;
      const column = JSON.stringify(chunk.path_in_schema.join('.'));
      if (!(count >= 0 && (depth > 1 || count === rows)))
        throw new Error(`column ${column} says that it has ${count} values in ${rows} rows`);
      if (!codecs.includes(chunk.codec))
        throw new Error(
          `column ${column} is compressed with ${chunk.codec}; ${codecs.slice(1).join(', ')} are read`,
        );
      const { start, end } = rangeOf(chunk);
      if (!(start >= 4 && end >= start && end <= size))
        throw new Error(`column ${column} lies outside of the file`);
      values += count * depth;
      bytes += Math.max(end - start, Number(chunk.total_uncompressed_size));
    }
    if (!(rows >= 0 && rows + values <= maxGroupValues))
      throw tooLarge(name, group, 'values', maxGroupValues);
    if (!(bytes <= maxGroupBytes)) throw tooLarge(name, group, 'bytes', maxGroupBytes);
  }

  /** Bytes of the pages of a column, decompressed. @throws where a page says what cannot be, or may grow beyond all bounds */
  async #checkPages(chunk: ColumnMetaData): Promise<number> {
    const { start, end } = rangeOf(chunk);
    const view = new DataView(await bytesAt(this.options, start, end));
    const reader = { view, offset: 0 };
    let values = Number(chunk.num_values);
    let bytes = 0;
    while (reader.offset < view.byteLength - 1) {
      const header = parquetHeader(reader);
      const { compressed_page_size: stored, uncompressed_page_size: size } = header;
      const page = dataOf(header);
      values -= header.type === 'DICTIONARY_PAGE' ? 0 : (page?.num_values ?? 0);
      const fits =
        page !== undefined &&
        isCount(page.num_values) &&
        values >= 0 &&
        (header.type !== 'DICTIONARY_PAGE' || page.num_values <= 8 * size) &&
        isCount(size) &&
        isCount(stored) &&
        stored <= view.byteLength - reader.offset;
      const column = JSON.stringify(chunk.path_in_schema.join('.'));
      if (!fits) throw new Error(`a page of column ${column} says what cannot be`);
      if (page.encoding === 'DELTA_BYTE_ARRAY')
        throw new Error(
          `column ${column} is stored as DELTA_BYTE_ARRAY, in which few bytes may stand for any number`,
        );
      bytes += size;
      if (bytes > maxGroupBytes) break;
      reader.offset += stored;
    }
    return bytes;
  }
}

function isCount(number: unknown): number is number {
  return Number.isSafeInteger(number) && (number as number) >= 0;
}

function dataOf(header: PageHeader) {
  return {
    DICTIONARY_PAGE: header.dictionary_page_header,
    DATA_PAGE: header.data_page_header,
    DATA_PAGE_V2: header.data_page_header_v2,
    INDEX_PAGE: undefined,
  }[header.type];
}

function rangeOf({
  dictionary_page_offset: dictionary,
  data_page_offset: data,
  total_compressed_size: size,
}: ColumnMetaData) {
  const start = Number(dictionary && dictionary < data ? dictionary : data);
  return { start, end: start + Number(size) };
}

/** Bytes of their own: a value would hold the whole page otherwise, and drag it along to another thread. */
function owned(value: unknown): unknown {
  if (value instanceof Uint8Array) return value.slice();
  if (Array.isArray(value)) return value.map(owned);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, held]) => [name, owned(held)]));
}

async function bytesAt({ descriptor }: ParquetFileOptions, start: number, end = start): Promise<ArrayBuffer> {
  const bytes = new Uint8Array(end - start);
  for (let at = 0; at < bytes.length; ) {
    const { bytesRead } = await readAt(descriptor, bytes, at, bytes.length - at, start + at);
    if (bytesRead === 0) throw new Error('it ends too early');
    at += bytesRead;
  }
  return bytes.buffer;
}

async function toldOf<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof DataError) throw error;
    const fact =
      error instanceof Error ? error.message.replace(/^parquet /, '').slice(0, 200) : String(error);
    throw new DataError('bad-parquet', `Cannot read ${name}: its Parquet data are unfit (${fact}).`, {
      try: 'Check that the file is Parquet, and whole.',
      cause: error,
    });
  }
}

function tooLarge(name: string, group: number, what: string, most: number): DataError {
  return new DataError(
    'parquet-large',
    `Cannot read ${name}: row group ${group + 1} has more than ${most} ${what}, and is read at once.`,
    { try: 'Write the file with smaller row groups.' },
  );
}

function unfitColumn(name: string, fact: string): DataError {
  return new DataError('parquet-column', `Cannot read ${name}: ${fact}.`);
}

function listed(names: readonly string[]): string {
  return names.length === 0
    ? 'none'
    : names
        .slice(0, 8)
        .map((name) => JSON.stringify(name.slice(0, 64)))
        .join(', ');
}
