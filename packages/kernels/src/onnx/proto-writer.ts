// Writes protobuf's wire format: varints, fixed floats, and length-delimited bytes, strings and messages.

const utf8 = new TextEncoder();

/** Collects the fields of one message. Large byte fields are kept as views and copied once, by `finish`. */
export class ProtoWriter {
  readonly #pieces: Uint8Array[] = [];
  #length = 0;

  /** A varint field (int32, int64, enum). Negative numbers take ten bytes, as protobuf wants. */
  int(field: number, value: number | bigint): this {
    this.#tag(field, 0);
    this.#varint(BigInt.asUintN(64, BigInt(value)));
    return this;
  }

  float(field: number, value: number): this {
    this.#tag(field, 5);
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    this.#push(bytes);
    return this;
  }

  bytes(field: number, value: Uint8Array): this {
    this.#tag(field, 2);
    this.#varint(BigInt(value.byteLength));
    this.#push(value);
    return this;
  }

  string(field: number, value: string): this {
    return this.bytes(field, utf8.encode(value));
  }

  message(field: number, message: ProtoWriter): this {
    this.#tag(field, 2);
    this.#varint(BigInt(message.#length));
    for (const piece of message.#pieces) this.#push(piece);
    return this;
  }

  /** A packed repeated varint field. */
  ints(field: number, values: readonly (number | bigint)[]): this {
    const packed = new ProtoWriter();
    for (const value of values) packed.#varint(BigInt.asUintN(64, BigInt(value)));
    return this.message(field, packed);
  }

  get byteLength(): number {
    return this.#length;
  }

  finish(): Uint8Array {
    const out = new Uint8Array(this.#length);
    let offset = 0;
    for (const piece of this.#pieces) {
      out.set(piece, offset);
      offset += piece.byteLength;
    }
    return out;
  }

  #tag(field: number, wireType: number): void {
    this.#varint(BigInt((field << 3) | wireType));
  }

  #varint(value: bigint): void {
    const bytes: number[] = [];
    let rest = value;
    for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
    bytes.push(Number(rest));
    this.#push(Uint8Array.from(bytes));
  }

  #push(piece: Uint8Array): void {
    this.#pieces.push(piece);
    this.#length += piece.byteLength;
  }
}
