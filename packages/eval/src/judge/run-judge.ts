// Pairwise judgments of fills: every two systems on every text, in both orders. What was answered is kept by content, and asked once.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject } from '@maria/checkpoints';
import { DataError } from '@maria/core';
import { describeMachine } from '../bench/machine.js';
import { answersFile, ResultsFile, readRecords, resultsFile } from '../run/results-file.js';
import { readConfig } from '../run/run-config.js';
import { RunFolder } from '../run/run-folder.js';
import { type Contest, contestsOf, contestTexts } from './contest.js';
import type { Judge, Question } from './judge.js';
import { judgeReport } from './judge-report.js';
import { questionOf, verdictIn } from './prompt.js';
import { type Judged, type JudgeSummary, summarizeJudgments } from './summarize-judgments.js';

export interface JudgeEvaluation {
  /** Folders of infill runs, whose fills are judged together. */
  readonly runs: readonly string[];
  readonly out: string;
  readonly judge: Judge;
  /** Whether the texts as they were take part. @default false */
  readonly original?: boolean;
  /** Most questions that are asked now. @default all */
  readonly maxRequests?: number;
  /** Of the intervals. @default 0 */
  readonly seed?: number;
  /** @default 1000 */
  readonly rounds?: number;
  readonly maria: string;
  readonly signal?: AbortSignal;
  readonly onNote?: (message: string) => void;
  readonly onProgress?: (done: number, all: number) => void;
}

/** What a run would ask, before it asks. */
export interface JudgePlan {
  readonly systems: readonly string[];
  readonly texts: number;
  /** Two orders for each two systems and text, but where both wrote the same. */
  readonly comparisons: number;
  /** Questions without an answer yet. */
  readonly requests: number;
  /** Characters of those. */
  readonly characters: number;
}

interface AskedContest extends Contest {
  /** Keys of the questions with `a` first and with `b` first; undefined where both wrote the same. */
  readonly keys: readonly [string, string] | undefined;
}

interface Prepared {
  readonly names: readonly string[];
  readonly texts: number;
  readonly contests: readonly AskedContest[];
  readonly questions: ReadonlyMap<string, Question>;
  readonly settings: JsonObject;
}

/** @throws DataError for folders that hold no fills to compare */
export function planJudgments(
  options: Pick<JudgeEvaluation, 'runs' | 'out' | 'judge' | 'original'>,
): JudgePlan {
  const { names, texts, contests, questions } = prepare(options);
  const answers = readAnswers(join(options.out, answersFile));
  const open = [...questions].filter(([key]) => !answers.has(key));
  return {
    systems: names,
    texts,
    comparisons: contests.length,
    requests: open.length,
    characters: open.reduce((sum, [, { system, user }]) => sum + system.length + user.length, 0),
  };
}

/**
 * Asks what has no answer yet, then writes the run's folder.
 * @throws MariaError of the judge: what it answered before is kept; InterruptedError; as `planJudgments` does
 */
export async function evaluateJudgments(options: JudgeEvaluation): Promise<JudgeSummary> {
  const { out, judge, maria, seed = 0, rounds = 1000, maxRequests = Infinity } = options;
  const prepared = prepare(options);
  const environment = { maria, machine: describeMachine() };
  const folder = await RunFolder.open(
    out,
    { version: 1, evaluation: 'judge', settings: { ...prepared.settings, seed }, environment },
    { onNote: options.onNote },
  );
  try {
    const file = join(folder.path, answersFile);
    const answers = readAnswers(file);
    const open = [...prepared.questions].filter(([key]) => !answers.has(key));
    const asked = open.slice(0, maxRequests);
    const kept = await ResultsFile.open(file, readRecords(file));
    try {
      let done = answers.size;
      const questions = asked.map(([, question]) => question);
      for await (const { index, text } of judge.ask(questions, options.signal)) {
        const [key] = asked[index]!;
        if (answers.has(key)) continue;
        await kept.append({ key, answer: text });
        answers.set(key, text);
        options.onProgress?.(++done, prepared.questions.size);
      }
    } finally {
      await kept.close();
    }
    const judged = judgedOf(prepared.contests, answers);
    await folder.write(resultsFile, judged.map((one) => `${JSON.stringify(one)}\n`).join(''));
    const left =
      prepared.questions.size - [...prepared.questions.keys()].filter((key) => answers.has(key)).length;
    const summary = summarizeJudgments(judged, {
      judge: judge.name,
      names: prepared.names,
      texts: prepared.texts,
      left,
      seed,
      rounds,
    });
    await folder.writeSummary(summary);
    await folder.writeReport(judgeReport(summary, folder.config));
    return summary;
  } finally {
    folder.release();
  }
}

function prepare({
  runs,
  judge,
  original = false,
}: Pick<JudgeEvaluation, 'runs' | 'judge' | 'original'>): Prepared {
  const records = runs.flatMap(fillsOf);
  const { names, texts } = contestTexts(records, { original });
  const questions = new Map<string, Question>();
  const contests = contestsOf(names, texts).map((contest): AskedContest => {
    const [first, second] = [contest.text.texts[contest.a]!, contest.text.texts[contest.b]!];
    if (first === second) return { ...contest, keys: undefined };
    const key = (a: string, b: string) => {
      const question = questionOf({ gapped: contest.text.gapped, a, b });
      const hash = createHash('sha256')
        .update(JSON.stringify([judge.name, question]))
        .digest('hex');
      questions.set(hash, question);
      return hash;
    };
    return { ...contest, keys: [key(first, second), key(second, first)] };
  });
  const fills = createHash('sha256').update(JSON.stringify(texts)).digest('hex');
  const settings = { judge: judge.name, systems: names, texts: texts.length, fills };
  return { names, texts: texts.length, contests, questions, settings };
}

function fillsOf(folder: string): JsonObject[] {
  const { evaluation } = readConfig(folder);
  if (evaluation !== 'infill' || !existsSync(join(folder, resultsFile)))
    throw new DataError('not-a-run', `Cannot judge ${folder}: it holds no fills (${evaluation}).`, {
      try: 'Give the folder of an infill run.',
    });
  return readRecords(join(folder, resultsFile));
}

function readAnswers(file: string): Map<string, string> {
  return new Map(
    readRecords(file).flatMap(({ key, answer }) =>
      typeof key === 'string' && typeof answer === 'string' ? [[key, answer] as const] : [],
    ),
  );
}

/** In the order of the contests: those that both answers are there for. */
function judgedOf(contests: readonly AskedContest[], answers: ReadonlyMap<string, string>): Judged[] {
  return contests.flatMap(({ text: { data, document, window, rate }, a, b, keys }): Judged[] => {
    const place = { data, document, window, ...(rate !== undefined && { rate }), a, b };
    if (!keys) return [{ ...place, outcome: 'tie', same: true }];
    const [first, second] = keys.map((key) => answers.get(key)) as [string | undefined, string | undefined];
    if (first === undefined || second === undefined) return [];
    const verdicts = [verdictIn(first) ?? null, verdictIn(second) ?? null] as const;
    return [{ ...place, verdicts, outcome: outcomeOf(verdicts) }];
  });
}

/** With `a` first and with `b` first: a win only where both orders say so. */
function outcomeOf([first, second]: NonNullable<Judged['verdicts']>): Judged['outcome'] {
  if (first === null || second === null) return 'unparseable';
  if (first === 'A' && second === 'B') return 'a';
  if (first === 'B' && second === 'A') return 'b';
  return 'tie';
}
