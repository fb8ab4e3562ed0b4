// A report as Markdown. Charts are left to the HTML file.
import type { Report, Table } from './report.js';

export function markdownOf({ title, lead, sections }: Report): string {
  const blocks = [
    `# ${inline(title)}`,
    ...lead.map(inline),
    ...sections.flatMap(({ heading, text = [], tables = [] }) => [
      `## ${inline(heading)}`,
      ...text.map(inline),
      ...tables.flatMap((table) => [
        ...(table.caption === undefined ? [] : [inline(table.caption)]),
        tableMarkdown(table),
      ]),
    ]),
  ];
  return `${blocks.join('\n\n')}\n`;
}

export function tableMarkdown({ columns, rows }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  return [
    line(columns.map(({ name }) => name)),
    line(columns.map(({ align }) => (align === 'right' ? '--:' : '---'))),
    ...rows.map(line),
  ].join('\n');
}

function cell(text: string): string {
  return inline(text).replaceAll('|', '\\|');
}

/** One line, in which nothing is markup: texts of strangers are in reports. */
function inline(text: string): string {
  return text
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/[\\`*_<]|\[(?=[^\]]*\][([])/g, (character) => `\\${character}`);
}
