// Selection by weight: which of the largest values together weigh so much. In time linear in their number, without sorting them.

/**
 * The largest t such that the values of at least t weigh `target` or more; the smallest value where all of them weigh less.
 * Quickselect, in which each part's weight is summed. @param values not empty, without NaN; their order is lost
 */
export function selectThreshold(
  values: Float32Array | Float64Array,
  weightOf: (value: number) => number,
  target: number,
): number {
  let low = 0;
  let high = values.length;
  /** Weight of the values that were found to be above those from `low` to `high`. */
  let above = 0;
  while (high - low > 1) {
    const pivot = medianOfThree(values[low]!, values[(low + high) >> 1]!, values[high - 1]!);
    // [low, larger) > pivot, [larger, i) = pivot, [smaller, high) < pivot
    let larger = low;
    let smaller = high;
    let heavier = 0;
    for (let i = low; i < smaller; ) {
      const value = values[i]!;
      if (value > pivot) {
        heavier += weightOf(value);
        values[i++] = values[larger]!;
        values[larger++] = value;
      } else if (value < pivot) {
        values[i] = values[--smaller]!;
        values[smaller] = value;
      } else i++;
    }
    const equal = (smaller - larger) * weightOf(pivot);
    if (above + heavier >= target) high = larger;
    else if (above + heavier + equal >= target || smaller === high) return pivot;
    else {
      above += heavier + equal;
      low = smaller;
    }
  }
  return values[low]!;
}

function medianOfThree(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}
