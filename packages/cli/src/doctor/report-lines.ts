// What `maria doctor` prints: one fact a line, and after what is wrong, what to do.

import { readableSize } from '../readable-size.js';
import { deviceLines } from './device-lines.js';
import type { Examination } from './examine.js';
import type { ReportLine } from './report-line.js';
import type { Finding } from './run-probe.js';
import type { SelfTest } from './self-test.js';

export function reportLines(found: Examination): ReportLine[] {
  const { node, platform, onnxRuntime, koffi, threads, memory, caches, selfTests } = found;
  return [
    {
      name: 'Node',
      mark: node.supported ? 'ok' : 'bad',
      text: `${node.version} on ${platform}`,
      hint: node.supported ? undefined : 'Install Node 20.19 or newer.',
    },
    ofFinding(
      'ONNX Runtime',
      onnxRuntime,
      ({ version, library, devices }) => `${version} with ${devices.join(', ')}: ${library}`,
    ),
    ofFinding('koffi', koffi, ({ version }) => version),
    ...found.devices.flatMap(deviceLines),
    ofFinding('int4', found.int4, ({ exact }) => (exact ? exactInt4 : paddedInt4)),
    ofFinding('int8', found.int8, ({ limit }) => int8Forms[limit]),
    ofFinding('rows', found.rows, ({ exact }) => (exact ? exactRows : inexactRows)),
    { name: 'threads', mark: 'fact', text: `${threads.used} of ${threads.cpus} CPUs` },
    {
      name: 'memory',
      mark: 'fact',
      text: `${readableSize(memory.bytes)} of ${readableSize(memory.total)} available${memory.limit === 'machine' ? '' : `, a limit of the ${memory.limit}`}`,
    },
    cacheLine('quantised', caches.quantized, 'copies'),
    cacheLine('Hub cache', caches.hub, 'models'),
    ...selfTests.map(selfTestLine),
  ];
}

function ofFinding<T extends object>(
  name: string,
  finding: Finding<T>,
  text: (fact: T) => string,
): ReportLine {
  return 'error' in finding
    ? { name, mark: 'bad', text: finding.error, hint: finding.try }
    : { name, mark: 'ok', text: text(finding) };
}

const exactInt4 = 'a row by itself has the bits that it has beside others';
const paddedInt4 =
  "this processor's kernel sums a row by itself otherwise than beside others: it is computed twice, and texts are the same";

const int8Forms = {
  127: 'weights of 8 bits: sums of the largest are exact',
  64: "weights of up to 64, half of 8 bits' range: sums of larger ones are cut off in 16 bits by this processor's fast kernel",
} as const;

const exactRows = 'a sequence has the same bits whatever is computed beside it';
const inexactRows =
  'the bits of a sequence hang on what is computed beside it: near ties and scores are computed alone, and texts are the same';

function cacheLine(name: string, cache: Examination['caches']['hub'], entries: string): ReportLine {
  if ('error' in cache) return { name, mark: 'note', text: cache.error, hint: cache.try };
  return {
    name,
    mark: 'fact',
    text: `${readableSize(cache.bytes)} in ${cache.entries} ${entries}: ${cache.folder}`,
  };
}

function selfTestLine({
  backend,
  passed,
  milliseconds,
  largestDifference,
  error,
  try: hint,
}: SelfTest): ReportLine {
  const name = `test ${backend}`;
  if (!passed)
    return {
      name,
      mark: 'bad',
      text: error ?? `differs by ${largestDifference} from the plain evaluation`,
      hint,
    };
  return {
    name,
    mark: 'ok',
    text: `filled a text with the embedded pair in ${milliseconds} ms, as the plain evaluation does to ${largestDifference?.toExponential(1)}`,
  };
}
