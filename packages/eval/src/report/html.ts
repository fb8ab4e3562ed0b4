// A report as one HTML file, which needs nothing else: no network, no script.
import type { Report, Section, Table } from './report.js';

export function htmlOf({ title, lead, sections }: Report): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
${lead.map(paragraph).join('\n')}
${sections.map(sectionHtml).join('\n')}
</main>
</body>
</html>
`;
}

const style = `
body { font: 16px/1.5 system-ui, sans-serif; color: #222; background: #fff; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1, h2, p, caption { overflow-wrap: anywhere; }
table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding-bottom: .4rem; color: #555; }
th, td { padding: .25rem .75rem; border-bottom: 1px solid #ddd; text-align: left; vertical-align: top; }
th { border-bottom: 2px solid #999; }
.right { text-align: right; white-space: nowrap; }
.scroll { overflow-x: auto; }
svg { max-width: 100%; height: auto; }
@media (prefers-color-scheme: dark) {
:root { color-scheme: dark; }
body { color: #e8e6e1; background: #191a1c; }
caption { color: #a8a59d; }
th, td { border-color: #4a4d52; }
}
`;

function sectionHtml({ heading, text = [], tables = [], charts = [] }: Section): string {
  return [
    '<section>',
    `<h2>${escapeHtml(heading)}</h2>`,
    ...text.map(paragraph),
    ...charts,
    ...tables.map(tableHtml),
    '</section>',
  ].join('\n');
}

function tableHtml({ caption, columns, rows }: Table): string {
  const open = (tag: string, i: number) => `<${tag}${columns[i]?.align === 'right' ? ' class="right"' : ''}>`;
  const row = (tag: string, cells: readonly string[]) =>
    `<tr>${cells.map((text, i) => `${open(tag, i)}${escapeHtml(text)}</${tag}>`).join('')}</tr>`;
  return [
    '<div class="scroll"><table>',
    ...(caption === undefined ? [] : [`<caption>${escapeHtml(caption)}</caption>`]),
    `<thead>${row(
      'th',
      columns.map(({ name }) => name),
    )}</thead>`,
    `<tbody>${rows.map((cells) => row('td', cells)).join('\n')}</tbody>`,
    '</table></div>',
  ].join('\n');
}

function paragraph(text: string): string {
  return `<p>${escapeHtml(text)}</p>`;
}

function escapeHtml(text: string): string {
  const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text.replaceAll(/[&<>"]/g, (character) => escapes[character]!);
}
