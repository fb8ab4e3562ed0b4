// maria doctor: whether everything that maria needs is there and works.
import { ExitStatus } from '@maria/core/errors';
import { unlessAborted } from '@maria/core/unless-aborted';
import * as Flags from '@oclif/core/flags';
import { shownLine } from '../doctor/report-line.js';
import { reportLines } from '../doctor/report-lines.js';
import { HubCommand } from '../hub-command.js';
import { standardOutput } from '../output.js';

export default class Doctor extends HubCommand {
  static override summary = 'Tell whether everything that maria needs is there and works.';
  static override description =
    'Looks at Node, ONNX Runtime, the devices (as maria devices does), threads, memory and the caches, and fills a text with the embedded pair on each backend. The exit status is 5 if no backend works.';
  static override examples = ['<%= config.bin %> doctor', '<%= config.bin %> doctor --json'];

  static override flags = { json: Flags.boolean({ summary: 'Write one JSON object.' }) };

  async run(): Promise<number> {
    const { flags } = await this.parse(Doctor);
    const { examine } = await import('../doctor/examine.js');
    const found = await unlessAborted(examine(this.signal), this.signal);
    if (flags.json) await this.writeRecord(found);
    else await standardOutput().write(`${reportLines(found).flatMap(shownLine).join('\n')}\n`);
    return found.healthy ? 0 : ExitStatus.device;
  }
}
