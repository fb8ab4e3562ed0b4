// maria eval report: several runs in one report.
import { Command } from '@oclif/core/command';
import * as Flags from '@oclif/core/flags';
import { generalFlags, requiredArgs } from '../../flags.js';
import { withSink } from '../../with-sink.js';

export default class EvalReport extends Command {
  static override summary = 'Join runs of evaluations in one report.';
  static override description =
    'Writes the report of all runs as Markdown, or as one HTML file with their charts, which needs no network. Losses of systems that ran apart stand in one table where they are of the same texts with the same masks.';
  static override usage = 'eval report DIR... [FLAGS]';
  static override examples = [
    '<%= config.bin %> <%= command.id %> run',
    '<%= config.bin %> <%= command.id %> perplexity fills judged speed --html -o report.html',
  ];

  static override args = { runs: requiredArgs('A folder that maria eval wrote.') };

  static override flags = {
    html: Flags.boolean({ summary: 'Write HTML with charts in place of Markdown.' }),
    output: Flags.string({
      char: 'o',
      helpValue: 'FILE',
      summary: 'Write to FILE, which is replaced only when all is done.',
    }),
  };

  static override baseFlags = generalFlags;

  async run(): Promise<number> {
    const { args, flags } = await this.parse(EvalReport);
    const { htmlOf, joinRuns, markdownOf } = await import('@maria/eval');
    const report = joinRuns([args.runs].flat());
    await withSink(flags.output, (sink) => sink.write(flags.html ? htmlOf(report) : markdownOf(report)));
    return 0;
  }
}
