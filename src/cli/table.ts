// Tables of text for people: columns as wide as their widest cell, nothing from a guest that a terminal would obey.
import { printableLine } from './printable.ts';

export interface Table {
  /** Column headings, in upper case. */
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Lines of a table, each ended by a line feed. */
export function formatTable(table: Table): string {
  const lines = [table.head, ...table.rows].map((cells) => cells.map(printableLine));
  return formatColumns(lines);
}

/** Two columns, names and values; a value of several lines is set below each other. */
export function formatPairs(pairs: readonly (readonly [string, string])[]): string {
  const lines = pairs.flatMap(([name, value]) =>
    value.split('\n').map((line, index) => [index === 0 ? printableLine(name) : '', printableLine(line)]),
  );
  return formatColumns(lines);
}

function formatColumns(lines: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const cells of lines) {
    cells.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, displayWidth(cell));
    });
  }
  return lines.map((cells) => `${formatLine(cells, widths)}\n`).join('');
}

function formatLine(cells: readonly string[], widths: readonly number[]): string {
  return cells
    .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - displayWidth(cell)))
    .join('  ')
    .trimEnd();
}

/** Columns that a terminal needs for printable text: none for combining marks, two for wide characters. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) {
    if (ZERO_WIDTH.test(character)) continue;
    width += isWide(character.codePointAt(0) ?? 0) ? 2 : 1;
  }
  return width;
}

const ZERO_WIDTH = /^(?:\p{Mn}|\p{Me}|[\u200b\u200c\u200d])$/u;

/** The blocks that Unicode's EastAsianWidth.txt lists as W or F, in whole ranges. */
const WIDE_RANGES: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1f64f],
  [0x1f680, 0x1f6ff],
  [0x1f900, 0x1f9ff],
  [0x20000, 0x3fffd],
];

function isWide(code: number): boolean {
  return WIDE_RANGES.some(([first, last]) => code >= first && code <= last);
}
