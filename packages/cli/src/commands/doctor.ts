// maria doctor: whether everything that maria needs is there and works.
import { ExitStatus } from '@maria/core/errors';
import { unlessAborted } from '@maria/core/unless-aborted';
import * as Flags from '@oclif/core/flags';
import { markColors, type ReportLine, reportLines } from '../doctor/report-lines.js';
import { foldFact } from '../fold.js';
import { HubCommand } from '../hub-command.js';
import { standardOutput } from '../output.js';
import { paint, tableColumns, usesColor } from '../terminal.js';
import { visibleLine } from '../visible.js';

export default class Doctor extends HubCommand {
  static override summary = 'Tell whether everything that maria needs is there and works.';
  static override description =
    'Looks at Node, ONNX Runtime, CUDA, threads, memory and the caches, and fills a text with the embedded pair on each backend. The exit status is 5 if no backend works.';
  static override examples = ['<%= config.bin %> doctor', '<%= config.bin %> doctor --json'];

  static override flags = { json: Flags.boolean({ summary: 'Write one JSON object.' }) };

  async run(): Promise<number> {
    const { flags } = await this.parse(Doctor);
    const { examine } = await import('../doctor/examine.js');
    const found = await unlessAborted(examine(this.signal), this.signal);
    if (flags.json) await this.writeRecord(found);
    else await standardOutput().write(`${reportLines(found).flatMap(shown).join('\n')}\n`);
    return found.healthy ? 0 : ExitStatus.device;
  }
}

const marks = { ok: '✓', note: '!', bad: '✗', fact: ' ' } as const;

function shown({ name, mark, text, hint }: ReportLine): string[] {
  const color = usesColor('auto', { toFile: false }) ? markColors[mark] : undefined;
  const sign = color ? paint(marks[mark], color) : marks[mark];
  // The sign may be in colour: it is put before what is folded.
  const [first, ...rest] = foldFact(`  ${name}`, visibleLine(text), 16, tableColumns());
  const tried = hint === undefined ? [] : foldFact('', `Try: ${visibleLine(hint)}`, 16, tableColumns());
  return [`${sign} ${first!.slice(2)}`, ...rest, ...tried];
}
