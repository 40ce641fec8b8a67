// One part of user data before it is sent: what a guest would pass over in silence is said here.
import type { Fault } from '../../base/index.ts';
import { nearestName } from '../../model/index.ts';
import { checkArchive, checkCloudConfig, checkPatches } from './check-cloud-config.ts';
import { CONTENT_TYPES, FORMS, formOf, isRunByEnding } from './forms.ts';
import { textOf, type UserDataPart } from './part.ts';
import { problem, type Spot, shownName } from './problem.ts';

/** What is wrong with it, in the order of its lines. Throws `USER_DATA_NOT_YAML`. `hasHandler`: a part brings a part handler. */
export function checkPart(part: UserDataPart, hasHandler: boolean): readonly Fault[] {
  if (part.content.length === 0) return [empty(part)];
  if (part.form?.isWindowsOnly === true) return checkSections(part);
  if (part.isFromMime && isRunByEnding(part.filename)) return [];
  const text = textOf(part.content);
  if (text === undefined) return isKnown(part) ? [notText(part)] : [unknownForm(part)];
  switch (part.contentType) {
    case 'text/cloud-config':
      return checkCloudConfig(part);
    case 'text/cloud-config-archive':
      return checkArchive(part);
    case 'text/cloud-config-jsonp':
      return checkPatches(part);
    case 'text/x-include-url':
    case 'text/x-include-once-url':
      return checkIncludes(part, text);
    case 'text/x-shellscript':
      return checkScript(part, text);
    case 'text/jinja2':
      return checkTemplate(part, text);
    default:
      return isKnown(part) || hasHandler ? [] : [unknownForm(part)];
  }
}

function isKnown({ form, contentType }: UserDataPart): boolean {
  return form !== undefined || CONTENT_TYPES.includes(contentType);
}

/** cloudbase-init runs what stands between the tags, and nothing where one is not closed. */
function checkSections(part: UserDataPart): readonly Fault[] {
  const mark = part.form?.mark;
  if (mark !== '<script>' && mark !== '<powershell>') return [];
  const end = mark.replace('<', '</');
  if (part.content.includes(end)) return [];
  return [
    problem('invalid', 'USER_DATA_INVALID', {
      spot: start(part),
      what: `${mark} is not closed`,
      hint: `End it with ${end}`,
    }),
  ];
}

function checkIncludes(part: UserDataPart, text: string): readonly Fault[] {
  return text.split('\n').flatMap((line, at) => {
    const address = line.replace(/^\s*#include(?:-once)?(?=\s|$)/i, '').trim();
    const isFine =
      address === '' || address.startsWith('#') || /^(?:https?|ftps?|file):\/\/\S+$|^\/\S*$/.test(address);
    if (isFine) return [];
    return [
      problem('invalid', 'USER_DATA_INVALID', {
        spot: { file: part.source, line: part.firstLine + at },
        what: 'this is no address that cloud-init could fetch',
        hint: 'One http:// or https:// address a line.',
      }),
    ];
  });
}

/** A MIME part may be called a script and not begin as one; the kernel would not start it. */
function checkScript(part: UserDataPart, text: string): readonly Fault[] {
  const isStartable = /^\s*#![ \t]*\/\S/.test(text);
  if (isStartable) return [];
  return [
    problem('invalid', 'USER_DATA_INVALID', {
      spot: start(part),
      what: 'the script does not say what shall run it',
      hint: 'Begin it with #! and the whole path of a program: #!/bin/sh',
    }),
  ];
}

/** The form of what is rendered stands in the second line, unless the template makes it. */
function checkTemplate(part: UserDataPart, text: string): readonly Fault[] {
  const rest = text.trimStart().replace(/^[^\n]*\n?/, '');
  if (/^\s*\{[%{#]/.test(rest) || formOf(rest) !== undefined) return [];
  const { file, line = 1 } = start(part);
  return [
    problem('invalid', 'USER_DATA_FORM_UNKNOWN', {
      spot: { file, line: line + 1 },
      what: 'what the template makes has no form that cloud-init knows',
      hint: 'Put #cloud-config or #!/bin/sh below ## template: jinja',
    }),
  ];
}

function unknownForm(part: UserDataPart): Fault {
  if (part.isFromMime && part.contentType !== 'text/plain') {
    const near = nearestName(part.contentType, CONTENT_TYPES);
    return problem('invalid', 'USER_DATA_FORM_UNKNOWN', {
      spot: start(part),
      what: `nothing in a guest knows the content type ${shownName(part.contentType)}`,
      hint: near === undefined ? 'docs/metadata.md lists those that are known.' : `Did you mean ${near}?`,
    });
  }
  return problem('invalid', 'USER_DATA_FORM_UNKNOWN', {
    spot: start(part),
    what: 'it begins as no user data does that cloud-init or cloudbase-init knows',
    hint: formHint(part.content.toString('latin1', 0, 200)),
  });
}

/** `beginning` is not repeated: who gives the wrong file may give a password. */
function formHint(beginning: string): string {
  if (beginning.startsWith('\u00ef\u00bb\u00bf') || /^(?:\u00ff\u00fe|\u00fe\u00ff)/.test(beginning)) {
    return 'Save it as UTF-8 without a byte order mark.';
  }
  if (/^content-type:/i.test(beginning)) return 'A MIME document needs the header MIME-Version: 1.0 too.';
  const [line = ''] = beginning.trimStart().split(/\r?\n/, 1);
  const near = nearestMark(line.trim().toLowerCase());
  return near === undefined
    ? 'Begin it with #cloud-config or #!/bin/sh, or pass it on with --no-validate.'
    : `Did you mean ${near}? --no-validate passes any.`;
}

function nearestMark(line: string): string | undefined {
  const marks = FORMS.map(({ mark }) => mark);
  const [word = ''] = line.split(/\s/, 1);
  const whole = nearestName(line, marks) ?? nearestName(word, marks);
  if (whole !== undefined) return whole;
  if (/^#+\s*template\s*:/.test(line)) return '## template: jinja';
  // An empty comment or a missing sign: `# cloud-config`, `cloud-config`, `/bin/sh`
  const bare = `#${line.replace(/^[#\s]+/, '')}`;
  return line.startsWith('/') ? '#!' : nearestName(bare, marks);
}

function empty(part: UserDataPart): Fault {
  return problem('invalid', 'USER_DATA_INVALID', {
    spot: start(part),
    what: 'it is empty',
    hint: 'Leave it out, or give what you meant.',
  });
}

function notText(part: UserDataPart): Fault {
  return problem('invalid', 'USER_DATA_INVALID', {
    spot: start(part),
    what: 'it is not UTF-8, and cloud-init would pass it over',
    hint: 'Save it as UTF-8: iconv -t UTF-8',
  });
}

/** Of the line that the form stands in: blank ones may come before it. */
function start({ source, firstLine, content }: UserDataPart): Spot {
  const blank = /^\s*/.exec(content.toString('latin1', 0, 10_000))?.[0] ?? '';
  const isAllBlank = blank.length === content.length;
  return { file: source, line: firstLine + (isAllBlank ? 0 : blank.split('\n').length - 1) };
}
