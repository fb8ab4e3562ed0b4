// Random numbers in bulk: one block of normals, repeated without end. Speed does not depend on the values of weights.
import { ownTurn, randomKey } from '@maria/core';

/** A prime, so that rows of a matrix are shifted against each other whatever its width. */
export const normalsPeriod = 65_521;

let block: Float32Array | undefined;

function normalsBlock(): Float32Array {
  if (!block) {
    const key = randomKey(0);
    block = Float32Array.from({ length: normalsPeriod }, (_, i) => key.normal(i, 0));
  }
  return block;
}

/** Numbers that are written in one turn. */
const filledInOneTurn = 2 ** 22;

/** Fills `numbers` with the block, repeated; the last turn is over then, too. */
export async function fillWith<T extends Float32Array | Uint16Array | Uint8Array | Int8Array>(
  numbers: T,
  block: T,
): Promise<T> {
  let turn = filledInOneTurn;
  for (let done = 0; done < numbers.length; done += block.length) {
    if (done >= turn) {
      await ownTurn();
      turn = done + filledInOneTurn;
    }
    numbers.set(block.subarray(0, numbers.length - done), done);
  }
  await ownTurn();
  return numbers;
}

/** Standard normals number `start` to `start + length` of the stream. */
export function normals(length: number, start = 0): Float32Array {
  const source = normalsBlock();
  const numbers = new Float32Array(length);
  let from = start % normalsPeriod;
  for (let done = 0; done < length; from = 0) {
    const piece = source.subarray(from, from + length - done);
    numbers.set(piece, done);
    done += piece.length;
  }
  return numbers;
}
