// Held-out gaps, filled by every system: how near the fills are to what stood there, how probable the texts are to an AR model and how varied,
// and for code, whether it passes its test.
import type { JsonObject } from '@maria/checkpoints';
import type { Model } from '@maria/core';
import { type MaskedItem, maskedItems } from '../data/masked-items.js';
import { joinedSpans, type Span } from '../data/words.js';
import { openPython, type PythonLimits } from '../execute/run-python.js';
import { generativePerplexity } from '../metrics/generative-perplexity.js';
import { distinctN, tokenEntropy } from '../metrics/token-diversity.js';
import { configOf, type EvaluationOptions, refuseMixedTokens } from '../run/evaluation.js';
import { timesFile } from '../run/results-file.js';
import { RunFolder } from '../run/run-folder.js';
import { runTasks, type Task, type TaskGroup } from '../run/run-tasks.js';
import { ofShard } from '../run/shards.js';
import { piecesOf } from '../systems/masked-ids.js';
import type { Filled } from '../systems/system.js';
import { infillReport } from './infill-report.js';
import { scoreFills } from './score-fills.js';
import { type InfillSummary, summarizeInfill } from './summarize-infill.js';

export interface InfillEvaluation extends EvaluationOptions {
  /** Divides the logits; 0 takes the most probable token. @default 0 */
  readonly temperature?: number;
  /** @default 1 */
  readonly topP?: number;
  /** The AR model that texts are judged by, whole; none: they are not. */
  readonly judge?: {
    readonly name: string;
    /** What decides its figures. */
    readonly identity: JsonObject;
    open(): Promise<Model>;
  };
  /** Runs the programs of the data; without it they are only compared. */
  readonly execute?: PythonLimits;
}

/** The texts as they were, judged beside those of the systems. */
export const originalName = 'the original';

interface InfillTask extends Task {
  readonly item: MaskedItem;
}

/** @throws as `evaluatePerplexity` does; DeviceError where programs are to be executed and cannot */
export async function evaluateInfill(options: InfillEvaluation): Promise<InfillSummary> {
  const { systems, data, mask, out, onNote, rounds, judge, execute, temperature = 0, topP = 1 } = options;
  refuseMixedTokens(options);
  const formats = new Map(data.map(({ name, format }) => [name, format]));
  const drawn = ofShard(await maskedItems(data, mask, systems[0]!.vocabulary), options.shard);
  const items = mask.pattern === 'given' ? drawn : drawn.map(withJoinedGaps);
  const python = execute && openPython(execute);
  const config = configOf('infill', options, {
    temperature,
    topP,
    ...(judge && { judge: { name: judge.name, ...judge.identity } }),
    ...(execute && { execute }),
  });
  const folder = await RunFolder.open(out, config, { onNote });
  try {
    const fillGroups = systems.map(
      (system): TaskGroup<InfillTask> => ({
        tasks: items.map((item) => ({ key: { system: system.name, ...placeOf(item) }, item })),
        async open() {
          const opened = await system.open(options.signal);
          return {
            lanes: opened.lanes,
            async work({ item }) {
              const { masked, number: record } = item;
              const filled = await opened.fill(masked, { temperature, topP, seed: mask.seed, record });
              return recordOf(item, filled, formats.get(item.data) === 'santacoder-fim');
            },
          };
        },
      }),
    );
    const names = systems.map(({ name }) => name);
    const fillOf = fillReader(folder, names, items);
    const executeGroup: TaskGroup<InfillTask> = {
      tasks: names.flatMap((name) =>
        items
          .filter(({ program }) => python && program)
          .map((item) => ({ key: { executed: name, ...placeOf(item) }, item })),
      ),
      open: async () => ({
        lanes: 2,
        async work({ key, item: { program, ...item } }) {
          const text = fillOf(String(key.executed), placeOf(item));
          if (text === undefined) return { passed: false };
          const whole = `${text}\n${program!.test}\ncheck(${program!.entryPoint})`;
          return { passed: await python!.passes(whole, options.signal) };
        },
      }),
    };
    const judgeGroup: TaskGroup<InfillTask> = {
      tasks: judge
        ? [originalName, ...names].flatMap((name) =>
            items.map((item) => ({ key: { judged: name, ...placeOf(item) }, item })),
          )
        : [],
      async open() {
        const model = await judge!.open();
        return {
          lanes: model.ar?.lanes ?? 1,
          async work({ key, item }) {
            const name = String(key.judged);
            const text = name === originalName ? item.masked.text : fillOf(name, placeOf(item));
            return text === undefined ? {} : judged(model, text);
          },
        };
      },
    };
    const records = await runTasks(folder, [...fillGroups, executeGroup, judgeGroup], options);
    const summary = summarizeInfill(records, folder.records(timesFile), {
      ...options,
      bootstrap: { seed: mask.seed, ...(rounds && { rounds }) },
    });
    await folder.writeSummary(summary);
    await folder.writeReport(infillReport(summary, folder.config));
    return summary;
  } finally {
    folder.release();
  }
}

/** Words that are masked one after the other are one gap to fill. */
function withJoinedGaps(item: MaskedItem): MaskedItem {
  const { text, spans } = item.masked;
  return { ...item, masked: { text, spans: joinedSpans(text, spans) } };
}

function placeOf({
  data,
  document,
  window,
  rate,
}: Pick<MaskedItem, 'data' | 'document' | 'window' | 'rate'>): JsonObject {
  return { data, document, window, ...(rate !== undefined && { rate }) };
}

function recordOf(
  { masked: { text, spans }, id }: MaskedItem,
  { fills, text: whole, tokens }: Filled,
  firstLineOnly: boolean,
): JsonObject {
  const references = spans.map((span) => text.slice(...span));
  return {
    ...(id !== undefined && { id }),
    tokens,
    ...scoreFills({ fills, references, firstLineOnly }),
    references,
    fills,
    gapped: gappedText(text, spans),
    text: whole,
  };
}

/** The text as people and judges read it before it is filled. */
function gappedText(text: string, spans: readonly Span[]): string {
  return piecesOf(text, spans)
    .map((piece) => (piece.masked ? '[____]' : piece.text))
    .join('');
}

/** The filled texts of the run, read from its records when they are first asked for: all fills are done then. */
function fillReader(folder: RunFolder, names: readonly string[], items: readonly MaskedItem[]) {
  let texts: Map<string, string> | undefined;
  const keyOf = (name: string, place: JsonObject) => JSON.stringify([name, place]);
  return (name: string, place: JsonObject): string | undefined => {
    if (!texts) {
      const records = folder.records();
      texts = new Map(
        names.flatMap((system, s) =>
          items.flatMap((item, i) => {
            const text = records[s * items.length + i]?.text;
            return typeof text === 'string' ? [[keyOf(system, placeOf(item)), text] as const] : [];
          }),
        ),
      );
    }
    return texts.get(keyOf(name, place));
  };
}

async function judged(model: Model, text: string): Promise<JsonObject> {
  const { tokens, negativeLogLikelihood } = await generativePerplexity(model, text);
  const ids = await model.vocabulary.encode(text, { specialTokens: false });
  return {
    judgedTokens: tokens,
    nats: negativeLogLikelihood,
    entropy: tokenEntropy(ids),
    distinct1: distinctN(ids, 1),
    distinct2: distinctN(ids, 2),
  };
}
