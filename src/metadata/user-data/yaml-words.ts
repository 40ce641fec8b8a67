// What is wrong with a YAML text, in words of our own: the parser's quote the text, which may hold secrets.
import type { ErrorCode } from 'yaml';

const WORDS: Readonly<Record<ErrorCode, string>> = {
  ALIAS_PROPS: 'an alias (*name) can have neither tag nor anchor',
  BAD_ALIAS: 'an alias (*name) is wrong or has no anchor (&name) before it',
  BAD_COLLECTION_TYPE: 'a tag does not fit its value',
  BAD_DIRECTIVE: 'a line that begins with % is no directive of YAML',
  BAD_DQ_ESCAPE: 'no such escape in "…"; use single quotes, or write \\\\',
  BAD_INDENT: 'the indentation does not fit what stands above, or a bracket is not closed',
  BAD_PROP_ORDER: 'a tag or an anchor stands in the wrong place',
  BAD_SCALAR_START: 'a value begins with a character that must be quoted',
  BLOCK_AS_IMPLICIT_KEY: 'a colon too many; quote a value that holds a colon and a blank',
  BLOCK_IN_FLOW: 'a list or map in lines cannot stand within brackets',
  DUPLICATE_KEY: 'the key stands twice in one map, and cloud-init heeds only the last',
  IMPOSSIBLE: 'this is not YAML',
  KEY_OVER_1024_CHARS: 'a key has more than 1024 characters; is a quote or bracket not closed?',
  MISSING_CHAR: 'a closing quote, bracket, comma or colon is missing',
  MULTILINE_IMPLICIT_KEY: 'a key runs over several lines; is a colon missing, or a quote not closed?',
  MULTIPLE_ANCHORS: 'two anchors for one value',
  MULTIPLE_DOCS: 'a second document begins here (---)',
  MULTIPLE_TAGS: 'two tags for one value',
  NON_STRING_KEY: 'a key is no text',
  RESOURCE_EXHAUSTION: 'it is nested too deep',
  TAB_AS_INDENT: 'a tab indents this line; YAML wants blanks',
  TAG_RESOLVE_FAILED: 'a tag (!name) that cloud-init does not know',
  UNEXPECTED_TOKEN: 'something stands here that YAML does not expect',
};

export function yamlWords(code: ErrorCode): string {
  return WORDS[code];
}
