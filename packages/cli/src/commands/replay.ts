// maria replay: a recorded run as a web page.
import { basename } from 'node:path';
import { string as stringArg } from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { openSource, readWhole } from '../input.js';
import { ModelCommand } from '../model-command.js';
import type { Sink } from '../output.js';
import { decodeUtf8 } from '../utf8.js';
import { withSink } from '../with-sink.js';

export default class Replay extends ModelCommand {
  static override summary = 'Write a recorded run as a web page that plays it.';
  static override description =
    'FILE is what infill --events or anneal --events wrote, or a trace of anneal; "-" is standard input. The page is one file that needs no network: it plays the recording as maria tui --replay does on a screen, by itself, step by step, or from wherever its slider stands. The model is that of the recording.';
  static override usage = 'replay FILE --html PAGE [FLAGS]';
  static override examples = [
    '<%= config.bin %> infill --events --alternatives 5 "The [MASK] sat." | <%= config.bin %> replay - --html filled.html',
    '<%= config.bin %> replay trace.jsonl --html anneal.html',
  ];

  static override args = {
    file: stringArg({ ignoreStdin: true, required: true, description: 'The recording.' }),
  };

  static override flags = {
    html: Flags.string({
      helpValue: 'PAGE',
      summary: 'Write the page to PAGE, which is replaced only when all is done; "-" is standard output.',
      required: true,
    }),
  };

  async run(): Promise<number> {
    const { args, flags } = await this.parse(Replay);
    const [{ checkVocabulary, readRecording }, { replayPage }] = await Promise.all([
      import('@maria/tui'),
      import('../replay/replay-page.js'),
    ]);
    const source = openSource(args.file, this.signal);
    const recording = await readRecording(decodeUtf8(await readWhole(source), source.name), source.name);
    const write = async (sink: Sink) => {
      const { model } = await this.loadModel(flags);
      try {
        const { vocabulary } = model;
        checkVocabulary(recording, vocabulary.size, source.name);
        const name = args.file === '-' ? source.name : basename(args.file);
        await sink.write(await replayPage(recording, name, vocabulary));
      } finally {
        model.dispose();
      }
      return 0;
    };
    return withSink(flags.html, write, '--html');
  }
}
