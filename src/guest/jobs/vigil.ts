// How the guest comes to know that nobody follows a program any more that lives as long as its follower.

/** A sign of life every `beatMs`; the guest looks for one every `roundSeconds`, and ends all after `rounds` looks in vain. */
export interface Vigil {
  readonly beatMs: number;
  readonly roundSeconds: number;
  readonly rounds: number;
}

/** Three minutes: longer than a lost agent, a restart of libvirtd or a busy host keeps a follower from showing himself. */
export const VIGIL: Vigil = { beatMs: 20_000, roundSeconds: 30, rounds: 6 };

/** What the follower puts over the first byte of the file `beat`, which the guest puts back: no room is needed for it. */
export const SIGN_OF_LIFE = '1';
