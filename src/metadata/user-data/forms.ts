// The forms of user data that guests know by how they begin, and the content types of such parts in a MIME document.
// cloud-init: cloudinit/handlers; cloudbase-init: plugins/common/userdatautils and userdataplugins.

/** How cloudbase-init takes a form: by itself, as a part of a MIME document, both, or not at all. */
type InWindows = 'alone' | 'part' | 'both' | 'never';

export interface Form {
  /** As it is written; compared without regard to case, as cloud-init does. */
  readonly mark: string;
  readonly contentType: string;
  readonly windows: InWindows;
  /** cloud-init does not know it. */
  readonly isWindowsOnly?: true;
  /** What cloudbase-init wants a part's file name to end in; null where only the content shall tell. */
  readonly extension?: string | null;
}

const SCRIPT = 'text/x-shellscript';

export const FORMS: readonly Form[] = [
  { mark: '#cloud-config', contentType: 'text/cloud-config', windows: 'both' },
  { mark: '#!', contentType: SCRIPT, windows: 'both' },
  { mark: '#cloud-boothook', contentType: 'text/cloud-boothook', windows: 'never' },
  { mark: '#include', contentType: 'text/x-include-url', windows: 'never' },
  { mark: '#include-once', contentType: 'text/x-include-once-url', windows: 'never' },
  { mark: '#upstart-job', contentType: 'text/upstart-job', windows: 'never' },
  { mark: '#part-handler', contentType: 'text/part-handler', windows: 'part' },
  { mark: '#cloud-config-archive', contentType: 'text/cloud-config-archive', windows: 'never' },
  { mark: '#cloud-config-jsonp', contentType: 'text/cloud-config-jsonp', windows: 'never' },
  { mark: '## template: jinja', contentType: 'text/jinja2', windows: 'alone' },
  { mark: '#ps1', contentType: SCRIPT, windows: 'both', isWindowsOnly: true, extension: 'ps1' },
  { mark: '#ps1_sysnative', contentType: SCRIPT, windows: 'both', isWindowsOnly: true, extension: 'ps1' },
  { mark: '#ps1_x86', contentType: SCRIPT, windows: 'both', isWindowsOnly: true, extension: null },
  { mark: 'rem cmd', contentType: SCRIPT, windows: 'both', isWindowsOnly: true, extension: 'cmd' },
  { mark: '<script>', contentType: SCRIPT, windows: 'both', isWindowsOnly: true, extension: null },
  { mark: '<powershell>', contentType: SCRIPT, windows: 'both', isWindowsOnly: true, extension: null },
];

/** Marks that may be followed by anything at once. */
const OPEN_ENDED: ReadonlySet<string> = new Set(['#!', '<script>', '<powershell>']);

/** Content types that only a MIME document can name. */
const MIME_ONLY_TYPES = [
  'text/x-shellscript-per-boot',
  'text/x-shellscript-per-instance',
  'text/x-shellscript-per-once',
  'text/x-cfninitdata',
] as const;

export const CONTENT_TYPES: readonly string[] = [
  ...new Set(FORMS.map(({ contentType }) => contentType)),
  ...MIME_ONLY_TYPES,
];

/** Of MIME parts that cloudbase-init has a plugin for; cloud-boothook is one that only says that it does nothing. */
export const WINDOWS_PART_TYPES: ReadonlySet<string> = new Set([
  'text/cloud-config',
  SCRIPT,
  'text/part-handler',
  'text/x-cfninitdata',
]);

/** What cloud-init looks into instead of believing its content type. */
export const SNIFFED_TYPES: ReadonlySet<string> = new Set(['text/plain', 'text/x-not-multipart', SCRIPT]);

export const GZIP_TYPES: ReadonlySet<string> = new Set(
  [
    'gzip',
    'gzip-compressed',
    'gzipped',
    'x-compress',
    'x-compressed',
    'x-gunzip',
    'x-gzip',
    'x-gzip-compressed',
  ].map((subtype) => `application/${subtype}`),
);

/** The form that `text` begins with, blank lines aside. A mark is a word: `#cloud-configs` is none. */
export function formOf(text: string): Form | undefined {
  const start = text.trimStart().slice(0, 200).toLowerCase();
  return FORMS.find(({ mark }) => {
    if (mark === 'rem cmd') return /^rem\s+cmd(?:\s|$)/.test(start);
    if (!start.startsWith(mark)) return false;
    return OPEN_ENDED.has(mark) || /^(?:\s|$)/.test(start.slice(mark.length));
  });
}

/** The form that has this content type and no other. */
export function formOfType(contentType: string): Form | undefined {
  const forms = FORMS.filter((form) => form.contentType === contentType);
  return forms.length === 1 ? forms[0] : undefined;
}

/** cloudbase-init runs a script part by its file name's ending, whatever it begins with. */
export function isRunByEnding(filename: string | undefined): boolean {
  return /\.(?:cmd|exe|ps1|py|sh)$/i.test(filename ?? '');
}
