// maria eval judge: fills of several systems, compared two by two by a judge.

import { UsageError } from '@maria/core/errors';
import type { Judge } from '@maria/eval';
import { Command } from '@oclif/core/command';
import * as Flags from '@oclif/core/flags';
import type { InferredFlags } from '@oclif/core/interfaces';
import { jsonFlag, outFlag, RUN } from '../../eval/flags.js';
import { writeTables } from '../../eval/write-tables.js';
import { decimal, defined, generalFlags, requiredArgs } from '../../flags.js';
import { listenForInterrupts } from '../../interrupt.js';
import { note, standardOutput } from '../../output.js';
import { ranges, seedRange } from '../../ranges.js';
import { noStatusLine, statusLine } from '../../status-line.js';
import { showsProgress } from '../../terminal.js';

const JUDGE = 'JUDGE';
/** Characters of English text that a token of a chat model stands for, about; and tokens of an answer. */
const charactersPerToken = 4;
const answerTokens = 100;

export default class EvalJudge extends Command {
  static override summary = 'Let a judge compare the fills of systems two by two, and rate the systems.';
  static override description =
    `Each RUN is a folder of maria eval infill; systems of several runs on the same texts are compared with each other. The judge sees the text with its gaps and two versions of it, in both orders: a system wins only where both orders say so, else it is a tie. Answers without a verdict are left out and counted. Ratings are Bradley-Terry by maximum likelihood on the ELO scale with 1000 as mean, with the middle 95 % of a bootstrap over documents.

The judge is an endpoint that speaks as OpenAI's (POST URL/chat/completions), with the key in the environment; or a command that reads {"id", "system", "user"} from each line of its input and writes {"id", "answer"}. A verdict is [[A]], [[B]] or [[C]] in the answer.

What was answered is kept by its content in DIR/answers.jsonl: the same command goes on where a stopped run is, and asks nothing twice. --dry-run tells how much would be asked, and what it costs, and asks nothing.`;
  static override usage = 'eval judge RUN... --out DIR [FLAGS]';
  static override examples = [
    '<%= config.bin %> <%= command.id %> fills --judge-model gpt-4o-mini --price-in 0.15 --price-out 0.6 --dry-run --out judged',
    '<%= config.bin %> <%= command.id %> fills --judge-model gpt-4o-mini --max-requests 500 --out judged',
    '<%= config.bin %> <%= command.id %> fills --judge-url http://localhost:8080/v1 --judge-model qwen --out judged',
    '<%= config.bin %> <%= command.id %> fills more-fills --judge-command "python3 judge.py" --out judged',
  ];

  static override args = { runs: requiredArgs('A folder of maria eval infill.') };

  static override flags = {
    'judge-model': Flags.string({
      helpGroup: JUDGE,
      helpValue: 'NAME',
      summary: 'The model that the endpoint is asked for.',
      exclusive: ['judge-command'],
    }),
    'judge-url': Flags.string({
      helpGroup: JUDGE,
      helpValue: 'URL',
      summary: 'Where the endpoint is, without /chat/completions.',
      default: 'https://api.openai.com/v1',
    }),
    'key-env': Flags.string({
      helpGroup: JUDGE,
      helpValue: 'NAME',
      summary: 'Environment variable that holds the key of the endpoint; none is sent where it is not set.',
      default: 'OPENAI_API_KEY',
    }),
    'judge-command': Flags.string({
      helpGroup: JUDGE,
      helpValue: 'COMMAND',
      summary: 'Ask this command in place of an endpoint.',
    }),
    'requests-at-once': Flags.integer({
      helpGroup: JUDGE,
      helpValue: 'N',
      summary: 'Requests to the endpoint at once.',
      default: 4,
      min: 1,
      max: 64,
    }),
    'max-requests': Flags.integer({
      helpGroup: JUDGE,
      helpValue: 'N',
      summary: 'Ask at most N questions now.',
      ...ranges.requests,
    }),
    'dry-run': Flags.boolean({
      helpGroup: JUDGE,
      summary: 'Tell how much would be asked, and ask and write nothing.',
    }),
    'price-in': decimal({
      helpGroup: JUDGE,
      helpValue: 'X',
      summary: 'What a million tokens of questions cost, for --dry-run.',
      least: 0,
      most: 1e6,
    }),
    'price-out': decimal({
      helpGroup: JUDGE,
      helpValue: 'X',
      summary: 'What a million tokens of answers cost, for --dry-run.',
      least: 0,
      most: 1e6,
    }),
    'with-original': Flags.boolean({
      helpGroup: RUN,
      summary: 'Let the texts as they were take part as a system of their own.',
    }),
    seed: Flags.integer({
      helpGroup: RUN,
      helpValue: 'N',
      summary: 'Of the bootstrap: same seed, same intervals.',
      default: 0,
      ...seedRange,
    }),
    out: outFlag,
    json: jsonFlag,
  };

