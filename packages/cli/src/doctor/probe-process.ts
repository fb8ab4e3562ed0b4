// A process of its own for one probe: it sends what it found, or dies alone.
import { type ProbeArguments, type ProbeName, probeOf } from './probes.js';
import { failureOf } from './run-probe.js';

const send = (message: object) => process.send?.(message, () => process.exit(0));
try {
  const [name, ...given] = process.argv.slice(2);
  send({ result: await probeOf(name as ProbeName)(...(given as ProbeArguments<ProbeName>)) });
} catch (error) {
  send({ failure: failureOf(error) });
}
