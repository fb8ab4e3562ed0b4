// Several runs in one report. Losses of systems that ran apart stand in one table where they are of the same texts with the same masks.
import type { JsonObject } from '@maria/checkpoints';
import { DataError } from '@maria/core';
import { generateSection } from '../generate/generate-report.js';
import type { GenerateSummary } from '../generate/generate-summary.js';
import { infillSections } from '../infill/infill-report.js';
import type { InfillSummary } from '../infill/summarize-infill.js';
import { judgeSection } from '../judge/judge-report.js';
import type { JudgeSummary } from '../judge/summarize-judgments.js';
import { perplexitySections } from '../perplexity/perplexity-report.js';
import type { PerplexitySummary } from '../perplexity/summarize-perplexity.js';
import { estimateText } from '../report/numbers.js';
import type { Report, Section, Table } from '../report/report.js';
import { type RunConfig, readConfig } from '../run/run-config.js';
import { readSummary, summaryFile } from '../run/run-folder.js';
import type { SpeedSummary } from '../throughput/speed-summary.js';
import { throughputSection } from '../throughput/throughput-report.js';

const sectionsOf: Readonly<Record<string, (summary: never) => readonly Section[]>> = {
  perplexity: (summary: PerplexitySummary) => perplexitySections(summary),
  infill: (summary: InfillSummary) => infillSections(summary),
  judge: (summary: JudgeSummary) => [judgeSection(summary)],
  throughput: (summary: SpeedSummary) => [throughputSection(summary)],
  anneal: (summary: GenerateSummary) => [generateSection(summary)],
};

interface Run {
  readonly folder: string;
  readonly config: RunConfig;
  readonly summary: JsonObject;
}

/** @throws DataError for a folder that is no run, or one that is not done */
export function joinRuns(folders: readonly string[]): Report {
  const runs = folders.map(openRun);
  const joined = joinedLosses(runs.filter(({ config }) => config.evaluation === 'perplexity'));
  return {
    title: runs.length === 1 ? `Evaluation ${runs[0]!.folder}` : `${runs.length} evaluations`,
    lead: ['Brackets hold the middle 95 % of a bootstrap, or of times the slowest and fastest run.'],
    sections: [
      {
        heading: 'Runs',
        tables: [
          {
            columns: [{ name: 'run' }, { name: 'evaluation' }, { name: 'maria' }, { name: 'machine' }],
            rows: runs.map(({ folder, config: { evaluation, environment } }) => [
              folder,
              evaluation,
              environment.maria,
              `${environment.machine.cpu}, ${environment.machine.cpus} CPUs`,
            ]),
          },
        ],
      },
      ...(joined.length > 0 ? [{ heading: 'Losses together', tables: joined }] : []),
      ...runs.flatMap(({ folder, config, summary }) =>
        sectionsOf[config.evaluation]!(summary as never).map((section) => ({
          ...section,
          heading: `${folder}: ${section.heading}`,
        })),
      ),
    ],
  };
}

function openRun(folder: string): Run {
  const config = readConfig(folder);
  const summary = readSummary(folder);
  if (!summary || !Object.hasOwn(sectionsOf, config.evaluation))
    throw new DataError(
      'run-unfinished',
      `Cannot report on ${folder}: ${summary ? `its evaluation ${JSON.stringify(config.evaluation)} is not known` : `it has no ${summaryFile} yet`}.`,
      { try: 'Let the run end first.' },
    );
  return { folder, config, summary };
}

/** A table for each set of runs with the same data and masks, where there are several. */
function joinedLosses(runs: readonly Run[]): Table[] {
  const groups = new Map<string, Run[]>();
  for (const run of runs) {
    const { data, mask } = run.config.settings;
    // Where the files are is no matter.
    const hashes = (data as readonly JsonObject[]).map(({ sha256 }) => sha256);
    const key = JSON.stringify([hashes, mask]);
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  return [...groups.values()].filter(({ length }) => length > 1).map(tableOf);
}

function tableOf(runs: readonly Run[]): Table {
  const summaries = runs.map(({ summary }) => summary as unknown as PerplexitySummary);
  const [{ cells, unit }] = summaries as [PerplexitySummary];
  return {
    caption: `Nats a masked ${unit}, of the same texts with the same masks`,
    columns: [
      { name: 'run' },
      { name: 'system' },
      ...cells.map(({ data, rate }) => ({
        name: rate === undefined ? data : `${data}, ${rate} masked`,
        align: 'right' as const,
      })),
    ],
    rows: summaries.flatMap((summary, run) =>
      summary.systems.map(({ name, likelihood }) => [
        runs[run]!.folder,
        name,
        ...summary.cells.map(({ systems }) =>
          estimateText(systems.find(({ system }) => system === name)!.natsPerUnit, {
            digits: 3,
            sign: likelihood.kind === 'bound' ? '≤' : '',
          }),
        ),
      ]),
    ),
  };
}
