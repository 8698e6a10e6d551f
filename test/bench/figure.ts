/** What the bench measured, beside what it must be; and the table of it. */

export interface Figure {
  name: string;
  value: number;
  unit: string;
  /** What we want. */
  goal?: number;
  /** Above it the bench fails. */
  limit?: number;
  /** Below it the bench fails. */
  least?: number;
  digits?: number;
}

export function isBroken(figure: Figure): boolean {
  if (Number.isNaN(figure.value)) return true;
  if (figure.limit !== undefined && figure.value > figure.limit) return true;
  return figure.least !== undefined && figure.value < figure.least;
}

function verdict(figure: Figure): string {
  if (isBroken(figure)) return 'BROKEN';
  if (figure.goal !== undefined && figure.value > figure.goal) return 'within the limit';
  return figure.limit === undefined && figure.least === undefined ? '' : 'ok';
}

function bounds(figure: Figure): string {
  const parts: string[] = [];
  if (figure.goal !== undefined) parts.push(`goal ≤ ${figure.goal}`);
  if (figure.limit !== undefined) parts.push(`limit ${figure.limit}`);
  if (figure.least !== undefined) parts.push(`at least ${figure.least}`);
  return parts.join(', ');
}

export function table(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => [
    figure.name,
    figure.value.toFixed(figure.digits ?? 0),
    figure.unit,
    bounds(figure),
    verdict(figure),
  ]);
  const widths = [0, 1, 2, 3].map((column) => Math.max(0, ...rows.map((row) => row[column]!.length)));
  const line = (row: readonly string[]): string =>
    [row[0]!.padEnd(widths[0]!), row[1]!.padStart(widths[1]!), row[2]!.padEnd(widths[2]!), row[3]!.padEnd(widths[3]!), row[4]]
      .join('  ')
      .trimEnd();
  return rows.map(line).join('\n');
}
