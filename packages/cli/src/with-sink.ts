// Opens what a command writes to before its work, and makes it final afterwards.
import { rm } from 'node:fs/promises';
import { elsewhere, openSink, type Sink, tell } from './output.js';

/**
 * A failed run leaves the file as it was, and tells where its part is.
 * @param output a path, standard output without one, or what is open already
 * @param flag names the file, where `output` is a path @default '--output'
 */
export async function withSink<T>(
  output: string | Sink | undefined,
  work: (sink: Sink) => Promise<T>,
  flag?: string,
): Promise<T> {
  const sink = typeof output === 'object' ? output : await openSink(output, flag && elsewhere(flag));
  try {
    const result = await work(sink);
    await sink.close();
    return result;
  } catch (error) {
    const partial = await sink.abandon();
    if (partial !== undefined) tell(`What was done so far is in ${partial}`);
    throw error;
  }
}

/** For the figure of a run, which is drawn at its end: undefined where none is wanted. Half of one is of no use and does not stay. */
export async function withFigure<T>(
  svg: string | undefined,
  work: (figure: Sink | undefined) => Promise<T>,
): Promise<T> {
  if (svg === undefined) return work(undefined);
  const sink = await openSink(svg, elsewhere('--svg'));
  const abandon = async () => {
    const partial = await sink.abandon();
    if (partial !== undefined) await rm(partial, { force: true });
    return undefined;
  };
  return withSink({ ...sink, abandon }, work);
}
