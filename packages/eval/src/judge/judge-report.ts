// The report of a judge run: ratings with intervals, who beat whom, and how far the judge can be trusted.
import { forestChartSvg } from '@maria/charts';
import { estimateText, percent } from '../report/numbers.js';
import type { Report, Section, Table } from '../report/report.js';
import type { RunConfig } from '../run/run-config.js';
import type { JudgeSummary } from './summarize-judgments.js';

export function judgeReport(summary: JudgeSummary, config: RunConfig): Report {
  return {
    title: 'Judged fills',
    lead: [
      `Judge: ${summary.judge}. Every two systems were compared on each of ${summary.texts} texts in both orders; a system wins only where both orders say so, else it is a tie.`,
      `Ratings are Bradley-Terry by maximum likelihood, a tie half a win each, with ${summary.prior} wins given each way to every pair that met or not, so that ratings are finite. 400 points are odds of 10 to 1; the mean is 1000. Brackets hold the middle 95 % of a bootstrap over documents.`,
      `maria ${config.environment.maria}.`,
    ],
    sections: [judgeSection(summary)],
  };
}

export function judgeSection(summary: JudgeSummary): Section {
  const { comparisons, unparseable, same, left, inconsistency, firstShown } = summary;
  return {
    heading: `Ratings by ${summary.judge}`,
    text: [
      `${comparisons} comparisons; ${unparseable} of them had an answer without a verdict and were left out; in ${same} both systems wrote the same. The two orders did not agree in ${percent(inconsistency)}; of all verdicts for a side ${percent(firstShown)} were for the one shown first.`,
      ...(left > 0
        ? [
            `${left} ${left === 1 ? 'question was' : 'questions were'} not asked yet: the same command goes on.`,
          ]
        : []),
    ],
    charts: [
      forestChartSvg({
        title: 'Ratings',
        label: 'ELO (mean 1000)',
        rows: summary.ratings.map(({ system, value, low, high }) => ({
          name: system,
          value,
          ...(low !== undefined && high !== undefined && { interval: [low, high] as const }),
        })),
      }),
    ],
    tables: judgeTables(summary),
  };
}

/** For a terminal, too. */
export function judgeTables({ ratings, pairs }: JudgeSummary): Table[] {
  const right = (name: string) => ({ name, align: 'right' as const });
  return [
    {
      caption: 'Ratings',
      columns: [{ name: 'system' }, ...['ELO', 'wins', 'ties', 'losses'].map(right)],
      rows: ratings.map(({ system, wins, ties, losses, ...rating }) => [
        system,
        estimateText(rating, { digits: 0 }),
        ...[wins, ties, losses].map(String),
      ]),
    },
    {
      caption: 'Pairs',
      columns: [{ name: 'first' }, { name: 'second' }, ...['first wins', 'ties', 'second wins'].map(right)],
      rows: pairs.map(({ a, b, winsOfA, winsOfB, ties }) => [a, b, ...[winsOfA, ties, winsOfB].map(String)]),
    },
  ];
}
