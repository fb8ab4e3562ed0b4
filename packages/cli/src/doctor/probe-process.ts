// A process of its own for one probe: it sends what it found, or dies alone.
import { type ProbeName, probes } from './probes.js';
import { failureOf } from './run-probe.js';

const send = (message: object) => process.send?.(message, () => process.exit(0));
try {
  send({ result: await probes[process.argv[2] as ProbeName]() });
} catch (error) {
  send({ failure: failureOf(error) });
}
