// Acts on a domain that may stop or vanish by itself at any moment.
import { isFault } from '../base/index.ts';

/** Runs the act; that the domain is gone, or one of `alsoFine`, is no failure. */
export async function unlessGone(act: () => Promise<void>, ...alsoFine: readonly string[]): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!isFault(error, 'DOMAIN_NOT_FOUND', ...alsoFine)) throw error;
  }
}
