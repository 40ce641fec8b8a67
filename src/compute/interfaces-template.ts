// The template of /etc/network/interfaces, a file, read when the first guest is to have one.
import { readFileSync } from 'node:fs';

const TEMPLATE = new URL('../../templates/interfaces.template', import.meta.url);

let text: string | undefined;

export function interfacesTemplate(): string {
  text ??= readFileSync(TEMPLATE, 'utf8');
  return text;
}
