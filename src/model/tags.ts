// An instance's tags: words to find and group instances by. Rules: Nova's API, server tags (microversion 2.26).
import { Fault } from '../base/index.ts';

const MOST_TAGS = 50;
const LONGEST = 60;

/** The tags without repetition, in order. Throws `TAG_INVALID`. */
export function checkTags(tags: readonly string[]): readonly string[] {
  const once = [...new Set(tags)].sort();
  const bad = once.find((tag) => tag === '' || tag.length > LONGEST || /[/,\p{Cc}]/u.test(tag));
  if (bad === undefined && once.length <= MOST_TAGS) return once;
  const what =
    bad === undefined ? `${once.length} tags are too many` : `"${bad.slice(0, 80)}" cannot be a tag`;
  throw new Fault('invalid', 'TAG_INVALID', what, {
    hint: `A tag has 1 to ${LONGEST} characters without / and comma; an instance has at most ${MOST_TAGS} tags.`,
  });
}
