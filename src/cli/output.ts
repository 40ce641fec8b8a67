// What a command says on stdout: one document, as a table for people or as JSON or YAML for programs.
// The machine forms carry snake_case field names that stay; the table may change from version to version.

export const OUTPUT_FORMATS = ['table', 'json', 'yaml'] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

export interface Document {
  /** Plain JSON value with snake_case names. */
  readonly data: unknown;
  /** The form for people; ends with a line feed unless it is empty. */
  readonly text: () => string;
}

/** The document in one of the formats, ready to be written. */
export async function formatDocument(document: Document, format: OutputFormat): Promise<string> {
  switch (format) {
    case 'table':
      return document.text();
    case 'json':
      return `${JSON.stringify(document.data, null, 2)}\n`;
    case 'yaml': {
      const { stringify } = await import('yaml');
      return stringify(document.data, { lineWidth: 0 });
    }
    default:
      return format satisfies never;
  }
}
