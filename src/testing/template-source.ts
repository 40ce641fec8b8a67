// Forks that go on from a template's memory, each with an identity of its own.
import type { LaunchOptions, Novalet, TemplateLaunchOptions } from '../app/index.ts';
import type { ForkSource, WaitLimits } from './fork-source.ts';
import { warn } from './warn.ts';

export interface MadeTemplate {
  readonly name: string;
  readonly hasCloudInit: boolean;
}

export class TemplateSource implements ForkSource {
  readonly #host: Novalet;
  readonly #template: MadeTemplate;
  readonly #wishes: TemplateLaunchOptions;

  constructor(host: Novalet, launch: LaunchOptions, template: MadeTemplate) {
    this.#host = host;
    this.#template = template;
    this.#wishes = forkWishes(launch);
  }

  async fork(name: string, limits: WaitLimits, onMade: (id: string) => void): Promise<string> {
    const { compute, templates } = this.#host;
    const { signal } = limits;
    const wishes = { ...this.#wishes, name, ...(signal === undefined ? {} : { signal }) };
    const { id, way, why } = await templates.launch(this.#template.name, wishes);
    onMade(id);
    if (why !== null) warn(`${name} boots, since it cannot go on from memory: ${why.message} (${why.code})`);
    if (way === 'cold') await compute.waitFor(id, { kind: 'agent' }, limits);
    if (this.#template.hasCloudInit && (way === 'cold' || wishes.cloudInit === 'rerun'))
      await compute.waitFor(id, { kind: 'cloud-init' }, limits);
    return id;
  }
}

/** Why forks of such a guest cannot go on from memory, before one is made; null where they may. Pure. */
export function withoutTemplate({ shares = [], links = [], networks = [] }: LaunchOptions): string | null {
  if (shares.length > 0) return 'it has folders of the host';
  if (links.length > 0) return 'it is to make bonds or VLANs of its network cards';
  const isChosen = networks.some(
    ({ port, addressing = [] }) => port !== undefined || addressing.some(({ kind }) => kind === 'static'),
  );
  return isChosen ? 'a network card of it has an address that only one guest can have' : null;
}

/**
 * Of what the guest was launched with, what is each fork's own. Keys and passwords come by cloud-init's second run; other user
 * data did their work in the guest that was forked. Pure.
 */
export function forkWishes(launch: LaunchOptions): TemplateLaunchOptions {
  const { userData, validate, sshKeys, files, adminPassword, plainAdminPassword, guest } = launch;
  const { network, networks, metadata, tags } = launch;
  const { hostname: _ofTheFirst, ...person } = guest ?? {};
  const needsRun = sshKeys !== undefined || adminPassword !== undefined || Object.keys(person).length > 0;
  return {
    cloudInit: needsRun ? 'rerun' : 'leave',
    ...(userData === undefined ? {} : { userData }),
    ...(validate === undefined ? {} : { validate }),
    ...(sshKeys === undefined ? {} : { sshKeys }),
    ...(files === undefined ? {} : { files }),
    ...(adminPassword === undefined ? {} : { adminPassword }),
    ...(plainAdminPassword === undefined ? {} : { plainAdminPassword }),
    ...(guest === undefined ? {} : { guest: person }),
    ...(network === undefined ? {} : { network }),
    ...(networks === undefined ? {} : { networks: networks.map(({ mac: _ofTheFirst, ...card }) => card) }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(tags === undefined ? {} : { tags }),
  };
}