  static override baseFlags = generalFlags;

  private readonly signal = listenForInterrupts();

  async run(): Promise<number> {
    const { args, flags } = await this.parse(EvalJudge);
    const evaluations = await import('@maria/eval');
    const judge = judgeOf(evaluations, flags);
    const runs = [args.runs].flat();
    const given = { runs, out: flags.out, judge, original: flags['with-original'] };
    if (flags['dry-run']) {
      const plan = planOf(evaluations.planJudgments(given), flags);
      await standardOutput().write(
        flags.json ? `${JSON.stringify(plan)}\n` : `${linesOf(plan).join('\n')}\n`,
      );
      return 0;
    }
    const status = showsProgress({ writesToTerminal: true }) ? statusLine(process.stderr) : noStatusLine;
    try {
      const summary = await evaluations.evaluateJudgments({
        ...given,
        ...defined({ maxRequests: flags['max-requests'] }),
        seed: flags.seed,
        maria: this.config.version,
        signal: this.signal,
        onNote: note,
        onProgress: (done, all) => status.show(`${done} of ${all} questions answered`),
      });
      status.clear();
      await writeTables(evaluations, flags, summary, evaluations.judgeTables(summary));
      if (summary.left > 0)
        note(
          `${summary.left} ${summary.left === 1 ? 'question was' : 'questions were'} not asked yet: the same command goes on.`,
        );
      return 0;
    } finally {
      status.clear();
    }
  }
}

type JudgeFlags = InferredFlags<typeof EvalJudge.flags>;
type Evaluations = typeof import('@maria/eval');

function judgeOf({ commandJudge, endpointJudge }: Evaluations, flags: JudgeFlags): Judge {
  const { 'judge-command': command, 'judge-model': model } = flags;
  if (command !== undefined) return commandJudge({ command });
  if (model === undefined)
    throw new UsageError('no-judge', 'Cannot judge: no judge was given.', {
      try: 'Give --judge-model NAME, with --judge-url URL where it is not OpenAI; or --judge-command COMMAND.',
    });
  return endpointJudge({
    url: flags['judge-url'],
    model,
    // An empty key is none.
    ...defined({ key: process.env[flags['key-env']] || undefined }),
    atOnce: flags['requests-at-once'],
  });
}

function planOf(plan: ReturnType<Evaluations['planJudgments']>, flags: JudgeFlags) {
  const requests = Math.min(plan.requests, flags['max-requests'] ?? Infinity);
  const questionTokens = Math.ceil(
    (plan.characters * (requests / Math.max(1, plan.requests))) / charactersPerToken,
  );
  const { 'price-in': priceIn, 'price-out': priceOut } = flags;
  const isPriced = priceIn !== undefined || priceOut !== undefined;
  const cost = (questionTokens * (priceIn ?? 0) + requests * answerTokens * (priceOut ?? 0)) / 1e6;
  return {
    ...plan,
    requestsNow: requests,
    questionTokens,
    answerTokens: requests * answerTokens,
    ...(isPriced && { cost }),
  };
}

function linesOf(plan: ReturnType<typeof planOf>): string[] {
  const {
    systems,
    texts,
    comparisons,
    requests,
    requestsNow,
    questionTokens,
    answerTokens: answers,
    cost,
  } = plan;
  return [
    `${systems.length} systems (${systems.join(', ')}) on ${texts} texts: ${comparisons} comparisons, ${requests} questions without an answer, ${requestsNow} of them now`,
    `about ${questionTokens} tokens of questions, and ${answers} of answers at ${answerTokens} each`,
    ...(cost === undefined ? [] : [`about ${cost.toFixed(cost < 1 ? 4 : 2)} in the currency of the prices`]),
  ];
}
