// Columns of a row, by shape.
import type { Row } from './database.ts';
import { corruptRecord } from './sqlite-fault.ts';

export function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value === 'string') return value;
  throw corruptRecord(`column ${column} is not a text`);
}

export function integer(row: Row, column: string): number {
  const value = row[column];
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw corruptRecord(`column ${column} is not an integer`);
}

/** A column that holds a JSON document. */
export function json(row: Row, column: string): unknown {
  try {
    return JSON.parse(text(row, column));
  } catch (error) {
    throw corruptRecord(`column ${column} is not JSON`, error);
  }
}
